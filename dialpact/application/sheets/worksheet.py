"""A sheet of a workbook as rows, read as a stream: a million rows take no more memory than one.

1. Hidden rows and columns are read, and said.
2. A formula and an error are no values: what a formula once gave may be old. One that is nothing but a text
   (``="13800138000"``, which is how people keep a zero) is that text.
3. What the file says of its own size (``<dimension>``) is not believed, nor needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from dialpact.application.sheets.archive import Archive, local
from dialpact.application.sheets.numbers import Style
from dialpact.application.sheets.strings import Strings, unescaped
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.sheet import HEAD, Cells, Row, Unread

WIDEST = 16_384  # columns, as in Excel
ROWS = 1 << 24  # sixteen times as many as in Excel
_TEXT = re.compile(r'"((?:[^"]|"")*)"')
_BREAK = re.compile(r"\r\n?|\n")
_TRUE = ("1", "true")
_GENERAL = Style(0)


class Shared(NamedTuple):
    """What the sheets of a workbook have in common."""

    archive: Archive
    strings: Strings
    styles: Sequence[Style]
    since_1904: bool


class Worksheet:
    """A :class:`~dialpact.compliance.registers.sheet.Sheet`, and its only view."""

    padded = True

    def __init__(self, shared: Shared, name: str, part: str, *, hidden: bool) -> None:
        self.name, self.hidden = name, hidden
        self.hidden_rows = self.hidden_columns = 0
        self._shared, self.part = shared, part
        self.views = (self,)
        self._head: list[Row] = []

    def head(self) -> list[Row]:
        if not self._head:
            for row in self.rows(0):
                self._head.append(row)
                if len(self._head) == HEAD:
                    break
        return self._head

    def rows(self, after: int) -> Iterator[Row]:
        reader = _Reader(self._shared)
        for _ in self._shared.archive.stream(self.part, reader):
            found, reader.rows = reader.rows, []
            for row in found:
                if row[0] > after:
                    yield row
        self.hidden_rows, self.hidden_columns = reader.hidden_rows, reader.hidden_columns


class _Reader:
    """Makes rows of what the parser hears."""

    def __init__(self, shared: Shared) -> None:
        self.ended, self.steps = False, 0
        self.rows: list[Row] = []
        self.hidden_rows = self._widest = 0
        self._hidden_columns: list[tuple[int, int]] = []
        _, self._strings, self._styles, self._since_1904 = shared
        self._row, self._hidden, self._cells = 0, False, Cells()
        self._column, self._type, self._style = -1, "", 0
        self._value: list[str] = []
        self._formula: list[str] | None = None
        self._into: list[str] | None = None  # what text is heard for
        self._guide = False

    @property
    def hidden_columns(self) -> int:
        """Of those that hold anything: people hide all that are to the right of a table."""
        return sum(max(0, min(last, self._widest) - first + 1) for first, last in self._hidden_columns)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if ":" in name:
            name = local(name)
        if name == "c":
            place = attributes.get("r")
            self._column = _column(place.rstrip("0123456789")) if place else self._column + 1
            self._type, self._style = attributes.get("t", "n"), int(attributes.get("s", 0))
            self._value, self._formula = [], None
        elif name == "v":
            self._into = self._value
        elif name == "f":
            self._into = self._formula = []
        elif name == "t":
            self._into = None if self._guide else self._value
        elif name == "row":
            number = int(attributes.get("r", self._row + 1))
            if not self._row < number < ROWS:
                raise Fault("workbook-damaged")
            self._row, self._hidden, self._cells = number, attributes.get("hidden") in _TRUE, []
            self._column = -1
        elif name == "rPh":
            self._guide = True
        elif name == "col" and attributes.get("hidden") in _TRUE:
            self._hidden_columns.append((int(attributes["min"]), int(attributes["max"])))

    def end(self, name: str) -> None:
        if ":" in name:
            name = local(name)
        if name in ("v", "f", "t"):
            self._into = None
        elif name == "c":
            if self._value or self._formula is not None:
                if not len(self._cells) <= self._column < WIDEST:
                    raise Fault("workbook-damaged")
                self._cells += [""] * (self._column - len(self._cells))
                self._cells.append(self._cell("".join(self._value)))
        elif name == "row":
            self.steps += 1
            if any(self._cells):
                self.rows.append((self._row, self._cells))
                self.hidden_rows += self._hidden
                self._widest = max(self._widest, len(self._cells))
        elif name == "rPh":
            self._guide = False
        elif name == "sheetData":
            self.ended = True

    def text(self, text: str) -> None:
        if self._into is not None:
            self._into.append(text)

    def _cell(self, value: str) -> str:
        if self._formula is not None:
            return _formula("".join(self._formula), value)
        kind = self._type
        if kind == "s":
            return _one_line(self._strings[int(value)])
        if kind == "n":
            style = self._styles[self._style] if self._style < len(self._styles) else _GENERAL
            return style.shown(value, since_1904=self._since_1904)
        if kind == "b":
            return "true" if value in _TRUE else "false"
        if kind == "e":
            return Unread(value, "cell-error")
        if kind == "d":
            return value.removesuffix("T00:00:00").removesuffix("T00:00:00.000")
        return _one_line(unescaped(value))


def _one_line(text: str) -> str:
    """As a cell of a text file is: a line that is broken within one is still one cell."""
    return (_BREAK.sub(" ", text) if "\n" in text or "\r" in text else text).strip()


def _formula(formula: str, value: str) -> str:
    text = _TEXT.fullmatch(formula.strip())
    return text[1].replace('""', '"').strip() if text else Unread(f"={formula or value}", "cell-formula")


@cache
def _column(letters: str) -> int:
    """A is 0."""
    found = 0
    if len(letters) > 3:
        raise Fault("workbook-damaged")
    for letter in letters:
        found = found * 26 + ord(letter) - 64
    if not 0 < found <= WIDEST:
        raise Fault("workbook-damaged")
    return found - 1
