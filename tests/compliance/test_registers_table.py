"""CSV files as they come: encodings, headers, quotes, and lines that must not swallow others."""

from __future__ import annotations

import csv
import hashlib
from io import BytesIO, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dialpact.application.sheets import open_sheets, text
from dialpact.application.sheets.text import LONGEST
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.table import Table

COLUMNS = ("number", "scope", "value")


def rows(content: bytes | str, columns: tuple[str, ...] = COLUMNS) -> list[tuple[int, list[str] | str]]:
    data = content.encode() if isinstance(content, str) else content
    table = Table(open_sheets(BytesIO(data)), columns)
    return [(line, cells.key if isinstance(cells, Fault) else cells) for line, cells in table]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, newline: str) -> None:
    content = newline.join(["number,scope,value", "13800138000,industry,保险", ""]).encode(encoding)
    assert rows(content) == [(2, ["13800138000", "industry", "保险"])]


def test_a_gb18030_byte_order_mark() -> None:
    content = b"\x84\x31\x95\x33" + '"number",scope,value\n1,industry,保险'.encode("gb18030")
    assert rows(content) == [(2, ["1", "industry", "保险"])]


def test_columns_go_by_name() -> None:
    assert rows(" Value ,NUMBER,scope\nv,n,s\n") == [(2, ["n", "s", "v"])]


def test_blank_lines_are_no_rows_but_count_as_lines() -> None:
    assert rows("\n\nnumber,scope,value\n\n,,\nn,s,v\n  \n") == [(6, ["n", "s", "v"])]


def test_quotes() -> None:
    assert rows('number,scope,value\n"1","a,b","say ""x"""\n') == [(2, ["1", "a,b", 'say "x"'])]


@pytest.mark.parametrize("line", ['1,"a,b', '1,"a"b,c', '"'])
def test_an_open_quote_costs_its_own_line_only(line: str) -> None:
    found = rows(f"number,scope,value\n{line}\nn,s,v\n")
    assert found == [(2, "bad-quotes"), (3, ["n", "s", "v"])]


def test_cells_too_few_or_too_many() -> None:
    assert rows("number,scope,value\n1\n1,2,3,4\n1,2,3\n") == [
        (2, "cell-count"),
        (3, "cell-count"),
        (4, ["1", "2", "3"]),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_delimiters(delimiter: str, encoding: str) -> None:
    text = f'number{delimiter}scope{delimiter}value\r\n1{delimiter}"a{delimiter}, ;"{delimiter}保险\r\n'
    assert rows(text.encode(encoding)) == [(2, ["1", f"a{delimiter}, ;", "保险"])]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("sep=;\nnumber;scope;value\n1;a,b;c\n", [(3, ["1", "a,b", "c"])]),
        ('"SEP=^"\r\nnumber^scope^value\r\n1^2^3\r\n', [(3, ["1", "2", "3"])]),
        ("\ufeffsep=\t\nnumber\tscope\tvalue\n1\t2\t3\n", [(3, ["1", "2", "3"])]),
        # titles
        ("2026年10月拒呼名单,,\n共 2 条\n\nnumber,scope,value\n1,2,3\n", [(5, ["1", "2", "3"])]),
        ("2026-10-05;;\n20261005103000;;\nnumber;scope;value\n1;2;3\n", [(4, ["1", "2", "3"])]),
        ("2026,12345,\nnumber,scope,value\n1,2,3\n", [(3, ["1", "2", "3"])]),
        # columns without a name
        ("number,scope,value,,\n1,2,3,,\n4,5,6\n7,8,9,,x\n", [2, 3, "cell-count"]),
        (",number,scope,,value\n0,1,2,x,3\n", [(2, ["1", "2", "3"])]),
        ("number,scope,value\n1,2,3,,\n", [(2, ["1", "2", "3"])]),
        ('\ufeff\ufeff"number","scope","value"\n1,2,3\n\x1a', [(2, ["1", "2", "3"])]),
        # what was written of bad rows
        ("line,reason,number,scope,value\n7,why,1,2,3\n", [(2, ["1", "2", "3"])]),
    ],
)
def test_files_as_suppliers_deliver_them(content: str, found: list[object]) -> None:
    if isinstance(found[0], int):
        assert [cells if isinstance(cells, str) else line for line, cells in rows(content)] == found
    else:
        assert rows(content) == found


def test_a_single_column_is_one_column_whatever_its_rows_hold() -> None:
    assert rows("number\n1;2\n", ("number",)) == [(2, ["1;2"])]


def test_what_stands_above_the_header_is_said() -> None:
    table = Table(open_sheets(BytesIO("名单\n\n湖北\nnumber,scope,value\n".encode())), COLUMNS)
    assert table.remarks == [("title", {"lines": "2", "header": "4"})]


def test_rows_as_they_are_written() -> None:
    content = "value,x,number,scope\n".replace("x", "") + 'v,,1,"s\n a ,"",b,c\nv,w,1,s\n'
    table = Table(open_sheets(BytesIO(content.encode())), COLUMNS)
    assert table.names == ["value", "", "number", "scope"]
    assert list(table.written()) == [
        (2, ['v,,1,"s']),
        (3, ["a", "", "b", "c"]),
        (4, ["v", "w", "1", "s"]),
    ]


PIECES = ["a", ",", '"', " ", "\u3000", "险", "\r\n", "\r", "\n", "1,2,3\r\n"]


@given(some.lists(some.sampled_from(PIECES), min_size=20, max_size=60))
def test_lines_are_where_a_text_file_has_them(pieces: list[str]) -> None:
    """However they lie across the pieces in which the file is read."""
    written = "".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "LONGEST", 21)
        found = rows("number,scope,value\n" + written)
    lines = StringIO(written, newline=None).readlines()
    assert found == [
        (number, wanted)
        for number, line in enumerate(lines, 2)
        if (wanted := alone(line.removesuffix("\n"))) is not None
    ]


def alone(line: str) -> list[str] | str | None:
    """What a line is without its neighbours; None: blank."""
    if len(line) >= 21:
        return "line-too-long"
    try:
        cells = [cell.strip() for cell in next(csv.reader([line], strict=True), [])]
    except csv.Error:
        return "bad-quotes"
    if not any(cells):
        return None
    while len(cells) > len(COLUMNS) and not cells[-1]:
        cells.pop()
    return cells if len(cells) == len(COLUMNS) else "cell-count"


def test_a_line_without_end_is_given_up() -> None:
    content = "number,scope,value\n" + "9" * (3 * LONGEST) + "\nn,s,v\n"
    assert rows(content) == [(2, "line-too-long"), (3, ["n", "s", "v"])]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "no-header"),
        (b"\n\n", "no-header"),
        (b"number,scope\n", "missing-column"),
        (b"number;scope\n", "missing-column"),
        (b"13800138000,all,\nnumber,scope,value\n", "row-above-header"),
        (b"95588,all,\nnumber,scope,value\n", "row-above-header"),
        (b",'95588,\nscope,number,value\n", "row-above-header"),
        (b'="02787654321"\nnumber,scope,value\n', "row-above-header"),
        (b"13800138000,all,\n", "headless"),
        (b"number,scope,value,number\n", "column-twice"),
        (b'number,"scope\n', "bad-quotes"),
        (b"PK\x03\x04rest", "workbook-damaged"),
        (b"\xd0\xcf\x11\xe0rest", "file-xls"),
        (b"\xd0\xcf\x11\xe0" + "WordDocument".encode("utf-16-le"), "file-document"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "file-encrypted"),
        (b"\x09\x02\x06\x00", "file-xls"),
        (b"\x1f\x8b\x08", "file-packed"),
        (b"%PDF-1.7\n", "file-document"),
        (b"<html><table><tr><td>number</td></tr></table></html>", "file-html"),
        ("\ufeff \n<table>\n".encode("utf-16"), "file-html"),
        (b"MIME-Version: 1.0\nX-Document-Type: Workbook\n", "file-html"),
        (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n', "file-xml"),
        (b"number,scope,value\n\xff\xff\xff", "encoding"),
    ],
)
def test_files_that_are_refused(content: bytes, fault: str) -> None:
    with pytest.raises(Fault) as caught:
        rows(content)
    assert caught.value.key == fault


def test_a_late_byte_decides_the_encoding_of_the_whole() -> None:
    content = b"number,scope,value\n" + b"1,all,\n" * 200_000 + "2,industry,保险".encode("gb18030")
    found = rows(content)
    assert len(found) == 200_001
    assert found[-1] == (200_002, ["2", "industry", "保险"])


def test_the_files_hash_and_size() -> None:
    content = b"number,scope,value\n"
    table = open_sheets(BytesIO(content))
    assert (table.sha256, table.size) == (hashlib.sha256(content).hexdigest(), len(content))


def test_the_file_is_given_back_open() -> None:
    file = BytesIO(b"number,scope,value\n")
    Table(open_sheets(file), COLUMNS)
    assert not file.closed


@given(
    some.lists(
        some.lists(some.text(alphabet='ab", 保é\t', min_size=1, max_size=5), min_size=3, max_size=3),
        max_size=5,
    )
)
def test_what_csv_writes_is_read_back(table: list[list[str]]) -> None:
    import csv
    from io import StringIO

    text = StringIO()
    csv.writer(text).writerows([COLUMNS, *table])
    wanted = [[cell.strip() for cell in row] for row in table]
    assert [cells for _, cells in rows(text.getvalue())] == [row for row in wanted if any(row)]
