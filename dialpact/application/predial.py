"""May this call be placed? Asked over HTTP by a PBX or a dialler whose dialplan can ask nobody.

1. The decision is the gate's (``gate``): recorded in the same way before it is told, with the same deadline,
   counted by the same caps. It is no answer for later: ``check`` is that.
2. An ALLOW is for one call that is dialled within :data:`~dialpact.compliance.carrier_leg.FRESH`. Its id goes
   onto the leg as ``__DIALPACT_ID``, and the listener takes it like any other.
3. Whatever goes wrong is a block with a reason of its own.
4. A question that comes again, under the id that it had, is no second attempt. It is told what became of the
   first: also that an ALLOW was not told in time, or is too old by now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

from dialpact.application import limits
from dialpact.application.actor import Right
from dialpact.application.answer import Answer, answer
from dialpact.application.check import last_dialled
from dialpact.application.context import Context
from dialpact.application.gate import Gate, logged
from dialpact.compliance.carrier_leg import AHEAD, BY_PROGRAM, FRESH
from dialpact.compliance.errors import DialpactError, NotPermitted, StoreError
from dialpact.compliance.judge import Judge
from dialpact.compliance.meters import METERS
from dialpact.compliance.model import CallAttempt, Decision, Value
from dialpact.compliance.reasons import Reason
from dialpact.compliance.texts import Language


class PredialAnswer(Answer, frozen=True, kw_only=True):
    """``decision``: its id. ``dial``: the number in the trunk's form, empty unless it may be dialled;
    ``dial_by``: before that instant.
    """

    decision: str
    dial: str
    dial_by: datetime | None


class Predialled(Value, frozen=True, kw_only=True):
    """``undelivered``: why an ALLOW must not be used; empty for one that may, and for a block."""

    decision: Decision
    holds_until: datetime | None
    undelivered: Reason | None = None

    @property
    def dials(self) -> bool:
        """Whether it may be dialled: an ALLOW; in shadow mode whatever can be."""
        return self.decision.put_through and self.undelivered is None

    def answer(
        self, language: Language, businesses: Collection[str] = (), *, numbers: bool = True
    ) -> PredialAnswer:
        """Told as ``application.answer`` does."""
        decision = self.decision
        told = answer(decision, self.holds_until, language, businesses, numbers=numbers)
        fields = {name: getattr(told, name) for name in Answer.__struct_fields__}
        if (why := self.undelivered) is not None:
            fields |= {"verdict": "BLOCK", "reason": why, "reasons": (why,), "retry_at": None}
        return PredialAnswer(
            decision=decision.id,
            dial=decision.dial if self.dials else "",
            dial_by=decision.decided_at + FRESH if self.dials else None,
            **fields,
        )


async def predial(
    context: Context,
    gate: Gate,
    judge: Judge,
    number: str,
    *,
    campaign: str,
    caller_id: str,
    trunk: str = "",
    agent: str = "",
    seconds: float,
    id: str = "",
    businesses: Collection[str] = (),
    recorded: Callable[[], Awaitable[Judge]] | None = None,
) -> Predialled:
    """``judge``: the rules in force; ``recorded`` gives the same once the store has their text. ``seconds``:
    until nothing is allowed any more. ``id``: of the decision, the same where the same question comes again.
    ``businesses``: whose campaigns may be asked about; none named: all.

    Raises NotPermitted, and StoreError where the decision of this id is of another question; nothing for
    another failure of ours.
    """
    context.actor.need(Right.CHECK)
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    channel = BY_PROGRAM + context.by.removeprefix("api:")
    words = {"agent": agent, "trunk": trunk, "channel": channel}
    try:
        async with asyncio.timeout_at(until):
            await permitted(context, campaign, businesses)
            taken_back = gate.taken_back(id) if id else None
            known = await context.store.calls.get(id) if id else None
            judge = await recorded() if recorded is not None else judge
    except NotPermitted:
        raise
    except (DialpactError, TimeoutError) as error:  # whether it was decided before, nobody knows
        attempt = judge.attempt(number, campaign, caller_id, **words)
        code = Reason.DEADLINE if isinstance(error, TimeoutError) else Reason.GATE_ERROR
        return _block(gate, judge, attempt, code, str(error) or "the store did not answer in time", id)
    if known is not None:
        asked = judge.attempt(number, campaign, caller_id, **words)
        if _words(asked) != _words(known.decision.attempt):  # the id was exchanged, behind our back
            raise StoreError(f"decision {id} is of another question")
        why = Reason(known.undelivered) if known.undelivered else taken_back
        if why is not None and known.decision.put_through:
            return _undelivered(known.decision, why)
        if known.decision.put_through and not -AHEAD <= context.now() - known.decision.decided_at < FRESH:
            return _undelivered(known.decision, Reason.DEADLINE)
        return await _told(context, judge, known.decision, until)
    attempt = judge.attempt(number, campaign, caller_id, **words)
    decision = await gate.decide(attempt, until, judge, id)
    logged(decision)
    METERS.decided(decision.verdict, [str(reason) for reason in decision.reasons])
    if decision.put_through and decision.mode == "enforce" and loop.time() >= until:
        await gate.withdraw(decision, Reason.DEADLINE)
        return _undelivered(decision, Reason.DEADLINE)
    return await _told(context, judge, decision, until)


def _words(attempt: CallAttempt) -> tuple[str, ...]:
    """What was asked. Not what it was read as: a reload may know more areas than before."""
    given = attempt.callee.given
    return given, attempt.campaign, attempt.caller_id, attempt.trunk, attempt.agent, attempt.channel


async def permitted(context: Context, campaign: str, businesses: Collection[str]) -> None:
    """Whether who may see these businesses' data (none named: all) may ask about calls of this campaign. One
    that nobody knows is judged, and blocked. NotPermitted; StoreError.
    """
    if not businesses or not campaign:
        return
    for one in (await context.store.campaigns.list(id=campaign)).rows:
        limits.need(context, businesses, one.business)


async def _told(context: Context, judge: Judge, decision: Decision, until: float) -> Predialled:
    try:
        async with asyncio.timeout_at(until):
            near = await last_dialled(context, judge, decision)
    except (DialpactError, TimeoutError):
        near = None
    return Predialled(decision=decision, holds_until=judge.holds_until(decision, near))


def _block(gate: Gate, judge: Judge, attempt: CallAttempt, code: Reason, why: str, id: str) -> Predialled:
    block = gate.block(attempt, code, why, judge, id)
    return Predialled(decision=block, holds_until=block.decided_at)


def _undelivered(decision: Decision, why: Reason) -> Predialled:
    return Predialled(decision=decision, holds_until=decision.decided_at, undelivered=why)
