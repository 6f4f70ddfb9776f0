"""The default store: one SQLite file in WAL mode with ``synchronous=FULL``, through aiosqlite."""

from dialpact.store.sqlite.connection import Store, create

__all__ = ["Store", "create"]
