"""Which minutes the profiles permit calls in: from their windows and days, not from any verdict.

Only what stands on a fixed clock can be told after the fact; where the callee's own time counts, the gate's
stored findings say it. The guard before a window closes is the gate's caution, not the covenant's text, and
is left out here. Windows open and close on whole minutes, so a minute is permitted or not as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from dialpact.compliance import public_holidays
from dialpact.compliance.calendars import WorkingDays
from dialpact.compliance.model import PURPOSES, Purpose
from dialpact.compliance.profile import Policy, Profile
from dialpact.compliance.sections import WEEKDAYS, Days, Hours

RULES = ("hours", "days")


class Permitted:
    """``permitted(minute, purpose)``; ``purposes``: those that any rule on a fixed clock binds."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.purposes = frozenset(
            purpose
            for profile in policy.profiles
            for section in _timed(profile)
            for purpose in PURPOSES
            if section.binds(purpose)
        )

    def __call__(self, minute: datetime, purpose: str) -> bool:
        """``minute``: the instant at which it begins."""
        for profile in self._policy.profiles:
            local = minute.astimezone(profile.zone)
            for section in _timed(profile):
                if not section.binds(purpose) or local.date() < section.effective_from:
                    continue
                if isinstance(section, Hours):
                    if not _open(section, local):
                        return False
                elif not _workable(section, local.date(), self._policy.calendar):
                    return False
        return True

    def day(self, day: date, purpose: Purpose = "marketing") -> bool:
        """Whether any call may be made on the local ``day``."""
        return all(
            _workable(section, day, self._policy.calendar)
            for profile in self._policy.profiles
            for section in _timed(profile)
            if isinstance(section, Days) and section.binds(purpose) and day >= section.effective_from
        ) and all(
            section.on(day)
            for profile in self._policy.profiles
            for section in _timed(profile)
            if isinstance(section, Hours) and section.binds(purpose) and day >= section.effective_from
        )

    def hour(self, hour: int, purpose: Purpose = "marketing") -> bool:
        """Whether any minute of the local hour lies in a window of every profile, on whatever day."""
        return any(
            all(
                any(span.opens <= hour * 3600 + minute * 60 < span.closes for span in section.spans)
                for profile in self._policy.profiles
                for section in _timed(profile)
                if isinstance(section, Hours) and section.binds(purpose)
            )
            for minute in range(60)
        )

    def windows(self, purpose: Purpose = "marketing") -> tuple[str, ...]:
        """For people: ``cn-hubei-2018: 08:00-12:00, 14:00-18:30``."""
        return tuple(
            f"{profile.id}: {', '.join(profile.hours.windows)}"
            for profile in self._policy.profiles
            if profile.hours and profile.hours.binds(purpose)
        )


def _timed(profile: Profile) -> Iterable[Hours | Days]:
    sections: tuple[Hours | Days | None, ...] = (profile.hours, profile.days)
    return (section for section in sections if section is not None and section.basis == "fixed")


def _open(section: Hours, local: datetime) -> bool:
    second = local.hour * 3600 + local.minute * 60
    return any(span.opens <= second < span.closes for span in section.on(local.date()))


def _workable(section: Days, day: date, calendar: WorkingDays) -> bool:
    if section.kind == "working":
        return calendar.day(day, december_trap=section.december_trap).kind == "working"
    if section.kind != "all" and WEEKDAYS[day.weekday()] not in section.kind:
        return False
    return not section.holidays or public_holidays.is_holiday(section.holidays, day) is False
