"""A file of JSON lines as a sheet: an object a line, its names are the columns' names.

1. The names of the first objects are the header; what a later object has besides is left out, as a column is
   that nobody asks for.
2. A number is a cell that a program holds as a number: the zero that it had in front is lost.
3. A line that is no object, or says one thing twice, is a bad line, and no other is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from dialpact.application.sheets.text import LONGEST, TextFile
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.sheet import HEAD, BadLine, Cells, NumberCell, Row, View

_BLANKS = " \t\r\n"  # of JSON
_START = 4096  # bytes in which the first line must begin


def is_json(file: BinaryIO) -> bool:
    """Whether a file begins as JSON does."""
    file.seek(0)
    start = file.read(_START).removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith((b"{", b"["))


class JsonLines(TextFile):
    """:class:`~dialpact.compliance.registers.sheet.Sheets` of JSON lines, its only sheet, and its view."""

    padded = False

    def __init__(self, file: BinaryIO) -> None:
        """Fault where none of the first lines is an object."""
        self._names: list[str] = []
        super().__init__(file)

    def _views(self) -> list[View]:
        first = islice((line for line in self.lines() if line and not line.isspace()), HEAD)
        objects = [found for line in first if isinstance(found := _object(line), dict)]
        if not objects:
            raise Fault("file-json")
        self._names = list(dict.fromkeys(name for found in objects for name in found))
        return [self]

    def head(self) -> list[Row]:
        """Its header stands before the first line."""
        return [(0, list(self._names)), *islice(self.rows(0), HEAD)]

    def rows(self, after: int) -> Iterator[Row]:
        number = 0
        for lines in self.chunks():
            for line in lines:
                number += 1
                if number > after and line and not line.isspace():
                    yield number, self._cells(line)

    def _cells(self, line: str) -> Cells | BadLine:
        if len(line) >= LONGEST:
            return BadLine(Fault("line-too-long", limit=str(LONGEST)), [line])
        found = _object(line)
        if isinstance(found, Fault):
            return BadLine(found, [line])
        values = (found.get(name) for name in self._names)
        return [value.strip() if isinstance(value, str) else _cell(value) for value in values]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(text)


_decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)


def _object(line: str) -> dict[str, Any] | Fault:
    if line[:1] in _BLANKS:
        line = line.lstrip(_BLANKS)
    try:
        found, end = _decoder.raw_decode(line)  # (``decode`` looks for blanks on both sides first)
        if end < len(line):
            found = _decoder.decode(line)
    except (ValueError, RecursionError):
        return Fault("json-line")
    return found if isinstance(found, dict) else Fault("json-line")


def _cell(value: Any) -> str:
    """Of what is no text."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return NumberCell(str(value), str(value))
        case float():
            return repr(value)
    return json.dumps(value, ensure_ascii=False)  # a list: no cell that anybody asks for has one
