"""What decides which recordings and records of calls may go, read from one snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from dialpact.compliance.clock import Uptime, instant
from dialpact.compliance.retention_replay import CALL, Difference, HoldAct, HoldRow
from dialpact.compliance.trusted_time import Reading, Sealed, Witness
from dialpact.store.ports.audits import Unreadable
from dialpact.store.sqlite import migrate
from dialpact.store.units import ledger
from dialpact.store.units.clocks import EPOCH, MICROSECOND
from dialpact.store.units.statements import statements

SQL = statements("retention_rows")
# What a row that someone wrote by hand may raise.
BROKEN = (ValueError, TypeError, AttributeError, LookupError, OverflowError, sqlite3.Error)


class _Changed(Exception):
    """A decision is not what its leaf was made of."""


class RetentionRows:
    """:class:`dialpact.store.ports.retention_rows.RetentionRows` on SQLite."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def hold_acts(self) -> Iterator[HoldAct]:
        return (HoldAct(*row) for row in SQL.hold_acts(self._connection))

    def hold_rows(self) -> Iterator[HoldRow]:
        return (HoldRow(*row) for row in SQL.hold_rows(self._connection))

    def held(self) -> Iterator[str]:
        return (row["key"] for row in list(SQL.held(self._connection)))

    def readings(self) -> Iterator[Sealed]:
        begins, first = self.trusted_from(), True
        for row in SQL.readings(self._connection):
            try:
                call = self._last_call(row["seq"]) if first or row["seq"] == begins else None
                yield _sealed(row, call)
            except _Changed as error:
                yield Sealed(row["seq"], f"{CALL}{error}", None, None)
            except BROKEN:
                yield Sealed(row["seq"], "unreadable", None, None)
            first = False
        for row in SQL.stray_witnesses(self._connection):
            yield Sealed(row["reading"], "no-reading", None, None)

    def trusted_from(self) -> int | None:
        row = SQL.trusted_from(self._connection)
        try:
            return int(row["key"]) if row else None
        except BROKEN:
            return None

    def disposals(self) -> Sequence[Difference]:
        return [
            Difference(row["code"], "disposal", row["recording"], row["act"])
            for row in self._readable(SQL.disposals)
        ]

    def days(self) -> Sequence[Difference]:
        return [
            Difference("day-odd", "recording", row["recording"], row["act"])
            for row in self._readable(SQL.days)
        ]

    def _readable(self, ask: Callable[[sqlite3.Connection], Iterable[Any]]) -> Sequence[Any]:
        try:
            return list(ask(self._connection))
        except BROKEN as error:  # a detail that is no JSON: its record is named as changed itself
            raise Unreadable(str(error)) from error

    def guards(self) -> Sequence[Difference]:
        made, present = _made(), {row["name"]: _text(row) for row in SQL.guards(self._connection)}
        found = []
        for name in sorted(made.keys() | present.keys()):
            wanted, there = made.get(name), present.get(name)
            if wanted is None and there is not None and there.startswith("CREATE TRIGGER"):
                found.append(Difference("guard-foreign", "guard", name))
            elif wanted is not None and there is None and _writes(wanted):
                found.append(Difference("guard-missing", "guard", name))
            elif None not in (wanted, there) and there != wanted:
                found.append(Difference("guard-changed", "guard", name))
        return found

    def _last_call(self, reading: int) -> datetime | None:
        """The latest time that the calls before a reading have shown. _Changed: it can not be believed."""
        entry = ledger.entry_of(self._connection, "clock", str(reading))
        row = SQL.last_call_before(self._connection, leaf_index=entry.leaf_index) if entry else None
        if row is None:
            return None
        if ledger.flaw(self._connection, "decision", row["key"]):
            raise _Changed(row["key"])
        call = SQL.call(self._connection, id=row["key"])
        return instant(call["decided_at"]) + timedelta(microseconds=call["behind_us"])


def _sealed(row: Any, last_call: datetime | None) -> Sealed:
    reading = Reading(instant(row["at"]), Uptime(row["boot_id"], row["uptime_us"] * MICROSECOND))
    made = None
    if row["us"] is not None:
        made = Witness(EPOCH + row["us"] * MICROSECOND, row["behind_us"] * MICROSECOND, reading)
    return Sealed(row["seq"], "", reading, made, last_call)


@cache
def _made() -> dict[str, str]:
    """By name, every trigger, view and table that the migrations make."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        migrate.migrate(connection)
        return {row["name"]: _text(row) for row in SQL.guards(connection)}


def _text(row: Any) -> str:
    return " ".join(str(row["sql"]).split())


def _writes(sql: str) -> bool:
    """Whether something is not written when it is away, or read wrongly: a view, or a trigger that is no
    guard.
    """
    return " BEFORE " not in sql.partition(" BEGIN ")[0]
