"""The rows of a file as cells in the order of a register's columns: the header found and checked.

1. The header is the first row that names the columns; a few lines of a title may stand above it, but nothing
   that looks like a row.
2. Columns go by name, in any order (``columns``); one that is missing, or could be either of two, refuses the
   file. An optional one may be missing: its cells are then empty. What is no column of ours is left out, and
   told.
3. A file of numbers alone has no header, only perhaps a heading.
4. Every sheet of a workbook that has rows must have a header: what is not read could be opt-outs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from dialpact.compliance.model import Value
from dialpact.compliance.registers.columns import NOTHING, Given, Resolved, headless, known, resolve
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
    kind: str = ""  # of ``column_names``: what people call its columns
    watched: Sequence[str] = ()  # optional ones that are looked at and not taken in
    write: Callable[[T], Sequence[str]] | None = None  # the cells of which ``read`` makes the value again

    @property
    def others(self) -> Sequence[str]:
        """The columns that a file may have beside those that it must have."""
        return (*self.optional, *self.watched)


class FileRead(Value, frozen=True, kw_only=True):
    """Which file an import was, as the log names it."""

    file: str  # its name
    sha256: str
    rows: int
    skip_bad: bool
    columns: Mapping[str, str] = {}  # which of the file's columns each was read from, where the names differ
    left_out: tuple[str, ...] = ()  # what the file had besides

    @property
    def logged(self) -> dict[str, Any]:
        """Without what there is nothing to say of."""
        found = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in found.items() if value not in ({}, ())}


class _Part(NamedTuple):
    """A sheet with a header, in the row ``at``, or only rows behind it. ``sheet`` is its number; ``names``
    are as they are written.
    """

    sheet: int
    view: View
    at: int
    names: list[str]
    header: Resolved


class Table:
    """``sheets`` is iterated as often as wished, and closed by who opened it."""

    def __init__(
        self,
        sheets: Sheets,
        columns: Sequence[str],
        optional: Sequence[str] = (),
        *,
        kind: str = "",
        given: Given = NOTHING,
    ) -> None:
        self._needed, self._optional = tuple(columns), tuple(optional)
        self._kind, self._given = kind, given
        self.columns = (*columns, *optional)
        self._remarks: list[Remark] = []
        self._sheets = sheets
        self._beside = 0  # cells that are below no name
        self._parts: list[_Part] = []
        find = self._numbers if given.numbers_only else self._part
        others: list[tuple[Sheet, Fault]] = []
        for number, sheet in enumerate(sheets.sheets):
            try:
                self._parts.append(find(number, sheet))
            except Fault as why:
                others.append((sheet, why))
        if not self._parts:
            raise others[0][1] if others else Fault("no-header", columns=", ".join(self.columns))
        for sheet, fault in others:
            self._leave_out(sheet, fault)
        self._tell()

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
        first, *others = (part.names for part in self._parts)
        return first if all(names == first for names in others) else [self.columns[at] for at in self._there]

    @property
    def _there(self) -> list[int]:
        """Which columns of the register any sheet has."""
        headers = [part.header for part in self._parts]
        return [at for at in range(len(self.columns)) if any(one.order[at] < one.width for one in headers)]

    @property
    def read_as(self) -> dict[str, str]:
        """Each column that the file calls otherwise, with its name there; of a workbook, in its first."""
        parts = reversed(self._parts)
        return {column: name for part in parts for column, name in part.header.read_as.items()}

    @property
    def left_out(self) -> tuple[str, ...]:
        """The file's columns that nothing is read from."""
        return tuple(dict.fromkeys(name for part in self._parts for name in part.header.left_out))

    def __iter__(self) -> Iterator[tuple[int, list[str] | Fault]]:
        """Place, and the cells in the order of ``columns`` or what is wrong; no blank rows."""
        for sheet, view, at, _, header in self._parts:
            start = place(sheet, 0)
            width = header.width
            absent = None if view.padded else header.absent
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
                if absent is not None:
                    yield start + row, cells + absent if absent else cells
                else:
                    self._beside += sum(1 for index in header.nameless if cells[index])
                    found = header.cells(cells)
                    yield start + row, self._trusted(found) if view.padded else found

    def written(self) -> Iterator[tuple[int, list[str]]]:
        """Place, and the cells of each row as they are written, below :attr:`names` as far as those go."""
        wanted, there = self.names, self._there
        for sheet, view, at, names, header in self._parts:
            for row, cells in view.rows(at):
                texts = list(cells.cells if isinstance(cells, BadLine) else cells)
                if view.padded:
                    texts = [*texts[: header.width], *[""] * (header.width - len(texts))]
                while len(texts) > header.width and not texts[-1]:
                    texts.pop()
                if names != wanted:
                    found = header.cells([*texts[: header.width], *[""] * (header.width - len(texts))])
                    texts = [found[index] for index in there]
                yield place(sheet, row), texts

    def _trusted(self, cells: list[str]) -> list[str] | Fault:
        """Of a workbook: what can not be read is refused with the name of its column."""
        for column, cell in zip(self.columns, cells, strict=True):
            if isinstance(cell, Unread):
                return Fault(cell.key, column=column, value=shown(cell))
        return cells

    def _part(self, number: int, sheet: Sheet) -> _Part:
        """The header is the row that names the most columns, the first of those that name so many. Fault:
        none is one; what is wrong with that which is most like one.
        """
        best: tuple[tuple[int, int], _Part] | None = None
        most, closest = -1, Fault("no-header", columns=", ".join(self.columns))
        for view in sheet.views:
            for row, cells in view.head():
                found, count = self._looked_at(cells)
                if isinstance(found, Fault) or isinstance(cells, BadLine):
                    if count > most and isinstance(found, Fault):
                        most, closest = count, found
                    continue
                rank = count, sum(map(bool, cells))  # a title may be a name too, and is alone in its row
                if best is None or rank > best[0]:
                    best = rank, _Part(number, view, row, [str(cell) for cell in cells[: found.width]], found)
            if best:
                self._title(view, best[1].at, best[1].header)
                return best[1]
        raise closest

    def _leave_out(self, sheet: Sheet, fault: Fault) -> None:
        """A sheet of notes, beside others that are tables. Fault if anything in it could be a row."""
        for _, cells in sheet.views[0].rows(0):
            texts = [cell for cell in (cells.cells if isinstance(cells, BadLine) else cells) if cell]
            if any(_is_number(text, LONG if len(texts) == 1 else SHORT) for text in texts):
                columns = ", ".join(self.columns)
                raise Fault("sheet-header", sheet=shown(sheet.name), columns=columns) from fault
        self._remarks.append(Remark("sheet-left-out", {"sheet": shown(sheet.name)}))

    def _looked_at(self, cells: Cells | BadLine) -> tuple[Resolved | Fault, int]:
        """The header that a row is, or why it is none; and how many columns it names."""
        if isinstance(cells, BadLine):
            return cells.fault, 0
        count = known(cells, self.columns, self._given, self._kind)
        width = max((number for number, cell in enumerate(cells, 1) if cell), default=0)
        try:
            return resolve(cells[:width], self._needed, self._optional, self._given, self._kind), count
        except Fault as fault:
            return fault, count

    def _numbers(self, number: int, sheet: Sheet) -> _Part:
        """Of a file of numbers alone, by the delimiter at which its first row has the most cells."""
        view = max(sheet.views, key=_cells_of_the_first)
        above = 0
        for row, cells in view.head()[:2]:
            if isinstance(cells, BadLine):
                raise cells.fault
            width = max((number for number, cell in enumerate(cells, 1) if cell), default=0)
            found = headless(cells[:width], self._needed, self._optional, self._given, self._kind)
            if found:
                names = ["number"] if found.width == 1 else ["area", "number"]
                return _Part(number, view, row - 1, names, found)
            above = row
        raise Fault("no-numbers" if above else "no-header", columns=", ".join(self.columns))

    def _tell(self) -> None:
        headers = [part.header for part in self._parts]
        if any("area_code" in header.parts and not header.chinese for header in headers):
            self._remarks.append(Remark("area-code", {}))
        if read_as := self.read_as:
            names = ", ".join(f"{column} = {shown(name)}" for column, name in read_as.items())
            self._remarks.append(Remark("read-as", {"columns": names}))
        if self.left_out:
            self._remarks.append(
                Remark("columns-left-out", {"columns": ", ".join(map(shown, self.left_out))})
            )

    def _title(self, view: View, place: int, header: Resolved) -> None:
        """What stands above the header. Fault if it could be a row: who leaves it out may lose an opt-out."""
        above = [(row, cells) for row, cells in view.head() if row < place]
        for row, cells in above:
            texts = cells.cells if isinstance(cells, BadLine) else cells
            where = header.order[0]  # a number comes first in every register
            if any(_is_number(text, SHORT if at == where else LONG) for at, text in enumerate(texts)):
                raise Fault("row-above-header", line=str(row), header=str(place))
        if above:
            self._remarks.append(Remark("title", {"lines": str(len(above)), "header": str(place)}))


def _cells_of_the_first(view: View) -> int:
    head = view.head()
    return len(head[0][1]) if head and not isinstance(head[0][1], BadLine) else 0


def column_name(cell: str) -> str:
    """A name in a header, as it is compared."""
    return unguarded(cell).lower()  # GB18030 has a BOM too


def _is_number(text: str, digits: int) -> bool:
    """Whether a text is nothing but a number of so many digits or more; a day and a time is none."""
    found = unguarded(text)
    if not _NUMBER.fullmatch(found) or sum(map(str.isdigit, found)) < digits:
        return False
    return not _DAY.match(one_form(found))
