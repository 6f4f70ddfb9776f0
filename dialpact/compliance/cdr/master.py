"""Asterisk's ``Master.csv`` (cdr_csv) as a stream of records: each line on its own, nothing lost.

1. No header; 16 columns, then the unique id and the user field where cdr.conf asks for them, then the three
   of ``newcdrcolumns``. Which of them are there is told by their number and by the form of the unique id.
2. A row is one line, as in the registers' imports. cdr_csv writes a line end inside a field as it is: both
   halves are then reported as unreadable, and no other row is.
3. What a caller sent stands in it byte by byte, and a field may be cut within a character. So each field is
   decoded by itself: UTF-8, else GB18030, else with its foreign bytes shown. No byte makes a line unreadable.
4. Times have no zone. They are local ones of the PBX, or UTC with ``usegmtime=yes``.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import BinaryIO, NamedTuple

from dialpact.compliance.registers.fault import Fault, shown

LONGEST = 65_536  # bytes of a line: cdr_csv itself writes at most 1024
WIDTHS = range(16, 22)
EARLIEST, LATEST = 1970, 2999  # years; what adds to a time must not leave the calendar

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_SECONDS = re.compile(r"[0-9]{1,9}")
_UNIQUEID = re.compile(r"(?:.*-)?([0-9]{9,11})\.[0-9]+")
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class CdrRecord(NamedTuple):
    """One line. Texts are as Asterisk wrote them; ``start`` is in UTC.

    ``duration`` (from the start) and ``billsec`` (from the answer) are still text, to be read with
    :func:`seconds`: a line without them is one all the same.
    """

    line: int
    accountcode: str
    src: str
    dst: str
    dcontext: str
    clid: str
    channel: str
    dstchannel: str
    lastapp: str
    lastdata: str
    start: datetime
    duration: str
    billsec: str
    disposition: str
    uniqueid: str
    userfield: str


class Master:
    """``file`` is open for reading; it is read once, from where it stands, and may be a pipe."""

    def __init__(self, file: BinaryIO, zone: tzinfo) -> None:
        self._file = file
        self._zone = zone
        self.lines = 0
        self.position = 0
        """Bytes read so far."""

    def __iter__(self) -> Iterator[tuple[int, CdrRecord | Fault]]:
        """Line number, and the record or what is wrong; no blank lines. Fault: no text file at all."""
        while line := self._file.readline(LONGEST):
            self.lines += 1
            self.position += len(line)
            if self.lines == 1:
                if line.startswith(_WORKBOOK):
                    raise Fault("workbook")
                if line.startswith(_UTF16):
                    raise Fault("utf-16")
                line = line.removeprefix(codecs.BOM_UTF8)
            if len(line) == LONGEST and line[-1] != 10:
                self._skip()
                yield self.lines, Fault("line-too-long", limit=str(LONGEST))
            elif line := line.rstrip(b"\r\n"):
                try:
                    yield self.lines, read(line, self.lines, self._zone)
                except Fault as fault:
                    yield self.lines, fault

    def _skip(self) -> None:
        """To the end of the line, in pieces."""
        while rest := self._file.readline(LONGEST):
            self.position += len(rest)
            if rest[-1] == 10:
                return


def read(line: bytes, number: int, zone: tzinfo) -> CdrRecord:
    """The record in ``line``, which has no line end. Raises Fault, and nothing else."""
    # Latin-1 keeps each byte; in UTF-8 and GB18030 no part of a longer character looks like a comma or quote.
    raw = line.decode("latin-1")
    try:
        cells = next(csv.reader([raw], strict=True)) if '"' in raw else raw.split(",")
    except (csv.Error, StopIteration) as error:
        raise Fault("bad-quotes") from error
    if len(cells) not in WIDTHS:
        raise Fault("cdr-columns", found=str(len(cells)))
    account, src, dst, context, clid, channel, dstchannel, app, data = (
        cell if cell.isascii() else _text(cell) for cell in cells[:9]
    )
    uniqueid, userfield = _extra(cells[16:])
    return CdrRecord(
        line=number,
        accountcode=account,
        src=src,
        dst=dst,
        dcontext=context,
        clid=clid,
        channel=channel,
        dstchannel=dstchannel,
        lastapp=app,
        lastdata=data,
        start=_instant(cells[9], zone),
        duration=cells[12],
        billsec=cells[13],
        disposition=cells[14],
        uniqueid=uniqueid,
        userfield=_text(userfield),
    )


def seconds(cell: str) -> int:
    """A duration of a CDR. Fault for what is none."""
    if _SECONDS.fullmatch(cell):
        return int(cell)
    raise Fault("cdr-seconds", value=shown(cell))


def born(uniqueid: str) -> int | None:
    """The second since 1970 (UTC) in which the channel came into being; None: no unique id of Asterisk's."""
    return int(found[1]) if (found := _UNIQUEID.fullmatch(uniqueid)) else None


def _extra(cells: list[str]) -> tuple[str, str]:
    """Unique id and user field, of which either may be missing; the three newer columns come after them."""
    if len(cells) > 2:
        cells = cells[:-3]
    match cells:
        case [uniqueid, userfield]:
            return uniqueid, userfield
        case [only]:
            return (only, "") if _UNIQUEID.fullmatch(only) else ("", only)
    return "", ""


def _text(cell: str) -> str:
    data = cell.encode("latin-1")
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "backslashreplace")


def _instant(cell: str, zone: tzinfo) -> datetime:
    if _TIME.fullmatch(cell):
        try:
            found = datetime.fromisoformat(cell)
            if EARLIEST <= found.year <= LATEST:
                return found.replace(tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise Fault("cdr-time", value=shown(cell))
