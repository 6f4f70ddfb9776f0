"""May this call be made? Decides as the gate would, and records nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from dialpact.application.actor import Right
from dialpact.application.answer import Answer, answer
from dialpact.application.context import Context
from dialpact.application.explanation import Explained, explain
from dialpact.compliance.judge import Judge
from dialpact.compliance.ledger.bound.difference import Named, concerned
from dialpact.compliance.model import CallAttempt, Decision, Facts, Value
from dialpact.compliance.ranges import LastDialled
from dialpact.compliance.texts import Language


class Checked(Value, frozen=True, kw_only=True):
    """What the gate would say, and until when (:meth:`~dialpact.compliance.judge.Judge.holds_until`).
    ``decision`` is stored nowhere.
    """

    decision: Decision
    explanation: tuple[Explained, ...]
    holds_until: datetime | None

    def answer(self, language: Language, businesses: Collection[str] = (), *, numbers: bool = True) -> Answer:
        """Told as ``application.answer`` does."""
        return answer(self.decision, self.holds_until, language, businesses, numbers=numbers)


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
    looked = await context.store.calls.look(attempt, judge.asked, now, live=live)
    stops = judge.stops_on_fork and at is None
    forked = stops and bool((await context.store.checkpoints.log()).forked)
    decision = judged(
        judge,
        attempt,
        looked.facts,
        now,
        differing=looked.differing,
        forked=forked,
        restored=at is None and looked.unacknowledged,
        live=live,
    )
    until = judge.holds_until(decision, await last_dialled(context, judge, decision))
    return Checked(decision=decision, explanation=explain(decision), holds_until=until)


def judged(
    judge: Judge,
    attempt: CallAttempt,
    facts: Facts,
    now: datetime,
    *,
    differing: Collection[Named],
    forked: bool,
    restored: bool,
    live: bool = False,
) -> Decision:
    """What the gate would decide. ``differing``: what of the registers is not what the log says; ``forked``:
    nothing is allowed, as the log may not be signed; ``restored``: as nobody has acknowledged that a backup
    was put back.
    """
    if forked:
        return judge.forked(attempt, now)
    if restored:
        return judge.restored(attempt, now)
    if differing and (names := concerned(differing, attempt, facts)):
        return judge.unbound(attempt, now, names)
    return judge.decide(attempt, facts, now, recorder_required=live)


async def last_dialled(context: Context, judge: Judge, decision: Decision) -> tuple[LastDialled, ...] | None:
    """When the numbers close by were dialled; None where nobody need know."""
    if not in_a_range(decision):
        return None
    attempt, now = decision.attempt, decision.decided_at
    return tuple(await context.store.calls.last_dialled(attempt, judge.asked, now))


def in_a_range(decision: Decision) -> bool:
    """Whether a range is being dialled: the rule's own word, not that a batch is held."""
    return any(finding.rule == "range_dialling" and finding.code for finding in decision.findings)
