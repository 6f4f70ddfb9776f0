"""Several files of call records, pipes, other zones and trunks: what each command says, how it exits."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dialpact.cli.app import app
from tests.cli.conftest import Home
from tests.cli.test_cdr_corpus import CORPUS
from tests.cli.test_replay import line

HOURS = ("--rules", "hours")
INSIDE = line(second="PJSIP/1002-00000003").replace("PJSIP/13800138000@carrier", "PJSIP/1002")


def read(answer: Any) -> dict[str, tuple[str, int, int, int]]:
    return {
        Path(one["file"]).name: (one["form"], one["lines"], one["bad"], one["trunk_lines"])
        for one in answer["read"]
    }


def test_replay_reads_every_file(home: Home) -> None:
    """Only the last one was, without a word."""
    one = home.file("one.csv", line("2026-11-24 12:30:00") + "\n" + line())
    two = home.file("two.csv", "garbage\n" + line("2026-11-24 20:00:00") + line())
    packed = home.file("three.gz", gzip.compress(line("2026-11-24 21:00:00").encode()))
    answer = home(
        "replay", *(word for name in (one, two, packed) for word in ("--cdr", name)), *HOURS, "--list", code=3
    )
    assert (answer["lines"], answer["bad"], answer["attempts"], answer["blocked"]) == (6, 1, 5, 3)
    assert [(Path(call["file"]).name, call["line"]) for call in answer["calls"]] == [
        ("one.csv", 1),
        ("two.csv", 2),
        ("three.gz", 1),
    ]
    (error,) = answer["errors"]
    assert (error["file"], error["line"], error["code"]) == (two, 1, "cdr-columns")
    assert read(answer) == {
        "one.csv": ("cdr_csv", 2, 0, 2),
        "two.csv": ("cdr_csv", 3, 1, 2),
        "three.gz": ("cdr_csv", 1, 0, 1),
    }
    shown = home.run("replay", "--cdr", one, "--cdr", two, *HOURS, "--list", code=3)
    assert "two.csv, line 2:" in shown.stdout and "two.csv, line 1:" in shown.stderr


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (line(), 0),
        (line() + "half\n", 3),
        (line() * 3 + "half\n" * 3, 3),
        (line() + "half\n" * 2, 1),
        (line() + INSIDE, 0),
        (INSIDE, 3),
    ],
)
def test_lines_that_nobody_can_read_are_no_clean_answer(home: Home, text: str, code: int) -> None:
    file = home.file("Master.csv", text)
    home.run("replay", "--cdr", file, *HOURS, code=code)
    if code != 0:
        home.run("reconcile", "--cdr", file, code=code)


@pytest.mark.parametrize("command", [("replay", *HOURS), ("reconcile",)])
def test_a_file_without_a_trunk_says_what_its_lines_left_by(home: Home, command: tuple[str, ...]) -> None:
    other = line(second="PJSIP/telecom-00000002").replace("@carrier", "@telecom")
    text = other * 2 + INSIDE + line(second="PJSIP/13912345678-00000001").replace("@carrier", "@x")
    file = home.file("Master.csv", text)
    shown = home.run(*command, "--cdr", file, code=3).stderr
    assert "none of its 4 lines touches a trunk" in shown
    assert "PJSIP/telecom (2), PJSIP/1002 (1), PJSIP/139****5678 (1)" in shown
    chinese = home.run(*command, "--cdr", file, "--lang", "zh", code=3).stderr
    assert "没有一行经过已配置的中继" in chinese
    (one,) = home(*command, "--cdr", file, code=3)["read"]
    assert one["peers"][0] == {"peer": "PJSIP/telecom", "lines": 2}
    assert (one["form"], one["trunk_lines"]) == ("cdr_csv", 0)
    # the quiet file of a night beside one that has calls
    never = home.file(
        "never.csv", line(second="").replace('"Dial","PJSIP/13800138000@carrier,60"', '"Hangup",""')
    )
    beside = (*command, "--cdr", home.file("calls.csv", line()), "--cdr", never)
    home.run(*beside, code=0 if command[0] == "replay" else 3)


def test_replay_notices_times_in_another_zone_as_reconcile_does(home: Home) -> None:
    utc = str(CORPUS / "cdr_csv-utc.csv")
    for command in (("replay", *HOURS), ("reconcile",)):
        result = home.run(*command, "--cdr", utc, code=3)
        assert "off by -8 hours" in result.stderr and "--timezone UTC" in result.stderr
        answer = home(*command, "--cdr", utc, "--timezone", "UTC", code=3)
        assert answer["shift"] == 0
    assert home("replay", *HOURS, "--cdr", utc, "--timezone", "UTC", code=3)["blocked"] == 2  # 12:00, 13:00


def test_from_a_pipe_that_can_be_read_once(home: Home) -> None:
    pipe = home.path / "pipe"
    os.mkfifo(pipe)
    data = gzip.compress(line().encode())
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    answer = home("replay", "--cdr", str(pipe), *HOURS)
    writer.join()
    assert read(answer) == {"pipe": ("cdr_csv", 1, 0, 1)}
    result = CliRunner().invoke(app, ["replay", "--cdr", "-", *HOURS], input=data, env={"LC_ALL": "C"})
    assert result.exit_code == 0, result.output


def test_a_packed_file_that_is_cut_off_later_is_no_answer(home: Home) -> None:
    noise = "".join(
        line(f"2026-11-24 10:{at // 60:02}:{at % 60:02}", f"138{at * 7919:08}") for at in range(3000)
    )
    cut = gzip.compress(noise.encode())[:-400]
    for command in (("replay", *HOURS), ("reconcile",)):
        assert "cut off or damaged" in home(*command, "--cdr", home.file("cut.gz", cut), code=1)["error"]


def test_a_form_without_trunks_needs_one_trunk(home: Home) -> None:
    text = home.config.read_text("utf-8")
    home.config.write_text(text + '\n[trunks.second]\nendpoint = "PJSIP/second"\n', "utf-8")
    log = str(CORPUS / "vicidial_log.csv")
    assert "carrier, second" in home("reconcile", "--cdr", log, code=1)["error"]
    named = home("reconcile", "--cdr", str(CORPUS / "header-yeastar.csv"), code=3)
    assert {finding["trunk"] for finding in named["findings"]} == {"carrier"}


def test_a_file_that_says_no_lengths_is_refused_in_one_sentence(home: Home) -> None:
    """Each of its lines was, and nothing was said of the column."""
    text = "calldate,src,dst,dstchannel\n" + "2026-11-24 12:30:00,1001,13800138000,PJSIP/carrier-1\n" * 3
    file = home.file("short.csv", text)
    said = home("reconcile", "--cdr", file, code=1)["error"]
    assert "short.csv" in said and "--columns duration=NAME" in said and "\n" not in said
    assert home("replay", "--cdr", file, *HOURS, code=3)["attempts"] == 3


def test_a_trunk_of_another_name_is_found_in_a_form_without_channels(home: Home) -> None:
    """Beside a line of the trunk that is configured it was a call of the house, and nothing was said."""
    text = (
        "Time,Call From,Call To,Talk Duration,Status,Call Type,Trunk\n"
        "2026-11-24 10:00:00,101,13800138000,20,ANSWERED,Outbound,carrier\n"
        "2026-11-24 12:30:00,101,13900139000,20,ANSWERED,Outbound,second-line\n"
        "2026-11-24 12:31:00,101,13900139001,20,ANSWERED,Outbound,second-line\n"
        "2026-11-24 12:40:00,102,101,20,ANSWERED,Internal,\n"
    )
    answer = home("reconcile", "--cdr", home.file("two.csv", text), code=3)
    assert answer["calls"] == 1
    assert answer["found"] == {"without-decision": 1, "unlisted-endpoint": 2}
    assert [one["channel"] for one in answer["findings"]][1:] == ["second-line"] * 2
    said = home.run("replay", "--cdr", home.file("two.csv", text), *HOURS, code=0).stderr
    assert "2 calls to the outside" in said and "second-line (2)" in said  # replay did not say them either
    shown = home.run("reconcile", "--cdr", home.file("two.csv", text), code=3).output
    assert "left by second-line" in " ".join(shown.split()) and "13900139000" not in shown


def test_columns_are_refused_with_their_place_and_reason(home: Home) -> None:
    file = str(CORPUS / "columns-by-name.csv")
    for command in ("replay", "reconcile"):
        said = home(command, "--cdr", file, "--columns", "start=beginn,dst=wer", code=1)["error"]
        assert "--columns dst='wer'" in said and "anrufer, ziel" in said and "columns-by-name.csv" in said
        said = home(command, "--cdr", file, "--columns", "begin=beginn", code=1)["error"]
        assert "'begin'" in said and "start, answer" in said


def test_the_callee_in_src_is_masked_as_he_is_elsewhere(home: Home) -> None:
    """An Originate on the trunk writes him there."""
    text = (
        '"","13800138000","s","agents",""""" <13800138000>","PJSIP/carrier-00000001","","AppDial2",'
        '"(Outgoing Line)","2026-11-24 10:00:00",,"2026-11-24 10:00:20",20,0,"NO ANSWER","DOCUMENTATION"\n'
    )
    file = home.file(
        "Master.csv", text + line("2026-11-24 12:30:00", src="13800138000", account="13800138000")
    )
    for command in (("replay", *HOURS, "--list"), ("reconcile", "--notes")):
        for more in ((), ("--json",)):
            assert "13800138000" not in home.run(*command, "--cdr", file, *more, code=3).output
        assert "13800138000" in home.run(*command, "--cdr", file, "--full", code=3).output


def test_the_inspection_says_it_too(home: Home) -> None:
    home.run("business", "add", "acme", "--name", "某某公司", "--actor", "own-business")
    period = ("report", "inspection", "--from", "2026-11-24", "--to", "2026-11-24", "--format", "json")
    file = str(CORPUS / "other-trunk.csv")
    assert "PJSIP/telecom" in home.run(*period, "--cdr", file, code=3).stderr
    refused = str(CORPUS / "refused-workbook.xlsx")
    assert "Excel" in home.run(*period, "--cdr", refused, code=1).stderr
