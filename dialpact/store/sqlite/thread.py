"""A connection on a thread of its own, which runs a whole unit of work in one hop.

aiosqlite owns the thread, the queue and the order of closing. In its interface a hop is one statement, and a
decision has twenty: each would cost 60 to 90 us on top of its 3. What it does hand through whole is
``execute``, to a connection of whatever class we make (``factory`` of :func:`sqlite3.connect`). So ours takes
a unit of work in the place of a statement's parameters.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Self, TypeVar

import aiosqlite

T = TypeVar("T")
UNIT = "-- a unit of work"  # in SQL a comment: on any other connection it does nothing
END_SECONDS = 1.0  # for the thread of a connection that nobody waits for any more


class Units(sqlite3.Connection):
    """A connection that takes units of work, beside SQL."""

    written: dict[tuple[str, str], dict[str, Any]]
    """By kind and key: rows that the unit under way has put in, whole, for their leaves of the ledger."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.written = {}

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """With ``UNIT``: runs the one function in ``parameters`` on this connection."""
        if sql is not UNIT:
            return super().execute(sql, parameters)
        (work,) = parameters
        return _Done([work(self)])


class _Done(NamedTuple):
    """What a unit came to, in the place of a cursor."""

    results: list[Any]

    def fetchall(self) -> list[Any]:
        return self.results


class Thread:
    """An open connection and its thread. ValueError from :meth:`run` once it is closed."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    @classmethod
    async def start(cls, connect: Callable[[], Units]) -> Self:
        """``connect`` runs on the new thread, too: a disk that hangs must not hang the event loop."""
        begun = threading.Event()
        own: list[threading.Thread] = []

        def connecting() -> Units:
            own.append(threading.current_thread())
            begun.set()
            return connect()

        def ended() -> None:
            if begun.wait(END_SECONDS):
                own[0].join(END_SECONDS)

        connection = _daemonic(connecting)
        try:
            await connection
        except BaseException:
            # aiosqlite tells its thread to end and does not wait; it must not outlive the event loop.
            await asyncio.get_running_loop().run_in_executor(None, ended)
            raise
        return cls(connection)

    async def run(self, work: Callable[[Units], T]) -> T:
        """``work`` as a whole, in its turn."""
        results: Iterable[Any] = await self._connection.execute_fetchall(UNIT, (work,))
        (result,) = results
        return result  # type: ignore[no-any-return]

    async def close(self) -> None:
        """After whatever is queued."""
        await self._connection.close()


def _daemonic(connect: Callable[[], sqlite3.Connection]) -> aiosqlite.Connection:
    """Its thread does not keep the process from ending, were its disk to hang: a thread is a daemon where the
    one that makes it is.
    """
    made: list[aiosqlite.Connection] = []
    maker = threading.Thread(
        target=lambda: made.append(aiosqlite.Connection(connect, iter_chunk_size=64)), daemon=True
    )
    maker.start()
    maker.join()
    return made[0]
