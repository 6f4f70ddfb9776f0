"""A line into its cells, as those who wrote it meant them.

1. ``strict``: quotes doubled inside quotes (cdr_csv, CSV_QUOTE() of cdr_custom, Excel).
2. ``escaped``: a quote behind a backslash is not doubled and ends nothing (FreePBX's export; Asterisk puts
   that backslash into ``clid`` itself).
3. ``wrapped``: a cell is put between quotes when it holds a separator, and nothing in it is changed (CDR
   viewers): so an unwrapped ``"Ann" <027>`` begins with a quote, too.
4. ``between``: every cell between quotes, nothing in them changed (older cdr_custom).

A line is told by what comes out: the first way whose cells make a record is the one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from dialpact.compliance.registers.fault import Fault

DELIMITERS = (",", ";", "\t", "|")
_MOST = 300  # cells; no form has as many, and a line of separators is not worth splitting


def cells_of(line: str, delimiter: str) -> list[str]:
    """The strict way. Fault for quotes that are not."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration) as error:
        raise Fault("bad-quotes") from error


def trimmed(cells: list[str], widths: range) -> list[str]:
    """Without the empty cells at the end that a spreadsheet adds."""
    end = len(cells)
    while end >= widths.stop and not cells[end - 1]:
        end -= 1
    return cells if end == len(cells) else cells[:end]


def other_cells(line: str, delimiter: str) -> Iterator[list[str]]:
    """The other ways, for a line of which the strict one makes no record."""
    if '"' in line and line.count(delimiter) <= _MOST:
        yield from filter(None, (way(line, delimiter) for way in (_escaped, _wrapped, _between)))


def _escaped(line: str, delimiter: str) -> list[str] | None:
    cells: list[str] = []
    at = 0
    while True:
        if line[at : at + 1] != '"':
            end = line.find(delimiter, at)
            cells.append(line[at:] if end < 0 else line[at:end])
            if end < 0:
                return cells
            at = end + 1
            continue
        at += 1
        cell = []
        while True:
            if at >= len(line):
                return None
            pair = line[at : at + 2]
            if pair in ('\\"', '""'):
                cell.append(pair if pair[0] == "\\" else '"')
                at += 2
            elif pair[0] == '"':
                at += 1
                break
            else:
                cell.append(pair[0])
                at += 1
        cells.append("".join(cell))
        if at == len(line):
            return cells
        if line[at] != delimiter:
            return None
        at += 1


def _wrapped(line: str, delimiter: str) -> list[str] | None:
    cells: list[str] = []
    at = 0
    whole = re.compile(r'"[^"]*"(?: ?<[^>]*>)?')
    while True:
        end = line.find(delimiter, at)
        end = len(line) if end < 0 else end
        cell = line[at:end]
        if cell.startswith('"') and not whole.fullmatch(cell):
            end = line.find('"' + delimiter, at + 1)
            end = end + 1 if end >= 0 else len(line)
            if line[end - 1] != '"' or end - at < 2:
                return None
            cell = line[at + 1 : end - 1]
        elif whole.fullmatch(cell) and cell.endswith('"'):
            cell = cell[1:-1]
        cells.append(cell)
        if end >= len(line):
            return cells
        at = end + 1


def _between(line: str, delimiter: str) -> list[str] | None:
    if not line.startswith('"'):
        return None
    cells: list[str] = []
    at = 0
    while at < len(line):
        if line[at] != '"':  # (a number at the end is written as it is)
            return [*cells, *line[at:].split(delimiter)]
        end = line.find('"' + delimiter, at + 1)
        if end < 0:
            return [*cells, line[at + 1 : -1]] if line.endswith('"') and len(line) > at + 1 else None
        cells.append(line[at + 1 : end])
        at = end + 2
    return [*cells, ""]
