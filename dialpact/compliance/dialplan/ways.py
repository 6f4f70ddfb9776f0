"""The ways out of a dialplan: by which extension a call comes to which trunk, and what is wrong on it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from dialpact.compliance.dialplan import dials
from dialpact.compliance.dialplan.codes import RESULTS, PlanFinding
from dialpact.compliance.dialplan.dials import Known
from dialpact.compliance.dialplan.flow import Flow
from dialpact.compliance.dialplan.judge import Around, entered, judge
from dialpact.compliance.dialplan.plan import INTERLOCK, Extension, Plan, Step
from dialpact.compliance.dialplan.targets import reached
from dialpact.compliance.dialplan.values import Values, calls

# What calls a trunk without a Dial that could be followed.
ELSEWHERE = ("dialplan-originate", "dialplan-page", "dialplan-queue")
GRAVE = ("dial-half-asked",)  # that are no failures for doctor, and one way round is enough here
_DIALLED = re.compile(r"_.+|[0-9*#+]+")  # s, h, i, t and names are nobody's telephone number


class Way(NamedTuple):
    """``entry``: context and pattern at which a number is dialled; None: there is none, or none was found.

    ``asks``: the steps that ask on it. ``wrong``: the findings of the Dial that let a call go round.
    """

    entry: tuple[str, str] | None
    trunk: str
    step: Step
    asks: tuple[Step, ...]
    wrong: tuple[PlanFinding, ...]


def ways(plan: Plan, around: Around) -> list[Way]:
    """Of every Dial that leads to a trunk, and of what else calls one."""
    values = Values(plan)
    flow = Flow(plan, values, around.entries | entered(plan, values))
    known = Known(plan, values, flow, Flow(plan, values, frozenset(), INTERLOCK), around.trunks)
    to: dict[tuple[str, str, int], list[tuple[str, str]]] = defaultdict(list)
    dialled = {step.where: step for step in plan.steps() if _trunks(known, step)}
    for extension, first in _begins(plan):
        for node in flow.leads(first.where):
            if node in dialled:
                to[node].append((first.context, extension.pattern))
    found = [way for node, step in dialled.items() for way in _of(known, step, to[node])]
    for finding in judge(plan, around).findings:
        if finding.code in ELSEWHERE and finding.step is not None:
            found.append(Way(None, finding.values.get("trunk", ""), finding.step, (), (finding,)))
    return found


def _begins(plan: Plan) -> Iterator[tuple[Extension, Step]]:
    for context in plan.contexts.values():
        for extension in () if context.ours else context.extensions.values():
            first = extension.first()
            if first is not None and _DIALLED.fullmatch(extension.pattern):
                yield extension, first


def _trunks(known: Known, step: Step) -> list[str]:
    """Those that its Dial leads to, or may lead to."""
    found: dict[str, None] = {}
    for app, data in calls(step.app, step.data):
        if app in ("dial", "retrydial"):
            for dial in dials.forms(known, step, dials.dialled(app, data)):
                for one in dial.targets:
                    if not dials.emergency(one, known.values):
                        found |= dict.fromkeys(reached(one, known.trunks, known.values))
    return list(found)


def _of(known: Known, step: Step, entries: list[tuple[str, str]]) -> Iterator[Way]:
    wrong: list[PlanFinding] = []
    for app, data in calls(step.app, step.data):
        if app in ("dial", "retrydial"):
            judged = dials.judge(known, step, dials.dialled(app, data))
            wrong += [one for one in judged if RESULTS[one.code] == "fail" or one.code in GRAVE]
    _, asks = known.flow.asked(step.where)
    steps = tuple(_step(known.plan, ask) for ask in asks)
    for trunk in _trunks(known, step):
        for entry in dict.fromkeys(entries) or [None]:
            yield Way(entry, trunk, step, steps, tuple(wrong))


def _step(plan: Plan, where: tuple[str, str, int]) -> Step:
    return plan.contexts[where[0]].extensions[where[1]].steps[where[2]]
