"""``dialpact check``: every rule and its finding for a call that is not made."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dialpact.application.policy import load_policy
from dialpact.cli.looked_at import looked_at
from dialpact.cli.session import DONE, FOUND, Session
from dialpact.compliance import numbers
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import Decision
from dialpact.compliance.registers.moment import moment
from dialpact.compliance.texts import Language, finding_text
from dialpact.compliance.texts import text as domain_text
from dialpact.store.sqlite import decisions


async def check(
    session: Session,
    number: Annotated[str, typer.Argument(help="As it would be dialled.")],
    *,
    campaign: Annotated[str, typer.Option()],
    caller_id: Annotated[str, typer.Option()],
    trunk: Annotated[str, typer.Option(help="May be left out where one trunk is configured.")] = "",
    agent: Annotated[str, typer.Option()] = "",
    at: Annotated[str, typer.Option(help="Another instant; without a zone: Asia/Shanghai.")] = "",
    live: Annotated[bool, typer.Option("--live", help="Look at the recorder too.")] = False,
) -> int:
    """May this call be made? Decides as the gate would, and records nothing. Exit 0 ALLOW, 3 BLOCK."""
    numbers.warm()
    config = session.config
    judge = Judge(load_policy(config), config.trunks, config.node.name, config.policy.mode)
    now = moment(at, "at") if at else session.clock.now()
    attempt = judge.attempt(number, campaign, caller_id, agent=agent, trunk=trunk)
    async with session.store() as store:
        facts = await decisions.look_up(store, attempt, judge.asked, now, live)
    decision = judge.decide(attempt, facts, now, recorder_required=live)
    answer = {
        "verdict": decision.verdict,
        "mode": decision.mode,
        "reason": decision.reason,
        "reasons": decision.reasons,
        "number": attempt.callee.e164,
        "retry_at": decision.retry_at,
        "findings": finding_objects(decision, session.language),
    }
    if session.as_json:
        session.json(answer)
    else:
        session.table(*finding_rows(session, decision), None)
        session.facts(
            [
                ("number", attempt.callee.e164 or attempt.callee.given),
                ("at", now),
                ("verdict", decision.verdict),
                ("reasons", decision.reasons),
                ("retry_at", decision.retry_at),
            ]
        )
    session.warn_of_shadow()
    return DONE if decision.allowed else FOUND


def finding_objects(decision: Decision, language: Language) -> list[dict[str, Any]]:
    """The contract's form, and what each rule looked at."""
    return [
        {
            "rule": finding.rule,
            "result": finding.result,
            "code": finding.code,
            "clause": finding.clause,
            "text": finding_text(finding, language),
            "looked_at": looked_at(finding.rule, decision, language),
            "retry_at": finding.retry_at,
        }
        for finding in decision.findings
    ]


def finding_rows(session: Session, decision: Decision) -> tuple[tuple[str, ...], list[list[object]]]:
    rows: list[list[object]] = [
        [
            _rule(finding.rule, session.language),
            session.text(f"result.{finding.result}"),
            finding.code or "",
            finding_text(finding, session.language),
            looked_at(finding.rule, decision, session.language),
            finding.clause,
            finding.retry_at,
        ]
        for finding in decision.findings
    ]
    return ("rule", "result", "code", "text", "looked_at", "clause", "retry_at"), rows


def _rule(name: str, language: Language) -> str:
    try:
        return domain_text(f"rule.{name}", language)
    except KeyError:  # stored by another version
        return name
