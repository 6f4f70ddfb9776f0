"""May this call be made? Decides as the gate would, and records nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.explanation import Explained, explain
from dialpact.compliance.judge import Judge
from dialpact.compliance.ledger.bound.difference import Named, concerned
from dialpact.compliance.model import CallAttempt, Decision, Facts, Value


class Checked(Value, frozen=True, kw_only=True):
    """What the gate would say. ``decision`` is stored nowhere."""

    decision: Decision
    explanation: tuple[Explained, ...]


async def check(
    context: Context,
    judge: Judge,
    number: str,
    *,
    campaign: str,
    caller_id: str,
    trunk: str = "",
    agent: str = "",
    at: datetime | None = None,
    live: bool = False,
) -> Checked:
    """``number``: as it would be dialled. ``at``: another instant than now. ``live``: the recorder counts.

    ``judge``: with the rules in force.
    """
    context.actor.need(Right.CHECK)
    now = at or context.now()
    attempt = judge.attempt(number, campaign, caller_id, agent=agent, trunk=trunk)
    facts = await context.store.calls.facts(attempt, judge.asked, now, live=live)
    differing = await context.store.differences.known()
    stops = judge.stops_on_fork and at is None
    forked = stops and bool((await context.store.checkpoints.log()).forked)
    decision = judged(judge, attempt, facts, now, differing=differing, forked=forked, live=live)
    return Checked(decision=decision, explanation=explain(decision))


def judged(
    judge: Judge,
    attempt: CallAttempt,
    facts: Facts,
    now: datetime,
    *,
    differing: Collection[Named],
    forked: bool,
    live: bool = False,
) -> Decision:
    """What the gate would decide. ``differing``: what of the registers is not what the log says; ``forked``:
    nothing is allowed, as the log may not be signed.
    """
    if forked:
        return judge.forked(attempt, now)
    if differing and (names := concerned(differing, attempt, facts)):
        return judge.unbound(attempt, now, names)
    return judge.decide(attempt, facts, now, recorder_required=live)
