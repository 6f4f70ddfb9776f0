"""Asterisk's Master.csv: what cdr_csv writes, what callers make of it, and what is no such file."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialpact.compliance import cdr
from dialpact.compliance.cdr import LONGEST, CdrRecord, Master
from dialpact.compliance.registers.fault import Fault

SHANGHAI = ZoneInfo("Asia/Shanghai")
# As Asterisk 22 writes it, with loguniqueid and loguserfield; an unanswered call has an empty answer time.
HEAD = (
    '"renewal","02787654321","13800138000","outbound","""Ann"" <02787654321>",'
    '"PJSIP/agent1001-00000001","PJSIP/carrier-00000002","Dial","PJSIP/13800138000@carrier,60,tT",'
    '"2026-11-24 10:00:00",,"2026-11-24 10:00:30",30,0,"NO ANSWER","DOCUMENTATION"'
)
LINE = HEAD + ',"1763949600.1","a, ""b"""'


def read(text: str | bytes, zone: ZoneInfo = SHANGHAI) -> list[tuple[int, CdrRecord | Fault]]:
    data = text.encode() if isinstance(text, str) else text
    return list(Master(BytesIO(data), zone))


def record(text: str | bytes, zone: ZoneInfo = SHANGHAI) -> CdrRecord:
    ((_, found),) = read(text, zone)
    assert isinstance(found, CdrRecord), found
    return found


def faults(text: str | bytes) -> list[tuple[int, str]]:
    return [(line, found.key) for line, found in read(text) if isinstance(found, Fault)]


def test_a_line_of_asterisk() -> None:
    assert record(LINE + "\n") == CdrRecord(
        line=1,
        accountcode="renewal",
        src="02787654321",
        dst="13800138000",
        dcontext="outbound",
        clid='"Ann" <02787654321>',
        channel="PJSIP/agent1001-00000001",
        dstchannel="PJSIP/carrier-00000002",
        lastapp="Dial",
        lastdata="PJSIP/13800138000@carrier,60,tT",
        start=datetime(2026, 11, 24, 2, tzinfo=UTC),
        duration="30",
        billsec="0",
        disposition="NO ANSWER",
        uniqueid="1763949600.1",
        userfield='a, "b"',
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ("", "")),
        (',"1763949600.1"', ("1763949600.1", "")),
        (',"pbx1-1763949600.1"', ("pbx1-1763949600.1", "")),  # asterisk.conf: systemname
        (',"spring"', ("", "spring")),
        (',"1763949600.1","spring"', ("1763949600.1", "spring")),
        (',"peer","1763949600.1",7', ("", "")),  # newcdrcolumns alone
        (',"1763949600.2","peer","1763949600.1",7', ("1763949600.2", "")),
        (',"1763949600.2","spring","peer","1763949600.1",7', ("1763949600.2", "spring")),
    ],
)
def test_columns_that_may_be_missing(more: str, expected: tuple[str, str]) -> None:
    found = record(HEAD + more)
    assert (found.uniqueid, found.userfield) == expected


@pytest.mark.parametrize(
    ("zone", "hour"),
    [("Asia/Shanghai", 2), ("UTC", 10), ("Europe/Paris", 9)],  # UTC: usegmtime=yes
)
def test_times_have_the_zone_that_was_named(zone: str, hour: int) -> None:
    assert record(LINE, ZoneInfo(zone)).start == datetime(2026, 11, 24, hour, tzinfo=UTC)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(encoding: str) -> None:
    assert record(LINE.replace("renewal", "续保").encode(encoding)).accountcode == "续保"


def test_each_field_is_decoded_by_itself() -> None:
    """A name that Asterisk cut within a character spoils neither the line nor the account beside it."""
    line = LINE.replace("renewal", "续保").encode().replace(b"Ann", "王".encode()[:2])
    found = record(line)
    assert found.accountcode == "续保"
    assert found.clid.endswith(" <02787654321>")


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_line_ends(end: str) -> None:
    assert [line for line, _ in read(LINE + "\n\n" + LINE + end)] == [1, 3]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("one,two", "cdr-columns"),
        (LINE + ",a,b,c,d", "cdr-columns"),
        (LINE.replace("2026-11-24 10:00:00", ""), "cdr-time"),
        (LINE.replace("2026-11-24 10:00:00", "2026-02-30 10:00:00"), "cdr-time"),
        (LINE.replace("2026-11-24 10:00:00", "0001-01-01 00:00:00"), "cdr-time"),
        (LINE.replace("2026-11-24 10:00:00", "9999-12-31 10:00:00"), "cdr-time"),
        (LINE.replace("2026-11-24 10:00:00", "2026-11-24"), "cdr-time"),
        (LINE.replace("30,0,", "NO,0,"), "cdr-seconds"),
        (LINE.replace("2026-11-24 10:00:00", "２026-11-24 10:00:00"), "cdr-time"),
        (LINE.replace('"Dial",', '"Dial'), "bad-quotes"),
        (LINE[:60], "bad-quotes"),
        # cdr_custom's own Master.csv has another order
        (",".join(["x"] * 8 + ["2026-11-24 10:00:00"] + ["x"] * 8), "cdr-time"),
    ],
)
def test_a_bad_line_is_reported_and_costs_no_other(line: str, key: str) -> None:
    assert faults(f"{LINE}\n{line}\n{LINE}\n") == [(2, key)]
    assert len(read(f"{LINE}\n{line}\n{LINE}\n")) == 3


def test_a_line_end_within_a_field_breaks_two_lines_and_no_more() -> None:
    broken = LINE.replace("Ann", "An\nn")
    assert [line for line, _ in faults(f"{LINE}\n{broken}\n{LINE}\n")] == [2, 3]


def test_an_endless_line_is_not_read_into_memory() -> None:
    long = b"x" * (LONGEST * 3 + 17)
    assert faults(LINE.encode() + b"\n" + long + b"\n" + LINE.encode()) == [(2, "line-too-long")]
    exact = b"x" * (LONGEST - 1) + b"\n"
    assert faults(exact + LINE.encode()) == [(1, "cdr-columns")]
    for alone in (long, exact):
        with pytest.raises(Fault, match="cdr form"):
            read(alone)


@pytest.mark.parametrize(("start", "key"), [(b"PK\x03\x04", "workbook"), (LINE.encode("utf-16"), "utf-16")])
def test_what_is_no_text(start: bytes, key: str) -> None:
    with pytest.raises(Fault) as raised:
        read(start)
    assert raised.value.key == key


def test_position_is_in_bytes() -> None:
    data = (LINE + "\n").encode() * 3
    master = Master(BytesIO(data), SHANGHAI)
    assert len(list(master)) == 3
    assert (master.position, master.lines) == (len(data), 3)


@given(
    st.binary(max_size=400).filter(
        lambda data: not data.startswith((b"PK", b"\xd0\xcf", b"\xff\xfe", b"\xfe\xff"))
    )
)
def test_no_bytes_end_the_reading(data: bytes) -> None:
    """Every line that is not blank is a record or a fault, in order."""
    found = read(data + b"\n" + LINE.encode())
    wanted = [n for n, line in enumerate((data + b"\n").split(b"\n"), 1) if line.rstrip(b"\r")]
    assert [line for line, _ in found if line <= data.count(b"\n") + 1] == wanted or data.startswith(
        b"\xef\xbb\xbf"
    )
    assert isinstance(found[-1][1], CdrRecord)


CELL = st.text(max_size=12).map(lambda text: '"' + text.replace('"', '""') + '"')


@given(
    st.lists(st.one_of(CELL, st.text(max_size=12)), min_size=16, max_size=21),
    st.sampled_from(["utf-8", "gb18030"]),
)
def test_no_line_raises_anything_but_a_fault(cells: list[str], encoding: str) -> None:
    cells[9] = '"2026-11-24 10:00:00"'
    try:
        cdr.read(
            ",".join(cells).encode(encoding, "surrogatepass" if encoding == "utf-8" else "ignore"),
            1,
            SHANGHAI,
        )
    except Fault as fault:
        assert fault.key in {"bad-quotes", "cdr-columns", "cdr-time", "cdr-seconds"}


@pytest.mark.parametrize(
    ("uniqueid", "second"),
    [
        ("1795645074.2", 1795645074),
        ("pbx-1-1795645074.2", 1795645074),
        ("", None),
        ("1795645074", None),
        (f"{'9' * 5000}.1", None),  # more digits than int() takes
    ],
)
def test_born(uniqueid: str, second: int | None) -> None:
    assert cdr.born(uniqueid) == second
