"""Times, durations, cells and columns of call records, each as somebody writes them."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest

from dialpact.compliance.cdr import CdrRecord, Columns, Master
from dialpact.compliance.cdr.cells import cells_of, other_cells
from dialpact.compliance.cdr.times import Clock, day_first, span
from dialpact.compliance.registers.fault import Fault

SHANGHAI = ZoneInfo("Asia/Shanghai")
TEN = datetime(2026, 11, 24, 2, tzinfo=UTC)
HEADER = "calldate,clid,src,dst,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,uniqueid"
ROW = (
    '2026-11-24 10:00:00,,0278,13800138000,PJSIP/1-1,PJSIP/carrier-2,Dial,"PJSIP/138@carrier",30,20,ANSWERED,'
)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-11-24 10:00:00",
        "2026-11-24 10:00:00.999",
        "2026-11-24 10:00:00,123456",
        "2026-11-24T10:00:00",
        "2026-11-24T02:00:00Z",
        "2026-11-24T10:00:00.5+08:00",
        "2026-11-23 21:00:00 -0500",
        "2026/11/24 10:00",
        "2026/11/24 10:00:00",
        "2026.11.24 10:00",
        "24.11.2026 10:00",
        "24/11/2026 10:00",
        "11/24/2026 10:00",
        "11/24/2026 10:00:00 AM",
        "2026年11月24日 10:00:00",
        "2026年11月24日 10时00分",
        "1795485600",
        "1795485600.123456",
        "1795485600123",
        " 2026-11-24 10:00:00 ",
    ],
)
def test_ten_o_clock(cell: str) -> None:
    assert Clock(SHANGHAI)(cell).at == TEN


@pytest.mark.parametrize(
    ("cell", "hour"), [("11/24/2026 12:30 AM", 0), ("11/24/2026 12:30 PM", 12), ("11/24/2026 1:30 p.m.", 13)]
)
def test_half_days(cell: str, hour: int) -> None:
    assert Clock(SHANGHAI)(cell).at.astimezone(SHANGHAI).hour == hour


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "2026-11-24",
        "3/4/2026 10:00",  # which is the month?
        "13/13/2026 10:00",
        "11/24/26 10:00",
        "11/24/2026 13:00 PM",
        "2026-11-31 10:00:00",
        "2026-11-24 25:00:00",
        "２026-11-24 10:00:00",
        "0000-00-00 00:00:00",
        "99999999999",
        "########",
        "8.61380E+12",
    ],
)
def test_what_is_no_time(cell: str) -> None:
    with pytest.raises(Fault, match="cdr time"):
        Clock(SHANGHAI)(cell)


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        ([("2026-11-24 10:00:00", "")], None),
        ([("24.11.2026 10:00", "")], None),
        ([("3/3/2026 10:00", ""), ("13/3/2026 10:00", "")], True),
        ([("3/3/2026 10:00", ""), ("3/13/2026 10:00", "")], False),
        ([("4/3/2026 10:00", "1772589600.1")], True),  # 4 March
        ([("3/4/2026 10:00", "pbx1-1772589600.1")], False),
        ([("3/4/2026 10:00", "1772589600")], False),  # the half that a spreadsheet leaves of it
    ],
)
def test_whether_the_day_comes_first(cells: list[tuple[str, str]], first: bool | None) -> None:
    assert day_first(cells) is first


@pytest.mark.parametrize("uniqueid", ["", "1.1", "1795485600.1"])
def test_nothing_says_which_is_the_day(uniqueid: str) -> None:
    with pytest.raises(Fault, match="cdr day order"):
        day_first([("3/4/2026 10:00", uniqueid)])


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        *(("0", "0"), ("90", "90"), ("90.999", "90"), ("90,5", "90")),
        *(("1:30", "90"), ("0:01:30", "90"), ("00:01:30", "90"), ("1:00:00", "3600")),
        *(
            ("90s", "90"),
            ("90s (1m 30s)", "90"),
            ("1m 30s", "90"),
            ("1分30秒", "90"),
            ("1 h 0 m 1 s", "3601"),
        ),
        *(("", None), ("ANSWERED", None), ("-1", None), ("1:99", None)),
    ],
)
def test_durations(cell: str, seconds: str | None) -> None:
    assert span(cell) == seconds


NAME = '"Ann, \\"Boss\\"" <027>'  # as Asterisk has it


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('"""Ann, \\""Boss\\"""" <027>",1', [NAME, "1"]),  # strict
        ('"""Ann, \\"Boss\\""" <027>",1', [NAME, "1"]),  # FreePBX
        ('""Ann, Boss" <027>",1', ['"Ann, Boss" <027>', "1"]),  # a viewer
        ('"Ann" <027>,"a,b",1', ['"Ann" <027>', "a,b", "1"]),
        ('""Ann, \\"Boss\\"" <027>","1",7', [NAME, "1", "7"]),  # older cdr_custom
        ('"open', None),
        ('"a"b","c', None),
    ],
)
def test_cells_as_they_were_meant(line: str, cells: list[str] | None) -> None:
    found = []
    with contextlib.suppress(Fault):
        found.append(cells_of(line, ","))
    found += other_cells(line, ",")
    assert cells in found if cells else not [one for one in found if len(one) > 1]


def master(text: str, *columns: str) -> list[CdrRecord | Fault]:
    said = Columns(columns) if columns else None
    return [one for _, one in Master(BytesIO(text.encode()), SHANGHAI, said)]


def one(text: str, *columns: str) -> CdrRecord:
    (found,) = master(text, *columns)
    assert isinstance(found, CdrRecord), found
    return found


def test_a_header_may_stand_anywhere_above_and_come_again() -> None:
    found = master(f"Report of Ann\n\n{HEADER}\n{ROW}1795485600.1\n{HEADER}\n{ROW}1795485600.2\n")
    assert [record.uniqueid for record in found if isinstance(record, CdrRecord)] == [
        "1795485600.1",
        "1795485600.2",
    ]
    assert len(found) == 2


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ((",ANSWERED,", ",ANSWERED,,"), "cdr-width"),
        (("2026-11-24 10", "2026-11-24 30"), "cdr-time"),
        ((",30,", ",thirty,"), "cdr-seconds"),
        (("ANSWERED,", 'ANSWERED,"'), "bad-quotes"),
    ],
)
def test_a_line_that_is_not_of_the_form(change: tuple[str, str], key: str) -> None:
    good, bad = master(f"{HEADER}\n{ROW}1795485600.1\n{(ROW + '1795485600.2').replace(*change)}\n")
    assert isinstance(good, CdrRecord)
    assert isinstance(bad, Fault) and bad.key == key


def test_the_start_is_never_the_answer() -> None:
    """A line of cdr_custom in a file of cdr_csv has a time where cdr_csv has the start: its answer."""
    plain = (
        '"","0278","13800138000","out","","PJSIP/1-1","PJSIP/carrier-2","Dial","PJSIP/138@carrier",'
        '"2026-11-24 10:00:00","2026-11-24 10:00:20","2026-11-24 10:00:40",40,20,"ANSWERED","DOCUMENTATION"\n'
    )
    custom = (
        '"","0278","13800138000","out","PJSIP/1-1","PJSIP/carrier-2","Dial","PJSIP/138@carrier",'
        '"2026-11-24 10:00:00","2026-11-24 10:00:20","2026-11-24 10:00:40","40","20","ANSWERED",'
        '"DOCUMENTATION","","1795485600.1","",7\n'
    )
    found = master(plain * 3 + custom)
    assert [record.start for record in found if isinstance(record, CdrRecord)] == [TEN] * 4
    assert [record.billsec for record in found if isinstance(record, CdrRecord)] == ["20"] * 4


def test_a_spreadsheet_s_numbers_are_not_believed() -> None:
    resaved = ROW.replace("2026-11-24 10:00:00", "2026/11/24 10:00")
    record = one(f"{HEADER}\n{resaved}1795485607\n")
    assert (record.uniqueid, record.stamp) == ("", "1795485607.0")
    assert record.start == TEN.replace(second=7)  # of the same minute, so it is its second
    later = one(f"{HEADER}\n{resaved}1795485757.3\n")  # a minute later: a further row of the channel
    assert later.start == TEN
    lost = f"{HEADER}\n{resaved.replace('13800138000', '8.6138E+12')}\n"
    assert one(lost).dst == ""  # Dial() has it
    (fault,) = master(lost.replace(",Dial,", ",Hangup,"))
    assert isinstance(fault, Fault) and fault.key == "cdr-lost-digits"


@pytest.mark.parametrize(
    ("word", "way"),
    [
        *(("Outbound", "out"), ("OUT", "out"), ("outgoing", "out"), ("呼出", "out"), ("预测外呼", "out")),
        *(
            ("inbound", "in"),
            ("Incoming", "in"),
            ("呼入", "in"),
            ("internal", "house"),
            ("内部通话", "house"),
        ),
    ],
)
def test_directions(word: str, way: str) -> None:
    header = "start,src,dst,duration,direction\n"
    assert one(f"{header}2026-11-24 10:00:00,0278,13800138000,30,{word}\n").way == way


def test_a_direction_that_is_not_known_is_no_house_call() -> None:
    (fault,) = master("start,src,dst,duration,direction\n2026-11-24 10:00:00,0278,13800138000,30,sideways\n")
    assert isinstance(fault, Fault) and fault.key == "cdr-way"


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ("start", "cdr-columns-piece"),
        ("start=", "cdr-columns-piece"),
        ("begin=1", "unknown-value"),
        ("start=1,start=2", "cdr-columns-twice"),
        ("start=0", "cdr-columns-place"),
        ("start=4,dst=9,dstchannel=3", "cdr-columns-place"),
        ("start=when,dst=whom", "cdr-columns-none"),
        ("start=2,dst=3,dstchannel=4", "cdr-columns-start"),
        ("start=1,dst=2", "cdr-no-way"),
        ("dst=2,dstchannel=3", "cdr-columns-start"),
    ],
)
def test_columns_that_are_said_wrongly(columns: str, key: str) -> None:
    with pytest.raises(Fault) as raised:
        master("a1;a2;a3;a4\n2026-11-24 10:00:00;13800138000;PJSIP/carrier-1;30\n", columns)
    assert raised.value.key == key


def test_columns_by_name_need_a_header() -> None:
    with pytest.raises(Fault) as raised:
        master("2026-11-24 10:00:00;13800138000;PJSIP/carrier-1;30\n", "start=when,dst=whom")
    assert raised.value.key == "cdr-columns-bare"


def test_columns_are_laid_over_a_header() -> None:
    """What is said of one column leaves the others what they are called."""
    text = f"{HEADER.replace('calldate', 'when')}\n{ROW}1795485600.1\n"
    with pytest.raises(Fault, match="cdr header lacks"):
        master(text)
    for said in ("start=when", "start=1"):
        record = one(text, said)
        assert (record.start, record.uniqueid, record.dst) == (TEN, "1795485600.1", "13800138000")


def test_a_spreadsheet_s_empty_rows_are_no_calls() -> None:
    found = master(f"{HEADER}\n{ROW}1795485600.1\n,,,,,,,,,,,\n;;;\n")
    assert len(found) == 1


def test_a_caller_id_with_its_name() -> None:
    header = "Call Date;Caller ID;Destination;Dst. Channel;Duration\n"
    record = one(header + '2026-11-24 10:00:00;"Ann" <02787654321>;13800138000;PJSIP/carrier-2;30\n')
    assert record.src == "02787654321"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-8-sig"])
def test_a_header_of_western_europe(encoding: str) -> None:
    text = "Fecha,Origen,Destino,Canal Destino,Estado,Duraci\u00f3n\n"
    text += "2026-11-24 10:00:00,0278,13800138000,PJSIP/carrier-2,ANSWERED,30s\n"
    ((_, record),) = Master(BytesIO(text.encode(encoding)), SHANGHAI)
    assert isinstance(record, CdrRecord) and record.duration == "30"


def test_a_column_with_its_unit() -> None:
    record = one(
        "开始时间,主叫号码,被叫号码,通话时长（秒）,呼叫方向\n2026-11-24 10:00:00,1001,13800138000,30,呼出\n"
    )
    assert (record.billsec, record.disposition) == ("30", "ANSWERED")
