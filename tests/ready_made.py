"""What is the same whenever a test asks for it, made once a process: the command line, and a new database."""

from __future__ import annotations

import atexit
import sqlite3
from collections.abc import Callable, Sequence
from functools import cache

from typer import testing

from dialpact.store.sqlite import migrate


def use() -> None:
    """Typer's runner builds all commands anew for each one it runs: that was half of these tests' work."""
    testing._get_command = cache(testing._get_command)
    migrate.migrate = _Migration(migrate.migrate)  # type: ignore[assignment]


class _Migration:
    """``migrate``, which copies what all the scripts together make of an empty database."""

    def __init__(self, migrate: Callable[..., int]) -> None:
        self._migrate = migrate
        self._whole = cache(self._made)

    def __call__(self, connection: sqlite3.Connection, *known: Sequence[tuple[int, str]]) -> int:
        (objects,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if known or objects or migrate.version(connection):
            return self._migrate(connection, *known)
        self._whole().backup(connection)
        return len(migrate.scripts())

    def _made(self) -> sqlite3.Connection:
        """In memory."""
        made = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        atexit.register(made.close)
        self._migrate(made)
        return made
