"""The register of complaints: each with its call, the refusal that it is, and what it leads to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import aiosql

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import Refusal, Suspendable, Suspension, Value
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.complaint import Complaint
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.sections import SuspensionRule
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.registers.change import ALL, digits, log
from dialpact.store.sqlite.registers.dnc import write_refusal
from dialpact.store.sqlite.registers.suspension import last_lifted, registered, suspend

SQL = aiosql.from_path(Path(__file__).parents[1] / "sql" / "complaints.sql", "sqlite3")
BY = "dialpact"  # who suspends, where no officer does


class Filed(Value, frozen=True, kw_only=True):
    """What one complaint led to."""

    outcome: Outcome
    complaint: Complaint
    refusal: Refusal
    refused: Outcome  # "already": the refusal was in force before
    suspended: tuple[Suspension, ...] = ()


async def add_complaint(
    store: Database,
    new: Complaint,
    *,
    within: timedelta,
    refuse_all: bool,
    rules: Mapping[str, SuspensionRule],
    by: str,
    at: datetime,
) -> Filed:
    """Files it with the call nearest to its time, refuses for the person, and suspends at a threshold.

    ``rules``: what the profiles in force say about suspensions, by the profile's id. All of it or nothing.
    """

    def work(connection: sqlite3.Connection) -> Filed:
        outcome, filed, business = _filed(connection, new, within, by, at)
        scope_all = refuse_all or not business
        refusal = Refusal(
            number=filed.number,
            scope="all" if scope_all else "business",
            value="" if scope_all else business,
            requested_at=filed.received_at,
            source=f"complaint {filed.source} #{filed.id}",
        )
        return Filed(
            outcome=outcome,
            complaint=filed,
            refusal=refusal,
            refused=write_refusal(connection, refusal, by=by, at=at),
            suspended=tuple(_suspensions(connection, filed, rules, at)) if outcome == "added" else (),
        )

    return await store.transact(work)


async def answer_complaint(store: Database, id: int, answer: str, *, by: str, at: datetime) -> Complaint:
    """Fault when there is none, or when it was answered otherwise: an answer is given once."""

    def work(connection: sqlite3.Connection) -> Complaint:
        before = _one(connection, id)
        if before.status == "answered":
            if before.answer != answer:
                raise Fault("complaint-answered", entry=str(id))
            return before
        SQL.answer_complaint(connection, id=id, answered_at=stamp(at), answer=answer)
        log(connection, "complaint", "answer", str(id), {"answer": answer}, by=by, at=at)
        return _one(connection, id)

    return await store.transact(work)


async def list_complaints(
    store: Database, *, id: int = 0, number: str = "", status: str = "", most: int = ALL
) -> list[Complaint]:
    """Newest first."""
    return await store.transact(
        lambda connection: _complaints(connection, id=id, number=number, status=status, most=most)
    )


def _filed(
    connection: sqlite3.Connection, new: Complaint, within: timedelta, by: str, at: datetime
) -> tuple[Outcome, Complaint, str]:
    """The entry, new or as it was, and the business of its call; no business: it was matched to none."""
    same = {
        "number": digits(new.number),
        "called_at": stamp(new.called_at),
        "source": new.source,
        "caller_id": new.caller_id,
    }
    if (row := SQL.same_complaint(connection, **same)) is not None:
        before = _one(connection, row["id"])
        call = SQL.business_of_decision(connection, id=before.decision)
        return "already", before, call["business"] if call else ""
    call = SQL.nearest_call(
        connection,
        number=new.number,
        caller_id=new.caller_id,
        since=stamp(new.called_at - within),
        until=stamp(new.called_at + within),
        called_at=stamp(new.called_at),
    )
    matched = {
        "caller_id": call["caller_id"] if call else new.caller_id,
        "campaign": call["campaign"] if call else "",
        "agent": call["agent"] if call else "",
        "decision": call["id"] if call else "",
        "received_at": stamp(new.received_at),
        "due": new.due.isoformat() if new.due else None,
    }
    id = int(SQL.insert_complaint(connection, **(same | matched), note=new.note))
    filed = _one(connection, id)
    log(connection, "complaint", "add", str(id), filed, by=by, at=at)
    return "added", filed, call["business"] if call else ""


def _suspensions(
    connection: sqlite3.Connection, filed: Complaint, rules: Mapping[str, SuspensionRule], at: datetime
) -> Iterator[Suspension]:
    """Those that this complaint completes the count for. A lifted suspension starts the count anew."""
    named: dict[Suspendable, str] = {
        "agent": filed.agent,
        "campaign": filed.campaign,
        "caller-id": filed.caller_id,
    }
    row = SQL.purpose(connection, campaign=filed.campaign)
    purpose = row["purpose"] if row else "marketing"  # of an unknown campaign: what most rules bind
    for profile, rule in rules.items():
        if not rule.binds(purpose):
            continue
        for kind, limit in rule.complaints.items():
            key = named[kind]
            if not key or not registered(connection, kind, key):
                continue
            since = max(stamp(at - timedelta(days=rule.complaint_days)), last_lifted(connection, kind, key))
            led_to_it = _since(connection, kind, key, since)
            if len(led_to_it) < limit:
                continue
            cause = f"{len(led_to_it)} complaints within {rule.complaint_days} days (profile {profile})"
            if suspend(connection, kind, key, cause=cause, evidence=led_to_it, by=BY, at=at):
                yield Suspension(kind=kind, key=key, since=at, cause=cause)


def _since(connection: sqlite3.Connection, kind: Suspendable, key: str, since: str) -> list[str]:
    find = {
        "agent": SQL.complaints_agent,
        "campaign": SQL.complaints_campaign,
        "caller-id": SQL.complaints_caller_id,
    }[kind]
    return [str(row["id"]) for row in find(connection, key=key, since=since)]


def _one(connection: sqlite3.Connection, id: int) -> Complaint:
    found = _complaints(connection, id=id) if id > 0 else []
    if not found:
        raise Fault("not-registered", entry=str(id))
    return found[0]


def _complaints(
    connection: sqlite3.Connection, *, id: int = 0, number: str = "", status: str = "", most: int = ALL
) -> list[Complaint]:
    found = SQL.list_complaints(connection, id=id, number=digits(number), status=status, most=most)
    return [Complaint(**_fields(dict(row))) for row in found]


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "number": f"+{row['number']}",
        "called_at": instant(row["called_at"]),
        "received_at": instant(row["received_at"]),
        "due": date.fromisoformat(row["due"]) if row["due"] else None,
        "answered_at": instant(row["answered_at"]) if row["answered_at"] else None,
    }
