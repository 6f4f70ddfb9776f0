"""``suspension``, ``campaign suspend``, ``caller-id suspend``: who may not call, and who lifted it."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import NUMBER, Home


def codes(home: Home, *more: str) -> list[str]:
    """The reasons for a call on a working morning, other than those of the clock."""
    call = ("check", NUMBER, "--campaign", "renewal", "--caller-id", "02787654321", "--agent", "1001")
    answer = home.run(*call, "--at", "2026-11-25T10:00:00+08:00", "--json", *more, code=3).stdout
    return list(json.loads(answer)["reasons"])


@pytest.mark.parametrize(
    ("suspend", "kind", "key"),
    [
        (("campaign", "suspend", "renewal"), "campaign", "renewal"),
        (("caller-id", "suspend", "02787654321"), "caller-id", "02787654321"),
        (("suspension", "add", "campaign", "renewal"), "campaign", "renewal"),
        (("suspension", "add", "agent", "1001"), "agent", "1001"),
    ],
)
def test_suspended_and_lifted(stocked: Home, suspend: tuple[str, ...], kind: str, key: str) -> None:
    answer = stocked(*suspend, "--reason", "12321 举报", "--by", "chen")
    assert (answer["result"], answer["entry"]["cause"], answer["entry"]["by"]) == (
        "suspended",
        "12321 举报",
        "chen",
    )
    assert stocked(*suspend, "--reason", "again")["result"] == "already"
    assert "suspended" in codes(stocked)
    (listed,) = stocked("suspension", "list")
    assert (listed["kind"], listed["key"]) == (kind, key)
    lifted = stocked("suspension", "lift", kind, key, "--reason", "retrained", "--by", "li")
    assert (lifted["result"], lifted["entry"]["lifted_by"]) == ("lifted", "li")
    assert stocked("suspension", "list") == []
    assert len(stocked("suspension", "list", "--all")) == 1
    shown = stocked("suspension", "show", kind, key)
    assert [change["action"] for change in shown["history"]] == ["add", "lift"]
    assert shown["entries"][0]["lift_reason"] == "retrained"


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("suspension", "add", "agent", "1001"), 2, "why must be said"),
        (("suspension", "add", "agent", "1001", "--reason", " "), 1, "with words"),
        (("suspension", "add", "team", "1", "--reason", "x"), 2, "no such kind"),
        (("suspension", "add", "agent", " ", "--reason", "x"), 1, "nobody"),
        (("campaign", "suspend", "renewel", "--reason", "x"), 1, "a slip of the pen would suspend nothing"),
        (("caller-id", "suspend", "95588", "--reason", "x"), 1, "not one of ours"),
        (("suspension", "lift", "agent", "1001", "--reason", "x"), 1, "none in force"),
        (("suspension", "lift", "agent", "1001"), 2, "why must be said"),
        (("suspension", "show", "agent", "1001"), 1, "there never was one"),
    ],
)
def test_what_is_refused(stocked: Home, arguments: tuple[str, ...], code: int, reason: str) -> None:
    assert stocked.run(*arguments, code=code), reason
    assert stocked("suspension", "list", "--all") == []


@pytest.mark.parametrize(("language", "says"), [("en", "Agent 1001: suspended"), ("zh", "坐席 1001：已暂停")])
def test_for_people(home: Home, language: str, says: str) -> None:
    run = ("suspension", "add", "agent", "1001", "--reason", "x", "--lang", language)
    assert home.run(*run).stdout.strip() == says
    assert "1001" in home.run("suspension", "list", "--lang", language).stdout


def test_a_campaign_is_changed_with_a_trace(stocked: Home) -> None:
    change = ("campaign", "change", "renewal")
    assert stocked.run(*change, "--purpose", "service", code=2), "why must be said"
    assert "name what" in stocked(*change, "--reason", "x", code=1)["error"]
    answer = stocked(*change, "--purpose", "service", "--industry", "房产", "--reason", "as ordered")
    assert (answer["result"], answer["entry"]["purpose"], answer["entry"]["industry"]) == (
        "updated",
        "service",
        "房产",
    )
    assert answer["entry"]["script"] == "pitch", "what is not named stays"
    assert stocked(*change, "--purpose", "service", "--reason", "x")["result"] == "already"
    _, *changes = stocked("campaign", "show", "renewal")["history"]
    logged = {entry["action"]: entry for entry in changes}
    assert logged["change"]["detail"]["from"]["purpose"] == "marketing"
    assert logged["change"]["detail"]["to"]["purpose"] == "service"
    assert logged["change"]["detail"]["reason"] == "as ordered"
    assert logged["purpose"]["by"] == "database", "the trigger sees it too"
    assert stocked(*change, "--script", "", "--reason", "x")["entry"]["script"] == ""
    assert stocked("campaign", "change", "nobody", "--script", "x", "--reason", "x", code=1)["error"]
    assert stocked(*change, "--industry", "a b", "--reason", "x", code=1)["error"]
