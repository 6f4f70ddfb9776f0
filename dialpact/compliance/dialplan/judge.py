"""All findings about a dialplan."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dialpact.compliance.dialplan import dials, predial, words
from dialpact.compliance.dialplan.codes import PlanFinding
from dialpact.compliance.dialplan.dials import Known
from dialpact.compliance.dialplan.flow import STATES, Flow
from dialpact.compliance.dialplan.plan import INTERLOCK, Extension, Place, Plan, Step
from dialpact.compliance.dialplan.targets import reached, target
from dialpact.compliance.dialplan.values import Scope, Values, calls, scope

# What only the gate and the listener say; a site that sets it says it in their place.
OURS_ALONE = (
    *("DIALPACT_NUMBER", "DIALPACT_ID", "DIALPACT_VERDICT", "DIALPACT_RECORDING"),
    *("DIALPACT_SHADOW", "DIALPACT_EMERGENCY", "DIALPACT_LEG"),
)
PROGRAMS = frozenset({"agi", "eagi", "deadagi", "asyncagi", "stasis", "externalivr", "system", "trysystem"})
CONTEXTS = ("TRANSFER_CONTEXT", "FORWARD_CONTEXT", "GOTO_ON_BLINDXFR", "EXITCONTEXT")
_LOCAL = re.compile(r"\bLocal/[^@,&]*@([A-Za-z0-9_.-]+)", re.IGNORECASE)
SHIPPED_STEPS = 3  # named of those that differ


@dataclass(frozen=True)
class Around:
    """What is not in the dialplan. ``members``: queues with their interfaces, of queues.conf."""

    trunks: Mapping[str, str]
    entries: frozenset[str] = frozenset()
    members: Mapping[str, tuple[tuple[str, Place], ...]] = field(default_factory=dict)
    shipped: Plan | None = None


@dataclass(frozen=True)
class Judged:
    findings: tuple[PlanFinding, ...]
    contexts: tuple[str, ...]  # that ask
    dials: int  # that can reach a trunk
    steps: int


def judge(plan: Plan, around: Around) -> Judged:
    values = Values(plan)
    flow = Flow(plan, values, around.entries | entered(plan, values))
    known = Known(plan, values, flow, Flow(plan, values, frozenset(), INTERLOCK), around.trunks)
    found = [PlanFinding(flaw.code, {"detail": flaw.detail}, place=flaw.place) for flaw in plan.flaws]
    outward = 0
    for step in plan.steps():
        for app, data in calls(step.app, step.data):
            told = list(_step(known, around, step, app, data))
            found += told
            outward += app in ("dial", "retrydial") and _leaves(known, step, dials.dialled(app, data))
    found += _asks(known)
    found += _unseen(known)
    if around.shipped is not None:
        found += _shipped(plan, around.shipped)
    asking = dict.fromkeys(ask[0] for ask in flow.asks)
    return Judged(tuple(found), tuple(asking), outward, plan.count())


def entered(plan: Plan, values: Values) -> frozenset[str]:
    """Contexts that a new channel or a transfer of this dialplan enters."""
    found = {name for step in plan.steps() for name in _LOCAL.findall(step.data)}
    for step in plan.steps():
        for app, data in calls(step.app, step.data):
            if app == "set" and any(name in data.partition("=")[0] for name in CONTEXTS):
                found.update(values.forms(data.partition("=")[2].strip().partition(",")[0], scope(step)))
            if app == "originate":
                given = [*words.arguments(data), "", "", ""]
                found.update(values.forms(given[2], scope(step)) if given[1].lower() == "exten" else ())
    return frozenset(found | {plan.variables[name] for name in CONTEXTS if name in plan.variables})


def _leaves(known: Known, step: Step, data: str) -> bool:
    return any(
        reached(to, known.trunks, known.values)
        for dial in dials.forms(known, step, data)
        for to in dial.targets
    )


def _step(known: Known, around: Around, step: Step, app: str, data: str) -> Iterator[PlanFinding]:
    given = [*words.arguments(data), "", "", ""]
    match app:
        case "dial" | "retrydial":
            dialled = dials.dialled(app, data)
            yield from dials.judge(known, step, dialled)
            if app == "retrydial" and _leaves(known, step, dialled):
                yield PlanFinding("dial-retry", {}, step)
            yield from _raw(known, step, data)
        case "originate":
            yield from _outward(known, step, given[0], "dialplan-originate")
        case "page":
            yield from _outward(known, step, given[0], "dialplan-page")
        case "addqueuemember":
            yield from _outward(known, step, given[1], "dialplan-queue")
        case "queue":
            yield from _queue(known, around, step, given[0])
        case "chanspy" | "extenspy":
            letters = {option.letter for option in words.options(given[1], "dgnrvxX")}
            if spoken := sorted(letters & set("wBWd")):
                yield PlanFinding("dialplan-whisper", {"option": " ".join(spoken)}, step)
        case "set" | "mset":
            yield from _set(known, step, app, data)


def _raw(known: Known, step: Step, data: str) -> Iterator[PlanFinding]:
    for form in known.values.forms(data, scope(step)):
        if known.values.raw(form):
            yield PlanFinding("dialplan-raw", {"text": known.values.shown(form)}, step)
            return


def _outward(known: Known, step: Step, text: str, code: str) -> Iterator[PlanFinding]:
    """What a channel is made for without asking."""
    for form in known.values.forms(text, scope(step)):
        for one in words.split(form, "&"):
            reach = reached(target(one), known.trunks, known.values)
            if "yes" in reach.values():
                yield PlanFinding(code, {"target": known.values.shown(one), "trunk": ", ".join(reach)}, step)
            elif reach:
                yield PlanFinding("dial-target-unknown", {"target": known.values.shown(one)}, step)


def _queue(known: Known, around: Around, step: Step, text: str) -> Iterator[PlanFinding]:
    for name in known.values.forms(text, scope(step)):
        if name not in around.members:
            yield PlanFinding("unseen-queue", {"queue": known.values.shown(name)}, step)
            continue
        for interface, place in around.members[name]:
            if reached(target(interface), known.trunks, known.values):
                yield PlanFinding(
                    "dialplan-queue",
                    {"target": f"{interface} ({place})", "trunk": ", ".join(known.trunks)},
                    step,
                )


def _set(known: Known, step: Step, app: str, data: str) -> Iterator[PlanFinding]:
    for part in words.split(data, ",") if app == "mset" else [data]:
        name, _, value = part.partition("=")
        name = name.strip().lstrip("_")
        if name in OURS_ALONE and value.strip().strip('"'):
            yield PlanFinding("dialplan-variable-set", {"name": name}, step)
    what = predial.alters(app, data)
    if what and any(known.flow.reached.get(step.where, ())):
        yield PlanFinding("dialplan-caller-id-late", {"what": what}, step)


def _asks(known: Known) -> Iterator[PlanFinding]:
    wide: dict[Scope, tuple[str, str, int]] = {}
    for where, text in known.flow.asks.items():
        step = known.plan.contexts[where[0]].extensions[where[1]].steps[where[2]]
        given = words.arguments(text)
        if where in known.flow.direct:
            yield PlanFinding("ask-direct", {}, step)
        for form in dials.asked_trunks(known, where):
            names = form.split("&")
            strange = [name for name in names if known.values.known(name) and name not in known.trunks]
            if strange:
                named = {"trunk": ", ".join(strange) or "-", "known": ", ".join(known.trunks)}
                yield PlanFinding("ask-trunk-unknown", named, step)
        raw = [
            one for one in given for form in known.values.forms(one, Scope(*where)) if known.values.raw(form)
        ]
        if raw:
            yield PlanFinding("dialplan-raw", {"text": ", ".join(dict.fromkeys(raw))}, step)
        for one in given[:1]:
            for form in known.values.forms(one, Scope(*where)):
                wide |= dict.fromkeys(known.values.open_ended(form), where)
    for at in wide:
        extension = known.plan.contexts[at.context].extensions[at.extension]
        yield PlanFinding("dialplan-open", {"pattern": extension.pattern}, extension.first())


def _unseen(known: Known) -> Iterator[PlanFinding]:
    jumps = known.flow.unseen
    for where, text in jumps.items():
        step = known.plan.contexts[where[0]].extensions[where[1]].steps[where[2]]
        yield PlanFinding("unseen-jump", {"target": text}, step)
    for where in sorted(known.flow.crowded)[:1]:
        step = known.plan.contexts[where[0]].extensions[where[1]].steps[where[2]]
        yield PlanFinding("unseen-asks", {"count": str(len(known.flow.crowded)), "most": str(STATES)}, step)
    programs: dict[str, list[Step]] = defaultdict(list)
    for step in known.plan.steps():
        for app, data in calls(step.app, step.data):
            if app in PROGRAMS and step.where not in known.flow.direct:
                programs[f"{app}({data.partition(',')[0]})"].append(step)
    for program, steps in programs.items():
        yield PlanFinding("unseen-program", {"program": program, "count": str(len(steps))}, steps[0])
    for context in known.plan.contexts.values():
        for switch, place in context.switches:
            yield PlanFinding("unseen-switch", {"switch": switch, "context": context.name}, place=place)


def _shipped(plan: Plan, shipped: Plan) -> Iterator[PlanFinding]:
    """Our own contexts, if they are not what this version ships."""
    for name, context in shipped.contexts.items():
        if not context.ours:
            continue
        there = plan.contexts.get(name)
        theirs = _spelled(there.extensions.values()) if there else {}
        ours = _spelled(context.extensions.values())
        # A PBX's own ending of a call may stand there as well: nothing is dialled from it.
        mine = [key for key in {**ours, **theirs} if key in ours or key[0] != "h"]
        differing = [key for key in mine if ours.get(key) != theirs.get(key)]
        if differing:
            steps = [f"{extension},{priority}" for extension, priority in differing[:SHIPPED_STEPS]]
            more = " …" if len(differing) > SHIPPED_STEPS else ""
            yield PlanFinding("dialplan-shipped", {"context": name, "steps": "; ".join(steps) + more})


def _spelled(extensions: Iterable[Extension]) -> dict[tuple[str, int], tuple[str, str]]:
    return {
        (extension.name, step.priority): (step.app, step.data)
        for extension in extensions
        for step in extension.steps.values()
    }
