"""What would be said to a call that is not made: to a number that is typed, or as to one that was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import structs

from dialpact.application import why
from dialpact.application.check import Checked
from dialpact.application.explanation import Explained
from dialpact.compliance.model import Decision
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.veil import Veil
from dialpact.web.console import within
from dialpact.web.console.page import Asked, Form, Shown
from dialpact.web.console.why.choices import choices
from dialpact.web.console.why.explained import RuleSaid, said, seen_by, when

ASKED = "why/asked.html"


class Otherwise(Form, frozen=True, kw_only=True):
    """``at``: empty: now. ``trunk``: empty: the one that there is."""

    campaign: str = ""
    caller_id: str = ""
    trunk: str = ""
    agent: str = ""
    at: datetime | None = None
    live: bool = False


class Question(Otherwise, frozen=True, kw_only=True):
    number: str


class Again(Otherwise, frozen=True, kw_only=True):
    """Of the number of a call that there was."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a rule says, and beside it what it said then; either may be nothing."""

    then: RuleSaid | None
    now: RuleSaid | None
    differs: bool


async def ask(asked: Asked[Question]) -> Shown:
    """Of a number that was typed."""
    form = asked.form
    checked = await _checked(asked, form.number, form)
    veil = await _veil(asked, checked.decision)
    rules = said(asked, _seen(asked, checked.decision, veil), checked.decision, veil)
    values = {
        **_answer(asked, checked, veil, rules),
        "rules": rules,
        "compared": False,
        "choices": await choices(asked),
    }
    return Shown(template=ASKED, values=values, part="answer")


async def ask_again(asked: Asked[Again]) -> Shown:
    """The same number as of a call, which who asks need not see. Fault where it was erased."""
    found = await within.call(asked)
    then = found.decision
    if then is None:
        raise Fault("call-erased", entry=found.entry.id)
    checked = await _checked(asked, then.attempt.callee.given, asked.form)
    now = checked.decision
    veil, before = await _veil(asked, now), await _veil(asked, then)
    pairs = why.compared(seen_by(asked, then, before, found.entry.business), _seen(asked, now, veil))
    lines = [
        Line(
            then=_one(asked, pair.then, then, before),
            now=_one(asked, pair.now, now, veil),
            differs=pair.differs,
        )
        for pair in pairs
    ]
    values = {
        **_answer(asked, checked, veil, [line.now for line in lines if line.now]),
        "lines": lines,
        "compared": True,
        "choices": await choices(asked),
    }
    return Shown(template=ASKED, values=values, part="answer")


async def _checked(asked: Asked[Any], number: str, form: Otherwise) -> Checked:
    question = why.Question(
        number=number,
        campaign=form.campaign.strip(),
        caller_id=form.caller_id.strip(),
        trunk=form.trunk.strip(),
        agent=form.agent.strip(),
        at=form.at,
        live=form.live,
    )
    return await why.what_if(asked.context, asked.site.rules(), question, within.limits(asked.account))


async def _veil(asked: Asked[Any], decision: Decision) -> Veil:
    attempt = decision.attempt
    callee = attempt.callee
    numbers = (callee.given, callee.e164, callee.national, decision.dial)
    return await within.veil(asked, numbers, (attempt.caller_id,))


def _seen(asked: Asked[Any], decision: Decision, veil: Veil) -> tuple[Explained, ...]:
    campaign = decision.facts.campaign
    return seen_by(asked, decision, veil, campaign.business if campaign else "")


def _one(asked: Asked[Any], one: Explained | None, decision: Decision, veil: Veil) -> RuleSaid | None:
    return said(asked, (one,), decision, veil)[0] if one else None


def _answer(asked: Asked[Any], checked: Checked, veil: Veil, rules: Sequence[RuleSaid]) -> dict[str, Any]:
    decision = checked.decision
    attempt, until = decision.attempt, checked.holds_until
    lasting = "for-good" if until is None else "not" if until <= decision.decided_at else "until"
    return {
        "verdict": decision.verdict,
        "reasons": decision.reasons,
        "number": veil.number(attempt.callee.e164 or attempt.callee.given),
        "campaign": veil.text(attempt.campaign),
        "caller_id": veil.caller_id(attempt.caller_id),
        "decided_at": when(decision.decided_at, decision),
        "retry_at": when(decision.retry_at, decision),
        "holds": lasting,
        "holds_until": when(until, decision),
        "failing": [one for one in rules if one.result == "fail"],
        "call": asked.path.get("id", ""),
        "sent": structs.asdict(asked.form),
    }
