"""``script``: refused with the place of each forbidden phrase, approved, changed, taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dialpact.cli.app import app
from dialpact.compliance import profile
from tests.cli.conftest import NUMBER, Home

GOOD = "您好，这里是某某公司。\n请问现在方便吗？\n"
BAD = "您好，\n我们是国家级机构，\n给您最 佳方案。\n"
HITS = [("国家级", 2, 4, "我们是国家级机构，"), ("最佳", 3, 3, "给您最 佳方案。")]


def hits(answer: dict) -> list[tuple]:
    return [(hit["phrase"], hit["line"], hit["column"], hit["excerpt"]) for hit in answer["hits"]]


@pytest.fixture
def written(home: Home) -> Home:
    home.run("script", "add", "opening", "--file", home.file("good.txt", GOOD), "--by", "wang")
    return home


def test_added_approved_listed_shown(written: Home) -> None:
    answer = written("script", "approve", "opening", "--by", "chen", "--expires-at", "2099-12-31")
    assert (answer["result"], answer["entry"]["approved_by"]) == ("approved", "chen")
    assert answer["entry"]["expires_at"] == "2099-12-31T15:59:59.999999Z", "to the end of that day"
    digest = profile.load("cn-hubei-2018").script.digest  # type: ignore[union-attr]
    assert answer["entry"]["checked"] == [digest]
    (listed,) = written("script", "list")
    assert (listed["id"], listed["version"], listed["approved_by"]) == ("opening", 1, "chen")
    shown = written("script", "show", "opening")
    assert [(change["action"], change["by"]) for change in shown["history"]] == [
        ("add", "wang"),
        ("approve", "chen"),
    ]
    assert "text" not in shown["entries"][0]


def test_a_forbidden_phrase_refuses_the_approval_and_is_shown(home: Home) -> None:
    home.run("script", "add", "opening", "--file", home.file("bad.txt", BAD.encode("gb18030")))
    answer = home("script", "approve", "opening", "--by", "chen", code=3)
    assert answer["result"] == "refused"
    assert [hit for hit in hits(answer) if hit in HITS] == HITS
    assert home("script", "list")[0]["approved_by"] == ""
    said = home.run("script", "approve", "opening", "--lang", "zh", code=3)
    assert "最 佳方案" in said.stdout
    assert "未予审批" in said.stderr


def test_a_changed_text_voids_the_approval(written: Home) -> None:
    written.run("script", "approve", "opening")
    again = written(
        "script", "add", "opening", "--file", written.file("crlf.txt", GOOD.replace("\n", "\r\n"))
    )
    assert again["result"] == "already", "other line ends are no other text"
    changed = written("script", "add", "opening", "--file", written.file("new.txt", GOOD + "谢谢。"))
    assert (changed["result"], changed["entry"]["version"], changed["entry"]["approved_by"]) == (
        "updated",
        2,
        "",
    )
    assert [entry["approved_by"] != "" for entry in written("script", "show", "opening")["entries"]] == [
        True,
        False,
    ]


def test_the_text_as_it_is(written: Home) -> None:
    assert written.run("script", "show", "opening", "--text").stdout == GOOD
    assert written("script", "show", "opening", "--text") == {"key": "opening", "version": 1, "text": GOOD}


def test_an_approval_is_taken_back(written: Home) -> None:
    assert "not approved" in written("script", "revoke", "opening", "--reason", "x", code=1)["error"]
    written.run("script", "approve", "opening")
    assert written.run("script", "revoke", "opening", code=2), "without a reason"
    assert written("script", "revoke", "opening", "--reason", " ", code=1)
    assert written("script", "revoke", "opening", "--reason", "misleading")["result"] == "revoked"
    assert written("script", "list")[0]["approved_by"] == ""


def test_check_shows_and_approves_nothing(written: Home) -> None:
    found = written("script", "check", written.file("bad.txt", BAD), code=3)
    assert [hit for hit in hits(found) if hit in HITS] == HITS
    clean = written("script", "check", "opening")
    assert (clean["result"], clean["version"], clean["hits"]) == ("clean", 1, [])
    assert written("script", "list")[0]["approved_by"] == ""
    assert written("script", "check", "nothing", code=1)["error"]


def test_standard_input(home: Home) -> None:
    run = ["script", "add", "opening", "--file", "-", "--json"]
    added = CliRunner().invoke(app, run, input=GOOD)
    assert json.loads(added.stdout)["result"] == "added"
    assert CliRunner().invoke(app, ["script", "check", "-"], input=BAD).exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add", "opening", "--file", "none.txt"), "none.txt"),
        (("add", "a b", "--file", "good.txt"), "id"),
        (("approve", "nothing"), "not registered"),
        (("approve", "opening", "--expires-at", "2026-01-01"), "ends"),
        (("approve", "opening", "--expires-at", "soon"), "no time"),
        (("approve", "opening", "--by", " "), "by is empty"),
        (("show", "nothing"), "not registered"),
        (("show", "nothing", "--text"), "not registered"),
    ],
)
def test_what_is_refused(written: Home, arguments: tuple[str, ...], says: str) -> None:
    assert says in written("script", *arguments, code=1)["error"]
    assert written("script", "list")[0]["approved_by"] == ""


HOUSE = """
id = "{id}"
version = "1"
title = "t"
source = "s"
timezone = "Asia/Shanghai"
[numbers]
source = "s"
regions = ["CN"]
[{section}]
clause = "c"
source = "s"
effective_from = {since}
purposes = ["marketing"]
{keys}
"""


def with_profiles(home: Home, **profiles: tuple[str, str, str]) -> None:
    for name, (section, since, keys) in profiles.items():
        content = HOUSE.format(id=name, section=section, since=since, keys=keys)
        (home.path / f"{name}.toml").write_text(content, "utf-8")
    listed = ", ".join(f'"{name}.toml"' for name in profiles)
    text = home.config.read_text("utf-8").replace('"cn-hubei-2018"', listed)
    home.config.write_text(text, "utf-8")


def test_the_phrases_of_every_profile_are_forbidden(written: Home) -> None:
    with_profiles(
        written,
        one=("script", "2020-01-01", 'forbidden_phrases = ["零风险"]'),
        two=("script", "2099-01-01", 'forbidden_phrases = ["方便吗"]'),
    )
    answer = written("script", "approve", "opening", code=3)
    assert hits(answer) == [("方便吗", 2, 5, "请问现在方便吗？")], "also of one that takes effect later"
    written.run("script", "add", "opening", "--file", written.file("new.txt", "您好"))
    assert len(written("script", "approve", "opening")["entry"]["checked"]) == 2


def test_without_a_list_it_is_said_that_nothing_was_checked(written: Home) -> None:
    with_profiles(written, bare=("resources", "2020-01-01", ""))
    result = written.run("script", "approve", "opening", "--json")
    assert json.loads(result.stdout)["entry"]["checked"] == []
    assert "checked for none" in result.stderr


def test_a_call_needs_it(stocked: Home, tmp_path: Path) -> None:
    when = ("--at", "2026-11-25T10:00:00+08:00")  # a Wednesday, after the approval whenever this runs
    call = ("check", NUMBER, "--campaign", "renewal", "--caller-id", "02787654321", *when)

    def why() -> str:
        findings = stocked.run(*call, "--json", code=3)
        (text,) = [f["text"] for f in json.loads(findings.stdout)["findings"] if f["code"]][:1] or [""]
        return text

    stocked.run("script", "revoke", "pitch", "--reason", "x")
    assert "version 1 of the script pitch is not approved" in why()
    stocked.run("campaign", "change", "renewal", "--script", "", "--reason", "x")
    assert "names no script" in why()
    stocked.run("campaign", "change", "renewal", "--script", "elsewhere", "--reason", "x")
    assert "elsewhere is not in the register" in why()
