"""``dialpact report``: what an inspector is given."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from dialpact.application.cdr_file import the_zone
from dialpact.application.report import inspection as inspections
from dialpact.application.report.compared import GivenList
from dialpact.application.report.inspection import InspectionOrder
from dialpact.cli.command import command, group
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.cli.flag import By
from dialpact.cli.reconcile.files import CdrFiles, ColumnsSaid, note_told
from dialpact.cli.renamed import beside
from dialpact.compliance.inspection.figures import Inspection
from dialpact.compliance.inspection.period import days
from dialpact.compliance.registers.fault import Fault
from dialpact.presentation import texts
from dialpact.presentation.hidden import Hidden
from dialpact.presentation.inspection import flat
from dialpact.presentation.inspection.paper import paper

app = group("Reports for people who inspect: what was done in a period, and whether that can be shown.")

Format = Literal["html", "pdf", "json", "csv"]
Output = typer.Option("--output", "-o", metavar="FILE", help="Else standard output.")
# Its keys that said "refused" of a call that was blocked and of a person who opted out; both for one version.
OLD_KEYS = {
    "blocked": "refused",
    "blocked_for_it": "refused_for_it",
    "blocks": "refusals",
    "sublet_blocks": "sublet_refusals",
    "opt_outs": "refusals",
    "opted_out_at": "refused_at",
}
VERDICTS = ("ok", "open", "violation")  # of a heading, the worst last
MODE = 0o640  # of a report's file: whom the operator's group serves may read it


@command(app, "inspection")
async def inspection(
    session: CommandContext,
    *,
    first: Annotated[
        str, typer.Option("--from", metavar="DAY", help="First local day: 2026-11-01, or a month: 2026-11.")
    ],
    last: Annotated[
        str, typer.Option("--to", metavar="DAY", help="Last local day, included; else the end of that month.")
    ] = "",
    format: Annotated[Format | None, typer.Option(help="Else by the file's name, or html.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Else stdout.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Callees' numbers in full; that it was asked for is logged.")
    ] = False,
    cdr: Annotated[
        list[Path] | None,
        typer.Option("--cdr", metavar="FILE", help="Call records to compare with; may be repeated."),
    ] = None,
    columns: ColumnsSaid = None,
    carrier_list: Annotated[
        list[Path] | None,
        typer.Option(
            "--carrier-list", metavar="FILE", help="A carrier's list of numbers, as for caller-id reconcile."
        ),
    ] = None,
    timezone: Annotated[str, typer.Option(help="Of the call records' times.")] = "Asia/Shanghai",
    by: By,
) -> int:
    """The covenant's self-check with its figures. Exit 3 when a heading shows a violation."""
    kind = _format(session, format, output)
    beginning, end = days(first, last)
    order = InspectionOrder(
        first=beginning,
        last=end,
        full=full,
        format=kind,
        carrier_lists=tuple(GivenList(str(path), path) for path in carrier_list or ()),
    )
    with contextlib.ExitStack() as stack:
        files = (
            stack.enter_context(
                CdrFiles(session, cdr, the_zone(timezone), may_be_empty=True, columns=columns)
            )
            if cdr
            else None
        )
        if files:
            files.reading.need_calls(list(session.config.trunks))
            order = msgspec.structs.replace(order, cdr=files.reading)
        async with session.context(by) as context:
            report = await inspections.inspection(
                context,
                session.config,
                order,
                explain=lambda fault: texts.fault_text(fault, session.language),
                progress=files.show if files else lambda stage, count: None,
            )
    _hand_out(rendered(report, kind, session), output)
    if output is not None and not _to_stdout(output):
        _say(session, output, report)
    if files and note_told(session, files.reading.told, Hidden((), full=full)):
        return FOUND
    return FOUND if any(heading.verdict == "violation" for heading in report.headings) else DONE


def _say(session: CommandContext, output: Path, report: Inspection) -> None:
    """Which file, and what it says, the worst first."""
    found = {heading.name: heading.verdict for heading in report.headings}
    worst = max(found.values(), key=VERDICTS.index, default="ok")
    if session.as_json:
        session.json({"file": str(output), "verdict": worst, "headings": found})
        return
    told = [
        f"{session.text(f'inspection-heading.{name}')}: {session.text(f'inspection-verdict.{verdict}')}"
        for name, verdict in sorted(found.items(), key=lambda one: -VERDICTS.index(one[1]))
        if verdict != "ok"
    ]
    verdict = session.text(f"inspection-verdict.{worst}")
    session.note(session.text("say.inspection-made", file=output, verdict=verdict))
    for line in told:
        session.note(f"  {line}")


def rendered(report: Inspection, kind: Format, session: CommandContext) -> bytes:
    """Fault when it cannot be made into PDF on this host."""
    if kind in ("json", "csv"):
        told = beside(msgspec.to_builtins(report), OLD_KEYS)
        return (
            flat.csv_of(told)
            if kind == "csv"
            else msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"
        )
    made = paper(report, session.language)
    return session.machine.pdf(made) if kind == "pdf" else made.encode()


def _format(session: CommandContext, given: Format | None, output: Path | None) -> Format:
    """As asked for, else by the file's ending. Nobody's terminal is given a PDF."""
    endings: dict[str, Format] = {".html": "html", ".pdf": "pdf", ".json": "json", ".csv": "csv"}
    by_name = endings.get(output.suffix.lower()) if output else None
    kind = given or ("json" if session.as_json else by_name or "html")
    if kind == "pdf" and _to_stdout(output) and session.machine.terminal():
        raise Fault("pdf-to-terminal")
    return kind


def _to_stdout(output: Path | None) -> bool:
    return output is None or str(output) == "-"


def _hand_out(content: bytes, output: Path | None) -> None:
    """A file appears whole or not at all."""
    if output is None or _to_stdout(output):
        typer.echo(content, nl=False)
        return
    if not output.parent.is_dir():
        raise Fault("no-directory", file=str(output.parent))
    try:
        _write_whole(content, output)
    except OSError as error:  # of the name that was given, not of one beside it
        raise OSError(error.errno, error.strerror, str(output)) from error


def _write_whole(content: bytes, output: Path) -> None:
    handle, temporary = tempfile.mkstemp(prefix=".dialpact-", dir=output.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), MODE)
        Path(temporary).replace(output)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
