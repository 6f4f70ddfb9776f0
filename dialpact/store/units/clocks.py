"""What the host's clocks said, kept in the ledger: by it a clock that was set forward is found out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from dialpact.compliance.clock import Uptime, instant, stamp
from dialpact.compliance.trusted_time import Reading, Witness, begin, follow
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.statements import statements

SQL = statements("clocks")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def take(connection: Connection, at: datetime, uptime: Uptime, by: str) -> None:
    """Notes the wall clock beside the time since the host started. ``by``: which part of the product.

    The store makes trusted time of it at once (table ``witnessed``).
    """
    SQL.insert_reading(
        connection, at=stamp(at), boot_id=uptime.boot_id, uptime_us=uptime.up // MICROSECOND, by=by
    )


def last(connection: Connection, boot_id: str, by: str) -> timedelta | None:
    """The uptime at the newest reading by that part in this run of the host."""
    row = SQL.last_uptime(connection, boot_id=boot_id, by=by)
    return timedelta(microseconds=row["uptime_us"]) if row else None


def witness(connection: Connection) -> Witness | None:
    """What the readings so far bear out; None when there is none."""
    row = SQL.last_witnessed(connection)
    return _witness(row) if row else None


def foretold(connection: Connection, reading: Reading) -> Witness:
    """What they would with this reading, which is not noted."""
    before = witness(connection)
    return follow(before, reading) if before else begin(reading, _latest(SQL.last_call(connection)))


class Clocks:
    """:class:`dialpact.store.ports.clocks.Clocks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, read: Callable[[], Reading], by: str) -> Witness:
        def work(connection: Connection) -> Witness:
            reading = read()
            take(connection, reading.at, reading.uptime, by)
            found = witness(connection)
            assert found is not None
            return found

        return await self._database.transact(work)

    async def take_turn(self, read: Callable[[], Reading], by: str, fresh: timedelta) -> bool:
        def work(connection: Connection) -> bool:
            reading = read()
            before = last(connection, reading.uptime.boot_id, by)
            if before is not None and timedelta() <= reading.uptime.up - before < fresh:
                return False
            take(connection, reading.at, reading.uptime, by)
            return True

        return await self._database.transact(work)

    async def foretell(self, reading: Reading) -> Witness:
        return await self._database.read(lambda connection: foretold(connection, reading))


def _reading(row: Any) -> Reading:
    return Reading(instant(row["at"]), Uptime(row["boot_id"], row["uptime_us"] * MICROSECOND))


def _witness(row: Any) -> Witness:
    return Witness(EPOCH + row["us"] * MICROSECOND, row["behind_us"] * MICROSECOND, _reading(row))


def _latest(row: Any) -> datetime | None:
    """The latest time that the calls up to this one have shown."""
    return instant(row["decided_at"]) + row["behind_us"] * MICROSECOND if row else None
