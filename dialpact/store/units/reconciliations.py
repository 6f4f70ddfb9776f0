"""Decisions for a reconciliation of CDR files, a page at a time, and what it found as incidents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.reconcile import AskedCall, KeptRecording, SeenLeg, UnbridgedLeg, Voice
from dialpact.compliance.reconcile.incidents import NEAR, ROUND_THE_GATE, CdrIncident, seen_leg
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import Page
from dialpact.store.units import incidents
from dialpact.store.units.database import Connection, Database, Row
from dialpact.store.units.statements import statements

SQL = statements("reconcile")


class Reconciliations:
    """:class:`dialpact.store.ports.reconciliations.Reconciliations`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def own_numbers(self) -> list[str]:
        return await self._database.read(
            lambda connection: [number for (number,) in SQL.own_numbers(connection)]
        )

    async def decisions(
        self, since: datetime, until: datetime, *, after: str = "", most: int
    ) -> Page[AskedCall]:
        at, seq = _cursor(after) if after else (stamp(since), -1)

        def work(connection: Connection) -> Page[AskedCall]:
            found = list(SQL.decisions(connection, after=at, after_seq=seq, until=stamp(until), most=most))
            next = f"{found[-1]['decided_at']} {found[-1]['seq']}" if len(found) == most else ""
            return Page([_asked(connection, row) for row in found], next)

        return await self._database.read(work)

    async def seen_legs(
        self, node: str, since: datetime, until: datetime, *, after: str = "", most: int
    ) -> Page[SeenLeg]:
        at, seq = _cursor(after) if after else (stamp(since), -1)
        asked = {"node": node, "until": stamp(until), "most": most, "kinds": json.dumps(ROUND_THE_GATE)}

        def work(connection: Connection) -> Page[SeenLeg]:
            found = list(SQL.seen_legs(connection, after=at, after_seq=seq, **asked))
            next = f"{found[-1]['at']} {found[-1]['seq']}" if len(found) == most else ""
            return Page([_seen_leg(row) for row in found], next)

        return await self._database.read(work)

    async def voices(
        self, node: str, since: datetime, until: datetime, *, after: str = "", most: int
    ) -> Page[Voice]:
        at, _, id = after.partition(" ") if after else (stamp(since), "", "")
        asked = {"node": node, "until": stamp(until), "most": most}

        def work(connection: Connection) -> Page[Voice]:
            found = list(SQL.voices(connection, after=at, after_id=id, **asked))
            next = f"{found[-1]['started_at']} {found[-1]['id']}" if len(found) == most else ""
            return Page([_voice(row) for row in found], next)

        return await self._database.read(work)

    async def write(self, incidents: Sequence[CdrIncident]) -> int:
        return await self._database.transact(lambda connection: _write(connection, incidents))


def _cursor(text: str) -> tuple[str, int]:
    at, _, seq = text.partition(" ")
    if not (seq.isascii() and seq.isdigit() and len(seq) < 19):
        raise Fault("cursor", value=text[:40])
    return at, int(seq)


def _asked(connection: Connection, row: Row) -> AskedCall:
    return AskedCall(
        key="",
        at=instant(row["decided_at"]).timestamp(),
        id=row["id"],
        node=row["node"],
        through=bool(row["dial"]) and row["undelivered"] is None,
        why=row["undelivered"] or ", ".join(json.loads(row["reasons"])),
        number=row["number"],
        dial=row["dial"],
        caller_id=row["caller_id"],
        campaign=row["campaign"],
        trunk=row["trunk"],
        shadow=row["mode"] == "shadow",
        channel=row["channel"],
        uniqueid=row["uniqueid"],
        kept=tuple(
            KeptRecording(
                id=one["id"],
                state=one["state"],
                channel=one["channel"],
                uniqueid=one["uniqueid"],
                answered=_seconds(one["answered_at"]),
                ended=_seconds(one["ended_at"]),
                seconds=one["seconds"] or 0.0,
                open=bool(one["open"]),
                started=instant(one["started_at"]).timestamp(),
            )
            for one in SQL.recordings(connection, decision=row["id"])
        ),
        unbridged=tuple(
            UnbridgedLeg(
                one["channel"], one["uniqueid"], _seconds(one["answered_at"]), _seconds(one["ended_at"])
            )
            for one in SQL.unbridged(connection, decision=row["id"])
        ),
        went_on=bool(row["went_on"]),
    )


def _seen_leg(row: Row) -> SeenLeg:
    facts = {name: row[name] for name in ("channel", "seq", "kind", "decision", "detail")}
    return seen_leg(at=instant(row["at"]).timestamp(), **facts)


def _voice(row: Row) -> Voice:
    kept = row["state"] in ("kept", "running")
    started = instant(row["started_at"]).timestamp()
    return Voice(channel=row["channel"], started=started, ended=_seconds(row["ended_at"]), kept=kept)


def _seconds(text: str | None) -> float:
    return instant(text).timestamp() if text else 0.0


def _write(connection: Connection, found: Sequence[CdrIncident]) -> int:
    new = 0
    for one in found:
        same = {"node": one.node, "channel": one.channel, "at": stamp(one.at), "decision": one.decision}
        if SQL.is_known(connection, kind=one.kind, **same) or _seen(connection, one):
            continue
        incidents.write(
            connection,
            at=one.at,
            node=one.node,
            kind=one.kind,
            decision=one.decision,
            channel=one.channel,
            detail=one.detail,
        )
        new += 1
    return new


def _seen(connection: Connection, one: CdrIncident) -> bool:
    span = {"since": stamp(one.at - NEAR), "until": stamp(one.at + NEAR)}
    same = {"node": one.node, "channel": one.channel}
    return any(SQL.was_seen(connection, kind=kind, **same, **span) for kind in one.seen_as)
