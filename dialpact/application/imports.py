"""A CSV file into a register: all of its good rows, or none of it. A row's way, from top to bottom:

1. :mod:`dialpact.application.sheets` makes rows of the file, whatever it is, and
   :class:`~dialpact.compliance.registers.table.Table` puts their cells in the order of the format's columns;
2. the format's ``read`` (``compliance/registers/formats.py``) makes a typed value of them, or a Fault;
3. an intake stages the values beside the register, :data:`BATCH` at a time;
4. at the end it applies them in one transaction, or nothing if there are bad rows and ``skip_bad`` is not
   wished; what contradicts the register or the file itself is found then, and is a bad row too;
5. :class:`Imported` has the figures, and every bad row with its line and Fault; ``bad_file`` has them as they
   were written.

A file without one good row applies nothing, and is no import that keeps a list fresh.

Memory stays bounded whatever the file is, and reading it does not hold the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Generic, Protocol, Self, TypeVar

from dialpact.application.actor import Right
from dialpact.application.bad_file import BadFile
from dialpact.application.bad_rows import BadRows
from dialpact.application.context import Context
from dialpact.application.resting import restless
from dialpact.application.sheets import open_sheets
from dialpact.compliance.registers.columns import NOTHING, Given
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.formats import CALLEES, IMPORTED, at_home
from dialpact.compliance.registers.sheet import Remark
from dialpact.compliance.registers.table import FileRead, Format, Table
from dialpact.store.ports.imports import Applied, Batch, Staging

T = TypeVar("T")
About_co = TypeVar("About_co", covariant=True)
BATCH = 50_000  # rows
RIGHTS = {"caller-id": Right.REGISTERS, "consent": Right.CONSENT, "dnc": Right.OPT_OUT}

Progress = Callable[[int, int], None]  # bytes read, and how many there are


@dataclass(frozen=True)
class How:
    """How a file is to be read, beside what it says itself.

    ``source``: where it is; ``sheets``: the ones of a workbook that are wanted, else all; ``as_written``:
    caller IDs that could have lost their zero are meant so; ``bad_file`` takes the bad rows; ``given``: what
    was said of the columns.
    """

    source: Path | None = None
    sheets: Sequence[str] = ()
    as_written: bool = False
    bad_file: BadFile | None = None
    given: Given = NOTHING


PLAINLY = How()


class Intake(Protocol[T, About_co]):
    """Where the rows of one file go: a register (here), a batch of leads, or a carrier's list."""

    @property
    def format(self) -> Format[T]: ...

    async def begin(self, sha256: str) -> None:
        """Before a row is read; the file's SHA-256. Fault when it is not wanted."""

    def refuse(self, fault: Fault) -> None:
        """Hears of every bad row that is read, on the reading thread and before the next ``stage``."""

    async def stage(self, batch: Batch[T]) -> None:
        """At most :data:`BATCH` rows."""

    async def apply(self, file: FileRead, *, bad: int) -> tuple[Applied, About_co]:
        """What became of it, and what else the register has to say of this file."""


@dataclass(frozen=True)
class Imported(Generic[T]):
    """What became of a file. ``bad_rows`` are kept until it is closed: use it in a ``with`` block."""

    rows: int
    bad: int
    applied: int  # rows that changed the register
    already: int  # rows that it held already, and repetitions
    unknown: tuple[str, ...]  # businesses and industries nobody has registered, at most 20 of them
    done: bool  # False: nothing was applied, because of bad rows
    read_as: Mapping[str, str]  # column: its name in the file, where it is another
    left_out: tuple[str, ...]  # columns of the file that nothing was read from
    about: T
    bad_rows: BadRows
    remarks: tuple[Remark, ...]  # what is to be said of the file
    sheets: tuple[str, ...]  # of a workbook, as places count them; a text file has one without a name
    bad_file: Path | None  # where the bad rows are, if there are any
    not_kept: Fault | None  # why they are not there

    @property
    def good(self) -> int:
        return self.rows - self.bad

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bad_rows.close()


async def into_register(
    context: Context,
    register: str,
    file: BinaryIO,
    *,
    name: str,
    skip_bad: bool = False,
    how: How = PLAINLY,
    progress: Progress | None = None,
    together: int = BATCH,
) -> Imported[None]:
    """Into ``dnc``, ``consent`` or ``caller-id``; nothing is ever removed or weakened by it."""
    context.actor.need(RIGHTS[register])
    intake = _Register(context, register, skip_bad, as_written=how.as_written)
    return await read_in(
        context, intake, file, name, skip_bad=skip_bad, how=how, progress=progress, together=together
    )


async def examine(
    context: Context,
    register: str,
    file: BinaryIO,
    *,
    name: str,
    how: How = PLAINLY,
    progress: Progress | None = None,
    rest: Callable[[], None] = restless,
) -> Imported[None]:
    """What :func:`into_register` would do with the good rows: they are staged and looked at, and nothing is
    changed. ``applied`` and ``already`` are what they would be. By one who can not write.
    """
    context.actor.need(RIGHTS[register])
    intake = _Register(context, register, True, as_written=how.as_written, to_look=True)
    return await read_in(context, intake, file, name, skip_bad=True, how=how, progress=progress, rest=rest)


async def read_in(
    context: Context,
    intake: Intake[T, About_co],
    file: BinaryIO,
    name: str,
    *,
    skip_bad: bool,
    how: How = PLAINLY,
    progress: Progress | None = None,
    together: int = BATCH,
    rest: Callable[[], None] = restless,
) -> Imported[About_co]:
    """``file`` is open for reading and seekable: it is read twice. ``name`` goes into the log.

    ``together``: rows that are read and staged in one go. ``rest``: called for each row, on the reading
    thread.
    """
    bad, keep = BadRows(), how.bad_file
    try:
        if keep and not keep.spare:
            await asyncio.to_thread(keep.begin, how.source)
        form, given = intake.format, how.given
        sheets = await asyncio.to_thread(open_sheets, file, how.sheets)
        table = await asyncio.to_thread(Table, sheets, form.columns, form.others, kind=form.kind, given=given)
        await intake.begin(sheets.sha256)

        def tell() -> None:
            if progress:
                progress(sheets.position, sheets.size)

        rows = await _staged(table, intake, bad, context.now(), tell, together, rest)
        if not rows:
            raise Fault("no-rows")
        if keep and bad.count > keep.spare:
            await asyncio.to_thread(keep.begin, how.source)
        read = FileRead(
            file=name,
            sha256=sheets.sha256,
            rows=rows,
            skip_bad=skip_bad,
            columns={**table.read_as, **{column: f"= {text}" for column, text in given.constants.items()}},
            left_out=table.left_out,
        )
        applied, about = await intake.apply(read, bad=bad.count)
        await asyncio.to_thread(bad.add_late, applied.clashes)
        not_kept = await asyncio.to_thread(_kept, how, table, bad)
        return Imported(
            rows=rows,
            bad=bad.count,
            applied=applied.applied,
            already=applied.already,
            unknown=applied.unknown,
            done=applied.done and rows > bad.count,
            read_as=table.read_as,
            left_out=table.left_out,
            about=about,
            bad_rows=bad,
            remarks=(*table.remarks, *sheets.remarks),
            sheets=tuple(table.sheet_names),
            bad_file=keep.path if keep and bad.count and not not_kept else None,
            not_kept=not_kept,
        )
    except BaseException:
        bad.close()
        raise
    finally:
        if keep:
            keep.close()


def _kept(how: How, table: Table, bad: BadRows) -> Fault | None:
    """Why the bad rows could not be written."""
    if how.bad_file and bad.count:
        try:
            how.bad_file.begin(how.source)
            how.bad_file.write(table, bad)
        except Fault as fault:
            return fault
    return None


async def _staged(
    table: Table,
    intake: Intake[T, Any],
    bad: BadRows,
    now: datetime,
    tell: Callable[[], None],
    most: int,
    rest: Callable[[], None],
) -> int:
    """How many rows there were. Each batch is read on a thread of its own, and then staged."""
    good, lines = 0, iter(table)
    while True:
        before = bad.count
        batch = await asyncio.to_thread(_next, islice(lines, most), intake, bad, now, rest)
        good += len(batch)
        await intake.stage(batch)
        tell()
        if len(batch) + bad.count - before < most:
            return good + bad.count


def _next(
    lines: Iterator[tuple[int, list[str] | Fault]],
    intake: Intake[T, Any],
    bad: BadRows,
    now: datetime,
    rest: Callable[[], None],
) -> list[tuple[int, T]]:
    """The good ones of the next rows."""
    good: list[tuple[int, T]] = []
    read = intake.format.read
    for line, cells in lines:
        rest()
        try:
            if isinstance(cells, Fault):
                raise cells
            good.append((line, read(cells, now)))
        except Fault as fault:
            bad.add(line, fault)
            intake.refuse(fault)
    return good


def form_of(context: Context, register: str, *, as_written: bool = False) -> Format[Any]:
    """Of a register's file, whose numbers are read as of the policy's home; also of ``leads``."""
    found = IMPORTED[register]
    if register in CALLEES or register == "leads":
        return at_home(found, context.regions())
    return replace(found, read=partial(found.read, as_written=True)) if as_written else found


class _Register:
    """Do-not-call, consents, caller IDs."""

    def __init__(
        self, context: Context, register: str, skip_bad: bool, *, as_written: bool, to_look: bool = False
    ) -> None:
        self.format = form_of(context, register, as_written=as_written)
        self._context, self._register, self._skip_bad = context, register, skip_bad
        self._to_look = to_look
        self._staging: Staging | None = None

    async def begin(self, sha256: str) -> None:
        self._staging = await self._context.store.imports.begin(self._register, to_look=self._to_look)

    def refuse(self, fault: Fault) -> None:
        """No register minds."""

    async def stage(self, batch: Batch[Any]) -> None:
        assert self._staging is not None
        await self._staging.stage(batch)

    async def apply(self, file: FileRead, *, bad: int) -> tuple[Applied, None]:
        assert self._staging is not None
        if file.rows == bad:
            return Applied(), None
        if self._to_look:
            return await self._staging.look(), None
        context = self._context
        applied = await self._staging.apply(
            file, bad=bad, skip_bad=self._skip_bad, by=context.by, at=context.now()
        )
        return applied, None
