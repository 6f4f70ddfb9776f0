"""Judges that a gate is given in the office's stead: slow, at fault, or watched."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from msgspec import structs

from dialpact.compliance.judge import Judge
from dialpact.compliance.model import Decision
from tests.agi.office import Office, policy


class OddJudge(Judge):
    """The office's; ``each`` is given every decision of his, and gives it on, spoils it, waits or fails."""

    def __init__(self, office: Office, each: Callable[[Decision], Decision]) -> None:
        super().__init__(policy(), office.config.trunks, office.judge.node)
        self._each = each

    def decide(self, *given: Any, **more: Any) -> Decision:
        return self._each(super().decide(*given, **more))


class Slow:
    """Of a judge that takes his time: on the store's thread, as all of them."""

    def __init__(self) -> None:
        self.reached, self.go = threading.Event(), threading.Event()

    def __call__(self, made: Decision) -> Decision:
        self.reached.set()
        assert self.go.wait(5)
        return made


def sound(made: Decision) -> Decision:
    return made


def breaking(made: Decision) -> Decision:
    raise ZeroDivisionError("a bug in a rule")


def unstorable(made: Decision) -> Decision:
    """One of which no row can be made."""
    return structs.replace(made, decided_at=None)  # type: ignore[arg-type]


def refusable(made: Decision) -> Decision:
    """One whose row a constraint of the database refuses."""
    return structs.replace(made, mode=None)  # type: ignore[arg-type]
