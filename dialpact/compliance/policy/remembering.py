"""The same findings as :func:`evaluate`, for the many attempts of one list: they differ in the callee, and in
what is known of him, and in nothing else.

A rule that has looked at something once is not asked again about the same. What it looks at, its ``LOOKS_AT``
says, in the words of :data:`PARTS`; one that does not say is taken to look at everything, the number itself
included, and is asked each time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from typing import Any

from dialpact.compliance.model import CallAttempt, Callee, Facts, Finding
from dialpact.compliance.policy.case import Case, Findings
from dialpact.compliance.policy.engine import LOOKS_AT, Rule, asked, case_of
from dialpact.compliance.policy.registration import prefixes
from dialpact.compliance.profile import Policy

MOST = 4096  # findings of a rule that are kept, and MOST_INSTANTS of which
MOST_INSTANTS = 64  # now, and those at which a call could be made again


def _callee(attempt: CallAttempt, facts: Facts) -> Hashable:
    return kind_of(attempt.callee)


def _opt_outs(attempt: CallAttempt, facts: Facts) -> Hashable:
    e164 = attempt.callee.e164
    return tuple((one.number == e164, one.scope, one.value, one.requested_at) for one in facts.opt_outs)


def _consents(attempt: CallAttempt, facts: Facts) -> Hashable:
    e164 = attempt.callee.e164
    return tuple(
        (
            one.number == e164,
            one.business,
            one.industry,
            one.granted_at,
            one.expires_at,
            one.withdrawn_at,
            bool(one.evidence_sha256),
        )
        for one in facts.consents
    )


def _leads(attempt: CallAttempt, facts: Facts) -> Hashable:
    return tuple((batch.id, batch.campaign, batch.held) for batch in facts.leads)


def _attempts(attempt: CallAttempt, facts: Facts) -> Hashable:
    return tuple((tally.per, tally.limit, tally.nth) for tally in facts.attempts)


def _nearby(attempt: CallAttempt, facts: Facts) -> Hashable:
    return facts.neighbours, tuple(facts.nearby.sweeps.items()) if facts.nearby else ()


Part = Callable[[CallAttempt, Facts], Hashable]
PARTS: Mapping[str, Part] = {
    "callee": _callee,  # what kind of number it is and where; not which
    "opt_outs": _opt_outs,
    "consents": _consents,
    "leads": _leads,
    "attempts": _attempts,
    "nearby": _nearby,
}
PREFIXES = "prefixes"  # with which beginnings that a profile names the number begins
NUMBER = "number"  # which number it is
EVERYTHING = (*PARTS, NUMBER)


def kind_of(callee: Callee) -> Hashable:
    """All of a callee but the number."""
    return callee.kind, callee.region, callee.zones, callee.problem, callee.detail, bool(callee.e164)


class _Step:
    """A rule of a profile at an instant, and what it has found."""

    def __init__(self, place: int, name: str, rule: Rule, section: Any) -> None:
        self.place, self.rule, self.section = place, rule, section
        looks_at = LOOKS_AT.get(name) if name else ()  # one that is not asked looks at nothing
        self.looks_at = EVERYTHING if looks_at is None else looks_at
        self.known: dict[Hashable, Findings] = {}


class Remembering:
    """Of one policy. The attempts that it is asked about have one campaign, caller ID, trunk and agent."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._prefixes = prefixes(policy.profiles)
        names = {name for sections in policy.sections for name in sections}
        looked = [LOOKS_AT.get(name, ()) for name in names]
        self._by_number = any(found is None or NUMBER in found for found in looked)
        self._instants: dict[tuple[datetime, bool], list[_Step]] = {}

    def sees(self, callee: Callee) -> Hashable:
        """What the rules see of the callee himself: of two that are the same in this, they find the same,
        if what is known of both is the same.
        """
        which = callee.e164 if self._by_number else self._beginnings(callee)
        return kind_of(callee), which

    def evaluate(
        self,
        attempt: CallAttempt,
        facts: Facts,
        policy: Policy,
        now: datetime,
        *,
        recorder_required: bool = True,
    ) -> Findings:
        """As the engine's. ``policy``: the one that it is of."""
        assert policy is self._policy
        steps = self._instants.get((now, recorder_required))
        if steps is None:
            steps = self._steps(attempt, facts, now, recorder_required=recorder_required)
        parts: dict[str, Hashable] = {name: part(attempt, facts) for name, part in PARTS.items()}
        parts[PREFIXES], parts[NUMBER] = self._beginnings(attempt.callee), attempt.callee.e164
        found: list[Finding] = []
        for step in steps:
            key = tuple([parts[name] for name in step.looks_at])
            known = step.known.get(key)
            if known is None:
                if len(step.known) >= MOST:
                    step.known.clear()
                case = case_of(attempt, facts, policy, step.place, now, recorder_required=recorder_required)
                known = step.known[key] = step.rule(case, step.section)
            found += known
        return tuple(found)

    def _steps(
        self, attempt: CallAttempt, facts: Facts, now: datetime, *, recorder_required: bool
    ) -> list[_Step]:
        if len(self._instants) >= MOST_INSTANTS:
            self._instants.clear()
        steps = self._instants[now, recorder_required] = []
        for place in range(len(self._policy.profiles)):
            case: Case = case_of(
                attempt, facts, self._policy, place, now, recorder_required=recorder_required
            )
            for name, rule, section in asked(self._policy, place, case.local.date(), case.purpose):
                steps.append(_Step(place, name, rule, section))
        return steps

    def _beginnings(self, callee: Callee) -> tuple[bool, ...]:
        return tuple(map(callee.e164.startswith, self._prefixes))
