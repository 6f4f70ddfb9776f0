"""Which form is it? By the first lines alone: a name says nothing, and nobody remembers a cdr_custom.conf.

1. What is no text with a line for each call is refused for what it is.
2. A line that names columns is a header, wherever it stands above the first call.
3. Without a header: the order in which times, channels and seconds stand. An order fits a line when every
   cell of it is what the order says; what fits most lines is the form.
4. Nothing is guessed: a file that is none of these is refused, and ``--columns`` says what it is.
"""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import NamedTuple

from dialpact.compliance.cdr.cells import DELIMITERS, cells_of, other_cells, trimmed
from dialpact.compliance.cdr.columns import Columns, listed, named
from dialpact.compliance.cdr.form import Form, extra, text
from dialpact.compliance.cdr.orders import ORDERS, Order, fits
from dialpact.compliance.cdr.times import Clock, day_first, is_time
from dialpact.compliance.registers.fault import Fault, shown

ABOVE = 20  # lines of a title, at most, that stand above a header
LEAST = 3  # names of columns that make a header
_OLE = b"\xd0\xcf\x11\xe0"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PACKED = ("\x1f\x8b", "BZh", "\xfd7zXZ", "\x28\xb5\x2f\xfd", "7z\xbc\xaf", "Rar!", "PK")  # (Latin-1)
_MARKUP = ("<!doctype", "<html", "<table", "<?xml", "<head", "<meta")
_WAYS_OUT = ("dstchannel", "lastdata", "trunk", "way", "dcontext")


class Recognised(NamedTuple):
    """``above``: how many lines stand before the first call."""

    form: Form
    above: int
    clock: Clock


def need_text(start: bytes) -> None:
    """Fault for a file that begins like a workbook, or like text in two bytes a character."""
    if start.startswith(b"PK\x03\x04"):
        first = start[30:60]
        office = (b"[Content_Types]", b"_rels/", b"xl/", b"docProps/", b"mimetype", b"META-INF/")
        if len(start) > 30 and not first.startswith(office):
            raise Fault("cdr-packed")
        raise Fault("workbook")
    if start.startswith(_OLE):
        raise Fault("workbook")
    if start.startswith(_UTF16):
        raise Fault("utf-16")


def _unknown(lines: Sequence[str], delimiters: Sequence[str]) -> Fault:
    """What a file is that fits nothing, by how it begins."""
    line = next((line for line in lines if line), "")
    head = line.lstrip()
    if "####" in line:
        return Fault("cdr-hashes")
    if head.startswith("SQLite format 3"):
        return Fault("cdr-database")
    if head.startswith("%PDF"):
        return Fault("cdr-pdf")
    if line.startswith(_PACKED):  # (gzip's first byte counts as a blank)
        return Fault("cdr-packed")
    if head[:9].lower().startswith(_MARKUP):
        return Fault("cdr-markup")
    if head.startswith(("{", "[")):
        return Fault("cdr-json")
    return Fault("cdr-form", found=str(max(len(_split(line, delimiter)) for delimiter in delimiters)))


def recognise(lines: Sequence[str], zone: tzinfo, columns: Columns | None = None) -> Recognised:
    """``lines``: the first ones, Latin-1, without ends; blank ones are empty. Fault for what is no form."""
    above = 0
    delimiters: Sequence[str] = DELIMITERS
    if lines and len(lines[0]) == 5 and lines[0].lower().startswith("sep="):
        delimiters, above = (lines[0][4], *DELIMITERS), 1
    found = _with_header(lines, above, delimiters, columns) or _by_order(lines, above, delimiters, columns)
    form, above = found
    samples = [sample for line in lines[above:] if line and (sample := _sample(form, line))]
    if form.header and not samples and any(lines[above:]):
        if any("####" in line for line in lines[above:]):
            raise Fault("cdr-hashes")
        at = form.places["start"]
        cells = (_split(line, form.delimiter)[at : at + 1] for line in lines[above:])
        value = next((text(cell).strip() for row in cells for cell in row if cell.strip()), "")
        raise Fault("cdr-no-time", column=shown(form.header[at]), value=listed((value,)))
    clock = Clock(zone, day_first=day_first(samples))
    moments = [moment for cell, _ in samples if (moment := clock.maybe(cell))]
    coarse = any(moment.coarse for moment in moments)
    resaved = coarse or any(not moment.own for moment in moments)
    return Recognised(form._replace(resaved=resaved, coarse=coarse), above, clock)


def _sample(form: Form, line: str) -> tuple[str, str] | None:
    """Start and unique id of a line, as they stand there."""
    for cells in ways(line, form.delimiter):
        cells = trimmed(cells, form.widths)
        at = form.places["start"]
        if len(cells) in form.widths and at < len(cells):
            start = text(cells[at]).strip()
            clock = form.places.get("clock", len(cells))
            if clock < len(cells) and not is_time(start):
                start = f"{start} {text(cells[clock]).strip()}"
            place = form.places.get("uniqueid", len(cells))
            uniqueid = extra(cells[16:])[0] if form.master else cells[place] if place < len(cells) else ""
            if is_time(start):
                return start, uniqueid.strip()
    return None


def _with_header(
    lines: Sequence[str], first: int, delimiters: Sequence[str], columns: Columns | None
) -> tuple[Form, int] | None:
    """The form, and how many lines end with the header. None: no line names columns."""
    best: tuple[int, int, str, tuple[str, ...]] | None = None
    for place, line in enumerate(lines[first : first + ABOVE], first):
        for delimiter in delimiters:
            raw = tuple(cell.strip() for cell in _split(line, delimiter))
            if len(raw) < 3 or any(map(is_time, raw)):  # (a line with a time is a call)
                continue
            # (what is neither UTF-8 nor of China may well be of Western Europe)
            for cells in (tuple(map(text, raw)), raw) if not line.isascii() else (raw,):
                known = len(named(cells))
                if columns is not None and columns.names:
                    known = known + LEAST if columns.in_header(cells) else 0
                if known >= LEAST and (best is None or known > best[0]):
                    best = known, place, delimiter, cells
    if best is None:
        if columns is not None and columns.names:
            _no_such_column(lines[first:], delimiters, columns)
        return None
    _, place, delimiter, cells = best
    places = named(cells)
    name = _maker(cells)
    if columns is not None:
        places, name = places | columns.places(cells, len(cells)), "columns"
    if name == "vicidial" and "dstchannel" not in places and "channel" in places:
        places["dstchannel"] = places.pop("channel")  # the carrier's leg, not the agent's
    if name == "issabel" and "billsec" not in places and "duration" in places:
        places["billsec"] = places.pop("duration")  # it means the seconds of talk
    _enough(places, cells, name)
    width = len(cells)
    while width > 1 and not cells[width - 1]:
        width -= 1
    return Form(name, delimiter, places, range(width, width + 1), cells), place + 1


def _no_such_column(lines: Sequence[str], delimiters: Sequence[str], columns: Columns) -> None:
    """Fault for the first name that the first line does not have."""
    seen = next((line for line in lines if line), "")
    header = max((_split(seen, delimiter) for delimiter in delimiters), key=len)
    called = [text(cell).strip() for cell in header]
    if any(map(is_time, called)):
        column = next(iter(columns.names.values()))
        raise Fault("cdr-columns-bare", column=shown(column))
    columns.places(called, len(called))


def _maker(cells: Sequence[str]) -> str:
    names = {cell.casefold() for cell in cells}
    if names & {"lead_id", "campaign_id"} and names & {"phone_number", "phone_number_dialed"}:
        return "vicidial"
    if {"call_direction", "source_extension"} <= names:
        return "wazo"
    if {"src_chan", "dst_chan"} <= names:
        return "mikopbx"
    if {"src. channel", "dst. channel"} <= names or {"canal origen", "canal destino"} <= names:
        return "issabel"
    if {"outbound_cnum", "recordingfile"} <= names:
        return "freepbx"
    return "header"


def _enough(places: Mapping[str, int], cells: Sequence[str], name: str) -> None:
    """Fault for a form that leaves out what nothing can be told without."""
    there = listed(cells)
    lacking = [field for field in ("start", "dst") if field not in places]
    if lacking and not (lacking == ["dst"] and "lastdata" in places):
        raise Fault("cdr-header-lacks", lacking=", ".join(lacking), example=lacking[0], known=there)
    if name != "vicidial" and not any(field in places for field in _WAYS_OUT):
        raise Fault("cdr-no-way", known=there)


def _by_order(
    lines: Sequence[str], first: int, delimiters: Sequence[str], columns: Columns | None
) -> tuple[Form, int]:
    """The form, and how many lines stand above. Fault for lines that fit no order."""
    best, found, above = 0, None, first
    there = [(place, line) for place, line in enumerate(lines[first:], first) if line]
    for delimiter in delimiters:
        orders = ORDERS if columns is None else _given(columns, lines[first:], delimiter)
        fitting: list[list[int]] = [[] for _ in orders]
        least = min((order.widths.start for order in orders), default=1) - 1
        for place, line in there:
            if line.count(delimiter) >= least:
                for cells in ways(line, delimiter):
                    if kinds := [kind for kind, order in enumerate(orders) if fits(order, cells)]:
                        for kind in kinds:
                            fitting[kind].append(place)
                        break
        for order, places in zip(orders, fitting, strict=True):
            if len(places) > best:
                best, found = len(places), order.form(delimiter)
                above = places[0] if columns is not None and places[0] <= ABOVE else first
        if best * 2 > len(there):
            break
    if found is None:
        if columns is not None:
            widths = [len(_split(line, one)) for _, line in there for one in delimiters]
            columns.places((), max(widths, default=0))
            raise Fault("cdr-columns-start", column=columns.given.get("start", "-"))
        raise _unknown(lines[first:], delimiters)
    if columns is not None:
        _enough(found.places, (), "columns")
    return found, above


def _given(columns: Columns, lines: Sequence[str], delimiter: str) -> tuple[Order, ...]:
    """What ``--columns`` says by numbers alone; nothing, where the lines have fewer columns."""
    width = max((len(_split(line, delimiter)) for line in lines if line), default=0)
    try:
        places = columns.places((), width)
    except Fault:
        return ()
    return (Order("columns", places, range(max(places.values()) + 1, width + 1)),)


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return cells_of(line, delimiter)
    except Fault:
        return line.split(delimiter)


def ways(line: str, delimiter: str) -> Iterator[list[str]]:
    """The cells of a line, in each way in which it can be meant."""
    with contextlib.suppress(Fault):
        yield cells_of(line, delimiter)
    yield from other_cells(line, delimiter)
