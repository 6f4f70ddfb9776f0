"""What comes into a register in slices: a long import holds the lock for moments, and counts as one.

1. Its rows arrive beside the register (leads: in it, under a batch that is not all in), where nobody sees
   them.
2. When all are in, one transaction makes them count, and logs it: before it nobody sees a row, after it
   everybody sees all (the views ``dnc_now`` and ``consent_now``).
3. Then they are moved into the register, again in slices; each row is in one place or the other. Who changes
   what the register says of a number moves that number's rows first (:func:`settle`).
4. A killed process leaves what nobody sees, or what counts and is yet to be moved. The next import, or the
   housekeeping, sweeps the one and moves the other (:func:`tidy`).
5. Between two slices the lock is left alone for as long as SQLite waits until it tries again: whoever waits
   for it gets it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Self, TypeVar

from dialpact.compliance.clock import stamp
from dialpact.compliance.errors import DialpactError, StoreBusy
from dialpact.store.units import process
from dialpact.store.units.database import Connection, Database, Work
from dialpact.store.units.statements import statements

SQL = statements("arriving")

FEW = 2_000  # rows that go in at once
LEAST = 50
SWEPT = 10_000  # leads of a killed import, at once
HELD_SECONDS = 0.02  # for which a slice is to hold the lock
PAUSE_SECONDS = 0.02
TRIES = 20  # to get the lock for a slice

T = TypeVar("T")
Slice = Callable[[Connection, int], bool]  # with at most so many rows; False when it was the last one


class Arrival:
    """One import on its way in."""

    def __init__(self, database: Database, register: str, id: int) -> None:
        self._database, self._register = database, register
        self.id = id

    @classmethod
    async def begin(
        cls,
        database: Database,
        register: str,
        at: datetime,
        batch: Callable[[Connection], int] | None = None,
    ) -> Self:
        """``batch`` makes that of leads."""

        def work(connection: Connection) -> int:
            made = batch(connection) if batch else None
            return int(
                SQL.begin(connection, register=register, owner=process.this(), at=stamp(at), batch=made)
            )

        return cls(database, register, await database.transact(work))

    async def fill(self, check: Callable[[], None]) -> int:
        """Brings in what is staged; how many rows. ``check`` raises when it is another's by now."""
        after = filled = 0

        def work(connection: Connection, most: int) -> bool:
            nonlocal after, filled
            check()
            self._check(connection)
            (until,) = _sql("staged_until", self._register)(connection, after=after, most=most)
            if until is None:
                return False
            filled += _sql("fill", self._register)(connection, id=self.id, after=after, until=until)
            after = until
            return True

        await in_slices(self._database, work)
        return filled

    def count(self, connection: Connection, at: str) -> None:
        """From the commit of this transaction on it counts, as of that time."""
        self._check(connection)
        SQL.count_now(connection, id=self.id, at=at)

    def _check(self, connection: Connection) -> None:
        if SQL.is_ours(connection, id=self.id, owner=process.this()) is None:
            raise StoreBusy(f"{self._database.name}: what had arrived was swept; nothing was done")

    def over(self, connection: Connection) -> int:
        """Of leads, which are where they belong: their batch."""
        self._check(connection)
        (batch,) = SQL.batch(connection, id=self.id)
        SQL.over(connection, id=self.id)
        return int(batch)

    async def give_up(self) -> None:
        """Nobody has seen it. Sweeping it is left to whoever comes next."""
        with contextlib.suppress(DialpactError):  # the end of this process gives it up as well
            await self._database.transact(partial(SQL.give_up, id=self.id))


async def tidy(database: Database) -> None:
    """Moves what counts into its register, and sweeps what belongs to no living process."""
    for row in await database.read(lambda connection: list(SQL.arrivals(connection))):
        if row["counts"]:
            await in_slices(database, partial(_move, row["id"], row["register"]))
        elif not process.lives(row["owner"]):
            if row["register"] == "leads":
                await _sweep_leads(database, row["batch"])
            await in_slices(database, partial(_sweep, row["id"], row["register"], row["batch"]))


def settle(connection: Connection, register: str, number: int) -> None:
    """What counts of a number already is moved into the register."""
    if (row := SQL.counting(connection, register=register)) is not None:
        _move_some(connection, row["id"], register, number, number)


def counting(connection: Connection, register: str) -> bool:
    """Whether there is more to the register than its own table."""
    return SQL.counting(connection, register=register) is not None


async def in_slices(database: Database, work: Slice) -> None:
    """Runs ``work`` in transactions of its own, with as many rows each as hold the lock for a moment."""
    most, going = FEW, True
    while going:
        going, seconds = await _patiently(database, partial(_timed, work, most))
        most = max(LEAST, min(2 * most, int(most * HELD_SECONDS / max(seconds, 1e-6))))
        if going:
            await asyncio.sleep(PAUSE_SECONDS)


def _timed(work: Slice, most: int, connection: Connection) -> tuple[bool, float]:
    began = time.perf_counter()
    return work(connection, most), time.perf_counter() - began


async def _patiently(database: Database, work: Work[T]) -> T:
    """A list of a million rows is not given up because a hundredth of it did not get the lock at once."""
    begun = False

    def unit(connection: Connection) -> T:
        nonlocal begun
        begun = True
        return work(connection)

    for _ in range(TRIES - 1):
        try:
            return await database.transact(unit)
        except StoreBusy:
            if begun:  # it was not the lock
                raise
    return await database.transact(unit)


def _move(id: int, register: str, connection: Connection, most: int) -> bool:
    """Whoever comes first does a slice, and whoever comes last ends it."""
    (until,) = _sql("arrived_until", register)(connection, id=id, most=most)
    if until is None:
        SQL.over(connection, id=id)
        return False
    _move_some(connection, id, register, 0, until)
    return True


def _move_some(connection: Connection, id: int, register: str, first: int, until: int) -> None:
    for step in ("move", "drop"):
        _sql(step, register)(connection, id=id, first=first, until=until)


def _sweep(id: int, register: str, batch: int | None, connection: Connection, most: int) -> bool:
    if register != "leads":
        (until,) = _sql("arrived_until", register)(connection, id=id, most=most)
        if until is not None:
            _sql("drop", register)(connection, id=id, first=0, until=until)
            return True
    SQL.over(connection, id=id)
    if batch is not None:
        SQL.drop_batch(connection, batch=batch)
    return False


async def _sweep_leads(database: Database, batch: int) -> None:
    """They lie among all others, and are looked for beside the lock."""
    after = 0
    while found := await database.read(partial(_some_leads, batch, after)):
        numbers, after = json.dumps(found), found[-1]
        await _patiently(database, partial(SQL.drop_leads, batch=batch, numbers=numbers))
        await asyncio.sleep(PAUSE_SECONDS)


def _some_leads(batch: int, after: int, connection: Connection) -> list[int]:
    return [row[0] for row in SQL.some_leads(connection, batch=batch, after=after, most=SWEPT)]


def _sql(step: str, register: str) -> Any:
    return getattr(SQL, f"{step}_{register}")
