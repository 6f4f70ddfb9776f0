"""The decisions as people and programs look at them: lists, one in full, and what one would be made of."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from dialpact.compliance.calls import CallEntry, LegEntry, StoredCall, Supervisor
from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.ledger.erasure import Remains
from dialpact.compliance.model import CallAttempt, Decision
from dialpact.compliance.outcome import outcome
from dialpact.compliance.ranges import LastDialled
from dialpact.store.ports.calls import Looked
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units import differences, restored
from dialpact.store.units.database import Connection, Database, rows
from dialpact.store.units.facts import facts, last_dialled
from dialpact.store.units.paging import NEWEST, page
from dialpact.store.units.remains import remains
from dialpact.store.units.statements import statements

SQL = statements("calls")
Row = dict[str, Any]
LEFT: dict[Remains, str] = {  # of an erased one: what lists still show of it
    "": "it was taken without a word in the log",
    "proven": "what is left of it is as it was then",
    "unproven": "what is left of it is unproven: erased before this build",
    "changed": "what is left of it is not what was left then",
}


class Calls:
    """:class:`dialpact.store.ports.calls.Calls`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self,
        *,
        number: str = "",
        campaign: str = "",
        verdict: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        after: str = "",
        most: int = ALL,
    ) -> Page[CallEntry]:
        period = {"since": stamp(since) if since else "", "until": stamp(until) if until else ""}
        wanted = {"number": number, "campaign": campaign, "verdict": verdict, **period}

        def work(connection: Connection) -> Page[CallEntry]:
            ask = partial(SQL.list_calls, connection, **wanted)
            found = page(ask, dict, "seq", after=after, most=most, first=NEWEST)
            return Page(_entries(connection, found.rows), found.next)

        return await self._database.read(work)

    async def named(
        self, *, number: str, given: str, caller_ids: Sequence[str], start: str, most: int
    ) -> Sequence[CallEntry]:
        def work(connection: Connection) -> list[CallEntry]:
            found = [
                *(SQL.ids_to(connection, number=number, most=most) if number else ()),
                *(SQL.ids_given(connection, given=given, most=most) if given else ()),
                *(
                    row
                    for caller_id in caller_ids
                    for row in SQL.ids_by(connection, caller_id=caller_id, most=most)
                ),
                *(SQL.ids_beginning(connection, start=start, most=most) if start else ()),
            ]
            return of_ids(connection, [row["id"] for row in found])[:most]

        return await self._database.read(work)

    async def about(
        self, number: str, *, about: datetime, since: datetime, until: datetime, most: int
    ) -> Sequence[CallEntry]:
        bounds = {"since": stamp(since), "until": stamp(until), "about": stamp(about), "most": most}

        def work(connection: Connection) -> list[CallEntry]:
            ids = [row["id"] for row in SQL.ids_about(connection, number=number, **bounds)]
            return sorted(of_ids(connection, ids), key=lambda one: ids.index(one.id))

        return await self._database.read(work)

    async def ids_beginning(self, start: str, *, most: int) -> Sequence[str]:
        return await self._database.read(
            lambda connection: [row["id"] for row in SQL.ids_beginning(connection, start=start, most=most)]
        )

    async def get(self, id: str) -> StoredCall | None:
        return await self._database.read(lambda connection: _get(connection, id))

    async def look(
        self, attempt: CallAttempt, asked: FactRequirements, now: datetime, *, live: bool = False
    ) -> Looked:
        def work(connection: Connection) -> Looked:
            return Looked(
                facts=facts(connection, attempt, asked, now, live),
                differing=differences.known(connection),
                unacknowledged=restored.is_unacknowledged(connection),
            )

        return await self._database.read(work)

    async def last_dialled(
        self, attempt: CallAttempt, asked: FactRequirements, now: datetime
    ) -> Sequence[LastDialled]:
        return await self._database.read(lambda connection: last_dialled(connection, attempt, asked, now))


def of_ids(connection: Connection, ids: Sequence[str]) -> list[CallEntry]:
    wanted = json.dumps(list(dict.fromkeys(ids)))
    return _entries(connection, rows(SQL.calls_of_ids(connection, ids=wanted)))


def _entries(connection: Connection, found: Sequence[Row]) -> list[CallEntry]:
    ids = json.dumps([row["id"] for row in found])
    legs = _by_decision(rows(SQL.legs(connection, decisions=ids)))
    parts = _by_decision(rows(SQL.parts(connection, decisions=ids)))
    return [_entry(row, legs[row["id"]], parts[row["id"]]) for row in found]


def _get(connection: Connection, id: str) -> StoredCall | None:
    row = SQL.get_call(connection, id=id)
    if row is None:
        return None
    if not row["record"]:
        left = LEFT[remains(connection, "decision", id)]
        raise LedgerError(f"the record of {id} was erased when its time was over; its leaf is kept; {left}")
    return StoredCall(
        decision=msgspec.json.decode(row["record"], type=Decision),
        undelivered=row["undelivered"],
        behind=timedelta(microseconds=row["behind_us"]),
        carrier_legs=tuple(leg_of(dict(leg)) for leg in SQL.carrier_legs(connection, decision=id)),
    )


def _by_decision(found: Iterable[Row]) -> dict[str, list[Row]]:
    by_decision: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        by_decision[row["decision"]].append(row)
    return by_decision


def _entry(row: Row, legs: list[Row], parts: list[Row]) -> CallEntry:
    undelivered = row["undelivered"]
    became = outcome(bool(row.pop("dial")) and not undelivered, legs, parts)
    told: Row = {
        "decided_at": instant(row["decided_at"]),
        "verdict": "BLOCK" if undelivered else row["verdict"],
        "reasons": (undelivered,) if undelivered else tuple(json.loads(row["reasons"])),
        "retry_at": instant(row["retry_at"]) if row["retry_at"] else None,
    }
    return CallEntry(**(row | told), outcome=became.word, talk_seconds=became.talk_seconds)


def leg_of(row: Row) -> LegEntry:
    times = ("dialled_at", "ringing_at", "answered_at", "ended_at")
    supervision = [
        Supervisor(**_timed(one, ("since", "until"))) for one in json.loads(row["supervision"]).values()
    ]
    return LegEntry(**_timed(row, times) | {"supervision": tuple(supervision)})


def _timed(row: Row, names: Iterable[str]) -> Row:
    return row | {name: instant(row[name]) for name in names if row.get(name)}
