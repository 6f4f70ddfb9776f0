"""``dialpact caller-id reconcile``: the register against the carrier's own list."""

from __future__ import annotations

from pathlib import Path

import msgspec
import typer

from dialpact.application import carrier_list
from dialpact.application.carrier_list import Comparison
from dialpact.application.imports import Imported
from dialpact.cli import imports, layout
from dialpact.cli.command_context import DONE, FAILED, FOUND, CommandContext
from dialpact.cli.renamed import beside
from dialpact.cli.replay.report import echo_list
from dialpact.compliance.clock import stamp
from dialpact.compliance.registers.formats import CARRIER_LIST


async def reconcile(
    session: CommandContext,
    path: Path,
    *,
    since: str,
    until: str,
    skip_bad: bool,
    by: str,
    asked: imports.Asked = imports.PLAINLY,
) -> int:
    """Exit 3 with differences; 1, and nothing is logged, because of bad rows."""
    async with session.context(by) as context:
        how = asked.how(session, path, await asked.layout.given(context, CARRIER_LIST))
        with imports.opened(session, path) as (file, watch):
            done = await carrier_list.compare_list(
                context,
                file,
                name=imports.name_of(path),
                since=since,
                until=until,
                skip_bad=skip_bad,
                how=how,
                progress=watch,
            )
        await asked.layout.keep(context, how.given, done)
    with done:
        if session.as_json:
            _json(session, path, done)
        else:
            _text(session, path, done)
    if not done.done:
        return FAILED
    return FOUND if done.about.differences else DONE


def _json(session: CommandContext, path: Path, done: Imported[Comparison]) -> None:
    found, figures = done.about, done.about.figures
    about = {"file": str(path), "rows": done.rows, "bad": done.bad, "done": done.done}
    about |= {"remarks": imports.remarks(session, done), **imports.bad_figures(done), **layout.answer(done)}
    if figures:
        about |= msgspec.structs.asdict(figures)
        about |= {"since": stamp(figures.since), "until": stamp(figures.until)}
    about |= {
        "differences": found.differences,
        "caller_ids": beside(msgspec.to_builtins(found.usage), {"blocked": "refused"}),
    }
    typer.echo(msgspec.json.encode(about).decode()[:-1], nl=False)
    echo_list("errors", imports.errors(session, done))
    typer.echo("}")


def _text(session: CommandContext, path: Path, done: Imported[Comparison]) -> None:
    found, figures = done.about, done.about.figures
    imports.note_remarks(session, path, done)
    imports.note_bad_rows(session, path, done)
    if figures is None:
        session.note(session.text("say.list-not-compared", bad=done.bad))
        return
    typer.echo(
        session.text(
            "say.list-compared",
            file=path,
            rows=done.rows,
            registered=figures.registered,
            listed=figures.listed,
            calls=figures.calls,
            calls_not_listed=figures.calls_not_listed,
            since=session.cell(found.since),
            until=session.cell(found.until),
        )
    )
    rows: list[list[object]] = [
        [
            session.text(f"carrier-list.{one.kind}"),
            one.number,
            *(_said(session, text) for text in (one.register, one.carrier)),
            one.calls,
        ]
        for one in found.differences
    ]
    if rows:
        typer.echo("")
        session.table(("finding", "number", "register", "carrier", "calls"), rows, None)
    if found.usage:
        typer.echo("")
        columns = ("caller_id", "calls", "blocked", "registered", "listed")
        used = [[one.number, one.calls, one.blocked, one.registered, one.listed] for one in found.usage]
        session.table(columns, used, None)
    typer.echo("")
    typer.echo(session.text("say.cdr-findings", count=len(rows)))


def _said(session: CommandContext, text: str) -> str:
    return session.text(f"say.{text}") if text in ("yes", "no") else text
