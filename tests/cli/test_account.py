"""``dialpact account``: for whoever can not get into the console."""

from __future__ import annotations

import re

from tests.cli.conftest import Home

ADD = ("account", "add", "chen", "--name", "陈明", "--role", "officer", "--by", "root")


def test_an_account_and_its_link(home: Home) -> None:
    made = home(*ADD)
    assert made["result"] == "added" and made["entry"]["role"] == "officer"
    assert re.fullmatch(r"http://127\.0\.0\.1:9080/welcome#chen\.[\w-]{43}", made["link"])
    (row,) = home("account", "list")
    assert (row["id"], row["signs_in_by"], row["last_seen"]) == ("chen", ["link"], None)
    assert "never given twice" in home(*ADD, code=1)["error"]
    said = home.run(*(ADD[:2]), "li", *ADD[3:])
    assert "/welcome#li." in said.stdout and "one-time link" in said.stderr


def test_a_link_is_where_others_reach_the_console(home: Home) -> None:
    text = home.config.read_text("utf-8").replace('base_url = ""', 'base_url = "https://calls.example/log"')
    home.config.write_text(text, "utf-8")
    assert home(*ADD)["link"].startswith("https://calls.example/log/welcome#chen.")


def test_what_is_left_out_stays(home: Home) -> None:
    home("business", "add", "acme", "--name", "A", "--actor", "own-business")
    given = ("--name", "李", "--role", "supervisor", "--agents", "101,102", "--businesses", "acme")
    home("account", "add", "li", *given)
    changed = home("account", "change", "li", "--agents", "103")["entry"]
    assert (changed["agents"], changed["businesses"], changed["name"]) == (["103"], ["acme"], "李")
    assert home("account", "change", "li", "--until", "2026-12-31")["entry"]["until"] == "2026-12-31"
    assert home("account", "change", "li", "--until", "", "--agents", "")["entry"]["until"] is None
    assert "at least one" in home("account", "change", "li", "--businesses", "", code=1)["error"]
    other = home("account", "change", "li", "--role", "officer", "--businesses", "")["entry"]
    assert other["role"] == "officer" and other["businesses"] == []


def test_disabled_enabled_reset(home: Home) -> None:
    first = home(*ADD)["link"]
    assert home("account", "disable", "chen", "--reason", "left")["entry"]["reason"] == "left"
    assert "disabled" in home("account", "disable", "chen", "--reason", "left", code=1)["error"]
    assert "Disabled" in home.run("account", "list").stdout
    assert home("account", "enable", "chen", "--reason", "back")["entry"]["disabled_at"] is None
    assert home("account", "reset", "chen", "--reason", "lost")["link"] != first
    assert home("account", "sign-out", "chen", "--reason", "x") == {"ended": 0}
    assert home("account", "sign-out", "--reason", "x") == {"ended": 0}
    shown = home("account", "show", "chen")
    assert [each["action"] for each in shown["history"]] == ["add", "set", "disable", "enable", "set"]
    assert home("account", "show", "nobody", code=1)
    home("ledger", "verify")


def test_the_last_administrator_stays(home: Home) -> None:
    home("account", "add", "zhang", "--name", "z", "--role", "administrator")
    assert "last administrator" in home("account", "disable", "zhang", "--reason", "x", code=1)["error"]
    home("account", "add", "zhao", "--name", "z", "--role", "administrator", "--until", "2020-01-01")
    assert "last administrator" in home("account", "disable", "zhang", "--reason", "x", code=1)["error"]
    home("account", "add", "qian", "--name", "q", "--role", "administrator")
    home("account", "disable", "zhang", "--reason", "x")
    assert "last" in home("account", "change", "qian", "--role", "officer", code=1)["error"]
