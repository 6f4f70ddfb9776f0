"""The first rows of a file as an import would understand them; or what there is in it, where it can not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

from dialpact.application.imports import How
from dialpact.application.sheets import open_sheets
from dialpact.compliance.jobs import JobError
from dialpact.compliance.model import Value
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.sheet import BadLine, Sheet, row_of
from dialpact.compliance.registers.table import Format, Table

ROWS = 10
WIDTH = 60  # cells of a row
LENGTH = 120  # characters of a cell


class PreviewRow(Value, frozen=True, kw_only=True):
    """``written``: its cells as they are, ``cells``: as they are understood; both in the order of the
    preview's columns, and ``cells`` empty where there is a ``fault``. ``sheet``: of a workbook.
    """

    sheet: str
    line: int
    written: tuple[str, ...]
    cells: tuple[str, ...] = ()
    fault: JobError | None = None


class Preview(Value, frozen=True, kw_only=True):
    """``sheets``: all of a workbook. ``names``: what the file calls its columns, as far as that is known.
    ``columns``: the register's. ``fault``: why it can not be read; then ``head`` has its first rows.
    """

    sheets: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[PreviewRow, ...] = ()
    head: tuple[tuple[str, ...], ...] = ()
    fault: JobError | None = None


def preview(file: BinaryIO, form: Format[Any], how: How, now: datetime) -> Preview:
    """``file``: seekable; it is read whole, for its encoding."""
    sheets: tuple[str, ...] = ()
    head: tuple[tuple[str, ...], ...] = ()
    try:
        opened = open_sheets(file)
        sheets = tuple(sheet.name for sheet in opened.sheets if sheet.name)
        wanted = [sheet for sheet in opened.sheets if not how.sheets or sheet.name in how.sheets]
        head = _head(wanted)
        if how.sheets:
            opened = open_sheets(file, how.sheets)
        table = Table(opened, form.columns, form.others, kind=form.kind, given=how.given)
        columns = (*form.columns, *form.optional)
        rows = tuple(islice(_rows(table, form, columns, now), ROWS))
    except Fault as fault:
        return Preview(sheets=sheets, names=_names(head), head=head, fault=JobError.of(fault))
    names = () if how.given.numbers_only else _cut(table.names)
    return Preview(sheets=sheets, names=names, columns=columns, rows=rows)


def _rows(table: Table, form: Format[Any], columns: Sequence[str], now: datetime) -> Iterator[PreviewRow]:
    names = table.sheet_names
    for place, cells in table:
        sheet, line = row_of(place)
        found = PreviewRow(sheet=names[sheet], line=line, written=())
        try:
            if isinstance(cells, Fault):
                raise cells
            found = PreviewRow(sheet=names[sheet], line=line, written=_cut(cells[: len(columns)]))
            assert form.write is not None
            understood = _cut(form.write(form.read(cells, now)))
        except Fault as fault:
            yield PreviewRow(sheet=found.sheet, line=line, written=found.written, fault=JobError.of(fault))
        else:
            yield PreviewRow(sheet=found.sheet, line=line, written=found.written, cells=understood)


def _head(sheets: Sequence[Sheet]) -> tuple[tuple[str, ...], ...]:
    """Of the first sheet, cut as it has the most cells."""
    views = [[_texts(cells) for _, cells in view.head()] for sheet in sheets[:1] for view in sheet.views]
    best = max(views, key=lambda rows: max(map(len, rows), default=0), default=[])
    return tuple(best[:ROWS])


def _names(head: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The row that looks most like a header: the first of those with the most texts in it."""
    found = max(head, key=lambda row: sum(map(bool, row)), default=())
    return tuple(dict.fromkeys(filter(None, found)))


def _texts(cells: list[str] | BadLine) -> tuple[str, ...]:
    return _cut(cells.cells if isinstance(cells, BadLine) else cells)


def _cut(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(cell)[:LENGTH] for cell in cells[:WIDTH])
