"""A form of call records: which column is what, and a line of it as a record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dialpact.compliance.cdr.cells import cells_of, other_cells, trimmed
from dialpact.compliance.cdr.record import UNIQUEID, CdrRecord, CdrWay
from dialpact.compliance.cdr.times import Clock, Moment, is_time, span
from dialpact.compliance.registers.fault import Fault, shown

_TEXTS = ("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata")
# Words of a direction: how they begin, in Chinese what they hold.
_OUT, _OUT_TOO = ("out", "dialout"), ("呼出", "外呼", "去电")
_INSIDE, _INSIDE_TOO = ("internal", "local", "extension"), ("内部", "内线")
_IN, _IN_TOO = ("inbound", "incoming", "in"), ("呼入", "来电")
NOTHING = frozenset(("NULL", "\\N", "null", "None"))  # as databases write an empty cell
# Words of a disposition, apart by a bar.
_YES = "answered|answer|true|yes|completed|contestada|atendida|已接听|已接通|已接|接通|接听|已应答|应答"
_NO = "no answer|noanswer|busy|failed|congestion|cancel|chanunavail|false|no|missed|unanswered"
_NO_TOO = "未接听|未接通|未接|无应答|无人接听|忙|失败|取消"
_ANSWERED = frozenset(_YES.split("|"))
_NOT = frozenset(f"{_NO}|{_NO_TOO}".split("|"))
# VICIdial's own words for a call that nobody answered; an agent's words are of calls that somebody did.
_DIALLER = "NA|AB|B|ADC|ADCT|DC|N|NEW|ERI|DNC|DNCC|DNCL|QUEUE|LRERR|CPDERR"
_UNANSWERED = frozenset(_DIALLER.split("|"))
_LOST = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+?[0-9]+")
_ANGLES = re.compile(r"<([^<>]*)>\Z")
_GUARD = re.compile(r"""[\s'=\u200b\u202c\u202d\ufeff]*"?([^"]*)"?\s*""")
# MikoPBX writes something behind it; in VICIdial's log it is the customer's leg, which nobody asked on.
_OWN_ID = re.compile(r"((?:.*-)?[0-9]{9,11}(?:\.[0-9]+)?)(?:_\w+)?")

ASTERISK = frozenset(("cdr_csv", "cdr_custom", "table"))  # forms that say all in Asterisk's own words


class Form(NamedTuple):
    """``places``: of each field its column, from 0. ``widths``: how many columns a line may have.

    ``header``: its cells, for the line may come again where files were put together. ``resaved``: a program
    has changed times and, so, long numbers. ``coarse``: its times say no seconds.
    """

    name: str
    delimiter: str
    places: Mapping[str, int]
    widths: range
    header: tuple[str, ...] = ()
    resaved: bool = False
    coarse: bool = False

    @property
    def master(self) -> bool:
        """Asterisk's cdr_csv: what comes behind its 16 columns is told by each line."""
        return self.name == "cdr_csv"

    @property
    def names_peers(self) -> bool:
        """Whether a line says by which trunk it left."""
        return any(field in self.places for field in ("dstchannel", "lastdata", "trunk"))

    @property
    def names_lengths(self) -> bool:
        """Whether a line says how long its call was."""
        return any(field in self.places for field in ("duration", "billsec", "end"))


WRITTEN = len("2026-10-01 09:05:07")  # what Asterisk writes has no need of a closer look


class Reader:
    """Lines of one form as records."""

    def __init__(self, form: Form, clock: Clock) -> None:
        self.form = form
        self._clock = clock
        place = form.places.get
        self._texts = tuple(place(field, -1) for field in _TEXTS)
        self._start, self._clocked = place("start", -1), place("clock", -1)
        self._duration, self._billsec = place("duration", -1), place("billsec", -1)
        self._disposition = place("disposition", -1)
        self._uniqueid, self._userfield = place("uniqueid", -1), place("userfield", -1)
        self._master = form.master
        self._widths = form.widths
        self._derives = form.name not in ASTERISK

    def __call__(self, line: str, number: int) -> CdrRecord:
        """``line`` as Latin-1, each byte a character, without its end. Raises Fault, and nothing else."""
        first: Fault | None = None
        try:
            return self.record(cells_of(line, self.form.delimiter), number)
        except Fault as fault:
            first = fault
        for cells in other_cells(line, self.form.delimiter):
            try:
                return self.record(cells, number)
            except Fault:
                continue
        raise first

    def record(self, cells: list[str], number: int) -> CdrRecord:
        """Of one line. Fault."""
        if len(cells) not in self._widths:
            cells = self._fitting(cells)
        if self._derives:  # (a database's client fills its columns up with spaces)
            cells = ["" if (bare := cell.strip()) in NOTHING else bare for cell in cells]
        if self._master:
            uniqueid, userfield = extra(cells[16:])
            cells.append("")  # what -1 stands for
        else:
            cells.append("")
            uniqueid, userfield = cells[self._uniqueid], cells[self._userfield]
        account, src, dst, context, clid, channel, dstchannel, app, data = (
            cell if (cell := cells[at]).isascii() else text(cell) for at in self._texts
        )
        cell = cells[self._start]
        at, coarse, own = (
            self._clock(cell) if len(cell) == WRITTEN and cell.isascii() else self._moment(cells)
        )
        duration, billsec = cells[self._duration], cells[self._billsec]
        if not (duration.isdecimal() and billsec.isdecimal()):
            duration, billsec = _span(duration), _span(billsec)
        record = CdrRecord(  # (in the order of its fields: by their names it takes twice as long)
            number,
            *(account, src, dst, context, clid, channel, dstchannel, app, data),
            at,
            duration,
            billsec,
            cells[self._disposition],
            uniqueid,
            userfield if userfield.isascii() else text(userfield),
        )
        if self._derives:
            record = self._derived(record, cells)
        if coarse or not own or self.form.resaved:
            return _resaved(record, coarse=coarse)
        return record

    def _fitting(self, cells: list[str]) -> list[str]:
        """Without what a spreadsheet adds. Fault for another number of columns."""
        cells = trimmed(cells, self.form.widths)
        if len(cells) in self.form.widths:
            return cells
        if self.form.master:
            raise Fault("cdr-columns", found=str(len(cells)))
        raise Fault("cdr-width", found=str(len(cells)), wanted=str(self.form.widths.stop - 1))

    def _moment(self, cells: list[str]) -> Moment:
        cell = cells[self._start]
        cell = cell if cell.isascii() else text(cell)
        if self._clocked >= 0 and not is_time(cell.strip()):
            cell = f"{cell.strip()} {text(cells[self._clocked]).strip()}"
        return self._clock(cell)

    def _derived(self, record: CdrRecord, cells: list[str]) -> CdrRecord:
        """What a form says in other words than Asterisk."""
        places = self.form.places
        told = {
            field: cell if (cell := cells[at]).isascii() else text(cell).strip()
            for field, at in places.items()
            if at < len(cells)
        }
        answered = _is_answered(told.get("disposition", ""), self.form.name)
        ended, replied = self._later(told.get("end", "")), self._later(told.get("answer", ""))
        duration, billsec = record.duration, record.billsec
        if ended and "billsec" not in places:
            billsec = str(max(0, int((ended.at - replied.at).total_seconds()))) if replied else "0"
        if ended and ("duration" not in places or "billsec" not in places):
            duration = str(max(0, int((ended.at - record.start).total_seconds())))
        if "duration" not in places and not ended:
            duration = billsec
        if "billsec" not in places and not ended:
            billsec = duration if answered is not False else "0"
        src, dst = _kept(record._replace(src=_number(record.src), dst=_number(record.dst)))
        own = found[1] if (found := _OWN_ID.fullmatch(record.uniqueid.strip())) else ""
        if answered is None:
            answered = billsec.isdecimal() and int(billsec) > 0
        return record._replace(
            src=_number(told.get("shown", "")) or src,
            dst=dst,
            duration=duration,
            billsec=billsec,
            disposition="ANSWERED" if answered else record.disposition.strip() or "NO ANSWER",
            uniqueid=own if "." in own and self.form.name != "vicidial" else "",
            stamp=own if "." in own else f"{own}.0" if own else "",
            way="out" if self.form.name == "vicidial" else self._told_way(told.get("way", "")),
            trunk=told.get("trunk", ""),
        )

    def _told_way(self, word: str) -> CdrWay:
        """Fault for a word that is not known, where nothing else says which calls left."""
        way = _way(word)
        if not way and "way" in self.form.places and not self.form.names_peers:
            raise Fault("cdr-way", value=shown(word))
        return way

    def _later(self, cell: str) -> Moment | None:
        try:
            return self._clock(cell) if cell else None
        except Fault:  # 0000-00-00 00:00:00, as some write of a call that nobody answered
            return None


def _span(cell: str) -> str:
    """Fault for what is none; empty stays so."""
    if not cell or cell in NOTHING:
        return ""
    if (found := span(cell if cell.isascii() else text(cell))) is None:
        raise Fault("cdr-seconds", value=shown(cell))
    return found


def _is_answered(word: str, form: str) -> bool | None:
    """None: the form does not say so in words that are known here; then the seconds of talk say it."""
    if form == "vicidial":
        return False if word.upper() in _UNANSWERED else None
    return True if word.casefold() in _ANSWERED else False if word.casefold() in _NOT else None


def _way(word: str) -> CdrWay:
    """Empty for a word that is not known."""
    word = word.casefold()
    if word.startswith(_OUT) or any(one in word for one in _OUT_TOO):
        return "out"
    if word.startswith(_INSIDE) or any(one in word for one in _INSIDE_TOO):
        return "house"
    return "in" if word.startswith(_IN) or any(one in word for one in _IN_TOO) else ""


def _number(cell: str) -> str:
    """Without what guards it from a spreadsheet, and without a name before it."""
    if cell.endswith(">") and (inner := _ANGLES.search(cell)):
        cell = inner[1]
    if not cell or cell[0].isalnum() or cell[0] in "+*#":
        return cell.strip()
    found = _GUARD.fullmatch(cell)
    return found[1].strip() if found else cell.strip()


def _resaved(record: CdrRecord, *, coarse: bool) -> CdrRecord:
    """A spreadsheet has saved the file again: what it changes is not believed.

    A number of more than eleven digits is written 8.61E+12: its digits are gone, unless another column has
    them. A unique id loses the zero at its end, or its second half. A second that the times no longer say is
    that of the unique id, where it is of the same minute.
    """
    digits = record.uniqueid if "." in record.uniqueid else f"{record.uniqueid}.0"
    stamp = record.stamp or (digits if UNIQUEID.fullmatch(digits) else "")
    start = record.start
    if coarse and stamp:
        later = int(stamp.rpartition(".")[0].rpartition("-")[2]) - int(start.timestamp())
        # (a file in another zone is off by whole quarters of an hour)
        if 0 <= later % 900 < 60:
            start = start.fromtimestamp(int(start.timestamp()) + later % 900, start.tzinfo)
    src, dst = _kept(record)
    return record._replace(start=start, src=src, dst=dst, uniqueid="", stamp=stamp)


def _kept(record: CdrRecord) -> tuple[str, str]:
    """Caller and callee, empty where a spreadsheet took their digits. Fault, where nothing else has them."""
    src, dst = record.src, record.dst
    if _LOST.fullmatch(dst):
        if record.lastapp != "Dial":
            raise Fault("cdr-lost-digits", value=shown(dst))
        dst = ""
    return "" if _LOST.fullmatch(src) else src, dst


def extra(cells: Sequence[str]) -> tuple[str, str]:
    """Unique id and user field of cdr_csv, of which either may be missing; the three newer columns come after
    them. A table has the two the other way round.
    """
    if len(cells) == 2 and not UNIQUEID.fullmatch(cells[1]):
        return cells[0], cells[1]
    cells = list(cells)
    if len(cells) > 3 or (len(cells) == 3 and not (UNIQUEID.fullmatch(cells[0]) and not cells[2])):
        cells = cells[:-3]
    match cells:
        case [uniqueid, userfield, *_]:
            if UNIQUEID.fullmatch(userfield) and not UNIQUEID.fullmatch(uniqueid):
                return userfield, uniqueid
            return uniqueid, userfield
        case [only]:
            return (only, "") if UNIQUEID.fullmatch(only) else ("", only)
    return "", ""


def text(cell: str) -> str:
    """Of a cell whose bytes are characters: UTF-8, else GB18030, else with its foreign bytes shown."""
    if cell.isascii():
        return cell
    try:
        data = cell.encode("latin-1")
    except UnicodeEncodeError:
        return cell
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "backslashreplace")
