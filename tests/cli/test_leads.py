"""``dialpact leads``: what is said, in both languages, and with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.bench.import_bench import PROGRAM, generate_leads
from tests.cli.conftest import Home
from tests.cli.test_imports import LIMITED, ROOT

DELIVERY = ("--campaign", "renewal", "--partner", "合作方", "--contract", "K-1", "--basis", "art. 13")
HONEST = "number\n" + "".join(f"138{place * 7919 % 10**8:08}\n" for place in range(60))
SWEPT = "number\n" + "".join(f"1380013{place:04}\n" for place in range(50))
UNASSIGNED = HONEST + "".join(f"141{place * 997:08}\n" for place in range(25))


@pytest.fixture
def office(home: Home) -> Home:
    """With a business and a campaign, and no leads yet."""
    home.run("business", "add", "acme", "--name", "某某公司", "--actor", "own-business")
    purpose = ("--industry", "保险", "--purpose", "marketing")
    home.run("campaign", "add", "renewal", "--business", "acme", *purpose)
    return home


def take(home: Home, content: str, *more: str, code: int = 0, name: str = "leads.csv") -> dict:
    return home("leads", "import", home.file(name, content), *DELIVERY, *more, code=code)


def test_an_honest_list(office: Home) -> None:
    answer = take(office, HONEST + "138000\n", "--skip-bad", "--by", "王")
    assert (answer["rows"], answer["good"], answer["bad"], answer["applied"]) == (61, 60, 1, 60)
    assert (answer["batch"], answer["held"], len(answer["errors"])) == (1, "", 1)
    assert answer["finding"]["cn-hubei-2018"]["flagged"] is False
    (batch,) = office("leads", "list")
    assert (batch["partner"], batch["imported_by"], batch["rows"]) == ("合作方", "王", 60)
    assert office("leads", "list", "--campaign", "summer") == []


def test_a_sweep_is_held_with_exit_code_3(office: Home) -> None:
    answer = take(office, SWEPT, code=3)
    assert (answer["batch"], answer["held"]) == (1, "run=50 block=50/100")
    (run,) = answer["finding"]["cn-hubei-2018"]["runs"]
    assert run == {"first": "+8613800130000", "last": "+8613800130049", "length": 50, "step": 1}


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", ("Batch 1 is held", "longest run 50", "densest blocks 50/100")),
        ("zh", ("批次 1 已被扣留", "最长连号 50 个", "最密号段 50/100")),
    ],
)
def test_what_was_found_is_shown(office: Home, language: str, says: tuple[str, ...]) -> None:
    file = office.file("leads.csv", SWEPT)
    imported = office.run("leads", "import", file, *DELIVERY, "--lang", language, code=3).stdout
    shown = office.run("leads", "show", "1", "--lang", language).stdout
    for text in (imported, shown):
        assert says[1] in text and says[2] in text
        assert "+8613800130000" in text and "+8613800130049" in text and "+86138001300 " in text
    assert says[0] in imported
    assert "K-1" in shown and "import" in shown


def test_an_honest_list_is_said_to_be_stored(office: Home) -> None:
    file = office.file("leads.csv", HONEST)
    assert "Stored as batch 1." in office.run("leads", "import", file, *DELIVERY).stdout
    assert "longest run" in office.run("leads", "show", "1").stdout


def test_bad_rows_stop_the_whole(office: Home) -> None:
    answer = take(office, SWEPT + "110\n", code=1)
    assert (answer["applied"], answer["batch"]) == (0, None)
    assert [(row["line"], row["code"]) for row in answer["errors"]] == [(52, "number")]
    assert office("leads", "list") == []
    text = office.run("leads", "import", office.file("a.csv", SWEPT + "110\n"), *DELIVERY, code=1)
    assert "--skip-bad" in text.stderr and "longest run 50" in text.stdout
    assert "Batch" not in text.stdout


def test_numbers_that_nobody_is_allotted(office: Home) -> None:
    answer = take(office, UNASSIGNED, "--skip-bad", code=3)
    assert (answer["bad"], answer["held"]) == (25, "unassigned=29%")


def test_the_same_file_again(office: Home) -> None:
    take(office, HONEST)
    assert "batch 1 of renewal" in take(office, HONEST, code=1, name="renamed.csv")["error"]
    office.run("leads", "withdraw", "1", "--reason", "wrong contract")
    assert take(office, HONEST)["batch"] == 2


def test_find_release_withdraw(office: Home) -> None:
    take(office, SWEPT, code=3)
    take(office, HONEST + "13800130007\n", name="b.csv")
    assert [batch["id"] for batch in office("leads", "find", "+86 138 0013 0007")] == [2, 1]
    assert office("leads", "find", "13900139000", code=1) == []
    assert "is empty" in office("leads", "release", "1", "--reason", " ", code=1)["error"]
    released = office("leads", "release", "1", "--reason", "a hotel", "--by", "李")
    assert (released["result"], released["entry"]["held"]) == ("released", "")
    assert "not held" in office("leads", "release", "1", "--reason", "again", code=1)["error"]
    assert office("leads", "withdraw", "1", "--reason", "x")["entry"]["withdrawn_at"]
    shown = office("leads", "show", "1")
    assert [change["action"] for change in shown["history"]] == ["import", "release", "withdraw"]
    assert [change["by"] for change in shown["history"]][1] == "李"
    assert shown["entry"]["finding"]["cn-hubei-2018"]["flagged"] is True
    assert "no batch 9" in office("leads", "show", "9", code=1)["error"]


def test_a_release_warns_that_dialling_is_still_watched(office: Home) -> None:
    take(office, SWEPT, code=3)
    result = office.run("leads", "release", "1", "--reason", "a hotel")
    assert "released" in result.stdout and "blocked all the same" in result.stderr


@pytest.mark.parametrize("missing", DELIVERY[::2])
def test_a_list_needs_its_whole_origin(office: Home, missing: str) -> None:
    place = DELIVERY.index(missing)
    given = DELIVERY[:place] + DELIVERY[place + 2 :]
    assert missing in office.run("leads", "import", office.file("a.csv", HONEST), *given, code=2).stderr
    empty = (*given, missing, " ")
    assert "empty" in office("leads", "import", office.file("a.csv", HONEST), *empty, code=1)["error"]


def test_files_that_are_refused(home: Home) -> None:
    assert "renewal is not registered" in take(home, HONEST, code=1)["error"]


def test_an_empty_list_is_refused(office: Home) -> None:
    assert "no row" in take(office, "number\n", code=1)["error"]
    assert "name" in take(office, "name,colour\n13800138000,x\n", code=1)["error"]


def test_without_thresholds_in_the_profiles_nothing_is_looked_for(office: Home) -> None:
    text = (ROOT / "dialpact/compliance/profiles/cn-hubei-2018.toml").read_text("utf-8")
    start = text.index("[range_dialling]")
    end = text.index("\n[", start)
    (office.path / "own.toml").write_text(text[:start] + text[end:], "utf-8")
    config = office.config.read_text("utf-8")
    office.config.write_text(config.replace('"cn-hubei-2018"', '"own.toml"'), "utf-8")
    answer = take(office, SWEPT)
    assert (answer["held"], answer["finding"]) == ("", {})


@pytest.mark.parametrize("kind", ["honest", "swept", "unassigned"])
def test_a_long_list_in_little_memory(office: Home, kind: str) -> None:
    """100,000 numbers in a process that may have 256 MB of data."""
    path = office.path / "leads.csv"
    generate_leads(path, 100_000)
    if kind == "swept":
        path.write_text("number\n" + "".join(f"138{place:08}\n" for place in range(100_000)), "utf-8")
    elif kind == "unassigned":
        path.write_text(path.read_text("utf-8").replace("\n138", "\n141"), "utf-8")
    command = ("leads", "import", "leads.csv", *DELIVERY, "--skip-bad", "--json")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED + PROGRAM, "256", *command],
        cwd=office.path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"},
        capture_output=True,
    )
    answer = json.loads(done.stdout)
    assert answer["rows"] == 100_000, done.stderr
    assert done.returncode == {"honest": 0, "swept": 3, "unassigned": 3}[kind]
    report = answer["finding"]["cn-hubei-2018"]
    assert report["numbers"] + report["unassigned"] == 100_000
    assert bool(report["runs_found"]) == (kind == "swept")
