"""The carrier's list against the register: read like an import, and nothing is changed but the log.

That it was done is kept in ``register_change`` (register ``caller-id``, action ``reconcile``, under the name
of the file), with the file's hash and what was found, so that a report can say when it was last done.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiosql
import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import CallerId
from dialpact.compliance.registers.carrier_list import Difference, Kind, Listed, compare
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import HOME
from dialpact.store.sqlite import registers
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.imports import Applied, Import
from dialpact.store.sqlite.registers import log

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "reconcile.sql", "sqlite3")
MOST = 500_000  # numbers of a list: they are compared in memory
TOGETHER = 5000  # decisions a transaction
MONTH = timedelta(days=30)


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """How often a number was shown in the period."""

    number: str
    calls: int  # put through
    refused: int
    registered: bool
    listed: bool


class CarrierList(Import):
    """``since`` and ``until`` bound the calls that are counted; ``result`` is there after ``apply``."""

    def __init__(self, store: Database, *, since: datetime, until: datetime) -> None:
        super().__init__(store, "caller-id")
        self._since, self._until = since, until
        self._listed: dict[str, Listed] = {}
        self._clashes: list[tuple[int, Fault]] = []
        self.differences: list[Difference] = []
        self.usage: list[Usage] = []

    async def begin(self) -> None:
        """Nothing is staged."""

    async def stage(self, batch: Iterable[tuple[int, Any]]) -> None:
        for line, value in batch:
            if len(self._listed) >= MOST:
                raise Fault("list-too-long", limit=str(MOST))
            if self._listed.setdefault(value.number, value) != value:
                self._clashes.append((line, Fault("given-twice")))

    async def apply(
        self, *, bad: int, skip_bad: bool, detail: dict[str, Any], key: str, by: str, at: datetime
    ) -> Applied:
        """Compared and logged; nothing of it if there are ``bad`` rows, unless ``skip_bad``."""
        clashes = tuple(self._clashes)
        if (bad or clashes) and not skip_bad:
            return Applied(clashes=clashes)
        entries = await registers.list_caller_ids(self._store)
        names = {one.id: one.name for one in await registers.list_businesses(self._store)}
        calls, refused = await self._count({entry.number for entry in entries} | set(self._listed))
        self.differences = compare(entries, names, self._listed, calls, at.astimezone(HOME).date())
        self.usage = self._used(entries, calls, refused)
        found: Counter[Kind] = Counter(one.kind for one in self.differences)
        figures = {
            "bad": bad + len(clashes),
            "registered": len(entries),
            "listed": len(self._listed),
            "since": stamp(self._since),
            "until": stamp(self._until),
            "calls": calls.total(),
            "calls_not_listed": sum(one.calls for one in self.differences if one.kind == "used-not-listed"),
            "found": dict(found),
        }
        await self._store.transact(
            partial(_log, key=key, detail=detail | figures, by=by, at=at)  # in the ledger, with its leaf
        )
        return Applied(clashes=clashes, done=True, about=figures)

    async def _count(self, known: set[str]) -> tuple[Counter[str], Counter[str]]:
        """Calls put through by number, and refused ones of ``known`` numbers: others could be any text."""
        calls: Counter[str] = Counter()
        refused: Counter[str] = Counter()
        after, seq, until = stamp(self._since), -1, stamp(self._until)
        while page := await self._store.transact(partial(_shown, after=after, seq=seq, until=until)):
            for row in page:
                if row["through"]:
                    calls[row["caller_id"]] += 1
                elif row["caller_id"] in known:
                    refused[row["caller_id"]] += 1
            after, seq = page[-1]["decided_at"], page[-1]["seq"]
        return calls, refused

    def _used(self, entries: list[CallerId], calls: Counter[str], refused: Counter[str]) -> list[Usage]:
        registered = {entry.number for entry in entries}
        return [
            Usage(
                number=number,
                calls=calls[number],
                refused=refused[number],
                registered=number in registered,
                listed=number in self._listed,
            )
            for number in sorted(calls.keys() | refused.keys(), key=lambda one: (-calls[one], one))
        ]


def _shown(connection: sqlite3.Connection, *, after: str, seq: int, until: str) -> list[sqlite3.Row]:
    return list(SQL.shown(connection, after=after, after_seq=seq, until=until, most=TOGETHER))


def _log(connection: sqlite3.Connection, *, key: str, detail: dict[str, Any], by: str, at: datetime) -> None:
    log(connection, "caller-id", "reconcile", key, detail, by=by, at=at)
