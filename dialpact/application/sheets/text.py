"""A text file as rows: its encoding and its lines; how a line is cut into cells is its view's matter.

1. UTF-8, with or without BOM, if the whole file is strictly that; UTF-16 (Excel's "Unicode text"); else
   GB18030 (Excel's Chinese CSV).
2. A row is one line. A quote that is left open would otherwise swallow the thousands of rows after it, and
   with them opt-outs that nobody sees missing.
3. Cells are parted by comma, semicolon, tab or bar, or as a first line ``sep=;`` says.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from dialpact.application.sheets import kind
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.sheet import HEAD, BadLine, Remark, Row, View

LONGEST = 65_536  # characters of a line: memory stays bounded whatever the file is
DELIMITERS = (",", ";", "\t", "|")
_CHUNK = 1 << 20
_SEPARATOR = re.compile(r'\ufeff?"?sep=(.)"?', re.IGNORECASE)


class TextFile:
    """:class:`~dialpact.compliance.registers.sheet.Sheets` of a text file, and its only sheet."""

    name = ""
    remarks: tuple[Remark, ...] = ()

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.encoding, self.sha256, self.size = _examined(file)
        kind.refuse_markup(islice(self.lines(), HEAD))
        self.sheets = (self,)
        self.views = self._views()

    @property
    def position(self) -> int:
        """Bytes read so far."""
        return self._file.tell()

    def _views(self) -> Sequence[View]:
        start = list(islice(self.lines(), HEAD))
        if start and (given := _SEPARATOR.fullmatch(start[0].strip(" \r"))):
            return [Cut(self, given[1], 1)]
        found = [cut for cut in DELIMITERS[1:] if any(cut in line for line in start)]
        return [Cut(self, cut) for cut in (DELIMITERS[0], *found)]

    def lines(self) -> Iterator[str]:
        """From the start of the file; of one that is too long only its start."""
        for lines in self.chunks():
            yield from lines

    def chunks(self) -> Iterator[list[str]]:
        """The lines of the file, many at a time."""
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        self._file.seek(0)
        first = True
        rest = ""  # of the line that the chunk broke off in
        held = ""  # a \r at the end of a chunk: a \n behind it is no line of its own
        while data := self._file.read(LONGEST):
            text = held + decoder.decode(data)
            if first:
                first, text = False, text.lstrip("\ufeff")  # also GB18030 and UTF-16 have the mark
            held = "\r" if text.endswith("\r") else ""
            if held:
                text = text[:-1]
            if "\r" in text:
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            lines = text.split("\n")
            lines[0] = rest + lines[0]
            rest = lines.pop()[:LONGEST]
            yield lines
        rest = rest.rstrip("\x1a")  # with which DOS ended its files
        if rest or held:
            yield [rest]


class Cut:
    """A :class:`~dialpact.compliance.registers.sheet.View`: the lines of a file, cut at one delimiter."""

    padded = False

    def __init__(self, file: TextFile, delimiter: str, above: int = 0) -> None:
        """``above``: lines at the start that are none of the table."""
        self._file, self._delimiter, self._above = file, delimiter, above

    def head(self) -> list[Row]:
        return list(islice(self.rows(self._above), HEAD))

    def rows(self, after: int) -> Iterator[Row]:
        delimiter, number = self._delimiter, 0
        for lines in self._file.chunks():
            for line in lines:
                number += 1
                if number <= after:
                    continue
                if len(line) >= LONGEST:
                    yield number, BadLine(Fault("line-too-long", limit=str(LONGEST)), [line])
                    continue
                if '"' in line:
                    try:
                        cells = next(csv.reader([line], delimiter=delimiter, strict=True))
                    except csv.Error:
                        yield number, BadLine(Fault("bad-quotes"), [line])
                        continue
                else:
                    # What csv does with a line without quotes, at half the price.
                    cells = line.split(delimiter)
                cells = list(map(str.strip, cells))
                if cells[0] or any(cells):
                    yield number, cells


def _examined(file: BinaryIO) -> tuple[str, str, int]:
    """Encoding, SHA-256 and length in bytes."""
    file.seek(0)
    for encoding in _candidates(file.read(4096)):
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


def _candidates(start: bytes) -> tuple[str, ...]:
    """What a file may be written in that begins so. Every other byte of English in UTF-16 is 0."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    half = len(start) // 2
    for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if half and zeros.count(0) > half // 4:
            return (encoding,)
    return "utf-8-sig", "gb18030"
