"""``import``: a CSV file into a register, with every bad row reported."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, Self

import msgspec
import typer

from dialpact.cli import texts
from dialpact.cli.progress import progress
from dialpact.cli.session import DONE, FAILED, Session
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.table import Table
from dialpact.store.sqlite import Store
from dialpact.store.sqlite.imports import BATCH, Applied, Import

KEPT = 1 << 20  # bytes of reports in memory; more go to a temporary file

Reader = Callable[[Sequence[str], datetime], Any]
Opening = Callable[[Store, str], Import]  # with the file's SHA-256
Reporting = Callable[[Session, Path, int, "BadRows", Applied], None]  # with the number of rows


class BadRows:
    """Line and reason, one JSON object a line: a million of them must not fill the memory either."""

    def __init__(self, session: Session) -> None:
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


async def run(
    session: Session,
    path: Path,
    register: str,
    columns: Sequence[str],
    read: Reader,
    *,
    optional: Sequence[str] = (),
    skip_bad: bool,
    by: str,
) -> int:
    """Exit 1 if nothing was applied because of bad rows."""

    def opening(store: Store, sha256: str) -> Import:
        return Import(store, register)

    applied = await load(session, path, opening, columns, read, optional=optional, skip_bad=skip_bad, by=by)
    return DONE if applied.done else FAILED


async def load(
    session: Session,
    path: Path,
    opening: Opening,
    columns: Sequence[str],
    read: Reader,
    *,
    optional: Sequence[str] = (),
    skip_bad: bool,
    by: str,
    report: Reporting | None = None,
) -> Applied:
    """Reads, applies and reports; ``Applied.about`` is part of the JSON."""
    with BadRows(session) as bad:
        total, applied = await _load(
            session, path, opening, columns, read, bad, optional=optional, skip_bad=skip_bad, by=by
        )
        (report or _report)(session, path, total, bad, applied)
        return applied


async def _load(
    session: Session,
    path: Path,
    opening: Opening,
    columns: Sequence[str],
    read: Reader,
    bad: BadRows,
    *,
    optional: Sequence[str],
    skip_bad: bool,
    by: str,
) -> tuple[int, Applied]:
    total = 0
    now = session.clock.now()
    async with session.store() as store:
        with _opened(path) as file, progress(session) as bar:
            table = Table(file, columns, optional)
            task = bar.add_task(path.name, total=table.size)
            into = opening(store, table.sha256)
            await into.begin()
            batch: list[tuple[int, Any]] = []
            for line, cells in table:
                total += 1
                try:
                    if isinstance(cells, Fault):
                        raise cells
                    batch.append((line, read(cells, now)))
                except Fault as fault:
                    bad.add(line, fault)
                    into.refuse(fault)
                if total % BATCH == 0:
                    await into.stage(batch)
                    batch.clear()
                    bar.update(task, completed=table.position)
            await into.stage(batch)
            bar.update(task, completed=table.size)
            table.release()
        name = os.fsencode(path.name).decode("utf-8", "backslashreplace")  # of another system: no UTF-8
        about = {"file": name, "sha256": table.sha256, "rows": total, "skip_bad": skip_bad}
        applied = await into.apply(
            bad=bad.count, skip_bad=skip_bad, detail=about, key=name, by=by, at=session.clock.now()
        )
    for line, clash in applied.clashes:
        bad.add(line, clash)
    return total, applied


def _report(session: Session, path: Path, total: int, bad: BadRows, applied: Applied) -> None:
    figures = {
        "file": str(path),
        "rows": total,
        "good": total - bad.count,
        "bad": bad.count,
        "applied": applied.applied,
        "already": applied.already,
        "unknown": applied.unknown,
        **applied.about,
    }
    if session.as_json:
        head = msgspec.json.encode(figures).decode()[:-1]
        typer.echo(f'{head}, "errors": [', nl=False)
        for place, row in enumerate(bad):
            typer.echo((b",\n" if place else b"\n") + row, nl=False)
        typer.echo("]}")
    else:
        note_bad_rows(session, path, bad)
        if bad.count:
            session.note(session.text("say.skipped" if applied.done else "say.not-applied", **figures))
        typer.echo(session.text("say.imported", **figures))
    if applied.unknown:
        session.note(session.text("say.unknown", names=", ".join(applied.unknown)))


def note_bad_rows(session: Session, path: Path, bad: BadRows) -> None:
    for row in bad:
        found = msgspec.json.decode(row)
        session.note(session.text("say.bad-row", file=path, line=found["line"], reason=found["reason"]))


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
