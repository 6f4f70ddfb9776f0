"""Every rule of every profile, one after the other; the strictest wins because any failure blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from importlib import import_module
from types import ModuleType
from typing import Any, get_args

from msgspec.structs import fields

from dialpact.compliance.model import CallAttempt, Facts, Finding, Purpose
from dialpact.compliance.policy import campaign, number, suspension
from dialpact.compliance.policy.case import Case, Findings, Instants, Why, skipped
from dialpact.compliance.policy.clocks import Ticks
from dialpact.compliance.profile import Policy, Profile
from dialpact.compliance.sections import Section

Rule = Callable[[Case, Any], Findings]
Turns = Callable[[Case, Any], Instants]
_MODULES: Mapping[str, ModuleType] = {
    field.name: import_module(f"dialpact.compliance.policy.{field.name}")
    for field in fields(Profile)
    if any(isinstance(kind, type) and issubclass(kind, Section) for kind in get_args(field.type))
    and field.name != "suspension"  # judged from the register; the section says when one is suspended
}
# A rule has the name of its section, so the profile's sections are the list of rules. It takes the case and
# its own section, and says at least one thing.
RULES: dict[str, Rule] = {name: module.judge for name, module in _MODULES.items()}
# The instants at which it may come to say something else of the same facts. None: it does not tell.
TURNS: dict[str, Turns | None] = {name: getattr(module, "turns", None) for name, module in _MODULES.items()}
# Of one that looks at clocks: those clocks; None where they never change what it says.
TICKS: dict[str, Callable[[Case, Any], Ticks | None]] = {
    name: module.ticks for name, module in _MODULES.items() if hasattr(module, "ticks")
}
# What a rule looks at of that in which the attempts of one list differ (``remembering``); None: at all of it.
LOOKS_AT: Mapping[str, tuple[str, ...] | None] = {
    name: getattr(module, "LOOKS_AT", None)
    for name, module in (*_MODULES.items(), *((each.NAME, each) for each in (number, campaign, suspension)))
}


def evaluate(
    attempt: CallAttempt, facts: Facts, policy: Policy, now: datetime, *, recorder_required: bool = True
) -> Findings:
    """The finding of each rule under each profile. The call may be made if none of them fails.

    ``now`` is any aware datetime (ValueError without a zone). A rule skips when it lacks its basis, which
    always means that another one fails, or when it does not bind: not yet effective, or not for this purpose.
    With ``recorder_required`` off, and only then, an unread recorder lease is a skip instead of a failure.
    """
    found: list[Finding] = []
    for place in range(len(policy.profiles)):
        case = case_of(attempt, facts, policy, place, now, recorder_required=recorder_required)
        for _, rule, section in asked(policy, place, case.local.date(), case.purpose):
            found += rule(case, section)
    return tuple(found)


def case_of(
    attempt: CallAttempt,
    facts: Facts,
    policy: Policy,
    place: int,
    now: datetime,
    *,
    recorder_required: bool,
) -> Case:
    """Under the profile at this place of the policy."""
    if now.tzinfo is None:
        raise ValueError("a time without a zone is not an instant")
    profile = policy.profiles[place]
    local = now.astimezone(profile.zone)
    return Case(attempt, facts, policy.calendar, profile, local, recorder_required)


def asked(policy: Policy, place: int, today: date, purpose: Purpose) -> Iterator[tuple[str, Rule, Any]]:
    """What a profile asks on its local day ``today``, in its order: a rule's name, the rule, what it takes
    beside the case. Without a name: why one is not asked.
    """
    yield number.NAME, number.judge, policy.profiles[place].numbers
    if place == 0:  # matters of the register, not of a profile
        yield campaign.NAME, _campaign, None
        yield suspension.NAME, _suspension, None
    sections = policy.sections[place]
    for name, rule in RULES.items():
        if (section := sections.get(name)) is None:
            continue  # the profile has no such rule
        if name in policy.set_aside:
            yield "", _trial_instead, name
            continue
        if today < section.effective_from:
            yield "", _not_effective, (name, section.effective_from)
        elif not section.binds(purpose):
            yield "", _other_purpose, (name, purpose)
        else:
            yield name, rule, section


def _campaign(case: Case, _: None) -> Findings:
    return campaign.judge(case)


def _suspension(case: Case, _: None) -> Findings:
    return suspension.judge(case)


def _trial_instead(case: Case, name: str) -> Findings:
    return skipped(name, case, Why.TRIAL_INSTEAD)


def _not_effective(case: Case, about: tuple[str, date]) -> Findings:
    name, since = about
    return skipped(name, case, Why.NOT_EFFECTIVE, since=since.isoformat())


def _other_purpose(case: Case, about: tuple[str, Purpose]) -> Findings:
    name, purpose = about
    return skipped(name, case, Why.OTHER_PURPOSE, purpose=purpose)
