"""``dialpact check``: every rule and its finding for a call that is not made."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application import check as use_case
from dialpact.application.explanation import local
from dialpact.application.policy import load_policy
from dialpact.cli import explained
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.compliance import numbers
from dialpact.compliance.judge import Judge
from dialpact.compliance.registers.moment import moment


async def check(
    session: CommandContext,
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
    judge = judge_of(session)
    instant = moment(at, "at") if at else None
    async with session.context() as context:
        checked = await use_case.check(
            context,
            judge,
            number,
            campaign=campaign,
            caller_id=caller_id,
            trunk=trunk,
            agent=agent,
            at=instant,
            live=live,
        )
    decision = checked.decision
    callee = decision.attempt.callee
    if session.as_json:
        session.json(
            {
                "verdict": decision.verdict,
                "mode": decision.mode,
                "reason": decision.reason,
                "reasons": decision.reasons,
                "number": callee.e164,
                "retry_at": decision.retry_at,
                "findings": explained.objects(checked.explanation, session.language),
            }
        )
    else:
        explained.table(session, checked.explanation)
        typer.echo()
        session.facts(
            [
                ("number", callee.e164 or callee.given),
                ("at", local(decision.decided_at, decision)),
                ("verdict", decision.verdict),
                ("reasons", decision.reasons),
                ("retry_at", decision.retry_at and local(decision.retry_at, decision)),
            ]
        )
    session.warn_of_shadow()
    return DONE if decision.allowed else FOUND


def judge_of(session: CommandContext) -> Judge:
    """With the rules that the configuration puts in force."""
    numbers.warm()
    config = session.config
    stops = config.ledger.on_fork == "stop"
    return Judge(
        load_policy(config), config.trunks, config.node.name, config.policy.mode, stops_on_fork=stops
    )
