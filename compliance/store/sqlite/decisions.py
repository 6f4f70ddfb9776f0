"""Decisions: facts in, verdict recorded, all in one transaction.

Attempts that wait together share one transaction and its one flush to disk. They are judged one after
the other in it, so a later one sees the rows of an earlier one: nothing can be raced.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import aiosql
import msgspec

from compliance.clock import instant, stamp
from compliance.model import (
    Business,
    CallAttempt,
    CallerId,
    Campaign,
    Consent,
    Decision,
    Facts,
    Recorder,
    Refusal,
)
from compliance.store.sqlite.connection import Store, rows

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "decisions.sql", "sqlite3")
Judge = Callable[[Facts], Decision | None]


@cache
def boot_id() -> str:
    """Identifies this run of this host, whose monotonic clock the lease is on."""
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


def facts(connection: sqlite3.Connection, attempt: CallAttempt, trunks: dict[str, str], live: bool) -> Facts:
    """All that the rules look at. ``trunks``: name to holding business; ``live``: read the recorder lease."""
    found = SQL.campaign_and_business(connection, id=attempt.campaign)
    campaign = business = None
    if found is not None:
        campaign = Campaign(
            id=found[0], business=found[1], industry=found[2], purpose=found[3], script=found[4]
        )
        business = Business(id=found[1], name=found[5], actor=found[6])
    digits = int(attempt.callee.e164[1:]) if attempt.callee.e164 else None
    return Facts(
        campaign=campaign,
        business=business,
        caller_id=_caller_id(connection, attempt.caller_id),
        trunk_known=attempt.trunk in trunks,
        trunk_business=trunks.get(attempt.trunk, ""),
        consents=_consents(connection, attempt.callee.e164, digits, campaign),
        refusals=_refusals(connection, attempt.callee.e164, digits),
        recorder=_recorder(connection, attempt.node) if live else None,
    )


def _caller_id(connection: sqlite3.Connection, number: str) -> CallerId | None:
    row = SQL.caller_id(connection, number=number)
    if row is None:
        return None
    return CallerId(
        number=row["number"],
        business=row["business"],
        licence=row["licence"],
        carrier=row["carrier"],
        authenticated=bool(row["authenticated"]),
        trunks=tuple(json.loads(row["trunks"])),
        purposes=tuple(json.loads(row["purposes"])),
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
    )


def _consents(
    connection: sqlite3.Connection, e164: str, digits: int | None, campaign: Campaign | None
) -> tuple[Consent, ...]:
    if digits is None or campaign is None:
        return ()
    return tuple(
        Consent(
            number=e164,
            business=row["business"],
            industry=row["industry"],
            granted_at=instant(row["granted_at"]),
            expires_at=instant(row["expires_at"]) if row["expires_at"] else None,
            evidence=row["evidence"],
            withdrawn_at=instant(row["withdrawn_at"]) if row["withdrawn_at"] else None,
        )
        for row in SQL.consents(connection, number=digits, business=campaign.business)
    )


def _refusals(connection: sqlite3.Connection, e164: str, digits: int | None) -> tuple[Refusal, ...]:
    if digits is None:
        return ()
    return tuple(
        Refusal(
            number=e164,
            scope=row["scope"],
            value=row["value"],
            requested_at=instant(row["requested_at"]),
            source=row["source"],
        )
        for row in SQL.refusals(connection, number=digits)
    )


def _recorder(connection: sqlite3.Connection, node: str) -> Recorder:
    row = SQL.lease(connection, node=node)
    if row is None:
        return Recorder(ready=False, why="no listener has reported on this node yet")
    if not row["ready"]:
        return Recorder(ready=False, why=row["why"])
    if row["boot_id"] != boot_id() or row["expires_ns"] <= time.monotonic_ns():
        return Recorder(ready=False, why="the listener has not reported in time")
    return Recorder(ready=True)


def record(connection: sqlite3.Connection, decisions: Iterable[Decision]) -> None:
    """Appends; ``seq`` continues without a gap because the transaction is immediate."""
    last = SQL.last_seq(connection)[0]
    for seq, decision in enumerate(decisions, last + 1):
        attempt = decision.attempt
        SQL.insert_decision(
            connection,
            seq=seq,
            id=decision.id,
            node=attempt.node,
            decided_at=stamp(decision.decided_at),
            verdict=decision.verdict,
            reasons=json.dumps(decision.reasons),
            number=attempt.callee.e164,
            given=attempt.callee.given,
            dial=decision.dial if decision.allowed else "",
            caller_id=attempt.caller_id,
            campaign=attempt.campaign,
            business=decision.facts.campaign.business if decision.facts.campaign else "",
            agent=attempt.agent,
            trunk=attempt.trunk,
            channel=attempt.channel,
            uniqueid=attempt.uniqueid,
            attack=attempt.attack,
            retry_at=stamp(decision.retry_at) if decision.retry_at else None,
            record=msgspec.json.encode(decision).decode(),
        )


async def decide(
    store: Store,
    waiting: Sequence[tuple[CallAttempt, Judge]],
    trunks: dict[str, str],
    overdue: Sequence[Decision] = (),
) -> None:
    """Judges and records in one transaction, after refusals that could not be stored before.

    A judge that returns None has been overtaken (by the deadline): nothing is recorded for it here.
    Raises StoreError; then nothing was recorded.
    """

    def work(connection: sqlite3.Connection) -> None:
        # A commit that was reported as failed may have happened all the same.
        record(connection, [late for late in overdue if not SQL.is_recorded(connection, id=late.id)])
        for attempt, judge in waiting:
            decision = judge(facts(connection, attempt, trunks, live=True))
            if decision is not None:
                record(connection, [decision])

    await store.transact(work)


async def undelivered(store: Store, decision: str, at: datetime, reason: str) -> None:
    """Marks an ALLOW that was never told to the PBX."""
    await store.transact(
        lambda connection: SQL.insert_undelivered(connection, decision=decision, at=stamp(at), reason=reason)
    )


async def look_up(store: Store, attempt: CallAttempt, trunks: dict[str, str], live: bool) -> Facts:
    """The facts for ``dialpact check``: the gate's own reading, nothing recorded."""
    return await store.transact(lambda connection: facts(connection, attempt, trunks, live))


async def list_calls(
    store: Store,
    *,
    number: str = "",
    campaign: str = "",
    verdict: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    most: int = 100,
) -> list[dict[str, Any]]:
    """Newest first. ``reasons`` is a list; an undelivered ALLOW is shown as the BLOCK it became."""
    found = await store.transact(
        lambda connection: rows(
            SQL.list_calls(
                connection,
                number=number,
                campaign=campaign,
                verdict="" if verdict == "BLOCK" else verdict,
                since=stamp(since) if since else "",
                until=stamp(until) if until else "",
                most=most,
            )
        )
    )
    return [call for call in map(_as_told, found) if not verdict or call["verdict"] == verdict]


def _as_told(row: dict[str, Any]) -> dict[str, Any]:
    row["reasons"] = json.loads(row["reasons"])
    if row["undelivered"]:
        row["verdict"], row["reasons"] = "BLOCK", [row["undelivered"]]
    return row


async def get_call(store: Store, decision: str) -> tuple[Decision, str | None] | None:
    """A decision with all its inputs, and why it was not delivered, if it was not."""
    row = await store.transact(lambda connection: SQL.get_call(connection, id=decision))
    return (msgspec.json.decode(row["record"], type=Decision), row["undelivered"]) if row else None
