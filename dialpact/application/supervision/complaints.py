"""The complaints that 12321 passes on, with their last days."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

from dialpact.application.supervision.desk import Desk
from dialpact.compliance.calendars import WorkingDays
from dialpact.compliance.registers import complaint as pure
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.complaint import WITHIN
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import HOME, moment
from dialpact.compliance.registers.number import person
from dialpact.compliance.supervision.letter import LONGEST
from dialpact.compliance.supervision.model import Complaint

MOST_WITHIN = int(LONGEST.total_seconds()) // 120  # minutes on either side


async def add(
    desk: Desk,
    number: str,
    *,
    reference: str,
    called_at: str,
    received_at: str = "",
    within: int = WITHIN,
    note: str = "",
) -> Complaint:
    """``within``: minutes on either side of the time that the person remembers. Fault."""
    now, called = desk.now(), moment(called_at, "called_at")
    received = moment(received_at, "received_at") if received_at.strip() else now
    if called > now:
        raise Fault("call-to-come", value=called_at.strip())
    if received > now:
        raise Fault("in-the-future", column="received_at", value=received_at.strip())
    if called > received:
        raise Fault("ends-before-start", start=called_at.strip(), end=received_at.strip() or now.isoformat())
    span = timedelta(minutes=min(max(within, 1), MOST_WITHIN))
    callee, named = person(number), free_text(reference, "reference")
    # A reference is shown as it is, and stays when the number is erased.
    if callee.removeprefix("+86").removeprefix("+") in "".join(filter(str.isdigit, named)):
        raise Fault("number-in-reference")
    new = Complaint(
        reference=named,
        number=callee,
        called_at=called,
        since=called - span,
        before=called + span,
        received_at=received,
        due=pure.due(received, await desk.calendar(), desk.config.complaints.answer_days),
        note=free_text(note, "note", needed=False),
    )
    return await desk.store.complaints.add(new, by=desk.by)


async def close(desk: Desk, id: int, conclusion: str) -> None:
    """It is answered to who complained."""
    said = free_text(conclusion, "conclusion")
    await desk.store.complaints.close(id, said, by=desk.by, at=desk.now())


async def erase(desk: Desk, id: int, *, reason: str) -> int:
    """Takes the number, the note and the packages of a closed complaint; how many packages. What was asked
    and answered stays: it names nobody. Fault while it is open, or without a reason.
    """
    if not reason:
        raise Fault("no-reason")
    packages = await desk.store.complaints.erase(id, by=desk.by, reason=reason, at=desk.now())
    for name in packages:
        await asyncio.to_thread((desk.config.packages / f"{name}.zip").unlink, missing_ok=True)
    return len(packages)


async def listed(desk: Desk, most: int) -> Sequence[Complaint]:
    """Open ones first, the most pressing one first."""
    return await desk.store.complaints.list(most)


def last_day(one: Complaint, calendar: WorkingDays, days: int) -> date | None:
    """As the calendar of today knows it, where it was not known when the complaint came."""
    return one.due or pure.due(one.received_at, calendar, days)


def left(due: date | None, today: date, calendar: WorkingDays) -> int | None:
    """Working days; below zero: overdue. None: not known."""
    return pure.days_left(due, today, calendar) if due else None


def today(desk: Desk) -> date:
    return desk.now().astimezone(HOME).date()
