"""What the policy in force needs to be read for an attempt: so the store asks for that and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from dialpact.compliance.model import Per, Suspendable
from dialpact.compliance.profile import Policy
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import Cap


@dataclass(frozen=True, slots=True)
class Threshold:
    """``limit`` blocked attempts for one of ``reasons`` within ``period`` suspend the one of ``kind``."""

    kind: Suspendable
    limit: int
    period: timedelta
    reasons: frozenset[Reason]
    profile: str


@dataclass(frozen=True, slots=True)
class FactRequirements:
    """``holders``: every trunk's name and the business that holds it, empty where any may use it."""

    holders: Mapping[str, str]
    caps: tuple[tuple[Per, int], ...] = ()  # who is counted, and the limit: the limit-th newest is asked for
    alarms: tuple[Cap, ...] = ()
    reach: int = 0  # numbers on each side of the callee; 0: nobody asks
    window: timedelta = timedelta(0)
    thresholds: tuple[Threshold, ...] = ()
    opt_outs_age: bool = False  # whether a profile asks when opt-outs were last imported
    registrations: bool = False  # whether a profile asks for any


def fact_requirements(policy: Policy, holders: Mapping[str, str]) -> FactRequirements:
    """The union of what the profiles ask."""
    caps = [cap for profile in policy.profiles if profile.attempts for cap in profile.attempts.caps]
    ranges = [profile.range_dialling for profile in policy.profiles if profile.range_dialling]
    return FactRequirements(
        holders=dict(holders),
        caps=tuple(sorted({(cap.per, cap.limit) for cap in caps if cap.action == "refuse"})),
        alarms=tuple(cap for cap in caps if cap.action == "alarm"),
        reach=max((section.reach for section in ranges), default=0),
        window=max((section.window for section in ranges), default=timedelta(0)),
        thresholds=tuple(
            Threshold(kind, limit, timedelta(hours=section.hours), frozenset(section.reasons), profile.id)
            for profile in policy.profiles
            if (section := profile.suspension)
            for kind, limit in section.refused.items()
        ),
        opt_outs_age=any(
            profile.do_not_call is not None and profile.do_not_call.max_list_age_days > 0
            for profile in policy.profiles
        ),
        registrations=any(profile.registration is not None for profile in policy.profiles),
    )
