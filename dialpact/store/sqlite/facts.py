"""What is known about an attempt: every register, every count, read in the decision's own transaction."""

from __future__ import annotations

import json
import sqlite3
import time
from datetime import date, datetime
from pathlib import Path

import aiosql

from dialpact.compliance.clock import boot_id, instant, stamp
from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.model import (
    Batch,
    Business,
    CallAttempt,
    CallerId,
    Campaign,
    Consent,
    DncEntry,
    Facts,
    RecorderState,
    Script,
    Suspension,
    Tally,
)
from dialpact.store.sqlite import linked

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "facts.sql", "sqlite3")


def facts(
    connection: sqlite3.Connection, attempt: CallAttempt, asked: FactRequirements, now: datetime, live: bool
) -> Facts:
    """All that the rules look at, as of ``now``; ``live``: read the recorder lease."""
    found = SQL.campaign_and_business(connection, id=attempt.campaign)
    campaign = business = None
    if found is not None:
        campaign = Campaign(
            id=found[0], business=found[1], industry=found[2], purpose=found[3], script=found[4]
        )
        business = Business(id=found[1], name=found[5], actor=found[6])
    digits = int(attempt.callee.e164[1:]) if attempt.callee.e164 else None
    names = attempt.trunks
    continues = linked.first_of(connection, attempt, now)
    return Facts(
        campaign=campaign,
        business=business,
        caller_id=_caller_id(connection, attempt.caller_id),
        trunk_known=attempt.trunk in asked.holders,
        trunk_business=asked.holders.get(attempt.trunk, ""),
        trunk_holders={
            name: asked.holders[name] for name in names if len(names) > 1 and name in asked.holders
        },
        consents=_consents(connection, attempt.callee.e164, digits, campaign),
        opt_outs=_do_not_call(connection, attempt.callee.e164, digits),
        opt_outs_at=_opt_outs_at(connection) if asked.opt_outs_age else None,
        leads=_leads(connection, digits, campaign),
        script=_script(connection, campaign),
        attempts=_attempts(connection, attempt, campaign, asked, continues),
        neighbours=_neighbours(connection, attempt, digits, asked, now),
        suspensions=_suspensions(connection, attempt),
        recorder=_recorder(connection, attempt.node) if live else None,
        continues=continues,
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
        sent_as=tuple(json.loads(row["sent_as"])),
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
            expires_at=_instant(row["expires_at"]),
            evidence=row["evidence"],
            withdrawn_at=_instant(row["withdrawn_at"]),
            evidence_sha256=row["evidence_sha256"],
            wording=row["wording"],
        )
        for row in SQL.consents(connection, number=digits, business=campaign.business)
    )


def _do_not_call(connection: sqlite3.Connection, e164: str, digits: int | None) -> tuple[DncEntry, ...]:
    if digits is None:
        return ()
    return tuple(
        DncEntry(
            number=e164,
            scope=row["scope"],
            value=row["value"],
            requested_at=instant(row["requested_at"]),
            source=row["source"],
        )
        for row in SQL.do_not_call(connection, number=digits)
    )


def _opt_outs_at(connection: sqlite3.Connection) -> datetime | None:
    return _instant(SQL.opt_outs_at(connection)[0])


def _leads(
    connection: sqlite3.Connection, digits: int | None, campaign: Campaign | None
) -> tuple[Batch, ...]:
    if digits is None or campaign is None:
        return ()
    return tuple(
        Batch(**{**dict(row), "imported_at": instant(row["imported_at"])})
        for row in SQL.leads(connection, number=digits, campaign=campaign.id)
    )


def _script(connection: sqlite3.Connection, campaign: Campaign | None) -> Script | None:
    row = SQL.script(connection, id=campaign.script) if campaign and campaign.script else None
    if row is None:
        return None
    return Script(
        id=row["id"],
        version=row["version"],
        sha256=row["sha256"],
        approved_by=row["approved_by"],
        approved_at=_instant(row["approved_at"]),
        expires_at=_instant(row["expires_at"]),
        checked=tuple(json.loads(row["checked"])),
    )


def _attempts(
    connection: sqlite3.Connection,
    attempt: CallAttempt,
    campaign: Campaign | None,
    asked: FactRequirements,
    continues: str,
) -> tuple[Tally, ...]:
    """Other ways of one call are one attempt, which its first decision stands for."""
    number = attempt.callee.e164
    if campaign is None or not number:
        return ()
    found = []
    for per, limit in asked.caps:
        if per == "callee":
            row = SQL.nth_at_callee(
                connection, number=number, business=campaign.business, first=continues, skip=limit - 1
            )
        else:
            row = SQL.nth_over_caller_id(
                connection, caller_id=attempt.caller_id, first=continues, skip=limit - 1
            )
        found.append(Tally(per=per, limit=limit, nth=instant(row[0]) if row else None))
    return tuple(found)


def _neighbours(
    connection: sqlite3.Connection,
    attempt: CallAttempt,
    digits: int | None,
    asked: FactRequirements,
    now: datetime,
) -> tuple[int, ...]:
    """Distances of other numbers. (E.164 numbers of one length sort as text as they do as numbers.)"""
    if digits is None or not asked.reach:
        return ()
    found = SQL.neighbours(
        connection,
        campaign=attempt.campaign,
        first=f"+{digits - asked.reach}",
        last=f"+{digits + asked.reach}",
        since=stamp(now - asked.window),
    )
    return tuple(sorted(distance for (number,) in found if (distance := int(number[1:]) - digits)))


def _suspensions(connection: sqlite3.Connection, attempt: CallAttempt) -> tuple[Suspension, ...]:
    found = SQL.suspensions(
        connection, agent=attempt.agent, campaign=attempt.campaign, caller_id=attempt.caller_id
    )
    return tuple(Suspension(**{**dict(row), "since": instant(row["since"])}) for row in found)


def _recorder(connection: sqlite3.Connection, node: str) -> RecorderState:
    row = SQL.lease(connection, node=node)
    if row is None:
        return RecorderState(ready=False, why="no listener has reported on this node yet")
    if not row["ready"]:
        return RecorderState(ready=False, why=row["why"])
    if row["boot_id"] != boot_id() or row["expires_ns"] <= time.monotonic_ns():
        return RecorderState(ready=False, why="the listener has not reported in time")
    return RecorderState(ready=True)


def _instant(text: str | None) -> datetime | None:
    return instant(text) if text else None
