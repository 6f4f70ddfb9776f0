"""Workbooks as programs and people make them, and as nobody honest does."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dialpact.application.sheets import archive, open_sheets
from dialpact.application.sheets.numbers import Style, is_day
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.sheet import NumberCell, Unread, row_of
from dialpact.compliance.registers.table import Table
from tests.workbooks import MAIN, links, packed, parts, row, sheet, table

NAMES = ("number", "at")
START = datetime(1990, 1, 1)  # noqa: DTZ001 - a cell has no zone


def rows(data: bytes, *only: str) -> list[tuple[int, list[str] | str]]:
    found = Table(open_sheets(io.BytesIO(data), only), NAMES)
    return [(line, cells.key if isinstance(cells, Fault) else cells) for line, cells in found]


def first(data: bytes) -> list[str] | str:
    return rows(data)[0][1]


def book(*cells: Any, **more: Any) -> bytes:
    """One row below the names."""
    return packed(parts({"Sheet1": table(NAMES, cells)}, **more))


def remarks(data: bytes) -> list[tuple[str, dict[str, str]]]:
    opened = open_sheets(io.BytesIO(data))
    found = Table(opened, NAMES)
    list(found)
    return [tuple(one) for one in (*found.remarks, *opened.remarks)]  # type: ignore[misc]


# as programs write them


@settings(max_examples=40, deadline=None)
@given(
    some.lists(
        some.lists(
            some.one_of(
                some.none(),
                some.booleans(),
                some.integers(-(10**14), 10**14),
                some.text("01+-aé保\U0001f4de &<\"'\n_x0041", max_size=8),
                some.dates(date(1990, 1, 1), date(2100, 1, 1)),
                some.integers(0, 4 * 10**9).map(lambda seconds: START + timedelta(seconds=seconds)),
            ),
            max_size=5,
        ),
        max_size=8,
    ),
    some.booleans(),
    some.booleans(),
)
def test_what_openpyxl_writes(values: list[list[Any]], streamed: bool, since_1904: bool) -> None:
    made = openpyxl.Workbook(write_only=streamed)
    if since_1904:
        made.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    page = made.create_sheet() if streamed else made.active
    for line in [("x",), *values]:
        page.append(line)
    file = io.BytesIO()
    made.save(file)
    found = {number: list(cells) for number, cells in open_sheets(file).sheets[-1].views[0].rows(0)}  # type: ignore[arg-type]
    for number, line in enumerate([["x"], *values], 1):
        wanted = [written(value) for value in line]
        while wanted and not wanted[-1]:
            wanted.pop()
        cells = found.get(number, [])
        while cells and not cells[-1]:
            cells.pop()
        assert cells == wanted, number


def written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(" ").removesuffix(" 00:00:00")
    if isinstance(value, str) and value.startswith("="):
        return value  # openpyxl takes it for a formula
    return " ".join(str(value).split("\n")).strip()


def test_shared_texts() -> None:
    strings = [
        "<t>number</t>",
        "<t>at</t>",
        '<r><rPr><b/></rPr><t>1380</t></r><r><t xml:space="preserve"> 0138000</t></r>',
        "<t>保险</t><rPh sb='0' eb='1'><t>baoxian</t></rPh>",
        "<t>a_x000A_b</t>",
    ]
    cells = ["".join(f'<c t="s"><v>{place}</v></c>' for place in pair) for pair in ((0, 1), (2, 3), (4, 3))]
    data = packed(parts({"a": "".join(f"<row>{one}</row>" for one in cells)}, strings=strings))
    assert [cells for _, cells in rows(data)] == [["1380 0138000", "保险"], ["a b", "保险"]]


def test_names_with_a_prefix_and_parts_in_other_places() -> None:
    """As some programs write them; and Excel's strict format has other namespaces."""
    inner = "".join(row(*cells) for cells in (NAMES, ("13800138000", "x")))
    for tag in ("row", "c", "is", "t", "v"):
        inner = inner.replace(f"<{tag}", f"<x:{tag}").replace(f"</{tag}>", f"</x:{tag}>")
    found: Mapping[str, str] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": links(("officeDocument", "/Book/Main.XML")),
        "book/main.xml": '<x:workbook xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main" xmlns:r="r">'
        '<x:sheets><x:sheet name="a" sheetId="7" r:id="rId1"/></x:sheets></x:workbook>',
        "Book/_rels/Main.XML.rels": links(("worksheet", "..\\data\\1.xml")),
        "data/1.xml": f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{inner}</x:sheetData></x:worksheet>',
    }
    assert rows(packed(found)) == [(2, ["13800138000", "x"])]


def test_a_size_that_the_file_claims_is_not_believed() -> None:
    found = parts({"a": ""})
    lines = table(NAMES, *([str(number), "x"] for number in range(1000)))
    found["xl/worksheets/sheet1.xml"] = sheet(lines, '<dimension ref="A1"/>')
    assert len(rows(packed(found))) == 1000


def test_gaps_and_a_stray_cell() -> None:
    lines = (
        row("title", number=2)
        + row('<c r="B5" t="str"><v>number</v></c>', '<c r="D5" t="str"><v>at</v></c>', number=5)
        + row('<c r="D9" t="str"><v>x</v></c>', number=9)
        + row('<c r="B11"><v>7</v></c>', '<c r="XFD11"><v>1</v></c>', number=11)
    )
    data = packed(parts({"a": lines}))
    assert rows(data) == [(9, ["", "x"]), (11, ["7", ""])]
    assert remarks(data) == [("title", {"lines": "1", "header": "5"}), ("beside", {"cells": "1"})]


# cells


@pytest.mark.parametrize(
    ("cell", "formats", "found"),
    [
        (13800138000, (), "13800138000"),
        ("<c><v>1.3800138E10</v></c>", (), "13800138000"),
        ("<c><v>13800138000.0</v></c>", (), "13800138000"),
        (0.5, (), "0.5"),
        (-3, (), "-3"),
        ((2787654321, 1), ("00000000000",), "02787654321"),
        ((13800138000, 1), ("000-0000-0000",), "138-0013-8000"),
        ((2787654321, 1), ('"0"0',), "02787654321"),
        ((13800138000, 1), ('"+86 "0',), "+86 13800138000"),
        ((13800138000, 1), ("0_ ",), "13800138000"),
        ((13800138000, 1), ("#,##0",), "13800138000"),
        ((13800138000, 1), ("[<=9999999]###-####;(###) ###-####",), "13800138000"),
        ((2127360104, 1), ("(000) 000-0000",), "(212) 736-0104"),
        (True, (), "true"),
        # days
        ((46027, 1), (14,), "2026-01-05"),
        ((46027.5, 1), (22,), "2026-01-05 12:00:00"),
        ((46027.4375, 1), (31,), "2026-01-05 10:30:00"),
        ((46027, 1), (57,), "2026-01-05"),
        ((46027, 1), ('yyyy"年"m"月"d"日";@',), "2026-01-05"),
        ((46027, 1), ("[$-804]yyyy/m/d\\ aaaa",), "2026-01-05"),
        ((46027.999999999, 1), ("m/d/yy h:mm",), "2026-01-06"),
        ((46027, 1), ("[h]:mm",), "46027"),
        ((46027, 1), ("0.00E+00",), "46027"),
        ((13800138000, 1), (14,), "13800138000"),
        ('<c t="d"><v>2026-01-05T00:00:00</v></c>', (), "2026-01-05"),
        # texts
        ('<c t="inlineStr"><is><t xml:space="preserve"> 027 </t></is></c>', (), "027"),
        ('<c t="str"><f>"027"</f><v>027</v></c>', (), "027"),
    ],
)
def test_cells(cell: Any, formats: tuple[str | int, ...], found: str) -> None:
    cells = first(book(cell, "x", formats=formats))
    assert cells == [found, "x"]


def test_since_1904() -> None:
    assert first(book((44565, 1), 44565, formats=(14,), since_1904=True)) == ["2026-01-05", "44565"]
    data = book("1", 44565, since_1904=True)
    ((_, cells),) = list(Table(open_sheets(io.BytesIO(data)), NAMES))
    assert isinstance(cells, list) and isinstance(cells[1], NumberCell) and cells[1].day == "2026-01-05"


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("<c><f>A1</f><v>13800138000</v></c>", "cell-formula"),
        ('<c t="str"><f>CONCATENATE("0",A1)</f><v>027</v></c>', "cell-formula"),
        ('<c t="shared" s="0"><f t="shared" si="0"/><v>1</v></c>', "cell-formula"),
        ('<c t="str"><f>A9</f></c>', "cell-formula"),
        ('<c t="e"><v>#N/A</v></c>', "cell-error"),
        ("<c><v>86138001380001380</v></c>", "digits-lost"),
        ("<c><v>1.06905550000123E+19</v></c>", "digits-lost"),
        ("<c><v>1e999999999</v></c>", "cell-error"),
        ("<c><v>x</v></c>", "cell-error"),
    ],
)
def test_cells_that_are_refused_by_name(cell: str, fault: str) -> None:
    ((_, found),) = list(Table(open_sheets(io.BytesIO(book(cell, "x"))), NAMES))
    assert isinstance(found, Fault) and (found.key, found.detail["column"]) == (fault, "number")
    beside = packed(parts({"a": table(("", *NAMES), (cell, "1", "2"))}))
    assert rows(beside) == [(2, ["1", "2"])]


def refusal(data: bytes, *only: str) -> str:
    try:
        rows(data, *only)
    except Fault as fault:
        return fault.key
    return ""


def test_what_is_refused_is_still_there_as_it_was_written() -> None:
    data = book("<c><f>A1+1</f><v>7</v></c>", '<c t="e"><v>#REF!</v></c>')
    assert list(Table(open_sheets(io.BytesIO(data)), NAMES).written()) == [(2, ["=A1+1", "#REF!"])]


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("yyyy-mm-dd", True),
        ("上午/下午h:mm", True),
        ('0.0\\ "km/h"', False),
        ('_-* #,##0.00\\ "kr."_-;\\-* #,##0.00', False),
        ("General", False),
        ("[Red]0", False),
        ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", True),
        ("@", False),
        ("[mm]:ss", False),
    ],
)
def test_which_formats_are_days(code: str, day: bool) -> None:
    assert is_day(code) is day


def test_a_padded_number_says_its_plain_digits_too() -> None:
    found = Style(164, "00000000000").shown("2787654321", since_1904=False)
    assert isinstance(found, NumberCell) and (found, found.number) == ("02787654321", "2787654321")
    assert isinstance(Style(0).shown("x", since_1904=False), Unread)


# sheets


def test_hidden_rows_columns_and_sheets_are_read_and_said() -> None:
    lines = table(NAMES, ("1", "x")) + row("2", "y", attributes=' hidden="1"')
    found = parts({"a": lines, "b&c": table(NAMES[::-1], ("z", "3"))}, hidden=["b&c"])
    hide = '<cols><col min="2" max="2" hidden="1"/><col min="3" max="16384" hidden="1"/></cols>'
    found["xl/worksheets/sheet1.xml"] = sheet(lines, hide)
    data = packed(found)
    assert [cells for _, cells in rows(data)] == [["1", "x"], ["2", "y"], ["3", "z"]]
    assert [row_of(line) for line, _ in rows(data)] == [(0, 2), (0, 3), (1, 2)]
    assert remarks(data) == [
        ("hidden-sheets", {"sheets": "'b&c'"}),
        ("hidden-rows", {"rows": "1"}),
        ("hidden-columns", {"columns": "1"}),
    ]


def test_an_empty_sheet_is_none_and_notes_are_left_out_and_said() -> None:
    notes = table(("说明", "每月更新 2026-10"), ("客服 400-123-4567",))
    data = packed(parts({"empty": row(None, ""), "notes": notes, "a": table(NAMES, ("1", "x"))}))
    assert [(row_of(line), cells) for line, cells in rows(data)] == [((1, 2), ["1", "x"])]
    assert remarks(data) == [("sheet-left-out", {"sheet": "'notes'"})]


def test_a_sheet_without_names_that_goes_on_with_the_rows_is_refused() -> None:
    data = packed(parts({"a": table(NAMES, ("1", "x")), "b": table(("x", "13800138000"))}))
    assert refusal(data) == "sheet-header"
    assert rows(data, "a") == [(2, ["1", "x"])]
    data = packed(parts({"a": table(NAMES, ("1", "x")), "b": table(("95588", "acme"))}))
    assert refusal(data) == "sheet-header"
    assert refusal(data, "c") == "no-sheet"


def test_sheets_whose_columns_differ_are_written_below_the_register_s_names() -> None:
    data = packed(parts({"a": table(NAMES, ("1", "x")), "b": table(("more", *NAMES[::-1]), ("z", "y", "2"))}))
    found = Table(open_sheets(io.BytesIO(data)), NAMES, ("more",))
    assert found.names == [*NAMES, "more"]
    assert [cells for _, cells in found.written()] == [["1", "x", ""], ["2", "y", "z"]]
    assert [cells for _, cells in found] == [["1", "x", ""], ["2", "y", "z"]]


# as nobody honest makes them


def broken(part: str, content: str | bytes | None) -> bytes:
    found = parts({"a": table(NAMES, ("1", "x"))})
    if content is None:
        del found[part]
    else:
        found[part] = content
    return packed(found)


DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"PK\x03\x04rest", "workbook-damaged"),
        (book("1", "x")[:-200], "workbook-damaged"),
        (broken("xl/worksheets/sheet1.xml", None), "workbook-damaged"),
        (broken("xl/workbook.xml", None), "workbook-damaged"),
        (broken("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row>"), "workbook-damaged"),
        (
            broken("xl/worksheets/sheet1.xml", f"{DOCTYPE}<worksheet><sheetData/></worksheet>"),
            "workbook-damaged",
        ),
        (broken("xl/workbook.xml", f"{DOCTYPE}<workbook>&b;</workbook>"), "workbook-damaged"),
        (broken("xl/styles.xml", "<a>" * 1000), "workbook-damaged"),
        (
            broken("xl/worksheets/sheet1.xml", sheet(row("1", number=5) + row("2", number=5))),
            "workbook-damaged",
        ),
        (broken("xl/worksheets/sheet1.xml", sheet(row('<c r="XFE1"><v>1</v></c>'))), "workbook-damaged"),
        (broken("xl/worksheets/sheet1.xml", sheet(row('<c t="s"><v>7</v></c>'))), "workbook-damaged"),
        (broken("xl/worksheets/sheet1.xml", sheet(row('<c t="s"><v>-1</v></c>'))), "workbook-damaged"),
        (packed({"[Content_Types].xml": "", "xl/workbook.bin": ""}), "file-xlsb"),
        (packed({"[Content_Types].xml": "", "word/document.xml": ""}), "file-document"),
        (packed({"mimetype": "", "content.xml": ""}), "file-ods"),
        (packed({"dnc.csv": "number"}), "file-packed"),
    ],
)
def test_files_that_are_refused(data: bytes, fault: str) -> None:
    assert refusal(data) == fault


@pytest.mark.parametrize(
    "content",
    [
        b"<worksheet><sheetData>" + b"<row>" * 2_000_000,
        b"<worksheet><sheetData><row><c a='" + b"x" * 12_000_000,
        b"<worksheet><sheetData><row><c t='str'><v>" + b"x" * 12_000_000,
        b"<worksheet>" + b"<cols/>" * 2_000_000,
    ],
    ids=["nesting", "attribute", "text", "nothing"],
)
def test_what_never_ends_is_given_up(content: bytes) -> None:
    data = broken("xl/worksheets/sheet1.xml", content)
    tracemalloc.start()
    try:
        assert refusal(data) == "workbook-too-large"
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_DULL", 1 << 20)
    assert refusal(broken("xl/worksheets/sheet1.xml", sheet(" " * (8 << 20)))) == "workbook-too-large"
    monkeypatch.setattr(archive, "LARGEST", 1000)
    assert refusal(broken("xl/worksheets/sheet1.xml", sheet(row("1") * 100))) == "workbook-too-large"


def test_a_list_of_parts_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    many = packed(parts({"a": table(NAMES, ("1", "x"))}) | {f"x/{number}.bin": "" for number in range(2000)})
    assert rows(many)
    monkeypatch.setattr(archive, "DIRECTORY", 100_000)
    assert refusal(many) == "workbook-too-large"
    monkeypatch.undo()
    monkeypatch.setattr(archive, "_PARTS", 1000)
    assert refusal(many) == "workbook-too-large"


def test_a_million_shared_texts_take_little_memory() -> None:
    """A tenth of that here, and a tenth of what Python's own texts would take."""
    strings = [f"<t>{13800000000 + number}</t>" for number in range(100_000)]
    data = packed(parts({"a": table(NAMES)}, strings=strings))
    del strings
    tracemalloc.start()
    try:
        opened = open_sheets(io.BytesIO(data))
        assert tracemalloc.get_traced_memory()[0] < 4 << 20
    finally:
        tracemalloc.stop()
    assert opened.sheets
