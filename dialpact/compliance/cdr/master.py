"""A file of call records as a stream of records: each line on its own, nothing lost.

1. Its form is told by its first lines (``recognise``). A line of another order in the same file is read as
   what it is, and a header may come again: files are put together.
2. A row is one line, as in the registers' imports. cdr_csv writes a line end inside a field as it is: both
   halves are then reported as unreadable, and no other row is.
3. What a caller sent stands in it byte by byte, and a field may be cut within a character. So each field is
   decoded by itself: UTF-8, else GB18030, else with its foreign bytes shown. No byte makes a line unreadable.
4. Times have no zone. They are local ones of the PBX, or UTC with ``usegmtime=yes``.
"""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Iterator
from datetime import tzinfo
from typing import BinaryIO

from dialpact.compliance.cdr.columns import Columns
from dialpact.compliance.cdr.form import Form, Reader, text
from dialpact.compliance.cdr.orders import ORDERS, fits
from dialpact.compliance.cdr.recognise import Recognised, need_text, recognise, ways
from dialpact.compliance.cdr.record import CdrRecord
from dialpact.compliance.cdr.times import Clock
from dialpact.compliance.registers.fault import Fault

LONGEST = 65_536  # bytes of a line: cdr_csv itself writes at most 1024
FIRST = 200  # lines, and
HEAD = 1 << 18  # bytes, by which a form is told
_EMPTY = ',;\t|" +-'  # (a database's client draws lines)
_MASTER = ORDERS[0].form(",")


class Master:
    """``file`` is open for reading; it is read once, from where it stands, and may be a pipe.

    ``columns``: what ``--columns`` says; None: the file says it itself. ``known``: what came of an earlier
    look at the same file.
    """

    def __init__(
        self,
        file: BinaryIO,
        zone: tzinfo,
        columns: Columns | None = None,
        *,
        known: Recognised | None = None,
    ) -> None:
        self._file = file
        self._zone = zone
        self._columns = columns
        self.recognised = known
        """What it was recognised as, once ``form`` was asked for."""
        self._reader: Reader | None = None
        self._others: list[tuple[int, Reader]] = []
        self._above = 0
        self._head: deque[tuple[bytes | None, int]] = deque()  # lines that are read ahead, and their bytes
        self._ahead = False
        self.lines = 0
        self.position = 0
        """Bytes read so far."""
        self.left_out = 0
        """Lines that are not blank and no calls: a header, what stands above it, rows of empty cells."""

    @property
    def form(self) -> Form | None:
        """None: the file has no line. Fault: it is no file of call records, or of no form that is known."""
        if not self._ahead:
            self._ahead = True
            self._look()
        return self.recognised.form if self.recognised else None

    def _look(self) -> None:
        size = 0
        while len(self._head) < (FIRST if self.recognised is None else 1) and size < HEAD:
            line, taken = self._line()
            if not taken:
                break
            if not self._head and line:
                need_text(line)
                line = line.removeprefix(codecs.BOM_UTF8)
            size += len(line or b"")
            self._head.append((line, taken))
        found = self.recognised
        if found is None:
            lines = [_text(line) if line else "" for line, _ in self._head]
            if not any(lines) and all(line is not None for line, _ in self._head):
                return
            found = self.recognised = recognise(lines, self._zone, self._columns)
        self._above = found.above
        self._reader = Reader(found.form, found.clock)
        if not found.form.header and self._columns is None:
            delimiter = found.form.delimiter
            self._others = [
                (place, Reader(order.form(delimiter)._replace(resaved=found.form.resaved), found.clock))
                for place, order in enumerate(ORDERS)
                if order.name != found.form.name
            ]

    def _line(self) -> tuple[bytes | None, int]:
        """A line, and how many bytes it takes; None: it is too long."""
        line = self._file.readline(LONGEST)
        taken = len(line)
        if taken >= LONGEST and line[-1] != 10:
            return None, taken + self._skip()
        return line, taken

    def _skip(self) -> int:
        """To the end of the line, in pieces; how many bytes."""
        taken = 0
        while rest := self._file.readline(LONGEST):
            taken += len(rest)
            if rest[-1] == 10:
                break
        return taken

    def _each(self) -> Iterator[tuple[bytes | None, int]]:
        """What was read ahead, then the rest; as ``_line``."""
        while self._head:
            yield self._head.popleft()
        while line := self._file.readline(LONGEST):
            if (taken := len(line)) >= LONGEST and line[-1] != 10:
                yield None, taken + self._skip()
            else:
                yield line, taken

    def __iter__(self) -> Iterator[tuple[int, CdrRecord | Fault]]:
        """Line number, and the record or what is wrong; no blank lines, no header. Fault: see ``form``."""
        form = self.form or _MASTER  # (blank lines may be all that was there when it was looked at)
        reader = self._reader or Reader(_MASTER, Clock(self._zone))
        empty_rows = form.resaved or bool(form.header)  # spreadsheets leave them; no PBX writes one
        for line, taken in self._each():
            self.lines += 1
            self.position += taken
            if line is None:
                yield self.lines, Fault("line-too-long", limit=str(LONGEST))
            elif written := _text(line):
                if self.lines <= self._above or (empty_rows and not written.strip(_EMPTY)):
                    self.left_out += 1
                    continue
                try:
                    yield self.lines, reader(written, self.lines)
                except Fault as fault:
                    if (found := self._otherwise(written, reader, fault)) is None:
                        self.left_out += 1
                    else:
                        yield self.lines, found

    def _otherwise(self, line: str, reader: Reader, fault: Fault) -> CdrRecord | Fault | None:
        """A line that is not of the file's form. None: its header once more."""
        form = reader.form
        if form.header and form.header == _names(line, form.delimiter):
            return None
        for place, other in self._others:
            for cells in ways(line, form.delimiter):
                if fits(ORDERS[place], list(cells)):
                    try:
                        return other.record(cells, self.lines)
                    except Fault:
                        continue
        return fault


def read(line: bytes, number: int, zone: tzinfo) -> CdrRecord:
    """The record in a ``line`` of cdr_csv, which has no line end. Raises Fault, and nothing else."""
    return Reader(_MASTER, Clock(zone))(_text(line), number)


def _names(line: str, delimiter: str) -> tuple[str, ...]:
    return next((tuple(text(cell).strip() for cell in cells) for cells in ways(line, delimiter)), ())


def _text(line: bytes) -> str:
    # Latin-1 keeps each byte; in UTF-8 and GB18030 no part of a longer character looks like a comma or quote.
    return line.rstrip(b"\r\n").decode("latin-1")
