"""One Dial: where it leads, what it dials, by which options, and what should be written instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dialpact.compliance.dialplan import predial, words
from dialpact.compliance.dialplan.codes import PlanFinding
from dialpact.compliance.dialplan.flow import Flow
from dialpact.compliance.dialplan.plan import INTERLOCK, Plan, Step
from dialpact.compliance.dialplan.targets import Reach, reached, target, written
from dialpact.compliance.dialplan.values import NUMBER, Scope, Values, scope
from dialpact.compliance.dialplan.words import Option
from dialpact.compliance.endpoints import Destination
from dialpact.compliance.numbers import is_emergency

DIALLED = "${" + NUMBER + "}"
WITH_ARGUMENT = "AbBDfFGLmMnoOPQrSsuU"
HARMLESS = "aAcCdDeFgHhiILmnNoOpPQrRsSvz"
WRONG = "bBfGkMtuwWxX"  # left out of what should be written


@dataclass(frozen=True)
class Known:
    """What a Dial is judged with. ``trunks``: what Dial names them by, by name."""

    plan: Plan
    values: Values
    flow: Flow
    interlocks: Flow
    trunks: Mapping[str, str]


@dataclass(frozen=True)
class Dial:
    """One form of a Dial's arguments."""

    targets: tuple[Destination, ...]
    timeout: str
    options: tuple[Option, ...]
    text: str  # of the options


def dialled(app: str, data: str) -> str:
    """The arguments of the Dial in a Dial or a RetryDial."""
    return data if app == "dial" else ",".join(words.split(data, ",", 4)[3:])


def forms(known: Known, step: Step, data: str) -> Iterator[Dial]:
    for form in known.values.forms(data, scope(step)):
        given = [*words.arguments(form, 4), "", "", ""]
        yield Dial(
            tuple(target(one) for one in words.split(given[0], "&")),
            given[1],
            tuple(words.options(given[2], WITH_ARGUMENT)),
            given[2],
        )


def judge(known: Known, step: Step, data: str) -> Iterator[PlanFinding]:
    """The findings of the Dial at ``step``; ``data``: its arguments."""
    seen: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    for dial in forms(known, step, data):
        for finding in _judged(known, step, dial):
            key = (finding.code, tuple(finding.values.items()))
            if key not in seen:
                seen.add(key)
                yield finding


def _judged(known: Known, step: Step, dial: Dial) -> Iterator[PlanFinding]:
    values = known.values
    outward = [(to, reach) for to in dial.targets if (reach := reached(to, known.trunks, values))]
    outward = [(to, reach) for to, reach in outward if not emergency(to, values)]
    if not outward:
        return
    instead = _instead(known, dial)
    sure = [name for _, reach in outward for name, how in reach.items() if how == "yes"]
    every, asks = known.flow.asked(step.where)
    dials = all(values.shown(to.number) == DIALLED for to, _ in outward)
    if not sure and not (asks and dials):
        shown = "&".join(values.shown(to.target) for to, _ in outward)
        yield PlanFinding("dial-target-unknown", {"target": shown}, step)
        return
    if not asks:
        yield PlanFinding("dial-unasked", {"trunk": ", ".join(sure), "ask": _ask(sure)}, step)
    elif not every:
        yield PlanFinding("dial-half-asked", {"ask": _ask(sure)}, step)
    for to, _ in outward:
        number = values.shown(to.number)
        if number != DIALLED:
            changed = "dial-number-changed" if NUMBER in number else "dial-number"
            yield PlanFinding(changed, {"number": number or "-", "instead": instead}, step)
    yield from _trunk(known, step, outward, asks)
    yield from _options(known, step, dial, instead)


def emergency(to: Destination, values: Values) -> bool:
    """A person's emergency call needs no permission, and is never cut."""
    return bool(to.number) and values.known(to.number) and is_emergency(to.number)


def _ask(trunks: list[str]) -> str:
    trunk = trunks[0] if trunks else "TRUNK"
    return f"Gosub(dialpact-outbound,s,1(${{FILTER(0-9+,${{EXTEN}})}},CAMPAIGN,AGENT,{trunk}))"


def _trunk(
    known: Known,
    step: Step,
    outward: list[tuple[Destination, dict[str, Reach]]],
    asks: list[tuple[str, str, int]],
) -> Iterator[PlanFinding]:
    """Whether each Gosub that leads here asked about the trunk that is dialled."""
    for ask in asks:
        for form in asked_trunks(known, ask):
            names = form.split("&")
            for to, reach in outward:
                if set(reach) & set(names) and "yes" in reach.values():
                    continue
                unclear = not known.values.known(form) or "yes" not in reach.values()
                yield PlanFinding(
                    "dial-trunk-unclear" if unclear else "dial-trunk",
                    {
                        "asked": known.values.shown(form) or "-",
                        "dialled": ", ".join(reach) if not unclear else known.values.shown(to.target),
                        "ask": "{}, {}, {}".format(*ask),
                    },
                    step,
                )


def asked_trunks(known: Known, ask: tuple[str, str, int]) -> tuple[str, ...]:
    """The forms of the fourth argument; the only trunk where it is left out."""
    given = words.arguments(known.flow.asks[ask])
    text = given[3] if len(given) > 3 else ""
    found = known.values.forms(text, Scope(*ask))
    only = next(iter(known.trunks)) if len(known.trunks) == 1 else ""
    return tuple(form or only for form in found)


def _options(known: Known, step: Step, dial: Dial, instead: str) -> Iterator[PlanFinding]:
    values, given = known.values, dial.options
    letters = {option.letter for option in given}
    last = {option.letter: option.argument or "" for option in given}
    shown = {"options": values.shown(dial.text), "instead": instead}
    subs = [option.argument or "" for option in given if option.letter == "U"]
    unknown = [option.letter for option in given if not values.known(option.letter)]
    if not subs or not any(_interlock(known, sub) for sub in subs):
        yield PlanFinding("dial-no-interlock", shown, step)
    elif not _interlock(known, subs[-1]):
        yield PlanFinding("dial-interlock-lost", shown | {"last": values.shown(subs[-1])}, step)
    elif len(subs) > 1:
        yield PlanFinding("dial-interlock-twice", shown | {"first": values.shown(subs[0])}, step)
    strange = sorted({one for one in letters if one not in HARMLESS + WRONG + "TKU" and values.known(one)})
    if unknown or strange:
        names = [values.shown(one) for one in unknown] + strange
        yield PlanFinding("dial-options-unknown", shown | {"unknown": " ".join(dict.fromkeys(names))}, step)
    if "i" not in letters:
        yield PlanFinding("dial-forwarding", shown, step)
    for letter in "fu":
        if last.get(letter):
            yield PlanFinding(
                "dial-caller-id", shown | {"option": f"{letter}({values.shown(last[letter])})"}, step
            )
    for letter in "bB":
        if letter in last:
            yield from predial.judge(known.plan, known.values, step, letter, last[letter], shown)
    if touched := sorted(letters & set("xXwW")):
        yield PlanFinding("dial-one-touch", shown | {"option": " ".join(touched)}, step)
    if "G" in letters:
        yield PlanFinding("dial-splits", shown, step)
    if "M" in letters:
        yield PlanFinding("dial-macro", shown, step)
    if moved := sorted(letters & set("tk")):
        yield PlanFinding("dial-callee-transfers", shown | {"option": " ".join(moved)}, step)
    if letters & set("tTkK"):
        for name in _strange_contexts(known, step):
            yield PlanFinding("dial-transfer-context", {"context": name}, step)


def _interlock(known: Known, argument: str) -> bool:
    """Whether ``U(argument)`` runs our interlock: itself, or by a subroutine that never misses it."""
    context = argument.partition("^")[0].strip()
    if context == INTERLOCK:
        return True
    there = known.plan.contexts.get(context)
    if there is None or "s" not in there.extensions:
        return False
    back = known.interlocks.come_back((context, "s", 1))
    return bool(back) and None not in back


def _strange_contexts(known: Known, step: Step) -> Iterator[str]:
    """TRANSFER_CONTEXT where nobody can look what it does."""
    for form in known.values.forms("${TRANSFER_CONTEXT}", scope(step)):
        set_somewhere = known.values.shown(form) != "${TRANSFER_CONTEXT}"
        if set_somewhere and form and form not in known.plan.contexts:
            yield known.values.shown(form)


def _instead(known: Known, dial: Dial) -> str:
    """The same Dial as it should be."""
    values = known.values
    targets = [
        written(to, DIALLED, values) if reached(to, known.trunks, values) else values.shown(to.target)
        for to in dial.targets
    ]
    kept = [
        option.letter + (f"({values.shown(option.argument)})" if option.argument is not None else "")
        for option in dial.options
        if option.letter not in WRONG + "iU" and values.known(option.letter)
    ]
    timeout = values.shown(dial.timeout) or "60"
    return f"Dial({'&'.join(targets)},{timeout},{''.join(kept)}iU({INTERLOCK}))"
