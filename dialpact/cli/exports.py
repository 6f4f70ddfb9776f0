"""``export`` and ``template``: a register as the file that its import takes, and that file empty."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import IO, Annotated

import msgspec
import typer

from dialpact.application import exports, new_file
from dialpact.application.exports import Asked, Exported
from dialpact.application.sheets.written import written
from dialpact.cli.command_context import CommandContext

Output = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="FILE", help="The file to make, .csv or .xlsx; else standard output."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Over a file that is there.")]


async def export(
    session: CommandContext, asked: Asked, output: Path | None, *, reason: str, force: bool, by: str
) -> None:
    """With ``--json`` and no file, the entries are in the JSON, their cells as the file has them."""
    async with session.context(by) as context:
        if output is not None:
            done = await exports.to_file(context, asked, output, reason=reason, force=force)
            figures = {"file": str(output), **msgspec.structs.asdict(done)}
            said = session.text("say.exported", **figures)
            session.answer(figures, said)
        else:
            async with exports.to_read(context, asked, reason=reason) as (done, file):
                _printed(session, done, file)
    if done.withdrawn:
        session.note(session.text("say.export-withdrawn", count=done.withdrawn))


def template(session: CommandContext, register: str, output: Path | None, *, force: bool) -> None:
    """An empty file to fill in, with a header in the asked language; any of them is read."""
    columns = exports.template(register, session.language)
    names = list(columns.values())
    if output is None:
        if session.as_json:
            session.json({"register": register, "columns": columns})
        else:
            empty = io.BytesIO()
            written(empty, "", names).end()
            typer.echo(empty.getvalue(), nl=False)
        return
    new_file.check(output, force=force)
    with new_file.beside(output) as (temporary, file):
        written(file, output.name, names).end()
        file.flush()
        new_file.give_name(temporary, output, force=force)
    answer = {"file": str(output), "register": register, "columns": columns}
    session.answer(answer, session.text("say.template-made", file=output))


def _printed(session: CommandContext, done: Exported, file: IO[bytes]) -> None:
    """As it is, or as JSON, a row at a time: it may be long."""
    if not session.as_json:
        while chunk := file.read(1 << 20):
            typer.echo(chunk, nl=False)
        return
    head = msgspec.json.encode(done).decode()[:-1]
    typer.echo(f'{head}, "entries": [', nl=False)
    rows = csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline=""))
    for place, row in enumerate(rows):
        typer.echo((b",\n" if place else b"\n") + msgspec.json.encode(row), nl=False)
    typer.echo("]}")
