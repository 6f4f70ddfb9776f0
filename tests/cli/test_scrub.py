"""``dialpact scrub``: a file in, a row of answers for each row; figures and exit codes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import NUMBER, Home
from tests.workbooks import packed, parts, table

CALL = ("--campaign", "renewal", "--caller-id", "02787654321")
TUESDAY = ("--at", "2026-11-24T10:00:00+08:00")
COLUMNS = ["line", "given", "number", "verdict", "reasons", "retry_at", "holds_until", "fault", "why"]


def rows(content: str | bytes) -> list[dict[str, str]]:
    text = content.decode("utf-8-sig") if isinstance(content, bytes) else content.lstrip("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_all_may_be_called(stocked: Home) -> None:
    file = stocked.file("list.csv", f"number\n{NUMBER}\n+86 {NUMBER}\n")
    answer = stocked("scrub", file, *CALL, *TUESDAY, "--out", "result.csv")
    assert (answer["rows"], answer["callable"], answer["blocked"], answer["bad"]) == (2, 2, {}, 0)
    assert answer["at"] == "2026-11-24T02:00:00Z" and answer["mode"] == "enforce"
    found = rows((stocked.path / "result.csv").read_bytes())
    assert list(found[0]) == COLUMNS
    assert [(row["line"], row["number"], row["verdict"]) for row in found] == [
        ("2", "+8613800138000", "ALLOW"),
        ("3", "+8613800138000", "ALLOW"),
    ]
    assert (stocked.path / "result.csv").stat().st_mode & 0o777 == 0o600
    assert stocked("calls", "list") == []


def test_some_may_not_and_no_row_is_lost(stocked: Home) -> None:
    list_ = f"姓名,手机号\n甲,{NUMBER}\n乙,13800138001\n丙,110\n丁,1.38E+10\n戊,\n己,1,2\n庚,=1+1\n"
    file = stocked.file("list.csv", list_.encode("gb18030"))
    answer = stocked("scrub", file, *CALL, *TUESDAY, "--out", "result.csv", code=3)
    assert (answer["rows"], answer["callable"], answer["bad"]) == (7, 1, 3)
    assert answer["blocked"]["no-consent"] == 1 and answer["blocked"]["emergency-number"] == 1
    found = rows((stocked.path / "result.csv").read_bytes())
    assert [int(row["line"]) for row in found] == [2, 3, 4, 5, 6, 7, 8]
    assert [row["fault"] for row in found] == ["", "", "", "excel-exponent", "empty", "cell-count", ""]
    assert all(row["verdict"] == "BLOCK" and row["reasons"] for row in found[1:])
    assert all(row["why"] for row in found[2:]), "also of a number that is none"
    assert found[6]["given"] == "'=1+1", "no formula for a spreadsheet"


@pytest.mark.parametrize("number", [NUMBER, "13800138001", "110", "95588", "nonsense"])
@pytest.mark.parametrize(
    "at", ["2026-11-24 10:00", "2026-11-24 12:00", "2026-11-21 10:00", "2027-01-04 10:00"]
)
def test_as_check(stocked: Home, number: str, at: str) -> None:
    file = stocked.file("list.csv", f"number\n{number}\n")
    (row,) = stocked("scrub", file, *CALL, "--at", at, code=0 if _allowed(number, at) else 3)["results"]
    checked = stocked("check", number, *CALL, "--at", at, code=0 if _allowed(number, at) else 3)
    assert {name: row[name] for name in ("verdict", "reasons", "number", "retry_at")} == {
        name: checked[name] for name in ("verdict", "reasons", "number", "retry_at")
    }


def _allowed(number: str, at: str) -> bool:
    return (number, at) == (NUMBER, "2026-11-24 10:00")


def test_without_a_file_the_rows_go_to_standard_output(stocked: Home) -> None:
    file = stocked.file("list.csv", f"number\n{NUMBER}\n13800138001\n")
    result = stocked.run("scrub", file, *CALL, *TUESDAY, code=3)
    assert [row["verdict"] for row in rows(result.stdout)] == ["ALLOW", "BLOCK"]
    assert "1 may be called" in result.stderr


def test_json_lines(stocked: Home) -> None:
    lines = [{"phone": NUMBER, "name": "x"}, {"phone": 13800138001}, {"phone": None}, {"other": [1]}]
    content = "\n".join(map(json.dumps, lines)) + '\n{"phone": "1", "phone": "2"}\n[1]\nnonsense\n'
    file = stocked.file("list.jsonl", content)
    stocked("scrub", file, *CALL, *TUESDAY, "--out", "result.jsonl", code=3)
    found = [json.loads(line) for line in (stocked.path / "result.jsonl").read_text().splitlines()]
    assert [row["line"] for row in found] == [1, 2, 3, 4, 5, 6, 7]
    assert found[0] == {
        "line": 1,
        "given": NUMBER,
        "number": "+8613800138000",
        "verdict": "ALLOW",
        "reasons": [],
        "retry_at": None,
        "holds_until": found[0]["holds_until"],
        "fault": None,
        "why": "",
    }
    assert [row["fault"] for row in found[1:]] == [None, "empty", "empty", *["json-line"] * 3]


def test_a_workbook(stocked: Home) -> None:
    path = stocked.path / "list.xlsx"
    sheets = {"甲": table(("手机号",), (NUMBER,)), "乙": table(("电话",), ("13800138001",))}
    path.write_bytes(packed(parts(sheets)))
    stocked("scrub", str(path), *CALL, *TUESDAY, "--out", "result.csv", code=3)
    found = rows((stocked.path / "result.csv").read_bytes())
    assert [(row["sheet"], row["line"], row["verdict"]) for row in found] == [
        ("甲", "2", "ALLOW"),
        ("乙", "2", "BLOCK"),
    ]
    stocked("scrub", str(path), *CALL, *TUESDAY, "--sheet", "甲", "--format", "jsonl", "--out", "one.csv")
    assert json.loads((stocked.path / "one.csv").read_text())["sheet"] == "甲"


def test_no_file_is_written_over(stocked: Home) -> None:
    file = stocked.file("list.csv", f"number\n{NUMBER}\n")
    stocked.file("result.csv", "mine")
    assert "result.csv" in stocked("scrub", file, *CALL, *TUESDAY, "--out", "result.csv", code=1)["error"]
    assert (stocked.path / "result.csv").read_text() == "mine"
    stocked("scrub", file, *CALL, *TUESDAY, "--out", "result.csv", "--force")
    assert len(rows((stocked.path / "result.csv").read_bytes())) == 1
    said = stocked("scrub", file, *CALL, *TUESDAY, "--out", "list.csv", "--force", code=1)  # the list itself
    assert "list.csv" in said["error"]
    assert (stocked.path / "list.csv").read_text() == f"number\n{NUMBER}\n"


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("number\n", ()),
        ("", ()),
        ("name\nx\n", ()),
        ('[{"number": "1"}]\n', ()),
        ("{}\n", ("--sheet", "x")),
        (b"\xd0\xcf\x11\xe0", ()),
        ("number\n1\n", ("--out", "result.xlsx")),
        ("number\n1\n", ("--out", "nowhere/result.csv")),
        ("number\n1\n", ("--at", "noon")),
    ],
)
def test_what_fails_leaves_nothing(stocked: Home, content: Any, options: tuple[str, ...]) -> None:
    file = stocked.file("list", content)
    before = sorted(path.name for path in stocked.path.iterdir())
    out = () if "--out" in options else ("--out", "result.csv")
    assert stocked("scrub", file, *CALL, *(options or TUESDAY), *out, code=1)["error"]
    assert sorted(path.name for path in stocked.path.iterdir()) == before


def test_columns_as_people_name_them(stocked: Home) -> None:
    file = stocked.file("list.csv", f"主,副\n{NUMBER},13800138001\n")
    stocked("scrub", file, *CALL, *TUESDAY, code=1)
    answer = stocked("scrub", file, *CALL, *TUESDAY, "--map", "number=主")
    assert answer["read_as"] == {"number": "主"} and answer["callable"] == 1
    bare = stocked.file("bare.txt", f"{NUMBER}\n")
    assert stocked("scrub", bare, *CALL, *TUESDAY, "--numbers-only")["callable"] == 1


def test_a_list_that_was_counted_up(stocked: Home) -> None:
    numbers = [str(13900001000 + place) for place in range(40)]
    file = stocked.file("list.csv", "number\n" + "\n".join(numbers) + "\n")
    answer = stocked("scrub", file, *CALL, *TUESDAY, code=3)
    assert "run=40" in answer["counted_up"]
    assert "range-dialling" not in answer["blocked"], "nothing was dialled yet"
    assert "range dialling" in stocked.run("scrub", file, *CALL, *TUESDAY, code=3).stderr


@pytest.mark.parametrize(
    ("language", "says"), [("en", "1 may be called, 0 may not, 0 bad"), ("zh", "可外呼 1")]
)
def test_for_people(stocked: Home, language: str, says: str, tmp_path: Path) -> None:
    file = stocked.file("list.csv", f"number\n{NUMBER}\n")
    result = stocked.run("scrub", file, *CALL, *TUESDAY, "--out", "r.csv", "--lang", language)
    assert says in result.stdout and "r.csv" in result.stdout
