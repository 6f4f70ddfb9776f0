"""``dialpact NOUN`` of a plain register: made from its declaration."""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from dialpact.cli.app import app as product
from dialpact.cli.plain_register import add_to
from dialpact.compliance.registers.plain import PlainEntry, PlainRegister, Words
from tests.cli.conftest import Home
from tests.plain_rooms import HEADINGS, ROOMS

ADD = ("add", "1", "--place", "武汉", "--seats", "12", "--opened", "2026-01-05")
APPS = {language: typer.Typer(rich_markup_mode=None) for language in ("en", "zh")}
for language, app in APPS.items():
    add_to(app, ROOMS, language)
    app.callback()(lambda: None)


@pytest.fixture(autouse=True)
def at_home(home: Home) -> None:
    """With a configuration and a database."""


def run(*arguments: str, code: int = 0, help: str = "en") -> Result:
    done = CliRunner().invoke(APPS[help], ["room", *arguments], env={"LC_ALL": "C.UTF-8", "COLUMNS": "200"})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == code, done.output
    return done


def asked(*arguments: str, code: int = 0) -> Any:
    return json.loads(run(*arguments, "--json", code=code).stdout)


def test_every_kind_of_field() -> None:
    entry = asked(*ADD, "--checked-at", "2026-02-01T10:00:00+08:00", "--watched", "no", "--note", "x")[
        "entry"
    ]
    assert entry == {
        "id": "1",
        "place": "武汉",
        "seats": 12,
        "opened": "2026-01-05",
        "checked_at": "2026-02-01T02:00:00Z",
        "watched": False,
        "note": "x",
    }
    assert asked("list") == [entry]
    table = run("list").stdout
    assert all(heading in table for heading in HEADINGS)
    assert "2026-02-01 10:00:00+08:00" in table and " no " in table
    assert "座席数" in run("list", "--lang", "zh").stdout


def test_the_same_again_and_another_under_its_id() -> None:
    assert asked(*ADD)["result"] == "added"
    assert asked(*ADD)["result"] == "already"
    assert run(*ADD).stdout == "Room 1: already there, nothing changed\n"
    assert "room 1 is registered with other values" in asked(*ADD, "--note", "x", code=1)["error"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("add", "1"), 2, "--place"),
        (("add", "a b", *ADD[2:]), 1, "id must be 1 to 64 letters"),
        ((*ADD, "--seats", "many"), 1, "seats must be a whole number of at most 15 digits, not 'many'"),
        ((*ADD, "--opened", "soon"), 1, "opened: no date: 'soon'"),
        ((*ADD, "--checked-at", "25:00"), 1, "checked_at: no time"),
        ((*ADD, "--watched", "maybe"), 1, "watched must be yes or no"),
        ((*ADD, "--note", "a\x1b[2J"), 1, r"note contains control characters: 'a\x1b[2J'"),
        ((*ADD, "--note", "x" * 501), 1, "note is longer than 500 characters"),
        ((*ADD, "--by", "a\nb"), 1, "by contains control characters"),
        ((*ADD, "--colour", "red"), 2, "--colour"),
        (("remove", "1"), 2, "--reason"),
        (("remove", "1", "--reason", " "), 1, "reason is empty"),
        (("remove", "1", "--reason", "x"), 1, "1 is not registered"),
        (("show", "1"), 1, "1 is not registered"),
        (("list", "--after", "x"), 1, "no cursor"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], code: int, said: str) -> None:
    assert said in run(*arguments, code=code).stderr
    assert asked("list") == []


def test_for_people_in_both_languages() -> None:
    assert run(*ADD, "--lang", "zh").stdout == "机房 1：已登记\n"
    assert "seats 须为不超过 15 位的整数" in run(*ADD, "--seats", "x", "--lang", "zh", code=1).stderr
    shown = run("show", "1").stdout
    assert "武汉" in shown and "Seats" in shown and "add" in shown
    assert run("remove", "1", "--reason", "closed").stdout == "Room 1: removed\n"


def test_help_in_both_languages() -> None:
    for language, words in (("en", ROOMS.en), ("zh", ROOMS.zh)):
        assert words.about in run("--help", help=language).stdout
        add = run("add", "--help", help=language).stdout
        assert all(heading in add for heading in words.fields.values()) and words.title in add
        assert "--checked-at TIME" in " ".join(add.split())


def test_a_noun_that_is_a_command_already() -> None:
    for noun in ("check", "calls"):
        with pytest.raises(TypeError, match=f"{noun}: there is such a command already"):
            add_to(product, PlainRegister(noun, ROOMS.kind, en=ROOMS.en, zh=ROOMS.zh), "en")
    with pytest.raises(TypeError, match="room: there is such a command already"):
        add_to(APPS["en"], ROOMS, "en")


def test_a_field_that_is_a_flag_of_every_command() -> None:
    class Clash(PlainEntry, frozen=True, kw_only=True):
        by: str

    words = Words("Clash", "Clashes.", {"by": "By"})
    with pytest.raises(TypeError, match="clash: a field can not be called by"):
        add_to(typer.Typer(), PlainRegister("clash", Clash, en=words, zh=words), "en")
