"""``import``: a CSV file into a register, with every bad row reported."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any, BinaryIO, Self

import msgspec
import typer

from dialpact.application import imports
from dialpact.application.bad_file import BadFile
from dialpact.application.bad_rows import BadRow
from dialpact.application.imports import How, Imported, Progress
from dialpact.cli import layout
from dialpact.cli.command_context import DONE, FAILED, CommandContext
from dialpact.cli.layout import NO_LAYOUT, Layout
from dialpact.cli.progress import progress
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.numbers import HOME
from dialpact.compliance.registers.columns import Given
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.formats import REGISTERS
from dialpact.compliance.registers.sheet import row_of
from dialpact.presentation import texts

KEPT = 1 << 20  # bytes of reports in memory; more go to a temporary file
MOST = 20  # lines that are said of bad rows
REASONS = 8  # of them, at most, that count the rows of a reason


@dataclass(frozen=True)
class Asked:
    """How a file is to be read, as the options say."""

    bad: Path | None = None
    sheets: Sequence[str] | None = None
    as_written: bool = False
    layout: Layout = NO_LAYOUT

    def how(self, session: CommandContext, path: Path, given: Given) -> How:
        """Without a word, bad rows go beside the file; with few of them, or in JSON, all are told anyway."""
        explain = partial(texts.fault_text, language=session.language)
        file = BadFile(self.bad, explain) if self.bad else None
        if file is None and path.is_file():
            spare = sys.maxsize if session.as_json else MOST
            file = BadFile(path.with_name(f"{path.name}.bad.csv"), explain, spare=spare)
        return How(path, self.sheets or (), self.as_written, file, given)


PLAINLY = Asked()


def at_home(session: CommandContext) -> bool:
    """Whether numbers are taken for Chinese ones here: elsewhere none loses a 0 that it needs."""
    try:
        return session.regions()[:1] == HOME
    except DialpactError:
        return True  # a register can be filled before the rules are right


async def into_register(
    session: CommandContext,
    register: str,
    path: Path,
    *,
    skip_bad: bool,
    by: str,
    asked: Asked = PLAINLY,
) -> int:
    """Exit 1 if nothing was applied because of bad rows."""
    async with session.context(by) as context:
        how = asked.how(session, path, await asked.layout.given(context, REGISTERS[register]))
        with opened(session, path) as (file, watch):
            done = await imports.into_register(
                context, register, file, name=name_of(path), skip_bad=skip_bad, how=how, progress=watch
            )
        await asked.layout.keep(context, how.given, done)
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
    """The figures, bad rows, and names that nobody has registered. ``about``: also in the JSON."""
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
        **bad_figures(done),
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
            outcome = "say.skipped" if done.done else "say.not-applied" if done.good else "say.none-good"
            session.note(session.text(outcome, **figures))
        typer.echo(session.text("say.imported", **figures))
    if done.unknown:
        session.note(session.text("say.unknown", names=", ".join(done.unknown)))


def remarks(session: CommandContext, done: Imported[Any]) -> list[str]:
    """What is to be said of the file, in words."""
    return [session.text(f"remark.{one.key}", **one.detail) for one in done.remarks]


def note_remarks(session: CommandContext, path: Path, done: Imported[Any]) -> None:
    if done.remarks:
        session.note(f"{path}: {' '.join(remarks(session, done))}")


def bad_figures(done: Imported[Any]) -> dict[str, Any]:
    """For JSON: how many rows are bad for which reason, and the file that has them."""
    counts: Counter[str] = Counter()
    for reason in done.bad_rows.reasons:
        counts[reason.first.fault.key] += reason.rows
    return {"bad_reasons": counts, "bad_file": str(done.bad_file) if done.bad_file else None}


def errors(session: CommandContext, done: Imported[Any]) -> Iterator[bytes]:
    """Each bad row as JSON: its line (and sheet, of a workbook), the reason in words and its code."""
    for row in done.bad_rows:
        sheet, line = row_of(row.line)
        place = {"line": line} | ({"sheet": done.sheets[sheet]} if done.sheets[sheet] else {})
        yield msgspec.json.encode({**place, "reason": _reason(session, row), "code": row.fault.key})


def note_bad_rows(session: CommandContext, path: Path, done: Imported[Any]) -> None:
    """At most :data:`MOST` lines, how many of each reason first; and where all of the rows are."""
    reasons = done.bad_rows.reasons
    if len(reasons) < done.bad:
        for reason in reasons[:REASONS]:
            line = _place(session, done, reason.first)
            said = {"rows": reason.rows, "reason": _reason(session, reason.first), "line": line}
            session.note(session.text("say.bad-count" if reason.rows > 1 else "say.bad-one", **said))
        if others := reasons[REASONS:]:
            session.note(session.text("say.bad-counts", rows=sum(other.rows for other in others)))
    left = MOST - (min(len(reasons), REASONS + 1) if len(reasons) < done.bad else 0)
    for row in islice(done.bad_rows, left if done.bad <= left else left - 1):
        why = {"line": _place(session, done, row), "reason": _reason(session, row)}
        session.note(session.text("say.bad-row", file=path, **why))
    if done.bad > left:
        session.note(session.text("say.bad-more", rows=done.bad - left + 1))
    if done.bad_file:
        session.note(session.text("say.bad-file", file=done.bad_file))
    elif done.not_kept:
        session.note(texts.fault_text(done.not_kept, session.language))


def _place(session: CommandContext, done: Imported[Any], row: BadRow) -> str:
    """The line, or the row of a workbook's sheet."""
    sheet, line = row_of(row.line)
    name = done.sheets[sheet]
    return session.text("say.row-of-sheet", line=line, sheet=shown(name)) if name else str(line)


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
