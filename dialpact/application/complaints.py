"""Complaints: about which call, what followed, and by when they must be answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from dialpact.application import caller_ids, ids
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.entry import ShownEntry, shown
from dialpact.application.limits import Only
from dialpact.compliance.calendars import WorkingDays
from dialpact.compliance.calls import CallEntry
from dialpact.compliance.model import Suspension, Value
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers import complaint as pure
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.change import Made
from dialpact.compliance.registers.complaint import WITHIN, Complaint
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.filing import Filed, Filing, rules_in_force
from dialpact.compliance.registers.moment import HOME
from dialpact.store.ports.complaints import EVERYBODY, InboxWanted, Theirs, Waiting
from dialpact.store.ports.page import ALL, Page

NEAREST = 5  # calls that are shown for a complaint that fits none
EVER = datetime(1970, 1, 1, tzinfo=UTC)
TOGETHER = 1000  # rows that are looked through at once for overdue ones


class Deadline(Value, frozen=True, kw_only=True):
    """A complaint with its last day for the answer, as the calendar of today knows it."""

    complaint: Complaint
    due: date | None
    left: int | None  # working days; None: answered, or not known
    overdue: bool


async def add(
    context: Context,
    number: str,
    policy: Policy,
    *,
    called_at: str,
    source: str,
    caller_id: str = "",
    note: str = "",
    received_at: str = "",
    within: int = WITHIN,
    from_all: bool = False,
    only: Only = None,
    made: Sequence[Made] = (),
) -> Filed:
    """Files it with its call: ``within`` so many minutes. It opts out too, and enough of them suspend.

    ``only``: the businesses whose calls the actor may see: it is matched to one of these alone. ``made``: the
    acts of an earlier try that was cut off before it could say so.
    """
    context.actor.need(Right.COMPLAINTS)
    now = context.now()
    person = context.person(number)
    shown_as = await caller_ids.resolved(context, caller_id)
    new = pure.complaint(
        person, called_at, source, shown_as, note, received_at, now=now, calendar=policy.calendar
    )
    filing = Filing(
        within=timedelta(minutes=within),
        from_all=from_all,
        rules=rules_in_force(policy.profiles, now),
        businesses=None if only is None else tuple(sorted(only)),
    )
    filed = await context.store.complaints.file(new, filing, by=context.by, at=now)
    return _as_made(filed, made) if made else filed


async def correct(
    context: Context,
    id: int,
    policy: Policy,
    *,
    called_at: str = "",
    caller_id: str = "",
    call: str = "",
    within: int = WITHIN,
    reason: str,
) -> Filed:
    """Another time or caller ID, or the call itself: its call is looked for anew, with all that follows.

    What was filed stays in the log. Fault when there is none, or nothing to change.
    """
    context.actor.need(Right.REGISTERS)
    now, why = context.now(), free_text(reason, "reason")
    before = await _one(context, id)
    decision = await ids.decision(context, call)
    shown_as = await caller_ids.resolved(context, caller_id)
    new = pure.correction(before, called_at, shown_as, decision, now=now)
    filing = Filing(within=timedelta(minutes=within), rules=rules_in_force(policy.profiles, now))
    return await context.store.complaints.correct(id, new, filing, reason=why, by=context.by, at=now)


async def nearest(context: Context, complaint: Complaint) -> Sequence[CallEntry]:
    """For a complaint without a call: the calls to that person whose times are nearest."""
    context.actor.need(Right.CALLS)
    if complaint.decision:
        return ()
    return await context.store.calls.about(
        complaint.number, about=complaint.called_at, since=EVER, until=context.now(), most=NEAREST
    )


async def answer(context: Context, id: int, note: str) -> Complaint:
    """An answer is given once. Fault for another one."""
    context.actor.need(Right.REGISTERS)
    text = free_text(note, "note")
    return await context.store.complaints.answer(id, text, by=context.by, at=context.now())


async def close(context: Context, id: int, closing: str) -> Complaint:
    """One that was answered is over: ``closing`` says how it ended. It is closed once; Fault otherwise.

    Nothing but an answer stops the time that there is for one.
    """
    context.actor.need(Right.REGISTERS)
    text = free_text(closing, "closing")
    return await context.store.complaints.close(id, text, by=context.by, at=context.now())


async def inbox(
    context: Context,
    calendar: WorkingDays,
    wanted: InboxWanted,
    *,
    overdue: bool = False,
    after: str = "",
    most: int = ALL,
) -> Page[Deadline]:
    """What wants somebody, in the order in which it does (see the port's ``inbox``).

    ``wanted.number``, ``wanted.caller_id``: in any form. ``overdue``: open ones whose last day is over, and
    those of which it is not known.
    """
    context.actor.need(Right.CALLS)
    today = context.now().astimezone(HOME).date()
    wanted = msgspec.structs.replace(
        wanted,
        number=context.any_person(wanted.number),
        caller_id=await caller_ids.resolved(context, wanted.caller_id),
        overdue_on=today if overdue else None,
    )
    found = await context.store.complaints.inbox(wanted, after=after, most=most)
    return Page([_deadline(one, today, calendar) for one in found.rows], found.next)


async def waiting(context: Context, theirs: Theirs = EVERYBODY) -> Waiting:
    """How many want an answer, and how urgently."""
    context.actor.need(Right.CALLS)
    return await context.store.complaints.waiting(context.now().astimezone(HOME).date(), theirs)


async def deadline(context: Context, id: int, calendar: WorkingDays, theirs: Theirs = EVERYBODY) -> Deadline:
    """One with its last day. Fault when there is none, or none of theirs."""
    context.actor.need(Right.CALLS)
    found = await context.store.complaints.one_of(id, theirs)
    if found is None:
        raise Fault("not-registered", entry=str(id))
    return _deadline(found, context.now().astimezone(HOME).date(), calendar)


async def listed(
    context: Context,
    calendar: WorkingDays,
    *,
    number: str = "",
    status: str = "",
    overdue: bool = False,
    after: str = "",
    most: int = ALL,
) -> Page[Deadline]:
    """The newest first. ``overdue``: open ones whose last day is over."""
    context.actor.need(Right.CALLS)
    register, today = context.store.complaints, context.now().astimezone(HOME).date()
    wanted = context.any_person(number)
    if not overdue:
        found = await register.list(number=wanted, status=status, after=after, most=most)
        return Page([_deadline(one, today, calendar) for one in found.rows], found.next)
    late: list[Deadline] = []
    while True:
        found = await register.list(number=wanted, status=status or "open", after=after, most=TOGETHER)
        late += [one for row in found.rows if (one := _deadline(row, today, calendar)).overdue]
        if most != ALL and len(late) > most:
            return Page(late[:most], str(late[most - 1].complaint.id))
        if not found.next:
            return Page(late)
        after = found.next


async def show(context: Context, id: int) -> ShownEntry[Complaint]:
    """Fault when there is none."""
    context.actor.need(Right.CALLS)
    return await shown(context, "complaint", str(id), [await _one(context, id)])


def _as_made(filed: Filed, made: Sequence[Made]) -> Filed:
    """What was filed already, as the try before would have told it: by its acts."""
    added = {act.register: act for act in made if act.action == "add" and act.register != "suspension"}
    suspensions = [act for act in made if (act.register, act.action) == ("suspension", "add")]
    if (complaint := added.get("complaint")) is not None:
        told = msgspec.convert(complaint.detail, Complaint)
        filed = msgspec.structs.replace(filed, outcome="added", complaint=told)
    return msgspec.structs.replace(
        filed,
        entered="added" if "dnc" in added else filed.entered,
        suspended=tuple(msgspec.convert(_suspended(act), Suspension) for act in suspensions),
    )


def _suspended(act: Made) -> dict[str, object]:
    kind, _, key = act.key.partition(" ")
    return {"kind": kind, "key": key, "since": act.at, "cause": act.detail["cause"]}


async def _one(context: Context, id: int) -> Complaint:
    found = await context.store.complaints.list(id=id)
    if not found.rows:
        raise Fault("not-registered", entry=str(id))
    return found.rows[0]


def _deadline(complaint: Complaint, today: date, calendar: WorkingDays) -> Deadline:
    due = complaint.due or pure.due(complaint.received_at, calendar)
    is_open = complaint.status == "open" and due is not None
    left = pure.days_left(due, today, calendar) if is_open and due else None
    late = pure.is_overdue(complaint, due, today)
    return Deadline(complaint=complaint, due=due, left=left, overdue=late)
