"""Values for the store's tests."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import msgspec

from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.judge import new_id
from dialpact.compliance.model import CallAttempt, Callee, Decision, Facts, Finding
from dialpact.compliance.reasons import Reason
from dialpact.store.ports.decisions import WaitingAttempt

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
BY = {"by": "tester", "at": AT}
NUMBER = "+8613800138000"
ASKED = FactRequirements({"carrier": ""})


class Still:
    """A clock that stands at AT."""

    def now(self) -> datetime:
        return AT


def attempt(number: str = NUMBER) -> CallAttempt:
    callee = Callee(given=number, e164=number, national=number[3:], kind="mobile", region="CN")
    return CallAttempt(
        callee=callee, campaign="renewal", caller_id="02787654321", trunk="carrier", node="pbx1"
    )


def decision(asked: CallAttempt | None = None, *, allowed: bool = True) -> Decision:
    finding = (
        Finding(rule="number", result="pass")
        if allowed
        else Finding(rule="number", result="fail", code=Reason.DO_NOT_CALL)
    )
    return Decision(
        id=new_id(),
        decided_at=AT,
        attempt=asked or attempt(),
        facts=Facts(),
        findings=(finding,),
        dial="13800138000" if allowed else "",
    )


class Fixed:
    """A judge that has made up its mind: it gives these decisions, one after the other."""

    asked = ASKED
    stops_on_fork = False

    def __init__(self, *made: Decision) -> None:
        self._made = iter(made)

    def decide(self, attempt: CallAttempt, facts: Facts, now: datetime, *, id: str) -> Decision:
        return next(self._made)

    def too_late(self, attempt: CallAttempt, now: datetime, *, id: str) -> Decision:
        return msgspec.structs.replace(decision(attempt, allowed=False), id=id)

    broken = too_late


def waiting(asked: CallAttempt | None = None, seconds: float = 60.0) -> WaitingAttempt:
    """An attempt with so much time left."""
    return WaitingAttempt(new_id(), asked or attempt(), time.monotonic() + seconds)
