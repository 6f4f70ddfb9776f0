"""``dialpact reconcile``: CDR files against decisions and recordings."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

import msgspec
import typer

from dialpact.application.cdr_file import the_zone
from dialpact.application.reconcile.case import Wanted, reconciled
from dialpact.cli.command_context import FAILED, CommandContext
from dialpact.cli.flag import By, Limit
from dialpact.cli.imports import ShownBadRows
from dialpact.cli.reconcile.files import CdrFiles, CdrPaths, ColumnsSaid, exit_code, note_told
from dialpact.cli.reconcile.report import ReconcileReport
from dialpact.compliance.registers.moment import since_until
from dialpact.presentation.hidden import Hidden


async def reconcile(
    session: CommandContext,
    *,
    cdr: CdrPaths,
    columns: ColumnsSaid = None,
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
    zone = the_zone(timezone)
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
        files = CdrFiles(session, cdr, zone, may_be_empty=bool(first and last), columns=columns)
        files.reading.need_calls(list(session.config.trunks))
        if coarse := files.reading.coarse:
            wanted = msgspec.structs.replace(wanted, tolerance=files.reading.tolerance(tolerance))
            session.note(session.text("say.cdr-coarse", files=", ".join(coarse), seconds=wanted.tolerance))
        bad = stack.enter_context(ShownBadRows(session))
        stack.enter_context(files)
        async with session.context(by) as context:
            hidden = Hidden(await context.store.reconciliations.own_numbers(), full=full)
            report = stack.enter_context(ReconcileReport(session, hidden, limit=limit, notes=notes))
            done = await reconciled(
                context,
                session.config,
                files.sources,
                wanted,
                say=report.add,
                bad=lambda file, line, fault: bad.add(line, hidden.fault(fault), file=file),
                progress=files.show,
                done=files.done,
            )
        files_told = files.reading.told
        report.print(done, bad, timezone=timezone, files=files_told)
        note_told(session, files_told, hidden)
    if (write or settle) and done.result.shift:
        session.note(session.text("say.cdr-not-written"))
        return FAILED
    return exit_code(files_told, found=bool(done.result.findings or done.result.shift))
