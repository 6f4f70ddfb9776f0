"""What a file of rows is to who reads it, whether it is a text file or a workbook. No file is opened here.

1. A file has sheets: a text file one, a workbook those that are not empty.
2. A sheet has views: the ways to cut it into cells. A text file has one for each delimiter that it may have.
3. A view has rows, each with its place: the number of its line, or of its row in the sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, Self

from dialpact.compliance.registers.fault import Fault

HEAD = 20  # rows, blank ones not counted, among which a header may be
_SHEET = 1 << 40  # places of a sheet: more than a file has lines


class Unread(str):
    """The text of a cell whose value is not to be trusted: a formula, an error."""

    __slots__ = ("key",)
    key: str  # of the fault

    def __new__(cls, text: str, key: str) -> Self:
        made = super().__new__(cls, text)
        made.key = key
        return made


class BadLine(NamedTuple):
    """A row that is none; ``cells`` is what there is of it."""

    fault: Fault
    cells: list[str]


Cells = list[str]  # some of a workbook's are Unread
Row = tuple[int, Cells | BadLine]


class View(Protocol):
    @property
    def padded(self) -> bool:
        """A row ends with its last cell that is not empty, as in a workbook; else all rows are as long."""

    def head(self) -> list[Row]:
        """The first :data:`HEAD` rows that are not blank."""

    def rows(self, after: int) -> Iterator[Row]:
        """The rows behind a place that are not blank. One iteration at a time of all views of a file."""


class Sheet(Protocol):
    @property
    def name(self) -> str:
        """Of a workbook's sheet; a text file has none."""

    @property
    def views(self) -> Sequence[View]: ...


class Remark(NamedTuple):
    """What is to be said of a file that is read: ``key`` names the text (table ``remark``)."""

    key: str
    detail: dict[str, str]


class Sheets(Protocol):
    """An open file, seekable, which is read more than once."""

    @property
    def sheets(self) -> Sequence[Sheet]: ...

    @property
    def remarks(self) -> Sequence[Remark]:
        """Of what was read so far."""

    @property
    def sha256(self) -> str: ...

    @property
    def size(self) -> int:
        """In what :attr:`position` is counted."""

    @property
    def position(self) -> int: ...


def place(sheet: int, row: int) -> int:
    """One number for a row of one of several sheets, in their order; a row's own number in the first."""
    return sheet * _SHEET + row


def row_of(place: int) -> tuple[int, int]:
    """The sheet, counted from 0, and the row in it."""
    return divmod(place, _SHEET)
