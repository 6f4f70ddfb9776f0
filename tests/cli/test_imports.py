"""``import``: encodings, bad rows with their lines, all or nothing, and bounded memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.import_bench import PROGRAM, generate
from tests.cli.conftest import Home

DNC = "number,scope,value,requested_at,source\n"
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(stocked: Home, encoding: str) -> None:
    file = stocked.file("dnc.csv", (DNC + "13800138000,industry,保险,2026/11/24,热线\n").encode(encoding))
    answer = stocked("dnc", "import", file)
    assert answer == {
        "file": file,
        "rows": 1,
        "good": 1,
        "bad": 0,
        "applied": 1,
        "already": 0,
        "unknown": [],
        "remarks": [],
        "bad_reasons": {},
        "bad_file": None,
        "errors": [],
    }
    (entry,) = stocked("dnc", "list")
    assert (entry["value"], entry["source"], entry["requested_at"]) == (
        "保险",
        "热线",
        "2026-11-23T16:00:00Z",
    )


def test_a_file_as_it_is_delivered(stocked: Home) -> None:
    """Title lines, semicolons, UTF-16: read, and what was left out is said."""
    content = f"2026年10月拒呼名单\r\nsep\r\n{DNC.replace(',', ';')}13800138000;industry;保险;;\r\n"
    file = stocked.file("dnc.csv", content.encode("utf-16"))
    answer = stocked("dnc", "import", file)
    assert (answer["applied"], len(answer["remarks"])) == (1, 1)
    assert "line 3" in stocked.run("dnc", "import", file).stderr
    assert [entry["value"] for entry in stocked("dnc", "list")] == ["保险"]


BAD = DNC + "13800138000,all,,,\n110,all,,,\n\n1.38E+10,all,,,\n13800138001,all,acme,,\n13800138002,all,,,\n"


def test_bad_rows_stop_the_whole(home: Home) -> None:
    answer = home("dnc", "import", home.file("dnc.csv", BAD), code=1)
    assert [(error["line"], error["code"]) for error in answer["errors"]] == [
        (3, "number"),
        (5, "excel-exponent"),
        (6, "value-with-all"),
    ]
    assert all(error["reason"] for error in answer["errors"])
    assert (answer["rows"], answer["good"], answer["bad"], answer["applied"]) == (5, 2, 3, 0)
    assert home("dnc", "list") == []


def test_bad_rows_can_be_left_out_but_are_reported(home: Home) -> None:
    answer = home("dnc", "import", home.file("dnc.csv", BAD), "--skip-bad")
    assert (answer["good"], answer["bad"], answer["applied"], len(answer["errors"])) == (2, 3, 2, 3)
    assert len(home("dnc", "list")) == 2
    assert home("dnc", "import", home.file("dnc.csv", BAD), "--skip-bad")["already"] == 2


@pytest.mark.parametrize(("language", "says"), [("en", "line 3"), ("zh", "第 3 行")])
def test_bad_rows_for_people(home: Home, language: str, says: str) -> None:
    result = home.run("dnc", "import", home.file("dnc.csv", BAD), "--lang", language, code=1)
    assert says in result.stderr
    assert "dnc.csv" in result.stdout
    assert result.stderr.count("dnc.csv") == 4  # and where they are, to be mended


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        ("number,scope,value,requested_at\n", "missing: source"),
        (DNC.replace("source", "src"), "'src'"),
        (b"PK\x03\x04", "workbook"),
    ],
)
def test_files_that_are_refused(home: Home, content: str | bytes, says: str) -> None:
    assert says in home("dnc", "import", home.file("dnc.csv", content), code=1)["error"]


def test_no_such_file(home: Home) -> None:
    assert "none.csv" in home("dnc", "import", "none.csv", code=1)["error"]


def test_consents(stocked: Home) -> None:
    header = "evidence,number,business,industry,granted_at,expires_at\n"
    good = "form 8,13800138001,acme,保险,2026-11-01,2026-12-31\n"
    file = stocked.file("consent.csv", header + good + "form 9,13800138001,acme,保险,2026-11-01,\n")
    assert stocked("consent", "import", file, code=1)["errors"][0]["code"] == "given-twice"
    assert stocked("consent", "import", stocked.file("c.csv", header + good))["applied"] == 1
    assert stocked("consent", "import", stocked.file("c.csv", header + good))["already"] == 1
    answer = stocked("consent", "import", stocked.file("c.csv", header + good.replace("acme", "acne")))
    assert answer["unknown"] == ["acne"]


def test_caller_ids(stocked: Home) -> None:
    header = "number,business,licence,carrier,authenticated,trunks,purposes,valid_from,valid_to\n"
    rows = '95588,acme,L,C,是,"carrier,b",*,2026-01-01,\n95589,nobody,L,C,no,*,*,2026-01-01,\n'
    file = stocked.file("ids.csv", (header + rows).encode("gb18030"))
    assert stocked("caller-id", "import", file, code=1)["errors"] == [
        {"line": 3, "reason": "the business nobody is not registered", "code": "unknown-business"}
    ]
    assert stocked("caller-id", "import", file, "--skip-bad")["applied"] == 1
    assert stocked("caller-id", "show", "95588")["entries"][0]["trunks"] == ["carrier", "b"]
    forms = f"{header[:-1]},sent_as\n95588,acme,L,C,yes,*,*,2026-01-01,,+8695588;02795588\n"
    assert stocked("caller-id", "import", stocked.file("forms.csv", forms))["applied"] == 1
    assert stocked("caller-id", "show", "95588")["entries"][0]["sent_as"] == ["+8695588", "02795588"]


def test_an_import_is_logged_with_its_file(home: Home) -> None:
    file = home.file("dnc.csv", DNC + "13800138000,all,,,\n")
    home.run("dnc", "import", file, "--by", "王")
    import sqlite3

    connection = sqlite3.connect(home.path / "dialpact.db")
    ((actor, detail),) = connection.execute(
        "SELECT actor, detail FROM register_change WHERE action = 'import'"
    )
    connection.close()
    assert actor == "王"
    assert json.loads(detail)["applied"] == 1
    assert len(json.loads(detail)["sha256"]) == 64


def program(home: Home, *arguments: str, **more) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=home.path,
        env=environment,
        capture_output=True,
        **more,
    )


def test_a_pipe_is_a_file(home: Home) -> None:
    done = program(
        home, "dnc", "import", "/dev/stdin", "--json", input=(DNC + "13800138000,all,,,\n").encode()
    )
    assert json.loads(done.stdout)["applied"] == 1, done.stderr


LIMITED = """
import resource, sys
limit = int(sys.argv.pop(1)) << 20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
"""


@pytest.mark.parametrize("kind", ["good", "bad"])
def test_a_large_file_in_little_memory(home: Home, kind: str) -> None:
    """100,000 rows, or as many reports of bad ones, in a process that may have 256 MB of data."""
    generate(home.path / "dnc.csv", 100_000)
    if kind == "bad":
        content = (home.path / "dnc.csv").read_text("utf-8").replace("\n1", "\n9")
        (home.path / "dnc.csv").write_text(content, "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED + PROGRAM, "256", "dnc", "import", "dnc.csv", "--json"],
        cwd=home.path,
        env=environment,
        capture_output=True,
    )
    answer = json.loads(done.stdout)
    assert answer["rows"] == 100_000
    if kind == "good":
        assert answer["applied"] + answer["already"] == 100_000
        assert answer["applied"] > 99_000
    else:
        assert answer["bad"] == len(answer["errors"]) > 80_000
        assert answer["applied"] == 0
