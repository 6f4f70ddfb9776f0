"""``reconcile``: what it reads, prints and keeps, and how it exits."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.testing import CliRunner

from ami_listener.legs import leg_policy
from dialpact.cli.app import app
from dialpact.compliance.reconcile import Kind
from dialpact.compliance.reconcile.incidents import ROUND_THE_GATE
from dialpact.compliance.registers import carrier_list
from dialpact.presentation import texts
from tests.cli.conftest import Home
from tests.compliance import cdr_lab

ROOT = Path(__file__).parents[2]
UTC = ("--timezone", "UTC")


@pytest.fixture
def lab(home: Home) -> Home:
    """The PBX of the lab."""
    text = home.config.read_text("utf-8").replace('name = "pbx1"', 'name = "lab"')
    home.config.write_text(text + '\n[trunks.carrier2]\nendpoint = "PJSIP/carrier2"\n', "utf-8")
    return home


def files(home: Home, *scenes: str) -> list[str]:
    """The options for them; the database knows of these calls then."""
    with contextlib.closing(sqlite3.connect(home.path / "dialpact.db")) as database, database:
        cdr_lab.fill(database, *scenes)
    return [word for scene in scenes for word in ("--cdr", home.file(f"{scene}.csv", cdr_lab.csv(scene)))]


def incidents(home: Home) -> list[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(home.path / "dialpact.db")) as database:
        found = database.execute("SELECT kind, channel FROM incident ORDER BY seq")
        return [(kind, channel) for kind, channel in found]


def test_nothing_found(lab: Home) -> None:
    answer = lab("reconcile", *files(lab, "answered"), *UTC, code=0)
    assert (answer["findings"], answer["errors"], answer["findings_total"]) == ([], [], 0)
    sums = {name: answer[name] for name in ("lines", "bad", "calls", "answered", "matched", "recorded")}
    assert sums == {"lines": 1, "bad": 0, "calls": 1, "answered": 1, "matched": 1, "recorded": 1}
    assert (answer["since"], answer["until"]) == ("2026-11-25T16:28:49Z", "2026-11-25T16:28:52Z")
    assert (answer["node"], answer["incidents"]) == ("lab", None)


def test_several_files_and_a_line_that_nobody_can_read(lab: Home) -> None:
    files(lab, "answered")
    bad = lab.file("bad.csv", b'"half of a line\n' + cdr_lab.csv("answered"))
    answer = lab("reconcile", *files(lab, "ungated", "emergency"), "--cdr", bad, *UTC, code=3)
    (finding,) = answer["findings"]
    assert (finding["kind"], finding["line"], finding["trunk"]) == ("without-decision", 1, "carrier")
    assert finding["file"].endswith("ungated.csv")
    assert finding["number"] == "139****5678"
    assert (finding["at"], finding["uniqueid"]) == ("2026-11-25T16:29:31Z", "1795624171.11")
    (error,) = answer["errors"]
    assert (error["file"], error["line"], error["code"]) == (bad, 1, "bad-quotes")
    assert answer["found"]["emergency"] == 1


def test_an_unreadable_line_alone_is_a_finding(lab: Home) -> None:
    files(lab, "answered")
    mixed = lab.file("mixed.csv", cdr_lab.csv("answered") + b"garbage\n")
    assert lab("reconcile", "--cdr", mixed, *UTC, code=3)["findings"] == []
    most = lab.file("most.csv", b"garbage\n" + cdr_lab.csv("answered") + b"garbage\n")
    assert lab("reconcile", "--cdr", most, *UTC, code=1)["bad"] == 2
    refused = lab("reconcile", "--cdr", lab.file("bad.csv", "garbage\n"), *UTC, code=1)["error"]
    assert "bad.csv: no form of call records" in refused


def test_numbers_are_masked_unless_asked_for(lab: Home) -> None:
    given = (*files(lab, "another-number"), *UTC)
    said = lab.run("reconcile", *given, code=3).stdout
    assert "138****8444" in said
    assert "13800138" not in said
    full = lab("reconcile", *given, "--full", code=3)["findings"][0]
    assert (full["number"], "13800138000" in full["text"]) == ("13800138444", True)


def test_notes_are_listed_when_asked_for(lab: Home) -> None:
    given = ("reconcile", *files(lab, "emergency", "never-dialled"), *UTC)
    assert lab(*given)["findings"] == []
    assert [one["kind"] for one in lab(*given, "--notes")["findings"]] == ["gave-up", "emergency"]


def test_the_list_is_limited_and_says_so(lab: Home) -> None:
    given = ("reconcile", *files(lab, "ungated", "another-number", "originate-trunk"), *UTC)
    assert len(lab(*given, "--limit", "0", code=3)["findings"]) == 4
    result = lab.run(*given, "--limit", "2", "--json", code=3)
    assert len(json.loads(result.stdout)["findings"]) == 2
    assert json.loads(result.stdout)["findings_total"] == 4
    assert "Only the first 2" in result.stderr


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        (("--since", "2026-11-25T16:29:32Z"), ["number-differs", "without-recording"]),
        (("--until", "2026-11-25T16:29:32Z"), ["trunk-differs", "without-decision"]),
        (("--trunk", "carrier2"), ["trunk-differs"]),
    ],
)
def test_a_period_and_a_trunk(lab: Home, options: tuple[str, ...], kinds: list[str]) -> None:
    scenes = files(lab, "failover", "ungated", "another-number")
    answer = lab("reconcile", *scenes, *UTC, *options, code=3)
    assert sorted({one["kind"] for one in answer["findings"]}) == kinds


def test_decisions_of_which_the_cdrs_know_nothing(lab: Home) -> None:
    """A day that is asked for is answered for, also where the files are empty."""
    files(lab, *cdr_lab.SCENES)
    day = ("--since", "2026-11-25T00:00:00Z", "--until", "2026-11-26T00:00:00Z")
    answer = lab("reconcile", "--cdr", lab.file("empty.csv", ""), *UTC, *day, code=3)
    assert answer["found"]["recording-without-call"] == 9
    assert answer["decisions"] == 14


def test_a_period_without_an_end(lab: Home) -> None:
    period = ("--since", "1970-01-02", "--until", "9999-12-31T23:30:00Z")
    assert lab("reconcile", *files(lab, "ungated"), *UTC, *period, code=3)["findings_total"] == 1


def test_files_without_a_line(lab: Home) -> None:
    """Nothing was looked at: no clean answer, and nothing is written. A period is another question."""
    held = files(lab, "ungated")
    for content in ("", "\n\n"):
        empty = ("--cdr", lab.file("empty.csv", content))
        for given in (empty, (*held, *empty), (*empty, "--since", "2026-11-25")):
            said = lab("reconcile", *given, *UTC, "--write-incidents", code=1)["error"]
            assert said.endswith("empty.csv holds no line at all: nothing was looked at")
    assert "一行记录也没有" in lab("reconcile", *empty, "--lang", "zh", code=1)["error"]
    assert lab("incidents", "list") == []


def test_of_another_pbx(lab: Home) -> None:
    """The lab's decisions are another PBX's then: seen where they were used, and not missed elsewhere."""
    answer = lab("reconcile", *files(lab, "answered"), *UTC, "--node", "pbx9", code=3)
    assert answer["found"] == {"other-node": 1}
    assert answer["other_nodes"] == answer["decisions"]


def test_incidents_once(lab: Home) -> None:
    given = ("reconcile", *files(lab, "ungated", "emergency", "another-number"), *UTC, "--write-incidents")
    assert lab(*given, code=3)["incidents"] == {"written": 3, "known": 0}
    assert incidents(lab) == [
        ("cdr-without-decision", "PJSIP/carrier-0000000c"),
        ("cdr-number-differs", "PJSIP/carrier-0000000e"),
        ("cdr-without-recording", "PJSIP/carrier-0000000e"),
    ]
    assert lab(*given, code=3)["incidents"] == {"written": 0, "known": 3}
    assert "3 known already" in lab.run(*given, code=3).stdout
    assert len(incidents(lab)) == 3


def test_of_times_in_a_wrong_zone_nothing_is_written(lab: Home) -> None:
    given = ("reconcile", *files(lab, *cdr_lab.SCENES), "--write-incidents")
    result = lab.run(*given, code=1)
    assert "--timezone UTC" in result.stderr
    assert "No incident was written" in result.stderr
    assert incidents(lab) == []
    answer = lab(*given, code=1)
    assert (answer["shift"], answer["incidents"]) == (-28_800, None)


def test_a_hint_of_another_zone(lab: Home) -> None:
    result = lab.run("reconcile", *files(lab, *cdr_lab.SCENES), "--timezone", "America/New_York", code=3)
    assert "off by +5 hours" in result.stderr  # 16:28 of New York is 21:28 UTC
    assert "--timezone UTC" in result.stderr


def test_from_a_pipe(lab: Home) -> None:
    result = CliRunner().invoke(app, ["reconcile", "--cdr", "-", *UTC], input=cdr_lab.csv("ungated"))
    assert result.exit_code == 3, result.output


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--cdr", "none.csv"), "none.csv"),
        (("--cdr", "m.csv", "--trunk", "nope"), "nope"),
        (("--cdr", "m.csv", "--timezone", "Mars"), "Mars"),
        (("--cdr", "m.csv", "--since", "x"), "since"),
        (("--cdr", "m.csv", "--since", "2026-11-25", "--until", "2026-11-24"), "before it begins"),
        (("--cdr", "book.csv"), "Excel"),
    ],
)
def test_what_can_not_be_done(lab: Home, options: tuple[str, ...], says: str) -> None:
    lab.file("m.csv", cdr_lab.csv("answered"))
    lab.file("book.csv", b"PK\x03\x04")
    assert says in lab("reconcile", *options, code=1)["error"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_finding_is_named_and_explained(language: Any) -> None:
    there = texts.catalogue(language)
    kinds = set(get_args(Kind))
    for name in ("cdr", "cdr-kind"):
        assert {key.partition(".")[2] for key in there if key.startswith(f"{name}.")} == kinds
    listed = {key.partition(".")[2] for key in there if key.startswith("carrier-list.")}
    assert listed == set(carrier_list.KINDS)


@pytest.mark.parametrize("name", ["reconcile.md", "reconcile.zh-CN.md"])
def test_the_page_has_every_finding(name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    for kind in (*get_args(Kind), *carrier_list.KINDS):
        assert f"| `{kind}` |" in text, kind
    for column in (*carrier_list.COLUMNS, *carrier_list.OPTIONAL):
        assert f"`{column}`" in text, column


@pytest.mark.parametrize("language", ["en", "zh"])
def test_people_read_it_in_their_language(lab: Home, language: str) -> None:
    scenes = files(lab, *cdr_lab.SCENES)
    result = lab.run("--lang", language, "reconcile", *scenes, *UTC, "--notes", code=3)
    assert {"en": "7 findings.", "zh": "共 7 项问题。"}[language] in result.stdout
    assert "{" not in result.stdout


def unseen(home: Home, *, answered: bool) -> tuple[str, list[str]]:
    """A recording of a call whose end nobody saw, and the options for its CDR."""
    given = files(home, "answered")
    with contextlib.closing(sqlite3.connect(home.path / "dialpact.db")) as database, database:
        database.execute("DROP TRIGGER recording_end_is_final")
        database.execute("UPDATE recording SET unseen = 1, answered_at = NULL")
        ((id,),) = database.execute("SELECT id FROM recording").fetchall()
    if not answered:
        text = cdr_lab.csv("answered").decode().replace("ANSWERED", "NO ANSWER")
        given = ["--cdr", home.file("no.csv", text)]
    return id, given


@pytest.mark.parametrize("answered", [True, False])
def test_the_cdrs_settle_what_nobody_saw_and_nothing_goes_earlier(lab: Home, answered: bool) -> None:
    id, given = unseen(lab, answered=answered)
    (before,) = lab("recordings", "list", "--state", "unseen")
    told = lab("reconcile", *given, *UTC, "--notes")
    kind = "unseen-answered" if answered else "unseen-unanswered"
    assert kind in [one["kind"] for one in told["findings"]]
    assert told["settled"] is None
    assert len(lab("recordings", "list", "--state", "unseen")) == 1, "only when it is asked for"
    assert lab("reconcile", *given, *UTC, "--settle", "--by", "chen")["settled"] == 1
    assert lab("reconcile", *given, *UTC, "--settle")["settled"] == 0
    (after,) = lab("recordings", "list")
    assert (after["state"], after["settled"]) == (
        ("kept", "answered") if answered else ("unanswered", "unanswered")
    )
    assert after["keep_until"] == before["keep_until"]
    shown = lab("recordings", "show", id)
    (act,) = [change for change in shown["history"] if change["action"] == "settle"]
    assert (act["by"], act["detail"]["answered"]) == ("chen", answered)
    assert "CDR" in act["detail"]["reason"]


def test_an_officer_settles_what_no_cdr_tells(lab: Home) -> None:
    id, _ = unseen(lab, answered=True)
    day = ("--since", "2026-11-25T00:00:00Z", "--until", "2026-11-26T00:00:00Z")
    found = lab("reconcile", "--cdr", lab.file("empty.csv", ""), *UTC, *day, code=3)
    assert [one["kind"] for one in found["findings"]] == ["unseen-open"]
    why = ("--reason", "the carrier's bill of November")
    assert "reason" in lab("recordings", "settle", id, "--unanswered", "--reason", " ", code=1)["error"]
    done = lab("recordings", "settle", id, "--unanswered", *why)
    assert (done["result"], done["entry"]["state"]) == ("added", "unanswered")
    assert lab("recordings", "settle", id, "--unanswered", *why)["result"] == "already"
    assert "已接通" in lab.run("recordings", "settle", id, "--answered", *why, "--lang", "zh").stdout
    found = lab("reconcile", "--cdr", lab.file("empty.csv", ""), *UTC, *day, code=3)
    assert [one["kind"] for one in found["findings"]] == ["recording-without-call"]


def test_a_recording_whose_end_was_seen_is_not_settled(lab: Home) -> None:
    files(lab, "answered")
    (row,) = lab("recordings", "list")
    said = lab("recordings", "settle", row["id"], "--answered", "--reason", "x", code=1)
    assert "was seen" in said["error"]


INBOUND = (
    '"","13912345678","s","ivr","""13912345678"" <13912345678>","PJSIP/carrier-0000001a","","Queue","sales",'
)
INBOUND += (
    '"2026-11-25 16:30:23","2026-11-25 16:30:23","2026-11-25 16:30:25",2,2,"ANSWERED","DOCUMENTATION"\n'
)


def test_calls_that_a_goto_has_sent_on_came_in(lab: Home) -> None:
    """A CDR has the last context: where that is none that was named, it is said."""
    given = ("reconcile", "--cdr", lab.file("in.csv", INBOUND), *UTC, "--inbound-context", "from-carrier")
    answer = lab(*given)
    assert (answer["findings_total"], answer["inbound"]) == (0, 1)
    assert answer["unnamed_contexts"] == {"ivr": 1}
    assert "ivr (1)" in lab.run(*given).stderr
    assert "ivr (1)" in lab.run("--lang", "zh", *given).stderr
    named = lab(*given, "--inbound-context", "ivr")
    assert (named["inbound"], named["unnamed_contexts"]) == (1, {})


def test_a_site_that_dials_nine(lab: Home) -> None:
    files(lab, "emergency", "answered")
    nine = lab.file("nine.csv", cdr_lab.csv("emergency").replace(b"110", b"9110"))
    assert lab("reconcile", "--cdr", nine, *UTC, code=3)["found"] == {"without-decision": 1}
    assert lab("reconcile", "--cdr", nine, *UTC, "--prefix", "9")["found"] == {"emergency": 1}
    called = cdr_lab.csv("answered").replace(b"13800138000", b"913800138000")
    given = ("reconcile", "--cdr", lab.file("called.csv", called), *UTC)
    assert lab(*given, code=3)["found"] == {"number-differs": 1}
    assert lab(*given, "--prefix", "0", "--prefix", "9")["found"] == {}
    assert "no prefix" in lab(*given, "--prefix", "9x", code=1)["error"]
    assert "不是外线前缀" in lab(*given, "--prefix", "", "--lang", "zh", code=1)["error"]


@pytest.mark.parametrize(
    ("scene", "change"),
    [
        ("another-number", (b"02788880007", b"13800138444")),  # src holds the callee
        ("originate-local", (b"PJSIP/13800138888@carrier", b"PJSIP/13800138887@carrier")),
        ("ungated", (b"PJSIP/carrier-0000000c", b"PJSIP/carrier-0000000c")),
        ("ungated", (b"PJSIP/13912345678@carrier", b"PJSIP/13912345678@private")),
        ("ungated", (b"PJSIP/agent1001-", b"Local/13912345678@out-")),
    ],
)
def test_no_column_shows_a_number(lab: Home, scene: str, change: tuple[bytes, bytes]) -> None:
    files(lab, scene)
    text = cdr_lab.csv(scene).replace(*change).replace(b"PJSIP/carrier-0000000c", b"DAHDI/i1/13912345678-c")
    lab.config.write_text(
        lab.config.read_text("utf-8") + '\n[trunks.isdn]\nendpoint = "DAHDI/g1"\nchannels = "i1"\n', "utf-8"
    )
    bad = b'"","02788880007"' + b',"13912345678"' * 14 + b"\n"
    given = ("reconcile", "--cdr", lab.file("some.csv", text + bad), *UTC, "--notes")
    for words in (given, (*given, "--json"), ("--lang", "zh", *given)):
        result = lab.run(*words, code=3)
        for line in (result.stdout + result.stderr).splitlines():
            shown = re.sub(r"[0-9a-f]{32}|[0-9]{10}\.[0-9]+|-[0-9a-f]{8}\b", "", line)
            assert not re.search(r"[0-9]{7}", shown), line
    full = lab.run(*given, "--full", "--json", code=3).stdout
    assert re.search(r"13[89][0-9]{8}", full)


def test_the_listeners_words_for_a_leg_that_went_round_the_gate() -> None:
    """All that it tells of legs, but for a person's emergency call."""
    told = set(get_args(leg_policy.Kind)) - {"", "emergency", "emergency-unusual"}
    assert set(ROUND_THE_GATE) == told
