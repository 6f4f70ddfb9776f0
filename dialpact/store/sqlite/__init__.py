"""The default store: one SQLite file in WAL mode with ``synchronous=FULL``, through aiosqlite."""

from dialpact.store.sqlite.connection import create
from dialpact.store.sqlite.engine import Store, warm

__all__ = ["Store", "create", "warm"]
