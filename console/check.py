"""``dialpact check``: every rule and its finding for a call that is not made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from compliance import numbers
from compliance.judge import Judge
from compliance.model import Finding
from compliance.registers.moment import moment
from compliance.store.sqlite import decisions
from compliance.texts import Language, finding_text
from compliance.texts import text as domain_text
from console.policy import load_policy
from console.session import DONE, FOUND, Session


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
    judge = Judge(load_policy(config), config.trunks, config.node.name)
    now = moment(at, "at") if at else session.clock.now()
    attempt = judge.attempt(number, campaign, caller_id, agent=agent, trunk=trunk)
    async with session.store() as store:
        facts = await decisions.look_up(store, attempt, judge.holders, live)
    decision = judge.decide(attempt, facts, now, recorder_required=live)
    answer = {
        "verdict": decision.verdict,
        "reason": decision.reason,
        "reasons": decision.reasons,
        "number": attempt.callee.e164,
        "retry_at": decision.retry_at,
        "findings": finding_objects(decision.findings, session.language),
    }
    if session.as_json:
        session.json(answer)
    else:
        session.table(*finding_rows(session, decision.findings), None)
        session.facts(
            [
                ("number", attempt.callee.e164 or attempt.callee.given),
                ("at", now),
                ("verdict", decision.verdict),
                ("reasons", decision.reasons),
                ("retry_at", decision.retry_at),
            ]
        )
    return DONE if decision.allowed else FOUND


def finding_objects(findings: Iterable[Finding], language: Language) -> list[dict[str, Any]]:
    """The contract's form."""
    return [
        {
            "rule": finding.rule,
            "result": finding.result,
            "code": finding.code,
            "clause": finding.clause,
            "text": finding_text(finding, language),
        }
        for finding in findings
    ]


def finding_rows(session: Session, findings: Iterable[Finding]) -> tuple[tuple[str, ...], list[list[str]]]:
    rows = [
        [
            _rule(finding.rule, session.language),
            session.text(f"result.{finding.result}"),
            finding.code or "",
            finding_text(finding, session.language),
            finding.clause,
        ]
        for finding in findings
    ]
    return ("rule", "result", "code", "text", "clause"), rows


def _rule(name: str, language: Language) -> str:
    try:
        return domain_text(f"rule.{name}", language)
    except KeyError:  # stored by another version
        return name
