"""``dialpact supervise status``, ``fork`` and ``report``: what the supervisor sees."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from dialpact.application import new_file
from dialpact.application.supervision import overview
from dialpact.application.supervision.overview import OperatorStanding
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.cli.supervise.desk import desk
from dialpact.cli.table import visible
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.supervision import handed
from dialpact.compliance.supervision.words import word, words


async def status(session: CommandContext) -> int:
    """How every operator and every complaint stands. Exit 3 when a person has to look at something."""
    async with desk(session) as here:
        seen = await overview.overview(here)
    pressing = [one for one in seen.complaints if one.overdue]
    wrong = bool(pressing) or any(one.wrong for one in seen.operators)
    if session.as_json:
        session.json(seen)
        return FOUND if wrong else DONE
    _operators(session, seen.operators, None)
    for each in seen.complaints:
        if each.closed_at is None:
            due = each.due or session.text("say.supervise-due-unknown")
            left = session.cell(each.left) or "?"
            said = session.text(
                "say.supervise-open", id=each.id, reference=each.reference, due=due, left=left
            )
            typer.echo(said)
    return FOUND if wrong else DONE


async def operator_lines(session: CommandContext) -> None:
    async with desk(session) as here:
        seen = await overview.overview(here)
    _operators(session, seen.operators, seen.operators)


async def fork(session: CommandContext, operator: Annotated[str, typer.Argument(help="Whose log.")]) -> int:
    """Both signed heads of every fork: the evidence, as it came. Exit 3 when there is one."""
    async with desk(session) as here:
        await here.store.operators.get(operator)
        found = await here.store.heads.forks(operator, overview.SHOWN)
    if session.as_json:
        session.json(found)
    else:
        for one in found:
            typer.echo(session.text("say.supervise-fork", size=one.size, at=session.cell(one.seen_at)))
            for text in (one.one, one.other):
                typer.echo("\n".join(map(visible, text.split("\n"))))
        if not found:
            session.note(session.text("say.nothing"))
    return FOUND if found else DONE


async def report(
    session: CommandContext,
    operator: Annotated[str, typer.Argument(help="Whose.")],
    month: Annotated[str, typer.Argument(metavar="MONTH", help="As 2026-11; else all are listed.")] = "",
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.json", help="Write the newest one there.")
    ] = None,
) -> None:
    """The monthly reports that an operator has handed in."""
    async with desk(session) as here:
        await here.store.operators.get(operator)
        found = [one for one in await here.store.reports.list(operator) if month in ("", one.month)]
        if output is not None:
            if not found:
                raise Fault("not-registered", entry=f"{operator} {month}")
            kept = await here.store.reports.envelope(operator, found[0].sha256) or b""
            content = handed.parsed(kept).report
            new_file.check(output, force=False)
            with new_file.beside(output) as (temporary, file):
                file.write(content)
                file.flush()
                new_file.give_name(temporary, output, force=False)
            session.answer({"file": str(output), "report": found[0]}, str(output))
            return
    rows = [
        [one.month, one.received_at, one.bytes, one.leaf, one.sha256, _headings(session, one.headings)]
        for one in found
    ]
    session.table(("month", "received_at", "bytes", "leaf", "sha256", "headings"), rows, found)


def _operators(session: CommandContext, operators: tuple[OperatorStanding, ...], answer: object) -> None:
    rows = [
        [
            one.id,
            one.name,
            word(f"log-state.{one.log}", session.language),
            one.size,
            one.seen_at,
            ", ".join(month.month for month in one.months if month.state == "overdue"),
            "; ".join(word(f"wrong.{name}", session.language) for name in one.wrong),
        ]
        for one in operators
    ]
    columns = ("id", "name", "log", "entries", "seen_at", "reports-overdue", "wrong")
    session.table(columns, rows, msgspec.to_builtins(answer) if answer is not None else None)


def _headings(session: CommandContext, headings: dict[str, str]) -> str:
    """Those that are not all right. A heading of another version speaks for itself."""
    told = words(session.language)
    return ", ".join(
        f"{told.get(f'heading.{name}', name)}: {told[f'verdict.{verdict}']}"
        for name, verdict in headings.items()
        if verdict != "ok"
    )
