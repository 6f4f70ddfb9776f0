"""CSV files as they come: encodings, headers, quotes, and lines that must not swallow others."""

from __future__ import annotations

import csv
import hashlib
from io import BytesIO, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dialpact.compliance.registers import table
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.table import LONGEST, Table

COLUMNS = ("number", "scope", "value")


def rows(content: bytes | str, columns: tuple[str, ...] = COLUMNS) -> list[tuple[int, list[str] | str]]:
    table = Table(BytesIO(content.encode() if isinstance(content, str) else content), columns)
    return [(line, cells.key if isinstance(cells, Fault) else cells) for line, cells in table]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, newline: str) -> None:
    content = newline.join(["number,scope,value", "13800138000,industry,保险", ""]).encode(encoding)
    assert rows(content) == [(2, ["13800138000", "industry", "保险"])]


def test_a_gb18030_byte_order_mark() -> None:
    content = b"\x84\x31\x95\x33" + "number,scope,value\n1,industry,保险".encode("gb18030")
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


PIECES = ["a", ",", '"', " ", "\u3000", "险", "\r\n", "\r", "\n", "1,2,3\r\n"]


@given(some.lists(some.sampled_from(PIECES), min_size=20, max_size=60))
def test_lines_are_where_a_text_file_has_them(pieces: list[str]) -> None:
    """However they lie across the pieces in which the file is read."""
    text = "".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "LONGEST", 21)
        found = rows("number,scope,value\n" + text)
    lines = StringIO(text, newline=None).readlines()
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
        (b"number;scope;value\n", "missing-column"),
        (b"13800138000,all,\n", "headless"),
        (b"number,scope,value,number\n", "column-twice"),
        (b'number,"scope\n', "bad-quotes"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\xd0\xcf\x11\xe0rest", "workbook"),
        ("number,scope,value".encode("utf-16"), "utf-16"),
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
    table = Table(BytesIO(content), COLUMNS)
    assert (table.sha256, table.size) == (hashlib.sha256(content).hexdigest(), len(content))


def test_the_file_is_given_back_open() -> None:
    file = BytesIO(b"number,scope,value\n")
    Table(file, COLUMNS).release()
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
