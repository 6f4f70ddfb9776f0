"""The rows of a file as cells in the order of a register's columns: the header found and checked.

1. The header is the first row that names the columns; a few lines of a title may stand above it, but nothing
   that looks like a row.
2. Columns go by name, in any order; a missing, unknown or repeated one refuses the file. An optional one may
   be missing: its cells are then empty. A column without a name is left out.
3. Every sheet of a workbook that has rows must have a header: what is not read could be opt-outs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from dialpact.compliance.model import Value
from dialpact.compliance.registers.dates import one_form
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.guarded import unguarded
from dialpact.compliance.registers.sheet import (
    BadLine,
    Cells,
    Remark,
    Sheet,
    Sheets,
    Unread,
    View,
    place,
)

T = TypeVar("T")

OURS = ("line", "sheet", "reason")  # the columns of a file of bad rows, which is imported again
# What could be the number of a row: anywhere with so many digits, and where numbers stand with half of them.
LONG, SHORT = 10, 5
_NUMBER = re.compile(r"[+(]{0,2}[0-9][0-9() -]*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")


@dataclass(frozen=True)
class Format(Generic[T]):
    """The columns of a register's file, and what makes a value of the cells of a row and now, or a Fault."""

    columns: Sequence[str]
    read: Callable[..., T]
    optional: Sequence[str] = ()


class FileRead(Value, frozen=True, kw_only=True):
    """Which file an import was, as the log names it."""

    file: str  # its name
    sha256: str
    rows: int
    skip_bad: bool


class Header(NamedTuple):
    """Where the columns of a format are. ``names`` as they are written, ``order`` an index for each column
    of the format, -1 for an absent one; ``width`` cells belong to a row, what is behind them is empty.
    """

    names: list[str]
    order: list[int]
    width: int


class _Part(NamedTuple):
    """A sheet that has a header, in the row ``at``; ``sheet`` is its number."""

    sheet: int
    view: View
    at: int
    header: Header


class Table:
    """``sheets`` is iterated as often as wished, and closed by who opened it."""

    def __init__(self, sheets: Sheets, columns: Sequence[str], optional: Sequence[str] = ()) -> None:
        self._needed = tuple(columns)
        self.columns = (*columns, *optional)
        self._remarks: list[Remark] = []
        self._sheets = sheets
        self._beside = 0  # cells that are below no name
        self._parts: list[_Part] = []
        others: list[tuple[Sheet, Fault]] = []
        for number, sheet in enumerate(sheets.sheets):
            try:
                self._parts.append(self._part(number, sheet))
            except Fault as why:
                others.append((sheet, why))
        if not self._parts:
            raise others[0][1] if others else Fault("no-header", columns=", ".join(self.columns))
        for sheet, fault in others:
            self._leave_out(sheet, fault)

    @property
    def remarks(self) -> list[Remark]:
        """What is to be said of the file, besides its own."""
        beside = [Remark("beside", {"cells": str(self._beside)})] if self._beside else []
        return [*self._remarks, *beside]

    @property
    def sheet_names(self) -> list[str]:
        """Of all sheets, in the order in which places count them; a text file's is empty."""
        return [sheet.name for sheet in self._sheets.sheets]

    @property
    def names(self) -> list[str]:
        """Of the columns as the file writes them; those of the register where sheets differ in them."""
        first, *others = (part.header.names for part in self._parts)
        return first if all(names == first for names in others) else list(self.columns)

    def __iter__(self) -> Iterator[tuple[int, list[str] | Fault]]:
        """Place, and the cells in the order of ``columns`` or what is wrong; no blank rows."""
        for sheet, view, at, header in self._parts:
            start = place(sheet, 0)
            width, order = header.width, header.order
            as_written = order == list(range(width)) and not view.padded
            for row, cells in view.rows(at):
                if isinstance(cells, BadLine):
                    yield start + row, cells.fault
                    continue
                if len(cells) != width:
                    if view.padded:  # nothing can have moved there
                        self._beside += sum(map(bool, cells[width:]))
                    elif len(cells) < width or any(cells[width:]):
                        yield start + row, Fault("cell-count", found=str(len(cells)), wanted=str(width))
                        continue
                    cells = [*cells[:width], *[""] * (width - len(cells))]
                if as_written:
                    yield start + row, cells
                else:
                    cells.append("")  # what an absent column has
                    found = [cells[index] for index in order]
                    yield start + row, self._trusted(found) if view.padded else found

    def written(self) -> Iterator[tuple[int, list[str]]]:
        """Place, and the cells of each row as they are written, below :attr:`names` as far as those go."""
        names = self.names
        for sheet, view, at, header in self._parts:
            for row, cells in view.rows(at):
                texts = list(cells.cells if isinstance(cells, BadLine) else cells)
                if view.padded:
                    texts = [*texts[: header.width], *[""] * (header.width - len(texts))]
                while len(texts) > header.width and not texts[-1]:
                    texts.pop()
                if names != header.names:
                    texts = [texts[index] if index >= 0 else "" for index in header.order]
                yield place(sheet, row), texts

    def _trusted(self, cells: list[str]) -> list[str] | Fault:
        """Of a workbook: what can not be read is refused with the name of its column."""
        for column, cell in zip(self.columns, cells, strict=True):
            if isinstance(cell, Unread):
                return Fault(cell.key, column=column, value=shown(cell))
        return cells

    def _part(self, number: int, sheet: Sheet) -> _Part:
        """Fault: no row is a header; what is wrong with the one that is most like one."""
        most, closest = -1, Fault("no-header", columns=", ".join(self.columns))
        for view in sheet.views:
            for row, cells in view.head():
                fault, known = self._looked_at(cells)
                if isinstance(fault, Header):
                    self._title(view, row, fault)
                    return _Part(number, view, row, fault)
                if known > most:
                    most, closest = known, fault
        raise closest

    def _leave_out(self, sheet: Sheet, fault: Fault) -> None:
        """A sheet of notes, beside others that are tables. Fault if anything in it could be a row."""
        for _, cells in sheet.views[0].rows(0):
            texts = [cell for cell in (cells.cells if isinstance(cells, BadLine) else cells) if cell]
            if any(_is_number(text, LONG if len(texts) == 1 else SHORT) for text in texts):
                columns = ", ".join(self.columns)
                raise Fault("sheet-header", sheet=shown(sheet.name), columns=columns) from fault
        self._remarks.append(Remark("sheet-left-out", {"sheet": shown(sheet.name)}))

    def _looked_at(self, cells: Cells | BadLine) -> tuple[Header | Fault, int]:
        """The header that a row is, or why it is none; and how many columns it names."""
        if isinstance(cells, BadLine):
            return cells.fault, 0
        try:
            return self._header(cells), 0
        except Fault as fault:
            return fault, sum(column_name(cell) in self.columns for cell in cells)

    def _header(self, cells: Sequence[str]) -> Header:
        """Fault for what is no header of this format."""
        names = [column_name(cell) for cell in cells]
        while names and not names[-1]:
            names.pop()
        for name in names:
            if name in self.columns and names.count(name) > 1:
                raise Fault("column-twice", column=name)
            if name not in (*self.columns, *OURS, ""):
                raise Fault("unknown-column", column=shown(name), columns=", ".join(self.columns))
        missing = [name for name in self._needed if name not in names]
        if missing:
            raise Fault("missing-column", column=", ".join(missing), columns=", ".join(self._needed))
        order = [names.index(name) if name in names else -1 for name in self.columns]
        return Header([str(cell) for cell in cells[: len(names)]], order, len(names))

    def _title(self, view: View, place: int, header: Header) -> None:
        """What stands above the header. Fault if it could be a row: who leaves it out may lose an opt-out."""
        above = [(row, cells) for row, cells in view.head() if row < place]
        for row, cells in above:
            texts = cells.cells if isinstance(cells, BadLine) else cells
            where = header.order[0]  # a number comes first in every register
            if any(_is_number(text, SHORT if at == where else LONG) for at, text in enumerate(texts)):
                raise Fault("row-above-header", line=str(row), header=str(place))
        if above:
            self._remarks.append(Remark("title", {"lines": str(len(above)), "header": str(place)}))


def column_name(cell: str) -> str:
    """A name in a header, as it is compared."""
    return unguarded(cell).lower()  # GB18030 has a BOM too


def _is_number(text: str, digits: int) -> bool:
    """Whether a text is nothing but a number of so many digits or more; a day and a time is none."""
    found = unguarded(text)
    if not _NUMBER.fullmatch(found) or sum(map(str.isdigit, found)) < digits:
        return False
    return not _DAY.match(one_form(found))
