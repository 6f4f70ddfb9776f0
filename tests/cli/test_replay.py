"""``replay``: old CDRs, judged as the gate would have judged them then."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from dialpact.application.replay.trial import FREE
from dialpact.cli.app import app
from dialpact.cli.command_context import Machine
from dialpact.compliance.external_sort import ExternalSort
from tests.cli.conftest import NUMBER, Home

CAPPED = """
id = "capped"
version = "1"
title = "Two attempts an hour"
source = "a test"
timezone = "Asia/Shanghai"

[numbers]
source = "a test"
regions = ["CN"]

[attempts]
clause = "two an hour"
source = "a test"
effective_from = 2018-01-01
purposes = ["*"]
caps = [{ per = "callee", limit = 2, hours = 1 }]
"""


def line(
    start: str = "2026-11-24 10:00:00",
    number: str = NUMBER,
    *,
    account: str = "renewal",
    src: str = "02787654321",
    second: str = "PJSIP/carrier-00000002",
) -> str:
    return (
        f'"{account}","{src}","{number}","outbound","""Ann"" <{src}>","PJSIP/agent1001-00000001","{second}",'
        f'"Dial","PJSIP/{number}@carrier,60","{start}",,"{start}",0,0,"NO ANSWER","DOCUMENTATION"\n'
    )


def replay(home: Home, text: str | bytes, *options: str, code: int = 3) -> Any:
    return home("replay", "--cdr", home.file("Master.csv", text), *options, code=code)


def test_hours_are_those_that_the_rules_count(stocked: Home) -> None:
    """00:29 in Beijing, from an Asterisk that writes UTC."""
    answer = replay(stocked, line("2026-11-23 16:29:00"), "--rules", "hours", "--timezone", "UTC")
    assert reasons(answer) == {"outside-hours": 1}
    assert [row["hour"] for row in answer["hours"]] == ["00"]
    american = ("--profile", "us-federal", "--timezone", "Asia/Shanghai", "--rules", "number")
    answer = replay(stocked, line("2026-11-24 10:00:00", "+13125550123"), *american)
    assert [row["hour"] for row in answer["hours"]] == ["21"]


def test_a_site_that_dials_nine(stocked: Home) -> None:
    """The extension and what the trunk was given have it, or one of them."""
    dialled = line(number=f"9{NUMBER}")
    given = dialled + dialled.replace(f"PJSIP/9{NUMBER}@", f"PJSIP/{NUMBER}@") + line()
    assert reasons(replay(stocked, given, "--rules", "number,consent")) == {"invalid-number": 1}
    answer = replay(stocked, given, "--rules", "number,consent", "--prefix", "9", code=0)
    assert (answer["attempts"], answer["blocked"]) == (3, 0)
    american = ("--profile", "us-federal", "--rules", "number", "--prefix", "9")
    assert replay(stocked, line(number="92127360104"), *american, code=0)["attempts"] == 1
    assert "no prefix" in replay(stocked, given, "--prefix", "nine", code=1)["error"]


def reasons(answer: Any) -> dict[str, int]:
    return {row["code"]: row["calls"] for row in answer["reasons"]}


def test_nothing_to_refuse(stocked: Home) -> None:
    answer = replay(stocked, line(), "--rules", "hours,days,consent,caller-id", code=0)
    sums = {name: answer[name] for name in ("lines", "bad", "others", "attempts", "passed", "refused")}
    assert sums == {"lines": 1, "bad": 0, "others": 0, "attempts": 1, "passed": 1, "refused": 0}
    assert (answer["reasons"], answer["errors"], answer["registers"]) == ([], [], True)
    assert set(answer["rules"]) == {"days", "hours", "consent", "caller_id"}
    assert answer["profiles"][0]["profile"] == "cn-hubei-2018"
    assert len(answer["profiles"][0]["sha256"]) == 64
    assert answer["from"] == answer["to"] == "2026-11-24T02:00:00Z"


def test_what_would_have_been_refused_and_why(stocked: Home) -> None:
    refused = "number,scope,value,requested_at,source\n13800138002,business,acme,2026-06-01,letter\n"
    stocked.run("dnc", "import", stocked.file("dnc.csv", refused))
    text = (
        line("2026-11-24 12:30:00")
        + line(number="13800138001")
        + line(number="13800138002")
        + line("2026-05-06 10:00:00", "13800138002")  # before that person refused
        + line(account="nobody")
        + line(src="95588")
        + line(second="PJSIP/1002-00000003")
        + "garbage\n"
    )
    rules = ("--rules", "do_not_call,hours,days,consent,caller_id,campaign", "--list")
    answer = replay(stocked, text, *rules)
    assert (answer["lines"], answer["bad"], answer["others"], answer["attempts"]) == (8, 1, 1, 6)
    found = {call["line"]: call["reasons"] for call in answer["calls"]}
    assert found == {
        1: ["outside-hours"],
        2: ["no-consent"],
        3: ["do-not-call", "no-consent"],
        4: ["no-consent"],
        5: ["unknown-campaign"],
        6: ["caller-id-unauthorised"],
    }
    assert reasons(answer)["no-consent"] == 3
    assert answer["errors"] == [
        {"line": 8, "reason": "1 columns, but Master.csv has 16 to 21", "code": "cdr-columns"}
    ]
    assert {row["campaign"]: row["refused"] for row in answer["campaigns"]} == {"renewal": 5, "nobody": 1}
    assert {row["hour"]: row["attempts"] for row in answer["hours"]} == {"10": 5, "12": 1}
    # "refused" is the old name of "blocked", for one version
    assert answer["caller_ids"][0] == {
        "caller_id": "02787654321",
        "attempts": 5,
        "blocked": 5,
        "refused": 5,
    }
    assert answer["blocked"] == answer["refused"]


def test_what_the_gate_itself_says(stocked: Home) -> None:
    """Without --rules: the same reasons as ``check`` gives for that instant, once the leads were there."""
    with contextlib.closing(sqlite3.connect(stocked.path / "dialpact.db")) as database, database:
        database.execute("UPDATE batch SET imported_at = '2099-01-01T00:00:00.000000Z'")
    late = replay(stocked, line("2026-11-24 10:00:00"), "--list")
    assert late["calls"][0]["reasons"] == ["not-on-lead-list"]
    with contextlib.closing(sqlite3.connect(stocked.path / "dialpact.db")) as database, database:
        database.execute("UPDATE batch SET imported_at = '2026-01-01T00:00:00.000000Z'")
    answer = replay(stocked, line("2026-11-24 12:30:00"), "--list", code=3)
    call = ("--campaign", "renewal", "--caller-id", "02787654321", "--agent", "agent1001")
    checked = stocked("check", NUMBER, *call, "--at", "2026-11-24 12:30", code=3)
    assert answer["calls"][0]["reasons"] == checked["reasons"]
    failing = [finding for finding in checked["findings"] if finding["result"] == "fail"]
    assert [finding["text"] for finding in answer["calls"][0]["findings"]] == [f["text"] for f in failing]


def test_numbers_are_masked_unless_asked_for(stocked: Home) -> None:
    late = line("2026-11-24 20:00:00")
    assert replay(stocked, late, "--list")["calls"][0]["number"] == "+86138****8000"
    assert replay(stocked, late, "--list", "--full")["calls"][0]["number"] == f"+86{NUMBER}"
    assert NUMBER not in stocked.run("replay", "--cdr", "Master.csv", "--list", code=3).stdout


def test_the_list_is_limited_and_says_so(stocked: Home) -> None:
    text = "".join(line(f"2026-11-24 20:00:{second:02}") for second in range(5))
    assert "calls" not in replay(stocked, text)
    assert len(replay(stocked, text, "--list", "--limit", "2")["calls"]) == 2
    assert len(replay(stocked, text, "--list", "--limit", "0")["calls"]) == 5
    result = stocked.run("replay", "--cdr", "Master.csv", "--list", "--limit", "2", code=3)
    assert result.stdout.count("Master.csv, line") == 2
    assert "Only the first 2" in result.stderr


def test_caps_count_what_would_have_been_put_through_in_the_order_of_time(home: Home) -> None:
    """Lines are in the order in which the calls ended; the refused third attempt delays no fourth."""
    times = ("10:59:00", "10:00:00", "10:58:00", "10:01:00", "11:00:30")
    text = "".join(line(f"2026-11-24 {time}") for time in times)
    profile = ("--profile", home.file("capped.toml", CAPPED), "--rules", "attempts", "--campaign", "x")
    home.config.unlink()
    answer = replay(home, text, *profile, "--list")
    assert [call["at"] for call in answer["calls"]] == [
        f"2026-11-24T{time}+08:00" for time in ("10:58:00", "10:59:00")
    ]
    assert reasons(answer) == {"too-many-attempts": 2}


def test_with_cdrs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIALPACT_CONFIG", raising=False)
    home = Home(tmp_path)
    home.machine = Machine(search=())
    text = (
        line()
        + line("2026-11-24 12:30:00")
        + line(second="").replace("PJSIP/13800138000@carrier", "PJSIP/1001")
    )
    answer = replay(home, text, "--profile", "cn-hubei-2018")
    assert (answer["registers"], set(answer["rules"]) <= FREE) == (False, True)
    assert (answer["attempts"], answer["refused"], reasons(answer)) == (2, 1, {"outside-hours": 1})
    shown = home.run("replay", "--cdr", "Master.csv", "--profile", "cn-hubei-2018", code=3)
    assert "registers were not looked at" in shown.stderr
    assert "Would be blocked: 1 (50.0%)" in shown.stdout
    assert "--profile" in replay(home, text, code=1)["error"]
    assert (
        "consent" in replay(home, text, "--profile", "cn-hubei-2018", "--rules", "consent", code=1)["error"]
    )


def test_a_named_configuration_must_be_there(home: Home) -> None:
    assert "none.toml" in replay(home, line(), "--config", "none.toml", code=1)["error"]


def test_from_a_pipe(stocked: Home) -> None:
    arguments = ["replay", "--cdr", "-", "--rules", "hours"]
    result = CliRunner().invoke(app, arguments, input=line(), env={"LC_ALL": "C"})
    assert result.exit_code == 0, result.output
    assert "1 outbound attempts" in result.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--rules", "hour"), "hours"),
        (("--timezone", "Wuhan"), "Wuhan"),
        (("--profile", "no-such"), "no-such"),
    ],
)
def test_what_is_not_understood(stocked: Home, options: tuple[str, ...], says: str) -> None:
    assert says in replay(stocked, line(), *options, code=1)["error"]


def test_files_that_are_none(stocked: Home) -> None:
    assert "none.csv" in stocked("replay", "--cdr", "none.csv", code=1)["error"]
    assert "Excel" in replay(stocked, b"PK\x03\x04", code=1)["error"]
    said = replay(stocked, "a\nb\n", code=1)["error"]
    assert said.count("\n") == 0 and "Master.csv: no form of call records" in said
    for empty in ("", "\n"):
        said = replay(stocked, empty, code=1)["error"]
        assert said.endswith("Master.csv holds no line at all: nothing was looked at")


def test_many_bad_lines_are_cut_for_people_only(stocked: Home) -> None:
    text = "garbage\n" * 30 + line()
    assert len(replay(stocked, text, "--rules", "hours", code=1)["errors"]) == 30
    result = stocked.run("replay", "--cdr", "Master.csv", "--rules", "hours", code=1)
    assert "10 more unreadable lines" in result.stderr


def test_it_changes_nothing(stocked: Home) -> None:
    replay(stocked, line("2026-11-24 20:00:00"))
    assert stocked("calls", "list") == []


class Pair(NamedTuple):
    at: int
    text: str


@pytest.mark.parametrize("piece", [1, 2, 3, 100])
def test_more_than_the_memory_holds_is_put_in_order(piece: int) -> None:
    pairs = [Pair(at * 7 % 11, "续\n保") for at in range(11)]
    with ExternalSort(Pair, piece) as ordered:
        for pair in pairs:
            ordered.add(pair)
        assert list(ordered) == sorted(pairs)
        assert ordered.count == 11
