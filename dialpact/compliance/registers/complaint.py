"""A complaint: who says to have been called, when, over which number; and by when it must be answered."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from dialpact.compliance.calendars import WorkingDays
from dialpact.compliance.model import Value
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import HOME, moment
from dialpact.compliance.registers.number import caller_id as exact
from dialpact.compliance.registers.number import person

ANSWER_DAYS = 15  # working days, for a complaint that 12321 passes on; a draft of 2020, known from the press
WITHIN = 30  # minutes on either side of the time that the person remembers

FARTHEST = 3660  # days that are counted one by one

Status = Literal["open", "answered"]
Stage = Literal["open", "answered", "closed"]  # wants an answer; is answered and not closed; is closed


class Complaint(Value, frozen=True, kw_only=True):
    """``id`` is 0 until the register gives one; campaign, agent and decision are the matched call's."""

    id: int = 0
    number: str
    called_at: datetime
    source: str
    caller_id: str = ""
    campaign: str = ""
    agent: str = ""
    decision: str = ""
    note: str = ""
    received_at: datetime
    due: date | None = None  # last local day for the answer; None: the calendar ends before
    status: Status = "open"
    answered_at: datetime | None = None
    answer: str = ""
    closed_at: datetime | None = None  # only of one that was answered
    closing: str = ""  # how it ended


def complaint(
    number: str,
    called_at: str,
    source: str,
    caller_id: str,
    note: str,
    received_at: str,
    *,
    now: datetime,
    calendar: WorkingDays,
) -> Complaint:
    """``number``: of anybody, also of one who could never be called. An empty ``received_at`` is ``now``.

    Fault for a call or a receipt that is still to come.
    """
    called = moment(called_at, "called_at")
    received = moment(received_at, "received_at") if received_at.strip() else now
    if called > now:
        raise Fault("call-to-come", value=called_at.strip())
    if called > received:
        raise Fault("ends-before-start", start=called_at.strip(), end=received_at.strip() or now.isoformat())
    if received > now:
        raise Fault("in-the-future", column="received_at", value=received_at.strip())
    return Complaint(
        number=person(number),
        called_at=called,
        source=free_text(source, "source"),
        caller_id=exact(caller_id) if caller_id.strip() else "",
        note=free_text(note, "note", needed=False),
        received_at=received,
        due=due(received, calendar),
    )


class Correction(Value, frozen=True, kw_only=True):
    """What a complaint says otherwise than it was filed; None and empty: as it was.

    ``decision``: the call that it is about, whatever its time.
    """

    called_at: datetime | None = None
    caller_id: str = ""
    decision: str = ""


def correction(
    before: Complaint, called_at: str, caller_id: str, decision: str, *, now: datetime
) -> Correction:
    """Fault for nothing to change, and for a call after the receipt that is on record, or still to come."""
    called = moment(called_at, "called_at") if called_at.strip() else None
    if not (called or caller_id.strip() or decision):
        raise Fault("nothing-to-change")
    if called and called > now:
        raise Fault("call-to-come", value=called_at.strip())
    if called and called > before.received_at:
        received = before.received_at.astimezone(HOME).isoformat(" ", "seconds")
        raise Fault("call-after-receipt", value=called_at.strip(), received=received)
    shown = exact(caller_id) if caller_id.strip() else ""
    return Correction(called_at=called, caller_id=shown, decision=decision)


def due(received_at: datetime, calendar: WorkingDays, days: int = ANSWER_DAYS) -> date | None:
    """The ``days``-th working day after the local day of receipt; None when the calendar does not know it."""
    day = received_at.astimezone(HOME).date()
    while days:
        day += timedelta(days=1)
        kind = calendar.day(day).kind
        if kind not in ("working", "off"):
            return None
        days -= kind == "working"
    return day


def days_left(due: date, today: date, calendar: WorkingDays) -> int | None:
    """Working days after ``today`` up to ``due``; below zero: those after ``due`` up to ``today``.

    None when the calendar does not know one of the days, or they are too many to be meant.
    """
    day, last, count = min(due, today), max(due, today), 0
    if last - day > timedelta(days=FARTHEST):
        return None
    while day < last:
        day += timedelta(days=1)
        kind = calendar.day(day).kind
        if kind not in ("working", "off"):
            return None
        count += kind == "working"
    return count if due >= today else -count


def is_overdue(complaint: Complaint, due: date | None, today: date) -> bool:
    """Open after the last day. An off day between the two changes nothing: the day is over."""
    return complaint.status == "open" and due is not None and today > due
