"""``export`` gives what ``import`` takes, and is an act; ``template`` is that file empty."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dialpact.application import exports
from dialpact.application.actor import EVERYTHING, Actor, Door, Right
from dialpact.application.context import Context
from dialpact.application.exports import Asked
from dialpact.application.sheets import written as made
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.registers import formats
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store
from dialpact.testing import FixedClock
from tests.cli.conftest import NUMBER, Home

BATCH = ("--campaign", "renewal", "--partner", "p", "--contract", "k", "--basis", "consent")
HEADER = {
    "dnc": "number,scope,value,requested_at,source",
    "consent": "number,business,industry,granted_at,expires_at,evidence,evidence_sha256,wording",
    "caller-id": "number,business,licence,carrier,authenticated,trunks,purposes,valid_from,valid_to,sent_as",
    "leads": "number",
}
ROWS = {
    "dnc": """
+8613800138001,all,,2026-10-01T01:02:03.000004Z,"12321, by letter"
02787654321,industry,保险,2026-10-02 09:00,"say ""no"", twice"
+12122345678,business,acme,,
14912345678,all,,,nobody is called there
+85261234567,all,,,
""",
    "consent": """
13800138001,acme,保险,2026-10-01 10:00,2027-09-30,=form 7,,
13800138001,acme,保险,2026-10-02,,@home,%s,v2
13800138002,acme,loans,2026-10-02T00:00:00Z,,"-a, b",,
"""
    % ("a" * 64),
    "caller-id": """
02788880001,acme,鄂通号〔2026〕1,电信,yes,*,marketing;service,2026-01-01,2027-12-31,
95588,acme,L-2,CT,no,carrier;b,*,2026-01-01,,02795588;+8695588
+862788880003,acme,L-3,CT,yes,*,*,2026-01-01,,
""",
    "leads": """
13800138001
02787654321
+12122345678
""",
}
COMMANDS = {"leads": ("leads", "export", "2")}


def given(home: Home, register: str) -> str:
    return home.file(f"{register}.csv", HEADER[register] + ROWS[register])


def take(home: Home, register: str, file: str) -> Any:
    return home(register, "import", file, *(BATCH if register == "leads" else ()))


def listed(home: Home, register: str) -> Any:
    if register != "leads":
        return [one for one in home(register, "list") if one.get("evidence") != "form 7"]
    with sqlite3.connect(home.path / "dialpact.db") as database:
        found = database.execute("SELECT number FROM lead WHERE batch > 1 ORDER BY number").fetchall()
    database.close()
    return found


def exported(register: str) -> tuple[str, ...]:
    return COMMANDS.get(register, (register, "export"))


class Other(Home):
    """Another installation, beside the first."""

    def run(self, *arguments: str, code: int = 0) -> Any:
        return super().run("--config", str(self.config), *arguments, code=code)


@pytest.fixture
def second(tmp_path: Path, stocked: Home) -> Home:
    """With the same businesses, and nothing else in its registers."""
    folder = tmp_path / "second"
    folder.mkdir()
    other = Other(folder)
    other.run("init")
    other.run("business", "add", "acme", "--name", "某某公司", "--actor", "own-business")
    purpose = ("--industry", "保险", "--purpose", "marketing")
    other.run("campaign", "add", "renewal", "--business", "acme", *purpose)
    other.run("leads", "import", other.file("x.csv", f"number\n{NUMBER}\n"), *BATCH)
    return other


@pytest.mark.parametrize("register", HEADER)
def test_a_round_trip(stocked: Home, second: Home, register: str) -> None:
    """Every value comes back as it was, in another installation and in the same one."""
    take(stocked, register, given(stocked, register))
    file = stocked.path / "out.csv"
    done = stocked(*exported(register), "-o", str(file))
    assert done["rows"] == len(list(csv.reader(io.StringIO(file.read_text("utf-8-sig"))))) - 1
    there = take(second, register, str(file))
    assert (there["bad"], there["applied"]) == (0, done["rows"])
    assert listed(second, register) == listed(stocked, register)
    if register != "leads":
        assert take(stocked, register, str(file))["already"] == done["rows"]
    book = stocked.path / "out.xlsx"
    assert stocked(*exported(register), "-o", str(book))["rows"] == done["rows"]
    if register != "leads":
        assert take(second, register, str(book))["already"] == done["rows"]
    again = second.path / "again.csv"
    second(*exported(register), "-o", str(again))
    assert again.read_bytes() == file.read_bytes()


@pytest.mark.parametrize("register", HEADER)
def test_an_export_is_an_act_and_for_its_owner_alone(stocked: Home, register: str) -> None:
    take(stocked, register, given(stocked, register))
    file = stocked.path / "out.csv"
    command = (*exported(register), "-o", str(file))
    done = stocked(*command, "--reason", "audit", "--by", "wang")
    assert file.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(stocked.path / "dialpact.db") as database:
        ((actor, logged, text),) = database.execute(
            "SELECT actor, register, detail FROM register_change WHERE action = 'export'"
        )
    database.close()
    detail = json.loads(text)
    assert (actor, logged, detail["reason"], detail["file"]) == ("wang", register, "audit", "out.csv")
    assert (detail["sha256"], detail["rows"]) == (done["sha256"], done["rows"])
    assert stocked("ledger", "verify")["findings"] == 0
    assert "out.csv" in stocked(*command, code=1)["error"]  # it is there
    stocked(*command, "--force")
    assert "elsewhere" in stocked(*exported(register), "-o", "elsewhere/a.csv", code=1)["error"]


@pytest.mark.parametrize("register", HEADER)
def test_on_standard_output(stocked: Home, register: str) -> None:
    take(stocked, register, given(stocked, register))
    file = stocked.path / "out.csv"
    stocked(*exported(register), "-o", str(file))
    assert stocked.run(*exported(register)).stdout_bytes == file.read_bytes()
    answer = stocked(*exported(register))
    assert len(answer["entries"]) == answer["rows"]
    assert list(answer["entries"][0]) == HEADER[register].split(",")


@pytest.mark.parametrize("register", HEADER)
async def test_the_right_to_it(tmp_path: Path, register: str) -> None:
    async with await Store.open(database(tmp_path)) as store:
        actor = Actor(name="li", door=Door.PAGE, rights=EVERYTHING - {Right.EVIDENCE})
        context = Context(store, actor, FixedClock("2026-06-01T10:00+08:00"))
        asked = Asked(register=register, batch=1)
        with pytest.raises(NotPermitted):
            await exports.to_file(context, asked, tmp_path / "a.csv")
        with pytest.raises(NotPermitted):
            async with exports.to_read(context, asked):
                pass
    assert not (tmp_path / "a.csv").exists()


def database(folder: Path) -> Path:
    from dialpact.store.sqlite import create

    create(folder / "a.db")
    return folder / "a.db"


def test_a_withdrawn_consent_is_not_brought_back_by_a_file(stocked: Home) -> None:
    take(stocked, "consent", given(stocked, "consent"))
    stocked("consent", "withdraw", "13800138001", "--business", "acme")
    result = stocked.run("consent", "export", "-o", "a.csv")
    assert "2 withdrawn" in result.stderr
    assert "13800138001" not in Path("a.csv").read_text("utf-8")


def test_a_withdrawn_batch_is_not_either(stocked: Home) -> None:
    stocked("leads", "withdraw", "1", "--reason", "x")
    assert "withdrawn" in stocked("leads", "export", "1", code=1)["error"]
    assert "7" in stocked("leads", "export", "7", code=1)["error"]


def test_no_spreadsheet_takes_a_text_for_a_formula(stocked: Home) -> None:
    """And none is made of a telephone number."""
    take(stocked, "consent", given(stocked, "consent"))
    stocked("consent", "export", "-o", "a.csv")
    cells = [cell for row in csv.reader(io.StringIO(Path("a.csv").read_text("utf-8-sig"))) for cell in row]
    assert {"'=form 7", "'@home", "'-a, b", "+8613800138001"} <= set(cells)


def test_a_workbook_is_one_to_others_too_and_all_of_it_text(stocked: Home) -> None:
    take(stocked, "consent", given(stocked, "consent"))
    done = stocked("consent", "export", "-o", "a.xlsx")
    sheet = openpyxl.load_workbook("a.xlsx").active
    assert sheet is not None
    rows = list(sheet.iter_rows())
    assert len(rows) == done["rows"] + 1
    assert [cell.value for cell in rows[0]] == HEADER["consent"].split(",")
    assert {(cell.data_type, cell.number_format) for row in rows for cell in row if cell.value} == {
        ("s", "@")
    }
    assert {"=form 7", "+8613800138001"} <= {cell.value for row in rows for cell in row}
    assert sheet.column_dimensions["A"].number_format == "@"  # for who goes on below
    stocked("consent", "export", "-o", "b.xlsx")
    assert Path("a.xlsx").read_bytes() == Path("b.xlsx").read_bytes()


def test_more_rows_than_a_sheet_has_are_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made, "MOST", 2)
    book = made.written(io.BytesIO(), "a.xlsx", ["number"])
    book.add([["1"]])
    with pytest.raises(Fault):
        book.add([["2"]])


def test_only_a_part(stocked: Home) -> None:
    take(stocked, "dnc", given(stocked, "dnc"))
    assert stocked("dnc", "export", "--scope", "industry")["rows"] == 1
    take(stocked, "consent", given(stocked, "consent"))
    assert stocked("consent", "export", "--industry", "loans")["rows"] == 1
    assert stocked("caller-id", "export", "--business", "nobody")["rows"] == 0


FILLED = {
    "dnc": "13800138001,全部,,,热线\r\n",
    "consent": "13800138001,acme,保险,2026-10-01,,form,,\r\n",
    "caller-id": "02788880001,acme,L,CT,是,全部,营销,2026-01-01,,\r\n",
    "leads": "13800138001\r\n",
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("register", HEADER)
def test_a_template_is_taken_when_it_is_filled(stocked: Home, register: str, language: str) -> None:
    made = stocked.run(register, "template", "--lang", language, "-o", "t.csv")
    assert "t.csv" in made.stdout
    content = Path("t.csv").read_bytes()
    assert content == stocked.run(register, "template", "--lang", language).stdout_bytes
    assert content.startswith(b"\xef\xbb\xbf") and content.endswith(b"\r\n")
    header = content.decode("utf-8-sig").strip()
    assert (header == HEADER[register]) == (language == "en")
    filled = stocked.file("filled.csv", content + FILLED[register].encode())
    assert take(stocked, register, filled)["applied"] == 1
    stocked.run(register, "template", "--lang", language, "-o", "t.xlsx")
    book = openpyxl.load_workbook("t.xlsx")
    assert book.active is not None
    book.active.append(FILLED[register].strip().split(","))
    book.save("filled.xlsx")
    if register != "leads":
        assert take(stocked, register, "filled.xlsx")["good"] == 1


def test_a_template_needs_no_installation_and_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bare = Home(tmp_path)
    bare.run("dnc", "template", "-o", "t.csv")
    assert "t.csv" in bare("dnc", "template", "-o", "t.csv", code=1)["error"]
    assert bare("dnc", "template", "-o", "t.csv", "--force")["columns"]["number"] == "number"
    assert bare("dnc", "template", "--lang", "zh")["columns"]["number"] == "号码"
    assert ".csv" in bare("dnc", "template", "-o", "t.ods", code=1)["error"]


def test_every_register_that_imports_has_both() -> None:
    assert set(formats.IMPORTED) == set(HEADER)
    assert all(form.write for form in formats.IMPORTED.values())
