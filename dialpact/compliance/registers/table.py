"""A CSV file as a stream of rows: its encoding found, its header checked, each line on its own.

1. UTF-8, with or without BOM, if the whole file is strictly that; GB18030 otherwise (Excel's Chinese CSV).
2. Columns go by name, in any order; a missing, unknown or repeated one refuses the file. An optional one may
   be missing: its cells are then empty.
3. A row is one line. A quote that is left open would otherwise swallow the thousands of rows after it, and
   with them opt-outs that nobody sees missing.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import TextIOWrapper
from typing import BinaryIO, Generic, TypeVar

from dialpact.compliance.model import Value
from dialpact.compliance.registers.fault import Fault, shown

LONGEST = 65_536  # characters of a line: memory stays bounded whatever the file is
_CHUNK = 1 << 20
T = TypeVar("T")


@dataclass(frozen=True)
class Format(Generic[T]):
    """The columns of a register's file, and what makes a value of the cells of a row, or a Fault."""

    columns: Sequence[str]
    read: Callable[[Sequence[str], datetime], T]
    optional: Sequence[str] = ()


class FileRead(Value, frozen=True, kw_only=True):
    """Which file an import was, as the log names it."""

    file: str  # its name
    sha256: str
    rows: int
    skip_bad: bool


class Table:
    """``file`` is open for reading and seekable; it is read twice, and closed by who opened it."""

    def __init__(self, file: BinaryIO, columns: Sequence[str], optional: Sequence[str] = ()) -> None:
        self._needed = tuple(columns)
        self.columns = (*columns, *optional)
        self.encoding, self.sha256, self.size = _examine(file)
        file.seek(0)
        self._file = file
        self._text = TextIOWrapper(file, self.encoding, newline="")
        self._line = 0
        self._lines = self._read()
        try:
            self._order, self._width = self._header()
        except Fault:
            self.release()
            raise

    @property
    def position(self) -> int:
        """Bytes read so far, of ``size``."""
        return self._file.tell()

    def __iter__(self) -> Iterator[tuple[int, list[str] | Fault]]:
        """Line number, and the cells in the order of ``columns`` or what is wrong; no blank lines."""
        width, order = self._width, self._order
        as_written = order == list(range(width))
        for cells in self._lines:
            if isinstance(cells, Fault):
                yield self._line, cells
            elif len(cells) != width:
                yield self._line, Fault("cell-count", found=str(len(cells)), wanted=str(width))
            elif as_written:
                yield self._line, cells
            else:
                cells.append("")  # what an absent column has
                yield self._line, [cells[place] for place in order]

    def release(self) -> None:
        """Gives the file back unclosed."""
        self._text.detach()

    def _read(self) -> Iterator[list[str] | Fault]:
        """The cells of each line that is not blank; ``_line`` is its number."""
        for lines in self._chunks():
            for line in lines:
                self._line += 1
                if len(line) >= LONGEST:
                    yield Fault("line-too-long", limit=str(LONGEST))
                    continue
                if '"' in line:
                    try:
                        cells = next(csv.reader([line], strict=True))
                    except csv.Error:
                        yield Fault("bad-quotes")
                        continue
                else:
                    cells = line.split(",")  # what csv does with a line without quotes, at half the price
                cells = list(map(str.strip, cells))
                if cells[0] or any(cells):
                    yield cells

    def _chunks(self) -> Iterator[list[str]]:
        """The lines of the file, many at a time; of one that is too long only its start."""
        rest = ""  # of the line that the chunk broke off in
        while text := self._text.read(LONGEST):
            while text[-1] == "\r" and (more := self._text.read(1)):  # its \n is no line of its own
                text += more
            if "\r" in text:
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            lines = text.split("\n")
            lines[0] = rest + lines[0]
            rest = lines.pop()[:LONGEST]
            yield lines
        if rest:
            yield [rest]

    def _header(self) -> tuple[list[int], int]:
        cells = next(self._lines, None)
        if cells is None:
            raise Fault("no-header", columns=", ".join(self.columns))
        if isinstance(cells, Fault):
            raise cells
        names = [cell.lstrip("\ufeff").lower() for cell in cells]  # GB18030 has a BOM too
        for name in names:
            if name not in self.columns:
                raise Fault("unknown-column", column=shown(name), columns=", ".join(self.columns))
            if names.count(name) > 1:
                raise Fault("column-twice", column=name)
        missing = [name for name in self._needed if name not in names]
        if missing:
            raise Fault("missing-column", column=", ".join(missing), columns=", ".join(self._needed))
        return [names.index(name) if name in names else -1 for name in self.columns], len(names)


def _examine(file: BinaryIO) -> tuple[str, str, int]:
    """Encoding, SHA-256 and length in bytes."""
    file.seek(0)
    start = file.read(4)
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Fault("workbook")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Fault("utf-16")
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        digest, size = hashlib.sha256(), 0
        file.seek(0)
        try:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding, digest.hexdigest(), size
    raise Fault("encoding")
