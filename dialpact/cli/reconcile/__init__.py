"""``dialpact reconcile``: CDR files against decisions and recordings."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from dialpact.application.cdr_file import the_zone
from dialpact.application.reconcile.case import Wanted, reconciled
from dialpact.cli.command_context import DONE, FAILED, FOUND, CommandContext
from dialpact.cli.flag import By, Limit
from dialpact.cli.imports import ShownBadRows
from dialpact.cli.reconcile.files import CdrFiles
from dialpact.cli.reconcile.report import ReconcileReport
from dialpact.compliance.reconcile import Reconciliation
from dialpact.compliance.registers.moment import since_until


async def reconcile(
    session: CommandContext,
    *,
    cdr: Annotated[
        list[Path],
        typer.Option(metavar="FILE", help="Asterisk's Master.csv, - for standard input; may be repeated."),
    ],
    since: Annotated[str, typer.Option(help="From then on; without a zone: Asia/Shanghai.")] = "",
    until: Annotated[str, typer.Option(help="Before then; a bare date: to the end of that day.")] = "",
    trunk: Annotated[str, typer.Option(help="Only calls and decisions of this trunk.")] = "",
    timezone: Annotated[
        str, typer.Option(help="Of the files' times; UTC with usegmtime=yes.")
    ] = "Asia/Shanghai",
    node: Annotated[str, typer.Option(help="The PBX that wrote the files; else [node] name.")] = "",
    inbound: Annotated[
        list[str] | None,
        typer.Option("--inbound-context", help="Where calls from outside come in; may be repeated."),
    ] = None,
    prefix: Annotated[
        list[str] | None, typer.Option(help="Dialled for an outside line, as 9; may be repeated.")
    ] = None,
    tolerance: Annotated[
        int, typer.Option(min=0, max=600, help="Seconds by which the clocks may differ.")
    ] = 5,
    write: Annotated[
        bool, typer.Option("--write-incidents", help="Keep each finding as an incident, once.")
    ] = False,
    settle: Annotated[
        bool, typer.Option("--settle", help="Settle the recordings whose call's end nobody saw, by the CDRs.")
    ] = False,
    by: By,
    notes: Annotated[bool, typer.Option("--notes", help="List what is no finding, too.")] = False,
    limit: Limit = 100,
    full: Annotated[bool, typer.Option("--full", help="Show numbers unmasked.")] = False,
) -> int:
    """What was called and not decided, answered and not recorded? Exit 3 with findings."""
    first, last = since_until(since, until)
    wanted = Wanted(
        node=node,
        since=first,
        until=last,
        trunk=trunk,
        inbound=tuple(inbound or ()),
        prefixes=tuple(prefix or ()),
        tolerance=tolerance,
        write=write,
        settle=settle,
    )
    with ExitStack() as stack:
        bad = stack.enter_context(ShownBadRows(session))
        report = stack.enter_context(ReconcileReport(session, limit=limit, full=full, notes=notes))
        files = stack.enter_context(
            CdrFiles(session, cdr, the_zone(timezone), may_be_empty=bool(first and last))
        )
        async with session.context(by) as context:
            done = await reconciled(
                context,
                session.config,
                files.sources,
                wanted,
                say=report.add,
                bad=lambda file, line, fault: bad.add(line, report.hidden(fault), file=file),
                progress=files.show,
                done=files.done,
            )
        report.print(done, bad, timezone=timezone, files=[str(path) for path in cdr])
    if (write or settle) and done.result.shift:
        session.note(session.text("say.cdr-not-written"))
        return FAILED
    return _code(done.result)


def _code(result: Reconciliation) -> int:
    counts = result.counts
    if counts.lines and counts.bad == counts.lines:
        return FAILED
    # A line that nobody could read may be the call that went round the gate.
    return FOUND if result.findings or counts.bad or result.shift else DONE
