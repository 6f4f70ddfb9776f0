"""Is it an hour for calls? 8时至18时30分之间，且午休时间(12时至14时)不得打扰用户.

Windows are half-open, and the guard closes each of them earlier: a call placed in its last seconds would ring
in the break. Where the callee's time counts, every zone in which the number may ring must permit the call.
"""

from __future__ import annotations

from datetime import date, datetime

from dialpact.compliance.policy.case import Case, Findings, Why, failed, passed_at, skipped
from dialpact.compliance.policy.clocks import Ticks, clocks, opening
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import Hours

NAME = "hours"
LOOKS_AT = ("callee",)
HORIZON = 8  # days: the same weekday once more


def judge(case: Case, section: Hours) -> Findings:
    if section.basis != "fixed" and not case.attempt.callee.e164:
        return skipped(NAME, case, Why.NO_NUMBER)
    times = clocks(case, section.basis)
    if not times:
        return (failed(NAME, case, Reason.OUTSIDE_HOURS, Why.ZONE_UNKNOWN),)
    closed = next((local for local in times if not _open(section, local)), None)
    if closed is None:
        return passed_at(NAME, case, section.basis)
    place = "" if section.basis == "fixed" else f" {closed.tzinfo}"
    return (
        failed(
            NAME,
            case,
            Reason.OUTSIDE_HOURS,
            _why(section, closed),
            retry_at=_next(section, times),
            local=f"{closed:%H:%M:%S}{place}",
            zone=str(closed.tzinfo),
            windows=", ".join(map(str, section.spans)),
            guard=str(section.guard_seconds),
        ),
    )


def ticks(case: Case, section: Hours) -> Ticks | None:
    """None where there is no number, or no clock of it; and where it is never closed."""
    known = section.basis == "fixed" or case.attempt.callee.e164
    times = clocks(case, section.basis) if known and not section.always else ()

    def bounds(day: date) -> set[int]:
        spans = section.on(day)
        return {0, *(span.opens for span in spans), *(span.closes - section.guard_seconds for span in spans)}

    return Ticks(times, bounds) if times else None


def _open(section: Hours, local: datetime) -> bool:
    second = _second(local)
    return any(
        span.opens <= second < span.closes - section.guard_seconds for span in section.on(local.date())
    )


def _why(section: Hours, local: datetime) -> Why:
    second, spans = _second(local), section.on(local.date())
    if not spans:
        return Why.CLOSED_THAT_DAY
    if any(span.opens <= second < span.closes for span in spans):
        return Why.CLOSING_SOON
    if second < spans[0].opens:
        return Why.BEFORE_OPENING
    return Why.AFTER_CLOSING if second >= spans[-1].closes else Why.IN_THE_BREAK


def _second(local: datetime) -> int:
    return local.hour * 3600 + local.minute * 60 + local.second


def _next(section: Hours, times: tuple[datetime, ...]) -> datetime | None:
    """The next opening; whether that day permits calls is not this rule's matter."""

    def permits(local: datetime) -> bool:
        return _open(section, local)

    def bounds(day: date) -> list[int]:
        return [span.opens for span in section.on(day)]

    return opening(times, permits, bounds, HORIZON)
