"""Bad rows: counted by reason, few of them said, all of them kept to be mended and imported again."""

from __future__ import annotations

import csv
import os
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Home
from tests.workbooks import packed, parts, row, table

DNC = "number,scope,value,requested_at,source\n"
BAD = DNC + "13800138000,all,,,a\n110,all,,,b\n\n1.38E+10,all,,2026年1月5日,\n13800138002,all,,,\n"
RECORDS = Path("dialpact.db")


def kept(file: str) -> list[list[str]]:
    with Path(file).open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.reader(opened))


def test_bad_rows_are_kept_beside_the_file_as_they_were_written(home: Home) -> None:
    file = home.file("dnc.csv", BAD)
    answer = home("dnc", "import", file, "--skip-bad")
    assert answer["bad_file"] == f"{file}.bad.csv"
    assert answer["bad_reasons"] == {"number": 1, "excel-exponent": 1}
    header, *rows = kept(answer["bad_file"])
    assert header == ["line", "reason", *DNC.strip().split(",")]
    assert [[one[0], *one[2:]] for one in rows] == [
        ["3", "110", "all", "", "", "b"],
        ["5", "1.38E+10", "all", "", "2026年1月5日", ""],
    ]
    assert "emergency" in rows[0][1]
    assert stat.S_IMODE(Path(answer["bad_file"]).stat().st_mode) == 0o600


def test_mended_they_are_imported(home: Home) -> None:
    file = home.file("dnc.csv", BAD)
    mended = Path(home("dnc", "import", file, "--skip-bad")["bad_file"])
    text = mended.read_text("utf-8").replace("110", "13800138001").replace("1.38E+10", "13800138003")
    mended.write_text(text, "utf-8")
    again = home("dnc", "import", str(mended))
    assert (again["applied"], again["bad"]) == (2, 0)
    assert len(home("dnc", "list")) == 4


def test_unmended_they_are_bad_for_the_same_reasons(home: Home) -> None:
    lines = "x\n1,2,3,4,5,6\n\"a,all\n13800138000,all\n=cmd|x,all,,,\n'=SUM(1),all,,,@y\n+86 110,all,,,\n"
    first = home("dnc", "import", home.file("dnc.csv", DNC + lines), code=1)
    again = home("dnc", "import", first["bad_file"], code=1)
    codes = [one["code"] for one in first["errors"]]
    assert codes == ["cell-count", "cell-count", "bad-quotes", "cell-count", "number", "number", "number"]
    assert [one["code"] for one in again["errors"]] == [
        code.replace("bad-quotes", "cell-count") for code in codes
    ]
    assert [one[2] for one in kept(first["bad_file"])[5:]] == ["'=cmd|x", "'=SUM(1)", "+86 110"]


def test_the_name_of_a_column_or_a_sheet_is_no_formula(home: Home) -> None:
    answer = home("dnc", "import", home.file("l.csv", "number,=1+1,scope,source\n110,＝1,all,x\n"), code=1)
    header, only = kept(answer["bad_file"])
    assert header == ["line", "reason", "number", "'=1+1", "scope", "source"] and only[3] == "'＝1"
    again = home("dnc", "import", answer["bad_file"], code=1)
    assert kept(again["bad_file"])[0] == header
    data = packed(parts({"=1+1": table(("number", "scope", "source"), ("110", "all", "x"))}))
    answer = home("dnc", "import", home.file("w.xlsx", data), code=1)
    assert kept(answer["bad_file"])[1][1] == "'=1+1"


def test_rows_of_a_workbook_name_their_sheet(home: Home) -> None:
    names = DNC.strip().split(",")
    first = table(names, ("13800138000", "all"), ("110", "all", None, (46027, 1)))
    second = table(("source", "number", "scope", "value", "requested_at"), ("x\ny", "120", "all"))
    second += row("<c/>", "<c><f>A1</f><v>1</v></c>", "all")
    data = packed(parts({"一": first, "二": second}, formats=[14]))
    answer = home("dnc", "import", home.file("dnc.xlsx", data), code=1)
    assert [(one["sheet"], one["line"], one["code"]) for one in answer["errors"]] == [
        ("一", 3, "number"),
        ("二", 2, "number"),
        ("二", 3, "cell-formula"),
    ]
    header, *rows = kept(answer["bad_file"])
    assert header == ["line", "sheet", "reason", *names]
    assert [one[:2] + one[3:] for one in rows] == [
        ["3", "一", "110", "all", "", "2026-01-05", ""],
        ["2", "二", "120", "all", "", "", "x y"],
        ["3", "二", "'=A1", "all", "", "", ""],
    ]
    said = home.run("dnc", "import", home.file("dnc.xlsx", data), code=1).stderr
    assert "line 3 of the sheet '一'" in said


def test_a_row_that_clashes_is_kept_too(stocked: Home) -> None:
    header = "evidence,number,business,industry,granted_at,expires_at\n"
    good = "form 8,13800138001,acme,保险,2026-11-01,\n"
    file = stocked.file(
        "consent.csv", f"{header}{good}{good.replace('8,', '9,', 1)}x,110,acme,保险,2026-11-01,\n"
    )
    answer = stocked("consent", "import", file, "--skip-bad")
    assert [one["line"] for one in answer["errors"]] == [3, 4]
    assert [one[2] for one in kept(answer["bad_file"])] == ["evidence", "form 9", "x"]


def test_rows_that_all_clash_are_no_import(stocked: Home) -> None:
    header = "number,business,licence,carrier,authenticated,trunks,purposes,valid_from,valid_to\n"
    file = stocked.file("ids.csv", f"{header}95588,nobody,L,C,yes,*,*,2026-01-01,\n")
    assert "not one row" in stocked.run("caller-id", "import", file, "--skip-bad", code=1).stderr


def test_where_they_go_can_be_said(home: Home, tmp_path: Path) -> None:
    target = str(tmp_path / "mend.csv")
    answer = home("dnc", "import", home.file("dnc.csv", BAD), "--bad", target, code=1)
    assert answer["bad_file"] == target and len(kept(target)) == 3
    assert not (tmp_path / "dnc.csv.bad.csv").exists()


def test_an_earlier_one_is_replaced_and_kept(home: Home, tmp_path: Path) -> None:
    file = home.file("dnc.csv", BAD)
    home("dnc", "import", file, code=1)
    home("dnc", "import", file, code=1)
    assert sorted(path.name for path in tmp_path.glob("*bad*")) == ["dnc.csv.bad.csv"]
    mended = tmp_path / "dnc.csv.bad.csv"
    mended.write_text(mended.read_text("utf-8").replace("110", "13800138009"), "utf-8")
    home("dnc", "import", file, code=1)
    assert "13800138009" in (tmp_path / "dnc.csv.bad.csv~").read_text("utf-8")
    assert "13800138009" not in mended.read_text("utf-8")


@pytest.mark.parametrize("kind", ["text", "link", "folder"])
def test_what_is_not_ours_is_left_alone(home: Home, tmp_path: Path, kind: str) -> None:
    """Few bad rows are said, and the import goes on; many would be told nowhere."""
    target, elsewhere = tmp_path / "dnc.csv.bad.csv", tmp_path / "elsewhere"
    elsewhere.write_text("\ufeffline,reason\nmine", "utf-8")
    if kind == "text":
        target.write_text("mine", "utf-8")
    elif kind == "link":
        target.symlink_to(elsewhere)
    else:
        target.mkdir()
    few = home.run("dnc", "import", home.file("dnc.csv", BAD), "--skip-bad")
    assert "dnc.csv.bad.csv" in few.stderr and "--bad" in few.stderr
    many = home.file("dnc.csv", BAD + "110,all,,,\n" * 20)
    refused = home.run("dnc", "import", many, "--skip-bad", code=1)
    assert "--bad" in refused.stderr
    assert kind != "text" or target.read_text("utf-8") == "mine"
    assert elsewhere.read_text("utf-8") == "\ufeffline,reason\nmine"
    assert home("dnc", "import", many, "--skip-bad")["bad_file"] is None  # in JSON all are told


@pytest.mark.parametrize("target", ["none/mend.csv", "dialpact.toml", "dnc.csv"])
def test_a_place_that_was_said_must_do(home: Home, target: str) -> None:
    """Before a row is read."""
    before = Path("dialpact.toml").read_bytes()
    answer = home("dnc", "import", home.file("dnc.csv", BAD), "--skip-bad", "--bad", target, code=1)
    assert target in answer["error"]
    assert home("dnc", "list") == [] and Path("dialpact.toml").read_bytes() == before
    assert not list(Path().glob(".*bad*"))


def test_the_file_that_is_imported_is_not_replaced(home: Home) -> None:
    first = home("dnc", "import", home.file("dnc.csv", BAD), code=1)["bad_file"]
    answer = home("dnc", "import", first, "--bad", first, code=1)
    assert first in answer["error"] and len(kept(first)) == 3


def test_nothing_is_left_behind_of_good_rows(home: Home) -> None:
    home("dnc", "import", home.file("dnc.csv", DNC + "13800138000,all,,,\n"), "--bad", "mend.csv")
    assert not Path("mend.csv").exists() and not list(Path().glob(".*bad*"))


def test_a_pipe_has_no_place_beside_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.write(writer, BAD.encode())
    os.close(writer)
    answer = home("dnc", "import", f"/dev/fd/{reader}", "--skip-bad")
    os.close(reader)
    assert (answer["applied"], answer["bad"], answer["bad_file"]) == (2, 2, None)


def test_a_million_bad_rows_are_few_lines(home: Home) -> None:
    """A hundredth of that here: what is said is as short."""
    kinds = (
        "110,all,,,",
        "1.38E+10,all,,,",
        "x",
        "13800138000,some,,,",
        ",all,,,",
        "1,all,,,",
        "13800138000,industry,,,",
    )
    more = (
        "13800138000,all,x,,",
        "13800138000,all,,soon,",
        '"',
        "13800138000/13900139000,all,,,",
        "12321,all,,,",
    )
    lines = "\n".join((*kinds, *more) * 900)
    result = home.run("dnc", "import", home.file("dnc.csv", DNC + lines), code=1)
    assert len(result.output.splitlines()) <= 25
    first, second, *_ = result.stderr.splitlines()
    assert first.startswith("900 rows: ") and "line 2" in first and second.startswith("900 rows: ")
    assert f"{900 * 12 - 10} more" in result.stderr
    assert len(kept(f"{home.path}/dnc.csv.bad.csv")) == 1 + 900 * 12


# Not one good row


@pytest.mark.parametrize("arguments", [(), ("--skip-bad",)])
def test_an_import_without_a_good_row_is_an_error_and_none(home: Home, arguments: tuple[str, ...]) -> None:
    assert "no row" in home("dnc", "import", home.file("dnc.csv", DNC), *arguments, code=1)["error"]
    answer = home("dnc", "import", home.file("bad.csv", DNC + "110,all,,,\n"), *arguments, code=1)
    assert (answer["good"], answer["bad"], answer["applied"]) == (0, 1, 0)
    assert "not one row" in home.run("dnc", "import", f"{home.path}/bad.csv", *arguments, code=1).stderr
    assert imports(home) == 0
    home("dnc", "import", home.file("dnc.csv", DNC + "13800138000,all,,,\n"), *arguments)
    home("dnc", "import", home.file("dnc.csv", DNC + "13800138000,all,,,\n"), *arguments)
    assert imports(home) == 2  # nothing new is news all the same


def imports(home: Home, action: str = "import") -> int:
    import sqlite3

    connection = sqlite3.connect(home.path / "dialpact.db")
    ((count,),) = connection.execute("SELECT count(*) FROM register_change WHERE action = ?", (action,))
    connection.close()
    return int(count)


def test_leads_without_a_good_row_are_no_batch(stocked: Home) -> None:
    about = ("--campaign", "renewal", "--partner", "p", "--contract", "k", "--basis", "b", "--skip-bad")
    answer = stocked("leads", "import", stocked.file("bad.csv", "number\n110\n"), *about, code=1)
    assert (answer["bad"], answer["batch"], answer["bad_reasons"]) == (1, None, {"number": 1})
    assert len(stocked("leads", "list")) == 1


def test_a_carriers_list_without_a_good_row_is_no_comparison(stocked: Home) -> None:
    for content in ("number\n", "number\nx\n"):
        file = stocked.file("list.csv", content)
        stocked("caller-id", "reconcile", "--carrier-list", file, "--skip-bad", code=1)
    assert imports(stocked, "reconcile") == 0


# A caller ID without its zero


def test_a_caller_id_without_its_zero_is_asked_about(stocked: Home) -> None:
    header = "number,business,licence,carrier,authenticated,trunks,purposes,valid_from,valid_to\n"
    file = stocked.file("ids.csv", f"{header}2787654322,acme,L,C,yes,*,*,2026-01-01,\n")
    answer = stocked("caller-id", "import", file, code=1)
    assert answer["bad_reasons"] == {"zero-missing": 1} and "--as-written" in answer["errors"][0]["reason"]
    assert stocked("caller-id", "import", file, "--as-written")["applied"] == 1
    about = ("--business", "acme", "--licence", "L", "--carrier", "C", "--authenticated")
    add = ("caller-id", "add", "2787654323", *about, "--trunk", "*", "--purpose", "*")
    assert "02787654323" in stocked(*add, code=1)["error"]
    assert stocked(*add, "--as-written")["entry"]["number"] == "2787654323"


def test_abroad_no_caller_id_loses_a_zero_that_it_needs(stocked: Home) -> None:
    text = stocked.config.read_text("utf-8").replace("cn-hubei-2018", "us-federal")
    stocked.config.write_text(text, "utf-8")
    header = "number,business,licence,carrier,authenticated,trunks,purposes,valid_from,valid_to\n"
    file = stocked.file("ids.csv", f"{header}2127360104,acme,L,C,yes,*,*,2026-01-01,\n")
    assert stocked("caller-id", "import", file)["applied"] == 1
