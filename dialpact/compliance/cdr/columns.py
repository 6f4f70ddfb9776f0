"""What columns are called: the names of a header, and ``--columns`` for any other.

Taken from Asterisk's own variables and tables, from the exports of FreePBX (26 columns), CDR-Viewer (16 and
20), Issabel, MikoPBX, Wazo and VICIdial, and from what such columns are called in Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialpact.compliance.registers.fault import Fault, shown

# Of each field its names, the surest first: where a header has several of them, the first is taken.
NAMES: dict[str, tuple[str, ...]] = {
    "start": (
        *("start", "calldate", "starttime", "startdate", "callstart", "callstarttime", "startstamp"),
        *(
            "开始时间",
            "起始时间",
            "呼叫时间",
            "呼叫开始时间",
            "通话开始时间",
            "拨打时间",
            "日期时间",
            "呼出时间",
            "外呼时间",
        ),
        *("datetime", "calltime", "begintime", "timestamp", "fechahora", "date", "fecha", "дата", "日期"),
        *("startepoch", "时间"),
    ),
    "clock": ("time", "hora", "время", "时刻", "时间"),
    "answer": (
        *("answer", "answertime", "answerdate", "answerstamp", "connecttime"),
        *("应答时间", "接通时间", "接听时间"),
    ),
    "end": (
        *("end", "endtime", "enddate", "endstamp", "hanguptime", "hangupdate", "calleend"),
        *("结束时间", "挂断时间", "通话结束时间", "挂机时间", "endepoch"),
    ),
    "duration": (
        *("duration", "callduration", "totalduration", "durationsec", "durationseconds", "duración"),
        *("总时长", "时长", "持续时间", "呼叫时长"),
    ),
    "billsec": (
        *(
            "billsec",
            "billseconds",
            "billableseconds",
            "billduration",
            "talktime",
            "talkduration",
            "talkdurations",
            "talking",
        ),
        *("talksec", "lengthinsec", "sessiontime", "计费时长", "通话时长", "通话秒数"),
    ),
    "disposition": (
        *("disposition", "callstatus", "dialstatus", "status", "estado", "статус", "result", "answered"),
        *("通话状态", "呼叫状态", "接听状态", "呼叫结果", "状态", "结果"),
    ),
    "src": (
        *("src", "source", "srcnum", "sourceextension", "sourcenumber", "caller", "callernumber"),
        *("callingnumber", "callfrom", "callerid", "calleridnumber", "callidnum", "origen", "ani", "from"),
        *("主叫号码", "主叫", "源号码", "来源号码", "来源", "origem", "источник"),
    ),
    "dst": (
        *("dst", "destination", "dstnum", "destinationextension", "destinationnumber", "requestedextension"),
        *("callednumber", "called", "callee", "calleenumber", "callto", "phonenumberdialed", "numberdialed"),
        *("dialednumber", "dialed", "phonenumber", "destino", "to", "被叫号码", "被叫", "目的号码"),
        *("目标号码", "呼叫号码", "拨打号码", "对方号码", "客户号码", "目的地", "назначение"),
    ),
    "clid": ("clid", "calleridname", "calleridtext"),
    "shown": ("outboundcnum", "外显号码", "显示号码"),
    "channel": (
        "channel",
        "srcchannel",
        "srcchan",
        "sourcechannel",
        "canalorigen",
        "主叫通道",
        "源通道",
        "来源通道",
    ),
    "dstchannel": (
        *(
            "dstchannel",
            "dstchan",
            "destinationchannel",
            "destchannel",
            "carrierlogchannel",
            "canaldestino",
            "目标通道",
        ),
        *("被叫通道", "目的通道"),
    ),
    "lastapp": ("lastapp", "lastapplication", "appname", "application"),
    "lastdata": ("lastdata", "lastappdata", "appdata"),
    "dcontext": ("dcontext", "destinationcontext", "context", "requestedcontext"),
    "accountcode": ("accountcode", "account", "códigodecuenta", "campaignid", "campaign", "外呼活动"),
    "userfield": ("userfield",),
    "uniqueid": ("uniqueid", "carrierloguniqueid"),
    "way": (
        "calldirection",
        "direction",
        "calltype",
        "communicationtype",
        "通信类型",
        "呼叫方向",
        "呼叫类型",
        "通话方向",
        "方向",
    ),
    "trunk": (
        *("trunk", "trunkname", "dsttrunkname", "dsttrunk", "destinationtrunk", "outboundtrunk", "gateway"),
        *("provider", "中继", "中继名称", "目的中继", "呼出中继", "出局中继", "外呼线路", "线路", "网关"),
    ),
}
GIVEN = tuple(field for field in NAMES if field not in ("clock", "shown"))  # what --columns may name
_FIELDS: dict[str, list[tuple[int, str]]] = {}  # by a name of it: the rank of that name, and the field
for _field, _names in NAMES.items():
    for _rank, _name in enumerate(_names):
        _FIELDS.setdefault(_name, []).append((_rank, _field))
MOST, LENGTH = 40, 30  # names that a message repeats, and characters of each
_NUMBER = re.compile(r"[0-9]{7,}")
_DROPPED = re.compile(r"[\s_\-./:#()（）\"'\ufeff]+")


def plain(name: str) -> str:
    """As names are compared: ``Dst. Channel`` and ``dst_channel`` are one, with its unit or without."""
    return _DROPPED.sub("", name).casefold().removesuffix("秒")


def named(header: Sequence[str]) -> dict[str, int]:
    """Of each field that the header has, the place of its column. A name that is there twice: the first."""
    found: dict[str, tuple[int, int]] = {}
    for place, cell in enumerate(header):
        for rank, field in _FIELDS.get(plain(cell), ()):
            if field not in found or rank < found[field][0]:
                found[field] = rank, place
    places = {field: place for field, (_, place) in found.items()}
    if "start" not in places and "clock" in places:
        places["start"] = places["clock"]  # (its times may well have their day)
    if places.get("clock") == places.get("start"):
        places.pop("clock", None)
    return places


def listed(header: Sequence[str]) -> str:
    """The names of columns as a message may repeat them: bounded, printable, without a number in them."""
    names = (_NUMBER.sub("****", name.strip()) for name in header[:MOST])
    kept = ("".join(char if char.isprintable() else "?" for char in name[:LENGTH]) for name in names)
    return ", ".join(filter(None, kept)) or "-"


class Columns:
    """What ``--columns`` says: of each field its column, by the header's name or by its number from 1."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Fault for what is not understood, with the piece that is not."""
        self.given: dict[str, str] = {}
        for piece in (piece.strip() for text in texts for piece in text.split(",")):
            field, equals, column = (part.strip() for part in piece.partition("="))
            if not (field and equals and column):
                raise Fault("cdr-columns-piece", value=shown(piece))
            if field not in GIVEN:
                raise Fault("unknown-value", column="columns", value=shown(field), known=", ".join(GIVEN))
            if self.given.setdefault(field, column) != column:
                raise Fault("cdr-columns-twice", field=field)

    @property
    def names(self) -> dict[str, str]:
        return {field: column for field, column in self.given.items() if not column.isdecimal()}

    def in_header(self, header: Sequence[str]) -> bool:
        """Whether this line is the header that is meant."""
        there = {plain(cell) for cell in header}
        return bool(self.names) and all(plain(column) in there for column in self.names.values())

    def places(self, header: Sequence[str], width: int) -> dict[str, int]:
        """``header`` may be empty: then numbers name the columns. Fault for one that is not there."""
        known = [plain(cell) for cell in header]
        places = {}
        for field, column in self.given.items():
            if column.isdecimal():
                places[field] = int(column) - 1
                if not 1 <= int(column) <= width:
                    raise Fault("cdr-columns-place", field=field, column=column, found=str(width))
            elif plain(column) in known:
                places[field] = known.index(plain(column))
            else:
                raise Fault("cdr-columns-none", field=field, column=shown(column), known=listed(header))
        return places
