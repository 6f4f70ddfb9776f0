"""The register of complaints: each with its call, the opt-out that it is, and what it leads to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from typing import Any

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import Suspendable, Suspension
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.change import ITSELF
from dialpact.compliance.registers.complaint import Complaint, Correction
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.filing import Filed, Filing
from dialpact.store.ports.complaints import EVERYBODY, InboxWanted, Theirs, Waiting
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import NEWEST, keyed_page, page
from dialpact.store.units.registers.change import digits, log
from dialpact.store.units.registers.dnc import write_opt_out
from dialpact.store.units.registers.suspension import last_lifted, registered, suspend
from dialpact.store.units.statements import statements

SQL = statements("complaints")
NEVER = "9999-12-31"


class Complaints:
    """:class:`dialpact.store.ports.complaints.Complaints`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def file(self, new: Complaint, filing: Filing, *, by: str, at: datetime) -> Filed:
        def work(connection: Connection) -> Filed:
            outcome, filed, business = _filed(connection, new, filing, by, at)
            opt_out = filing.opt_out(filed, business)
            return Filed(
                outcome=outcome,
                complaint=filed,
                opt_out=opt_out,
                entered=write_opt_out(connection, opt_out, by=by, at=at),
                suspended=tuple(self._suspensions(connection, filed, filing, at))
                if outcome == "added"
                else (),
            )

        return await self._database.transact(work)

    async def correct(
        self, id: int, new: Correction, filing: Filing, *, reason: str, by: str, at: datetime
    ) -> Filed:
        def work(connection: Connection) -> Filed:
            outcome, corrected, business = _corrected(connection, id, new, filing, reason, by, at)
            opt_out = filing.opt_out(corrected, business)
            return Filed(
                outcome=outcome,
                complaint=corrected,
                opt_out=opt_out,
                entered=write_opt_out(connection, opt_out, by=by, at=at),
                suspended=tuple(self._suspensions(connection, corrected, filing, at))
                if outcome == "updated"
                else (),
            )

        return await self._database.transact(work)

    def _suspensions(
        self, connection: Connection, filed: Complaint, filing: Filing, at: datetime
    ) -> Iterator[Suspension]:
        """Those that this complaint completes the count for. A lifted suspension starts the count anew."""
        row = SQL.purpose(connection, campaign=filed.campaign)
        counts = list(filing.counts(filed, row["purpose"] if row else None))
        # (Of two complaints that come on two nodes at a time, the later one counts both.)
        self._database.hold(connection, [f"complaints {count.kind} {count.key}" for count in counts])
        for count in counts:
            kind, key = count.kind, count.key
            if not registered(connection, kind, key) or not _theirs(connection, kind, key, filing):
                continue
            since = max(stamp(count.since(at)), last_lifted(connection, kind, key))
            led_to_it = _since(connection, kind, key, since)
            cause = count.cause(led_to_it)
            if cause and suspend(connection, kind, key, cause=cause, evidence=led_to_it, by=ITSELF, at=at):
                yield Suspension(kind=kind, key=key, since=at, cause=cause)

    async def answer(self, id: int, answer: str, *, by: str, at: datetime) -> Complaint:
        def work(connection: Connection) -> Complaint:
            before = _one(connection, id)
            if before.status == "answered":
                if before.answer != answer:
                    raise Fault("complaint-answered", entry=str(id))
                return before
            SQL.answer_complaint(connection, id=id, answered_at=stamp(at), answer=answer)
            log(connection, "complaint", "answer", str(id), {"answer": answer}, by=by, at=at)
            return _one(connection, id)

        return await self._database.transact(work)

    async def close(self, id: int, closing: str, *, by: str, at: datetime) -> Complaint:
        def work(connection: Connection) -> Complaint:
            before = _one(connection, id)
            if before.status != "answered":
                raise Fault("complaint-not-answered", entry=str(id))
            if before.closed_at is not None:
                if before.closing != closing:
                    raise Fault("complaint-closed", entry=str(id))
                return before
            SQL.close_complaint(connection, id=id, closed_at=stamp(at), closing=closing)
            log(connection, "complaint", "close", str(id), {"closing": closing}, by=by, at=at)
            return _one(connection, id)

        return await self._database.transact(work)

    async def inbox(self, wanted: InboxWanted, *, after: str = "", most: int = ALL) -> Page[Complaint]:
        return await self._database.read(lambda connection: _inbox(connection, wanted, after, most))

    async def waiting(self, today: date, theirs: Theirs) -> Waiting:
        given = {"today": today.isoformat(), **_whose(theirs)}
        return await self._database.read(lambda connection: Waiting(**dict(SQL.waiting(connection, **given))))

    async def one_of(self, id: int, theirs: Theirs) -> Complaint | None:
        def work(connection: Connection) -> Complaint | None:
            row = SQL.complaint_of_theirs(connection, id=id, **_whose(theirs))
            return complaint_of(dict(row)) if row else None

        return await self._database.read(work)

    async def list(
        self, *, id: int = 0, number: str = "", status: str = "", after: str = "", most: int = ALL
    ) -> Page[Complaint]:
        return await self._database.read(
            lambda connection: _complaints(
                connection, id=id, number=number, status=status, after=after, most=most
            )
        )


def _filed(
    connection: Connection, new: Complaint, filing: Filing, by: str, at: datetime
) -> tuple[Outcome, Complaint, str]:
    """The entry, new or as it was, and the business of its call; no business: it was matched to none."""
    same = {
        "number": digits(new.number),
        "called_at": stamp(new.called_at),
        "source": new.source,
        "caller_id": new.caller_id,
        "businesses": _businesses(filing),
    }
    before_correction = {**same, "called_at": msgspec.to_builtins(new.called_at), "number": new.number}
    row = SQL.same_complaint(connection, **same) or SQL.same_before(connection, **before_correction)
    before = _one(connection, row["id"]) if row is not None else None
    call = _nearest(connection, new.number, new.caller_id, new.called_at, filing)
    # Who sees only some calls may know the call of a complaint that another could match to none.
    if before is not None and (before.decision or call is None or filing.businesses is None):
        known = SQL.business_of_decision(connection, id=before.decision)
        return "already", before, known["business"] if known else ""
    matched = {
        "caller_id": call["caller_id"] if call else new.caller_id,
        "campaign": call["campaign"] if call else "",
        "agent": call["agent"] if call else "",
        "decision": call["id"] if call else "",
        "received_at": stamp(new.received_at),
        "due": new.due.isoformat() if new.due else None,
    }
    del same["businesses"]
    id = int(SQL.insert_complaint(connection, **(same | matched), note=new.note))
    filed = _one(connection, id)
    log(connection, "complaint", "add", str(id), filed, by=by, at=at)
    return "added", filed, call["business"] if call else ""


def _corrected(
    connection: Connection,
    id: int,
    new: Correction,
    filing: Filing,
    reason: str,
    by: str,
    at: datetime,
) -> tuple[Outcome, Complaint, str]:
    """As ``_filed``. The caller ID of a call that it was matched to is not what the person said."""
    before = _one(connection, id)
    called_at, caller_id = new.called_at or before.called_at, new.caller_id or before.caller_id
    if new.decision:
        call = SQL.call_of_decision(connection, id=new.decision)
        if call is None:
            raise Fault("not-registered", entry=new.decision)
        if call["number"] != before.number:
            raise Fault("call-to-another", call=new.decision, entry=before.number)
    else:
        call = _nearest(connection, before.number, caller_id, called_at, filing)
        if call is None and before.decision and not new.caller_id:
            call = _nearest(connection, before.number, "", called_at, filing)
            caller_id = ""
    fields = {
        "called_at": stamp(called_at),
        "caller_id": call["caller_id"] if call else caller_id,
        "campaign": call["campaign"] if call else "",
        "agent": call["agent"] if call else "",
        "decision": call["id"] if call else "",
    }
    business = call["business"] if call else ""
    SQL.correct_complaint(connection, id=id, **fields)
    after = _one(connection, id)
    if after == before:
        return "already", before, business
    detail = {"to": after, "from": before, "reason": reason}
    log(connection, "complaint", "correct", str(id), detail, by=by, at=at)
    return "updated", after, business


def _nearest(connection: Connection, number: str, caller_id: str, called_at: datetime, filing: Filing) -> Any:
    return SQL.nearest_call(
        connection,
        number=number,
        caller_id=caller_id,
        since=stamp(called_at - filing.within),
        until=stamp(called_at + filing.within),
        called_at=stamp(called_at),
        businesses=_businesses(filing),
    )


def _businesses(filing: Filing) -> str | None:
    return None if filing.businesses is None else json.dumps(filing.businesses)


def _theirs(connection: Connection, kind: Suspendable, key: str, filing: Filing) -> bool:
    """Campaign and agent are those of a call that they may see; a caller ID is whatever they say."""
    if kind != "caller-id" or filing.businesses is None:
        return True
    return SQL.holds_caller_id(connection, key=key, businesses=_businesses(filing)) is not None


def _since(connection: Connection, kind: Suspendable, key: str, since: str) -> list[str]:
    find = {
        "agent": SQL.complaints_agent,
        "campaign": SQL.complaints_campaign,
        "caller-id": SQL.complaints_caller_id,
    }[kind]
    return [str(row["id"]) for row in find(connection, key=key, since=since)]


def _one(connection: Connection, id: int) -> Complaint:
    row = SQL.complaint_of_theirs(connection, id=id, **_whose(EVERYBODY))
    if row is None:
        raise Fault("not-registered", entry=str(id))
    return complaint_of(dict(row))


def _complaints(
    connection: Connection,
    *,
    id: int = 0,
    number: str = "",
    status: str = "",
    after: str = "",
    most: int = ALL,
) -> Page[Complaint]:
    ask = partial(SQL.list_complaints, connection, id=id, number=digits(number), status=status)
    return page(ask, complaint_of, "id", after=after, most=most, first=NEWEST)


def _inbox(connection: Connection, wanted: InboxWanted, after: str, most: int) -> Page[Complaint]:
    given = {
        **{name: getattr(wanted, name) for name in ("source", "caller_id", "campaign", "agent")},
        "number": digits(wanted.number),
        "unmatched": int(wanted.unmatched),
        **_whose(wanted.theirs),
    }
    if wanted.stage == "open" or wanted.overdue_on is not None:
        before = wanted.overdue_on.isoformat() if wanted.overdue_on else NEVER
        ask = partial(SQL.inbox_open, connection, **given, before=before)
        return keyed_page(ask, _keyed, after=after, most=most, first={"due_key": "", "id": 0})
    find = {"answered": SQL.inbox_answered, "closed": SQL.inbox_closed, None: SQL.inbox_all}[wanted.stage]
    return page(partial(find, connection, **given), complaint_of, "id", after=after, most=most, first=NEWEST)


def _keyed(row: dict[str, Any]) -> Complaint:
    del row["due_key"]
    return complaint_of(row)


def _whose(theirs: Theirs) -> dict[str, str | None]:
    given = {name: getattr(theirs, name) for name in ("businesses", "campaigns", "agents")}
    return {name: json.dumps(list(ids)) if ids else None for name, ids in given.items()}


def complaint_of(row: dict[str, Any]) -> Complaint:
    return Complaint(
        **{
            **row,
            "number": f"+{row['number']}",
            "called_at": instant(row["called_at"]),
            "received_at": instant(row["received_at"]),
            "due": date.fromisoformat(row["due"]) if row["due"] else None,
            "answered_at": instant(row["answered_at"]) if row["answered_at"] else None,
            "closed_at": instant(row["closed_at"]) if row.get("closed_at") else None,
        }
    )
