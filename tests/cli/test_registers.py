"""The registers through the command line: what is said, and with which exit code."""

from __future__ import annotations

import pytest

from dialpact.cli.flag import default_by
from tests.cli.conftest import NUMBER, Home

BUSINESS = ("business", "add", "acme", "--name", "某某公司", "--actor", "own-business")
CAMPAIGN = (
    "campaign",
    "add",
    "renewal",
    "--business",
    "acme",
    "--industry",
    "保险",
    "--purpose",
    "marketing",
)


def test_businesses(home: Home) -> None:
    assert home(*BUSINESS, "--by", "李")["result"] == "added"
    assert home(*BUSINESS)["result"] == "already"
    assert "other values" in home(*BUSINESS[:-1], "licensed-call-centre", code=1)["error"]
    assert home("business", "list") == [{"id": "acme", "name": "某某公司", "actor": "own-business"}]
    (change,) = home("business", "show", "acme")["history"]
    assert (change["by"], change["action"]) == ("李", "add")
    assert home("business", "show", "nobody", code=1)["error"] == "nobody is not registered"


def test_campaigns(home: Home) -> None:
    assert "not registered" in home(*CAMPAIGN, code=1)["error"]
    home.run(*BUSINESS)
    assert home(*CAMPAIGN)["result"] == "added"
    assert home(*CAMPAIGN)["result"] == "already"
    assert home("campaign", "list", "--business", "acme")[0]["industry"] == "保险"
    assert home("campaign", "list", "--business", "beta") == []
    assert home("campaign", "show", "renewal")["entries"][0]["purpose"] == "marketing"


def test_caller_ids(stocked: Home) -> None:
    add = ("caller-id", "add", "95588", "--business", "acme", "--licence", "L", "--carrier", "C")
    given = stocked(*add, "--not-authenticated", "--trunk", "carrier;b", "--trunk", "c", "--purpose", "*")
    assert given["entry"]["trunks"] == ["carrier", "b", "c"]
    assert given["entry"]["authenticated"] is False
    renewed = stocked.run(*add, "--authenticated", "--trunk", "elsewhere", "--purpose", "survey")
    assert "updated" in renewed.stdout
    assert "elsewhere" in renewed.stderr
    assert [entry["number"] for entry in stocked("caller-id", "list")] == ["02787654321", "95588"]
    add += ("--authenticated", "--trunk", "c", "--purpose", "*", "--sent-as")
    formed = stocked(*add, "+8695588;02795588")
    assert formed["entry"]["sent_as"] == ["+8695588", "02795588"]
    assert "Leaves as" in stocked.run("caller-id", "list").stdout
    assert "another number" in stocked.run(*add, "95599", code=1).stderr
    assert stocked("caller-id", "remove", "95588", "--reason", "sold")["result"] == "removed"
    shown = stocked("caller-id", "show", "95588", code=1)
    assert [change["action"] for change in shown["history"]] == ["add", "update", "update", "remove"]
    assert stocked("caller-id", "remove", "95588", code=1)["error"]


@pytest.mark.parametrize(
    "missing", ["--business", "--licence", "--carrier", "--authenticated", "--trunk", "--purpose"]
)
def test_a_caller_id_needs_everything_that_the_covenant_asks(home: Home, missing: str) -> None:
    options = {
        "--business": "acme",
        "--licence": "L",
        "--carrier": "C",
        "--authenticated": None,
        "--trunk": "carrier",
        "--purpose": "*",
    }
    del options[missing]
    given = [part for pair in options.items() for part in pair if part is not None]
    assert missing in home.run("caller-id", "add", "95588", *given, code=2).stderr


def test_consents(stocked: Home) -> None:
    (entry,) = stocked("consent", "list", "--number", "+86 138 0013 8000")
    assert entry["granted_at"] == "2026-01-04T16:00:00Z"
    assert entry["expires_at"] is None
    assert stocked("consent", "withdraw", NUMBER, "--business", "acme")["withdrawn"] == 1
    assert stocked("consent", "withdraw", NUMBER, "--business", "acme")["result"] == "already"
    assert stocked("consent", "show", NUMBER)["entries"][0]["withdrawn_at"]
    assert "dnc add" in stocked("consent", "withdraw", NUMBER, "--business", "beta", code=1)["error"]


def test_a_consent_for_nobody_in_particular_is_pointed_out(home: Home) -> None:
    result = home.run("consent", "add", NUMBER, "--business", "acne", "--industry", "保健", "--evidence", "x")
    assert "acne, 保健" in result.stderr


def test_each_time_a_refusal_was_said(stocked: Home) -> None:
    stocked.run("dnc", "add", NUMBER, "--by", "officer", "--source", "letter")
    stocked.run("dnc", "add", NUMBER, "--by", "other", "--scope", "business", "--value", "acme")
    stocked.run("dnc", "add", NUMBER, "--by", "third")  # already in force, and said again
    said = stocked("dnc", "show", NUMBER)["opt_outs"]
    assert [(row["how"], row["by"], row["scope"]) for row in said] == [
        ("command", "officer", "all"),
        ("command", "other", "business"),
        ("command", "third", "all"),
    ]
    assert "third" in stocked.run("dnc", "show", NUMBER).stdout
    for call in ("0" * 32, "x", "' OR 1"):
        assert "not registered" in stocked("dnc", "add", NUMBER, "--call", call, code=1)["error"]
    assert len(stocked("dnc", "show", NUMBER)["opt_outs"]) == 3


def test_opt_outs(home: Home) -> None:
    assert home("dnc", "add", NUMBER, "--source", "12321")["entry"]["scope"] == "all"
    assert home("dnc", "add", "+86" + NUMBER)["result"] == "already"
    home.run("dnc", "add", NUMBER, "--scope", "industry", "--value", "保险")
    assert len(home("dnc", "list", "--number", NUMBER)) == 2
    assert [entry["value"] for entry in home("dnc", "list", "--scope", "industry")] == ["保险"]
    assert home.run("dnc", "remove", NUMBER, "--scope", "all", code=2)
    assert home("dnc", "remove", NUMBER, "--scope", "all", "--reason", " ", code=1)
    assert home("dnc", "remove", NUMBER, "--scope", "all", "--reason", "in writing")["result"] == "removed"
    again = home("dnc", "remove", NUMBER, "--scope", "all", "--reason", "in writing", code=1)["error"]
    assert again == f"+86{NUMBER} has no opt-out of scope all"
    assert [change["action"] for change in home("dnc", "show", NUMBER)["history"]] == ["add", "add", "remove"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("110",), "emergency"),
        (("1.38E+10",), "as text"),
        (("13800138000.0",), "as text"),
        ((NUMBER, "--scope", "all", "--value", "acme"), "no value"),
        ((NUMBER, "--scope", "industry"), "industry is empty"),
    ],
)
def test_refusals_that_are_none(home: Home, arguments: tuple[str, ...], says: str) -> None:
    assert says in home("dnc", "add", *arguments, code=1)["error"]
    assert home("dnc", "list") == []


def test_a_cut_list_says_so(home: Home) -> None:
    for last in range(3):
        home.run("dnc", "add", f"1380013800{last}")
    result = home.run("dnc", "list", "--limit", "2", "--json")
    assert result.stdout.count("number") == 2
    assert "2 rows; the list goes on: --after" in result.stderr
    whole = home.run("dnc", "list", "--limit", "0", "--json")
    assert (whole.stdout.count("number"), whole.stderr) == (3, "")


def test_who_did_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    alone = default_by()
    monkeypatch.setenv("SUDO_USER", "zhang")
    assert default_by() == f"{alone} (sudo: zhang)"


@pytest.mark.parametrize("by", ["", " ", "x\x1b[2Jy"])
def test_who_does_it_must_be_named_and_printable(home: Home, by: str) -> None:
    """Found by review: an opt-out could be removed by nobody."""
    error = home("business", "add", "x", "--name", "X", "--actor", "own-business", "--by", by, code=1)[
        "error"
    ]
    assert "by" in error
    assert home("business", "list") == []


def test_an_opt_out_has_the_time_at_which_it_was_said(home: Home) -> None:
    said = ("dnc", "add", "13800138000", "--requested-at")
    assert home(*said, "2026-01-02 10:00")["entry"]["requested_at"] == "2026-01-02T02:00:00Z"
    (entry,) = home("dnc", "list")
    assert entry["requested_at"] == "2026-01-02T02:00:00Z"
    for at, why in (("2099-01-01", "still to come"), ("soon", "no time")):
        assert why in home("dnc", "add", "13800138001", "--requested-at", at, code=1)["error"]
    assert len(home("dnc", "list")) == 1
