"""What a file of rows is to who reads it, whether it is a text file or a workbook. No file is opened here.

1. A file has sheets: a text file one, a workbook those that are not empty.
2. A sheet has views: the ways to cut it into cells. A text file has one for each delimiter that it may have.
3. A view has rows, each with its place: the number of its line, or of its row in the sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, Self

from dialpact.compliance.registers.fault import Fault

FIRST, LAST = 0, 110_000  # days that a date may count: the centuries up to 2200
DAY = 86_400_000  # milliseconds
HEAD = 20  # rows, blank ones not counted, among which a header may be
_ROUNDED = re.compile(r"[0-9]{5,}0{6}")
_SHEET = 1 << 40  # places of a sheet: more than a file has lines


class Unread(str):
    """The text of a cell whose value is not to be trusted: a formula, an error."""

    __slots__ = ("key",)
    key: str  # of the fault

    def __new__(cls, text: str, key: str) -> Self:
        made = super().__new__(cls, text)
        made.key = key
        return made


class NumberCell(str):
    """The text of a cell that a workbook holds as a number, as it is shown; ``number``: its plain digits."""

    __slots__ = ("_since_1904", "number")
    number: str
    _since_1904: bool

    def __new__(cls, text: str, number: str, *, since_1904: bool = False) -> Self:
        made = super().__new__(cls, text)
        made.number, made._since_1904 = number, since_1904
        return made

    @property
    def day(self) -> str:
        """The day that the number counts, with the time where it has one; empty if none is meant.

        >>> NumberCell("46027.5", "46027.5").day
        '2026-01-05 12:00:00'
        """
        days = float(self.number)
        if not FIRST <= days <= LAST:
            return ""
        # Excel's 29 February 1900 was none; that the days before it are one off concerns nobody.
        start = datetime(1904, 1, 1) if self._since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001
        found = start + timedelta(days=int(days), milliseconds=round(days % 1 * DAY))
        return found.isoformat(" ").removesuffix(" 00:00:00")

    @property
    def rounded(self) -> bool:
        """Whether it ends as one does that was 1.38E+10 before somebody saved it."""
        return _ROUNDED.fullmatch(self.number) is not None


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
