"""A dialplan as Asterisk holds it: contexts, their extensions, and the steps of each by priority."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

OURS = "dialpact-"  # contexts of extensions_dialpact.conf begin so
ASK = "dialpact-outbound"
INTERLOCK = "dialpact-answered"


class Place(NamedTuple):
    """Where it stands. ``line`` is 0 where that is not known (a running dialplan knows no files)."""

    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


NOWHERE = Place()


@dataclass(frozen=True)
class Step:
    """One priority: the application, in lower case as Asterisk minds no case, and its arguments."""

    context: str
    extension: str
    priority: int
    app: str
    data: str
    label: str = ""
    place: Place = NOWHERE

    @property
    def where(self) -> tuple[str, str, int]:
        return self.context, self.extension, self.priority


@dataclass
class Extension:
    """``name`` is the pattern, with ``/NUMBER`` behind it where it is for callers of that number alone."""

    name: str
    steps: dict[int, Step] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)

    @property
    def pattern(self) -> str:
        return self.name.partition("/")[0]

    def first(self) -> Step | None:
        return self.steps[min(self.steps)] if self.steps else None


@dataclass
class PlanContext:
    name: str
    extensions: dict[str, Extension] = field(default_factory=dict)
    includes: list[str] = field(default_factory=list)
    switches: list[tuple[str, Place]] = field(default_factory=list)

    @property
    def ours(self) -> bool:
        return self.name.startswith(OURS)


class PlanFlaw(NamedTuple):
    """What could not be looked at, or is not as Asterisk wants it. ``code`` is one of ``codes``."""

    code: str
    place: Place
    detail: str = ""


@dataclass
class Plan:
    contexts: dict[str, PlanContext] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)  # [globals]
    flaws: list[PlanFlaw] = field(default_factory=list)

    def context(self, name: str) -> PlanContext:
        return self.contexts.setdefault(name, PlanContext(name))

    def add(self, step: Step) -> None:
        """The first of two on one priority holds; Asterisk refuses the second with a warning."""
        found = self.context(step.context).extensions.setdefault(step.extension, Extension(step.extension))
        if step.priority in found.steps:
            return
        found.steps[step.priority] = step
        if step.label:
            found.labels.setdefault(step.label, step.priority)

    def steps(self) -> Iterator[Step]:
        """All of the site's own; those of ours are compared with what ships, not judged."""
        for context in self.contexts.values():
            if not context.ours:
                for extension in context.extensions.values():
                    yield from extension.steps.values()

    def count(self) -> int:
        return sum(1 for _ in self.steps())

    def widened(self, names: frozenset[str]) -> frozenset[str]:
        """``names`` with all that they include."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found and name in self.contexts:
                found.add(name)
                waiting += self.contexts[name].includes
        return frozenset(found)
