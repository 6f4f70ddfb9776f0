"""``dialpact registration``: entered, renewed, taken away, and what a check says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import NUMBER, Home
from tests.cli.test_replay import line

KIND = "seller"
SECTION = """
[registration]
clause = "whoever sells is registered"
source = "an example"
effective_from = 2026-01-01
purposes = ["marketing"]
required = [{ kind = "seller" }]
"""


@pytest.fixture
def asked(stocked: Home) -> Home:
    """A profile of its own asks for a registration."""
    stocked.run("profile", "copy", "cn-hubei-2018", str(stocked.path / "ours.toml"))
    ours = Path(stocked.path / "ours.toml")
    ours.write_text(ours.read_text("utf-8") + SECTION, "utf-8")
    text = stocked.config.read_text("utf-8")
    stocked.config.write_text(
        text.replace('profiles = ["cn-hubei-2018"]', 'profiles = ["ours.toml"]'), "utf-8"
    )
    return stocked


def check(home: Home, at: str = "2026-11-25", *more: str, code: int = 0) -> str:
    call = ("check", NUMBER, "--campaign", "renewal", "--caller-id", "02787654321")
    return home.run(*call, "--at", f"{at}T10:00:00+08:00", *more, code=code).stdout


def test_a_business_without_one_may_not_call(asked: Home) -> None:
    answer = json.loads(check(asked, "2026-11-25", "--json", code=3))
    assert answer["reasons"] == ["actor-not-permitted"]
    (found,) = (one for one in answer["findings"] if one["rule"] == "registration")
    assert (
        found["text"] == "This company may not make such calls: no registration seller of acme is on record"
    )
    assert found["clause"] == "cn-hubei-2018 registration"
    assert found["looked_at"] == "0 of acme and of campaign renewal: -"
    assert "该企业不得从事此类外呼：acme 没有 seller 注册的登记" in check(
        asked, "2026-11-25", "--lang", "zh", code=3
    )


def test_entered_renewed_and_taken_away(asked: Home) -> None:
    add = ("registration", "add", "business", "acme", KIND, "--by", "chen")
    first = (*add, "--number", "3401-25", "--valid-from", "2026-01-01", "--valid-to", "2026-11-25")
    answer = asked(*first)
    assert (answer["result"], answer["entry"]["valid_to"]) == ("added", "2026-11-25")
    assert asked(*first)["result"] == "already"
    assert json.loads(check(asked, "2026-11-25", "--json"))["verdict"] == "ALLOW"
    ended = json.loads(check(asked, "2026-11-26", "--json", code=3))
    (found,) = (one for one in ended["findings"] if one["rule"] == "registration")
    assert "has ended; 2026-11-25 was its last valid day" in found["text"]
    assert found["looked_at"].endswith("seller 2026-01-01 2026-11-25")

    asked.run(*add, "--valid-from", "2026-11-27")
    waiting = json.loads(check(asked, "2026-11-26", "--json", code=3))
    assert waiting["retry_at"] == "2026-11-27T00:00:00Z"  # 8:00 in Wuhan, on the first day of the new one
    assert json.loads(check(asked, "2026-11-27", "--json"))["verdict"] == "ALLOW"

    assert [one["valid_from"] for one in asked("registration", "list")] == ["2026-01-01", "2026-11-27"]
    assert asked("registration", "list", "--kind", "other") == []
    remove = ("registration", "remove", "business", "acme", KIND, "--reason", "revoked", "--by", "li")
    both = asked.run(*remove, code=1)
    assert "from 2026-01-01, 2026-11-27: say which one with --valid-from" in both.stderr
    assert asked(*remove, "--valid-from", "2026-11-27")["result"] == "removed"
    assert asked(*remove)["entry"]["number"] == "3401-25"
    shown = asked("registration", "show", "business", "acme", code=1)
    assert [change["action"] for change in shown["history"]] == ["add", "add", "remove", "remove"]
    assert shown["history"][-1]["by"] == "li"
    check(asked, code=3)


def test_said_in_both_languages(asked: Home) -> None:
    add = ("registration", "add", "campaign", "renewal", KIND, "--valid-from", "2026-01-01")
    assert asked.run(*add).stdout == "Registration renewal: added\n"
    assert "持有者" in asked.run("registration", "list", "--lang", "zh").stdout
    shown = asked.run("registration", "show", "campaign", "renewal").stdout
    assert "campaign" in shown and "2026-01-01" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("business", "acme", KIND), 2, "--valid-from"),
        (("agent", "1001", KIND, "--valid-from", "2026-01-01"), 2, "agent"),
        (("business", "acne", KIND, "--valid-from", "2026-01-01"), 1, "acne is not registered"),
        (("campaign", "renewel", KIND, "--valid-from", "2026-01-01"), 1, "renewel is not registered"),
        (("business", "acme", "a b", "--valid-from", "2026-01-01"), 1, "kind must be 1 to 64"),
        (("business", "acme", KIND, "--valid-from", "26-1-1"), 1, "valid_from: no date"),
        (("business", "acme", KIND, "--valid-from", " "), 1, "valid_from is empty"),
        (
            ("business", "acme", KIND, "--valid-from", "2026-02-01", "--valid-to", "2026-01-31"),
            1,
            "ends (2026-01-31) before it begins (2026-02-01)",
        ),
    ],
)
def test_what_is_refused(stocked: Home, arguments: tuple[str, ...], code: int, said: str) -> None:
    assert said in stocked.run("registration", "add", *arguments, code=code).stderr
    assert stocked("registration", "list") == []


def test_there_never_was_one(stocked: Home) -> None:
    stocked.run("registration", "show", "business", "acme", code=1)
    stocked.run("registration", "remove", "business", "acme", KIND, "--reason", "x", code=1)


def test_a_replay_asks_for_it_too(asked: Home) -> None:
    first = ("2026-11-24 10:00:00", "2026-11-25 10:00:00")
    cdr = asked.file("Master.csv", "".join(line(start) for start in first))
    rules = ("replay", "--cdr", cdr, "--rules", "registration", "--list")
    assert asked(*rules, code=3)["blocked"] == 2
    add = ("registration", "add", "business", "acme", KIND)
    asked.run(*add, "--valid-from", "2026-01-01", "--valid-to", "2026-11-24")
    answer = asked(*rules, code=3)
    assert [(call["line"], call["reasons"]) for call in answer["calls"]] == [(2, ["actor-not-permitted"])]
    asked.run(*add, "--valid-from", "2026-11-25")
    assert asked(*rules)["blocked"] == 0
