"""``dialpact scrub``: a list is judged before it is dialled. ``dialpact leads scrub``: a batch of leads."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, BinaryIO, Literal, cast

import msgspec
import typer

from dialpact.application import new_file
from dialpact.application import scrub as use_case
from dialpact.application.policy import judge_of, load_policy
from dialpact.application.scrub.batch import complete, scrub_batch
from dialpact.application.scrub.request import Form, Scrubbed, ScrubRequest
from dialpact.cli import imports
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.cli.exports import Force
from dialpact.cli.flag import OfSheets
from dialpact.cli.layout import Layout, Map, NumbersOnly, Saved
from dialpact.cli.progress import watched
from dialpact.compliance import numbers
from dialpact.compliance.judge import Judge
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.formats import LEADS
from dialpact.compliance.registers.moment import moment
from dialpact.compliance.texts import reason_text

KEPT = 1 << 20  # bytes of a result in memory; more go to a temporary file
ENDINGS: dict[str, Form] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="The result; else standard output. No file is written over."),
]
AsForm = Annotated[
    Form | None, typer.Option("--format", help="Of the result; else by the name of --out, else as the list.")
]
Trunk = Annotated[str, typer.Option(help="May be left out where one trunk is configured.")]


async def scrub(
    session: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, workbook or JSON lines, with number.")],
    *,
    campaign: Annotated[str, typer.Option(help="For which it is to be dialled.")],
    caller_id: Annotated[str, typer.Option()],
    trunk: Trunk = "",
    agent: Annotated[str, typer.Option()] = "",
    at: Annotated[str, typer.Option(help="Another instant; without a zone: Asia/Shanghai.")] = "",
    out: Out = None,
    format: AsForm = None,
    force: Force = False,
    sheet: OfSheets = None,
    map: Map = None,
    mapping: Saved = "",
    numbers_only: NumbersOnly = False,
) -> int:
    """Which numbers of a list may be called? Judges each row as check would; exit 3 if some may not."""
    judge = _judge(session)
    layout = Layout(map, mapping, numbers_only=numbers_only)
    instant = moment(at, "at") if at else None
    if out and out.exists() and file.exists() and out.samefile(file):  # --force is not meant for this one
        raise Fault("scrub-over-list", file=str(out))
    async with session.context() as context:
        request = ScrubRequest(
            campaign=campaign,
            caller_id=caller_id,
            trunk=trunk,
            agent=agent,
            at=instant,
            form=form_of(session, out, format),
            language=session.language,
            sheets=tuple(sheet or ()),
            given=await layout.given(context, LEADS),
        )
        with (
            result(session, out, force=force) as (written, give_name),
            imports.opened(session, file) as (
                opened,
                watch,
            ),
        ):
            done = await use_case.scrub(
                context, judge, opened, written, request, lambda read, size: watch(read, size or 0)
            )
            give_name()
            if out is None:
                written.seek(0)
            tell(session, done, {"file": str(file)}, None if out else written, out)
    session.warn_of_shadow()
    return DONE if done.clean else FOUND


async def batch(
    session: CommandContext,
    id: int,
    *,
    caller_id: str,
    trunk: str,
    agent: str,
    out: Path | None,
    form: Form | None,
    force: bool,
    by: str,
) -> int:
    """Of the lead register. Without ``out`` the result is counted and hashed, and kept nowhere."""
    judge = _judge(session)
    request = ScrubRequest(
        campaign="",
        caller_id=caller_id,
        trunk=trunk,
        agent=agent,
        form=form or form_of(session, out, form) if out else form or "",
        language=session.language,
    )
    async with session.context(by) as context:
        with result(session, out, force=force) as (written, give_name):
            with watched(session, "say.scrubbing") as watch:
                done = await scrub_batch(context, judge, id, written, request, watch)
            if out is not None:
                new_file.durable(written)
            found = await complete(context, judge.policy.versions, id, request, done)
            give_name()
    about = {"batch": id, "campaign": found.campaign, "held": found.held}
    tell(session, done, about, None, out)
    if not session.as_json:
        said = "say.batch-held-still" if found.held else "say.batch-scrubbed"
        session.note(session.text(said, batch=id, what=found.held))
    session.warn_of_shadow()
    return DONE if done.clean and not found.held else FOUND


def form_of(session: CommandContext, out: Path | None, asked: Form | None) -> Form | Literal[""]:
    """Empty: as the list. Fault for a file whose name says another one than it would have."""
    if out is None and session.as_json:  # the rows are in the JSON
        return "jsonl"
    if asked or out is None:
        return asked or ""
    ending = out.suffix.lower()
    if ending in (".xlsx", ".xls", ".ods"):
        raise Fault("scrub-form", file=str(out))
    return ENDINGS.get(ending, "")


@contextmanager
def result(session: CommandContext, out: Path | None, *, force: bool) -> Iterator[tuple[BinaryIO, Any]]:
    """Where the result goes, and what gives it its name when it is whole."""
    if out is None:
        with tempfile.SpooledTemporaryFile(KEPT) as kept:
            yield cast(BinaryIO, kept), lambda: None
        return
    new_file.check(out, force=force)
    with new_file.beside(out) as (temporary, file):

        def give_name() -> None:
            new_file.durable(file)
            new_file.give_name(temporary, out, force=force)

        yield file, give_name


def tell(
    session: CommandContext,
    done: Scrubbed,
    about: dict[str, Any],
    printed: IO[bytes] | None,
    out: Path | None,
) -> None:
    """The figures. ``printed``: the rows, that go to standard output, and the figures then beside them."""
    figures = {
        **about,
        "out": str(out) if out else None,
        **{name: getattr(done, name) for name in done.__struct_fields__ if name != "remarks"},
        "remarks": [session.text(f"remark.{one.key}", **one.detail) for one in done.remarks],
    }
    if session.as_json:
        _as_json(figures, printed)
        return
    while printed and (chunk := printed.read(1 << 20)):
        typer.echo(chunk, nl=False)
    said = session.note if printed else typer.echo
    if figures["remarks"]:
        session.note(" ".join(figures["remarks"]))
    blocked = done.rows - done.callable - done.bad
    values = {"rows": done.rows, "callable": done.callable, "blocked": blocked, "bad": done.bad}
    said(session.text("say.scrubbed", at=session.cell(done.at), **values))
    for reason, count in done.blocked.items():
        text = reason_text(reason, session.language)
        said(session.text("say.scrub-reason", count=count, reason=reason, text=text))
    if done.counted_up:
        said(session.text("say.scrub-counted-up", what=done.counted_up))
    if out is not None:
        said(session.text("say.scrub-out", out=out))


def _as_json(figures: dict[str, Any], written: IO[bytes] | None) -> None:
    """The rows behind the figures, one at a time: there may be many."""
    if written is None:
        typer.echo(msgspec.json.format(msgspec.json.encode(figures), indent=2))
        return
    typer.echo(msgspec.json.encode(figures).decode()[:-1] + ', "results": [', nl=False)
    for place, row in enumerate(written):
        typer.echo((b",\n" if place else b"\n") + row.rstrip(b"\n"), nl=False)
    typer.echo("]}")


def _judge(session: CommandContext) -> Judge:
    numbers.warm()
    return judge_of(session.config, load_policy(session.config))
