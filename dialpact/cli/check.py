"""``dialpact check``: every rule and its finding for a call that is not made."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application import check as use_case
from dialpact.application.explanation import local
from dialpact.application.policy import judge_of, load_policy
from dialpact.cli import explained
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.compliance import numbers
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
    numbers.warm()
    config = session.config
    judge = judge_of(config, load_policy(config))
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
        session.json(checked.answer(session.language))
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
                ("holds_until", _until(session, checked)),
            ]
        )
    session.warn_of_shadow()
    return DONE if decision.allowed else FOUND


def _until(session: CommandContext, checked: use_case.Checked) -> str:
    """Of what is promised for no time there is nothing to say but that."""
    until, decision = checked.holds_until, checked.decision
    if until is None:
        return session.text("say.holds-for-good")
    if until <= decision.decided_at:
        return session.text("say.holds-not")
    return session.text("say.holds-until", at=session.cell(local(until, decision)))
