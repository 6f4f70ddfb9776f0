"""``dialpact supervision``: what an operator hands to whoever supervises him (the setting
``[supervision]``).
"""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer

from dialpact.application.report import inspection as inspections
from dialpact.application.report.inspection import InspectionOrder
from dialpact.application.supervised import handing, ours
from dialpact.application.supervision.post import Unreachable
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import By
from dialpact.compliance.inspection.period import days
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.supervision.refusal import Refusal
from dialpact.compliance.supervision.words import why
from dialpact.presentation import texts

app = group("What is handed to whoever supervises: checkpoints to be cosigned, and the monthly report.")


@command(app, "report")
async def report(
    session: CommandContext,
    month: Annotated[str, typer.Argument(metavar="MONTH", help="As 2026-10; it must be over.")],
    *,
    by: By,
) -> None:
    """Make the month's inspection report, put it on record, and hand it in with its proof."""
    first, last = days(month, "")
    order = InspectionOrder(first=first, last=last, format="json")
    async with session.context(by) as context:
        made = await inspections.inspection(
            context,
            session.config,
            order,
            explain=lambda fault: texts.fault_text(fault, session.language),
            progress=lambda stage, count: None,
        )
        from dialpact.cli.report import rendered

        content = rendered(made, "json", session)
        try:
            done = await handing.hand_in(context, session.config, first.strftime("%Y-%m"), content)
        except (Refusal, Unreachable) as error:
            _refused(session, error)
    answer = {"month": done.month, "sha256": done.sha256, "size": done.size, "receipt": done.receipt}
    session.answer(answer, session.text("say.supervision-handed-in", month=done.month, sha256=done.sha256))


@command(app, "checkpoint")
async def checkpoint(session: CommandContext) -> None:
    """Sign the log as it is, tell the supervisor of a new key, and have the checkpoint cosigned."""
    async with session.context() as context:
        try:
            text = await handing.cosigned(context, session.config)
        except (Refusal, Unreachable) as error:
            _refused(session, error)
    session.answer({"note": text}, text.removesuffix("\n"))


@command(app, "show")
async def show(session: CommandContext) -> None:
    """Who supervises, by which key, and where."""
    try:
        whose = ours.settings(session.config)
    except Refusal as error:
        raise Fault("no-supervision") from error
    answer = {"url": whose.url, "vkey": whose.vkey, "letters_per_hour": whose.letters_per_hour}
    session.answer(answer, f"{whose.url}\n{whose.vkey}")


def _refused(session: CommandContext, error: Refusal | Unreachable) -> NoReturn:
    if isinstance(error, Refusal):
        raise Fault("supervisor-refused", why=why(error.code, session.language)) from error
    raise Fault("supervisor-unreachable", why=str(error)) from error
