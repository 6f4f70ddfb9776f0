"""The plan that the lines of extensions.conf make, as pbx_config.c makes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dialpact.compliance.dialplan import words
from dialpact.compliance.dialplan.plan import Place, Plan, PlanContext, PlanFlaw, Step

NUMBER = re.compile(r"\s*([+-]?[0-9]{1,9})")


class Line(NamedTuple):
    key: str
    value: str
    place: Place


def load(sections: Iterable[tuple[str, Iterable[Line]]], flaws: Iterable[PlanFlaw] = ()) -> Plan:
    """``sections`` as Asterisk reads them: templates applied, in order, the same name perhaps again."""
    plan = Plan(flaws=list(flaws))
    kept = [(name, list(lines)) for name, lines in sections]
    for name, lines in kept:
        if name == "globals":
            plan.variables |= {line.key: _known(line.value, plan.variables) for line in lines}
    for name, lines in kept:
        if name not in ("general", "globals"):
            _Reader(plan, name).read(lines)
    return plan


class _Reader:
    """One section: what ``n`` and ``same`` go on from does not outlive it."""

    def __init__(self, plan: Plan, name: str) -> None:
        self._plan, self._context = plan, plan.context(name)
        self._last = -2
        self._extension = ""

    def read(self, lines: Iterable[Line]) -> None:
        context: PlanContext = self._context
        for line in lines:
            match line.key.lower():
                case "exten":
                    name, _, rest = _first(line.value)
                    self._extension = _known(name.strip(), self._plan.variables)
                    self._step(rest, line.place)
                case "same":
                    self._step(line.value, line.place)
                case "include":
                    context.includes.append(
                        _known(words.split(line.value, ",", 2)[0].strip(), self._plan.variables)
                    )
                case "switch" | "lswitch" | "eswitch":
                    context.switches.append((line.value, line.place))

    def _step(self, rest: str, place: Place) -> None:
        priority, _, call = rest.partition(",")
        priority, _, label = priority.strip().partition("(")
        priority, _, plus = priority.partition("+")
        number = self._number(priority.strip())
        if number is None:
            self._plan.flaws.append(PlanFlaw("dialplan-line", place, rest[:80]))
            return
        if priority.strip() == "hint":
            return
        number += int(found[1]) if (found := NUMBER.match(plus)) else 0
        self._last = number
        app, opened, data = call.partition("(")
        if opened and "${" not in app and "$[" not in app:
            data = data[: data.rfind(")")] if ")" in data else data
        else:
            app, data = call, ""
        self._plan.add(
            Step(
                self._context.name,
                self._extension,
                number,
                app.strip().lower(),
                data.strip(),
                label.partition(")")[0].strip(),
                place,
            )
        )

    def _number(self, priority: str) -> int | None:
        """None for what Asterisk refuses too."""
        if priority == "hint":
            return 0
        if priority in ("n", "next", "s", "same"):
            if self._last <= -2 or not self._extension:
                return None
            return self._last + (priority in ("n", "next"))
        if found := NUMBER.match(priority):
            return number if (number := int(found[1])) > 0 else None
        extension = self._context.extensions.get(self._extension)
        return extension.labels.get(priority) if extension else None


def _first(value: str) -> tuple[str, str, str]:
    """At the first comma outside of brackets, as a pattern may have one in it."""
    depth = 0
    for at, sign in enumerate(value):
        depth += (sign == "[") - (sign == "]")
        if sign == "," and depth <= 0:
            return value[:at], ",", value[at + 1 :]
    return value, "", ""


def _known(text: str, variables: Mapping[str, str]) -> str:
    """``text`` with the globals filled in; what is none is empty, as Asterisk has it."""
    if "${" not in text:
        return text
    return "".join(
        variables.get(part.text, "") if part.kind == "$" else part.text for part in words.parts(text)
    )
