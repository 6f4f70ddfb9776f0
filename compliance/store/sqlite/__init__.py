"""The default store: one SQLite file in WAL mode with ``synchronous=FULL``, through aiosqlite."""

from compliance.store.sqlite.connection import Store, create

__all__ = ["Store", "create"]
