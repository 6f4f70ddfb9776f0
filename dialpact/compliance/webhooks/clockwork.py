"""What is told by the clock: complaints that must be answered, the calendar's end, a day in figures.

The log has no entry of these, so each has a key of its own, by which it is told once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from dialpact.compliance.calendars import WorkingDays, days_left
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers import complaint as clock
from dialpact.compliance.registers.complaint import Complaint
from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.veil import Veil
from dialpact.compliance.webhooks.delivery import NewDelivery
from dialpact.compliance.webhooks.events import (
    CalendarEnding,
    CalendarEndingEvent,
    ComplaintDue,
    ComplaintDueEvent,
)
from dialpact.compliance.webhooks.packing import delivery
from dialpact.compliance.webhooks.settings import WebhookConfig
from dialpact.compliance.webhooks.shown import complaint_shown
from dialpact.compliance.webhooks.subjects import subjects

AGAIN = (14, 3, 0)  # days before the calendar's end on which it is told once more
MOST_DAYS = 7  # whose digests are told late, where nobody was there to tell them


class DigestDay(NamedTuple):
    """A local day, whose figures are to be told at ``at``."""

    day: date
    since: datetime
    until: datetime
    at: datetime

    @property
    def key(self) -> str:
        return f"digest.daily {self.day}"


def complaint(
    name: str, hook: WebhookConfig, one: Complaint, business: str, calendar: WorkingDays, now: datetime
) -> Iterator[NewDelivery]:
    """``one`` is open; ``business``: of its call. Nothing while its last day is far."""
    today = now.astimezone(HOME).date()
    due = one.due or clock.due(one.received_at, calendar)
    if due is None or not hook.hears("complaint.due", business):
        return
    overdue = clock.is_overdue(one, due, today)
    left = clock.days_left(due, today, calendar)
    near = left if left is not None else (due - today).days  # (what the calendar does not know are days)
    if not overdue and near > hook.complaint_days:
        return
    data = ComplaintDue(
        complaint=one.id,
        number=one.number,
        source=one.source,
        campaign=one.campaign,
        business=business,
        decision=one.decision,
        called_at=one.called_at,
        received_at=one.received_at,
        due=due,
        working_days_left=left,
        overdue=overdue,
    )
    about, key = subjects(data), f"complaint.due {one.id} {due} {'over' if overdue else 'near'}"
    data = complaint_shown(data, Veil([one.number], full=hook.numbers))
    yield delivery(name, ComplaintDueEvent(timestamp=now, data=data), about, key, once=True)


def calendar(name: str, hook: WebhookConfig, policy: Policy, now: datetime) -> Iterator[NewDelivery]:
    """Nothing where no profile counts working days, and while the end is far."""
    if "calendar.ending" not in hook.events:
        return
    if not any(profile.days and profile.days.kind == "working" for profile in policy.profiles):
        return
    left = days_left(policy.calendar, now.astimezone(HOME).date())
    last = policy.calendar.last_known
    stages = [days for days in sorted({*AGAIN, hook.calendar_days}) if left <= days <= hook.calendar_days]
    if not stages:
        return
    data = CalendarEnding(last_known=last, days_left=left, next_year=last.year + 1)
    key = f"calendar.ending {last} {stages[0]}"
    yield delivery(name, CalendarEndingEvent(timestamp=now, data=data), subjects(data), key, once=True)


def digest_days(hook: WebhookConfig, policy: Policy, since: datetime, now: datetime) -> Iterator[DigestDay]:
    """Those that may be told by now; none that was to be told before the receiver began (``since``)."""
    if "digest.daily" not in hook.events:
        return
    zone = policy.profiles[0].zone
    hour, minute = map(int, hook.digest_at.split(":"))
    today = now.astimezone(zone).date()
    for ago in range(MOST_DAYS, 0, -1):
        day = today - timedelta(days=ago)
        begin, end = (datetime.combine(on, time(), zone) for on in (day, day + timedelta(days=1)))
        at = datetime.combine(day + timedelta(days=1), time(hour, minute), zone)
        if since < at <= now:
            yield DigestDay(day, begin, end, at)
