"""``import``: a CSV file into a register, with every bad row reported."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, Self

import msgspec
import typer

from dialpact.application import imports
from dialpact.application.bad_rows import BadRow
from dialpact.application.imports import Imported, Progress
from dialpact.cli import layout, texts
from dialpact.cli.command_context import DONE, FAILED, CommandContext
from dialpact.cli.layout import NO_LAYOUT, Layout
from dialpact.cli.progress import progress
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.formats import REGISTERS

KEPT = 1 << 20  # bytes of reports in memory; more go to a temporary file


async def into_register(
    session: CommandContext,
    register: str,
    path: Path,
    *,
    skip_bad: bool,
    by: str,
    said: Layout = NO_LAYOUT,
) -> int:
    """Exit 1 if nothing was applied because of bad rows."""
    async with session.context(by) as context:
        given = await said.given(context, REGISTERS[register])
        with opened(session, path) as (file, watch):
            done = await imports.into_register(
                context,
                register,
                file,
                name=name_of(path),
                skip_bad=skip_bad,
                given=given,
                progress=watch,
            )
        await said.keep(context, done)
    with done:
        tell(session, path, done)
    return DONE if done.done else FAILED


@contextmanager
def opened(session: CommandContext, path: Path) -> Iterator[tuple[BinaryIO, Progress]]:
    """The file, and who is to be told how far it is read."""
    with _opened(path) as file, progress(session) as bar:
        task = bar.add_task(path.name, total=None)
        yield file, lambda read, size: bar.update(task, completed=read, total=size)


def name_of(path: Path) -> str:
    """As the log has it: a name of another system may be no UTF-8."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")


def tell(
    session: CommandContext, path: Path, done: Imported[Any], about: dict[str, Any] | None = None
) -> None:
    """The figures, each bad row, and names that nobody has registered. ``about``: also in the JSON."""
    figures = {
        "file": str(path),
        "rows": done.rows,
        "good": done.good,
        "bad": done.bad,
        "applied": done.applied,
        "already": done.already,
        "unknown": done.unknown,
        "remarks": remarks(session, done),
        **layout.answer(done),
        **(about or {}),
    }
    if session.as_json:
        head = msgspec.json.encode(figures).decode()[:-1]
        typer.echo(f'{head}, "errors": [', nl=False)
        for place, row in enumerate(errors(session, done)):
            typer.echo((b",\n" if place else b"\n") + row, nl=False)
        typer.echo("]}")
    else:
        note_remarks(session, path, done)
        note_bad_rows(session, path, done)
        if done.bad:
            session.note(session.text("say.skipped" if done.done else "say.not-applied", **figures))
        typer.echo(session.text("say.imported", **figures))
    if done.unknown:
        session.note(session.text("say.unknown", names=", ".join(done.unknown)))


def remarks(session: CommandContext, done: Imported[Any]) -> list[str]:
    """What is to be said of the file, in words."""
    return [session.text(f"remark.{one.key}", **one.detail) for one in done.remarks]


def note_remarks(session: CommandContext, path: Path, done: Imported[Any]) -> None:
    if done.remarks:
        session.note(f"{path}: {' '.join(remarks(session, done))}")


def errors(session: CommandContext, done: Imported[Any]) -> Iterator[bytes]:
    """Each bad row as JSON: its line, the reason in words and its code."""
    for row in done.bad_rows:
        yield msgspec.json.encode({"line": row.line, "reason": _reason(session, row), "code": row.fault.key})


def note_bad_rows(session: CommandContext, path: Path, done: Imported[Any]) -> None:
    for row in done.bad_rows:
        reason = _reason(session, row)
        session.note(session.text("say.bad-row", file=path, line=row.line, reason=reason))


def _reason(session: CommandContext, row: BadRow) -> str:
    return texts.fault_text(row.fault, session.language)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Seekable, because the file is read twice: a pipe is copied first."""
    try:
        with path.open("rb") as file:
            if file.seekable():
                yield file
                return
            with tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(file, copy)
                yield copy
    except OSError as error:
        raise Fault("file", file=str(path), error=error.strerror or str(error)) from error


class ShownBadRows:
    """Line and reason, one JSON object a line: a million of them must not fill the memory either."""

    def __init__(self, session: CommandContext) -> None:
        self._session = session
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(KEPT)  # noqa: SIM115 - closed by __exit__
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, line: int, fault: Fault, **more: object) -> None:
        """``more``: which of several files it is in."""
        reason = texts.fault_text(fault, self._session.language)
        row = {**more, "line": line, "reason": reason, "code": fault.key}
        self._file.write(msgspec.json.encode(row) + b"\n")
        self.count += 1

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        for line in self._file:
            yield line.rstrip()
