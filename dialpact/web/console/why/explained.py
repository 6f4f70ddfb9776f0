"""What every rule says of a call, as whoever looks may read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialpact.application import why
from dialpact.application.answer import looked_at_text, narrowed
from dialpact.application.explanation import Explained, explain, local
from dialpact.compliance.model import Decision, Finding
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.moment import shown_time
from dialpact.compliance.texts import Language, finding_text
from dialpact.compliance.veil import Veil
from dialpact.presentation.rule import rule_name
from dialpact.web.console import texts
from dialpact.web.console.page import Asked

BADGES = {"pass": "ok", "fail": "bad", "skip": "plain"}
# The register in which what a rule looks at is entered, by its address below /registers/.
REGISTERS: Mapping[str, str] = {
    "campaign": "campaign",
    "actor": "business",
    "registration": "registration",
    "do_not_call": "dnc",
    "consent": "consent",
    "leads": "leads",
    "range_dialling": "leads",
    "script": "script",
    "caller_id": "caller-id",
    "resources": "caller-id",
    "suspension": "suspension",
}
READERS = (Role.OFFICER, Role.AUDITOR)


@dataclass(frozen=True, kw_only=True)
class RuleSaid:
    """One rule's word. ``wording``, ``source``: of its clause, where the profile is what it was then.

    ``remedy``: what would have to change; ``register``: where. ``retry_at``: when this rule alone passes.
    """

    rule: str
    name: str
    result: str
    badge: str
    code: str
    text: str
    looked_at: str
    clause: str
    wording: str
    source: str
    retry_at: str
    remedy: str
    register: str


def when(instant: datetime | None, decision: Decision) -> str:
    """On the clock that the rules looked at; empty for none."""
    return shown_time(local(instant, decision)) if instant else ""


def seen_by(asked: Asked[Any], decision: Decision, veil: Veil, business: str) -> tuple[Explained, ...]:
    """Of the decision as it may be seen: so no rule says a number, or another's affairs, in its own words."""
    if asked.account.role is Role.SUPERVISOR:
        decision = narrowed(decision, asked.account.businesses or (business,))
    return explain(veil.decision(decision))


def said(asked: Asked[Any], found: Sequence[Explained], decision: Decision, veil: Veil) -> list[RuleSaid]:
    policy = asked.site.rules().policy
    return [_said(asked, one, decision, veil, policy) for one in found]


def _said(asked: Asked[Any], one: Explained, decision: Decision, veil: Veil, policy: Policy) -> RuleSaid:
    finding, language = one.finding, asked.language
    clause = why.wording(policy, decision, finding)
    reads = asked.account.role in READERS
    return RuleSaid(
        rule=finding.rule,
        name=rule_name(finding.rule, language),
        result=finding.result,
        badge=BADGES[finding.result],
        code=str(finding.code or ""),
        text=veil.text(finding_text(finding, language)),
        looked_at=veil.text(looked_at_text(one.looked_at, language)),
        clause=veil.text(finding.clause),
        wording=clause.clause if clause else "",
        source=clause.source if clause else "",
        retry_at=shown_time(one.retry_at) if one.retry_at else "",
        remedy=veil.text(remedy(finding, language)) if finding.code else "",
        register=REGISTERS.get(finding.rule, "") if reads and finding.code else "",
    )


def remedy(finding: Finding, language: Language) -> str:
    """What would have to change for this rule to pass: for just this reason, else for its code; empty for a
    code of another version.
    """
    for name in (finding.detail.get("key", ""), str(finding.code)):
        line = texts.own(language).get(f"remedy.{name}")
        if line is not None:
            try:
                return line.format(**finding.detail)
            except (KeyError, IndexError):  # stored by another version
                continue
    return ""
