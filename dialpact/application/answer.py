"""A decision as programs are told it, at every door: the same fields, texts in the asked language."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime

from msgspec import structs

from dialpact.application.explanation import Explained, LookedAt, Seen, explain
from dialpact.compliance.model import Decision, Finding, Mode, Result, Value
from dialpact.compliance.reasons import Reason
from dialpact.compliance.registers.moment import shown_time
from dialpact.compliance.texts import Language, finding_text, looked
from dialpact.compliance.veil import Veil

HIDDEN = "***"  # what the asker may not be told


class FindingAnswer(Value, frozen=True, kw_only=True):
    """What one rule said. ``text`` and ``looked_at`` are for people."""

    rule: str
    result: Result
    code: Reason | None
    clause: str  # profile and section; empty for what holds under every profile
    text: str
    looked_at: str
    retry_at: datetime | None


class Answer(Value, frozen=True, kw_only=True):
    """``number``: E.164, empty for what is no callee. ``retry_at``: when the same call could pass.
    ``holds_until``: the first instant at which time alone changes verdict or reasons, with the registers as
    they are now; None: it never does.
    """

    verdict: str
    mode: Mode
    reason: str  # the first
    reasons: tuple[Reason, ...]
    number: str
    retry_at: datetime | None
    holds_until: datetime | None
    findings: tuple[FindingAnswer, ...]


def answer(
    decision: Decision,
    holds_until: datetime | None,
    language: Language,
    businesses: Collection[str] = (),
    *,
    numbers: bool = True,
) -> Answer:
    """``businesses``: whose data may be told; none named: everybody's. ``numbers``: else those that people
    wrote, into a reason or a contract's name, are masked; what was asked about is not.
    """
    explained = explain(narrowed(decision, businesses) if businesses else decision)
    told = findings(explained, language)
    return Answer(
        verdict=decision.verdict,
        mode=decision.mode,
        reason=decision.reason,
        reasons=decision.reasons,
        number=decision.attempt.callee.e164,
        retry_at=decision.retry_at,
        holds_until=holds_until,
        findings=told if numbers else tuple(_masked(told, decision)),
    )


def narrowed(decision: Decision, businesses: Collection[str]) -> Decision:
    """For words alone: without what it says of other businesses, be it the holder of a number, or to whom
    else a person has said no.
    """
    facts = decision.facts
    another = facts.caller_id is not None and facts.caller_id.business not in businesses
    opt_outs = tuple(
        one for one in facts.opt_outs if one.scope != "business" or not one.value or one.value in businesses
    )
    facts = structs.replace(facts, opt_outs=opt_outs)
    if another and (caller := facts.caller_id) is not None:
        hidden = structs.replace(caller, business=HIDDEN, trunks=(HIDDEN,), purposes=(HIDDEN,))
        facts = structs.replace(facts, caller_id=hidden)
    if facts.trunk_business not in businesses:
        facts = structs.replace(facts, trunk_business=HIDDEN if facts.trunk_business else "")
    holders = {
        name: one if one in businesses or not one else HIDDEN for name, one in facts.trunk_holders.items()
    }
    facts = structs.replace(facts, trunk_holders=holders)
    found = tuple(_narrowed(one, businesses, another) for one in decision.findings)
    return structs.replace(decision, facts=facts, findings=found)


def _narrowed(finding: Finding, businesses: Collection[str], another: bool) -> Finding:
    """``another``: the caller ID is another business's. So what is wrong with it is its own affair."""
    detail, hidden = finding.detail, set[str]()
    if detail.get("holder") not in (None, *businesses):
        hidden.add("holder")
    if another and (finding.rule == "caller_id" or detail.get("kind") == "caller-id"):
        hidden |= {"cause", "since", "carrier", "on"} & detail.keys()
    return structs.replace(finding, detail=detail | dict.fromkeys(hidden, HIDDEN)) if hidden else finding


def _masked(told: Sequence[FindingAnswer], decision: Decision) -> Iterator[FindingAnswer]:
    attempt, entry = decision.attempt, decision.facts.caller_id
    callee = attempt.callee
    asked = {callee.given, callee.e164, callee.national, attempt.caller_id, entry.number if entry else ""}
    veil = Veil(own=asked)
    for one in told:
        yield structs.replace(one, text=veil.text(one.text), looked_at=veil.text(one.looked_at))


def findings(explained: Sequence[Explained], language: Language) -> tuple[FindingAnswer, ...]:
    """In the order in which the rules were judged."""
    return tuple(
        FindingAnswer(
            rule=one.finding.rule,
            result=one.finding.result,
            code=one.finding.code,
            clause=one.finding.clause,
            text=finding_text(one.finding, language),
            looked_at=looked_at_text(one.looked_at, language),
            retry_at=one.finding.retry_at,
        )
        for one in explained
    )


def looked_at_text(found: LookedAt | None, language: Language) -> str:
    """Empty where a rule looked at nothing."""
    if found is None:
        return ""
    values = {name: _said(value, ", ") for name, value in found.values.items()}
    return looked(language)[f"looked.{found.key}"].format(**values)


def _said(value: Seen, between: str) -> str:
    match value:
        case None:
            return "-"
        case tuple():
            return between.join(_said(each, " ") for each in value)
        case datetime():
            return shown_time(value)
        case date():
            return value.isoformat()
    return str(value)
