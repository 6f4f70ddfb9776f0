"""``complaint``: its call, its opt-out, its deadline, its answer, and what enough of them do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from dialpact.compliance import calendars
from dialpact.compliance.model import Campaign, Decision, Facts, Finding
from dialpact.compliance.registers.complaint import due
from dialpact.store.sqlite import Store
from dialpact.store.units import decisions
from tests.cli.conftest import NUMBER, Home
from tests.compliance.store_values import attempt, decision

CALLED = datetime.now(UTC) - timedelta(days=2)  # the command line's own clock receives it
RENEWAL = Campaign(id="renewal", business="acme", industry="保险", purpose="marketing")


def called(
    home: Home, at: datetime = CALLED, number: str = "+86" + NUMBER, findings: tuple[Finding, ...] = ()
) -> Decision:
    """A call that was put through, but for these ``findings``."""
    asked = msgspec.structs.replace(attempt(number), agent="1001")
    made = msgspec.structs.replace(decision(asked), decided_at=at, facts=Facts(campaign=RENEWAL))
    made = msgspec.structs.replace(made, findings=made.findings + findings)

    async def store() -> None:
        async with await Store.open(home.path / "dialpact.db") as store:
            await store.transact(lambda connection: decisions.record(connection, [made]))

    asyncio.run(store())
    return made


def add(number: str = NUMBER, *more: str) -> tuple[str, ...]:
    return ("complaint", "add", number, "--at", CALLED.isoformat(timespec="seconds"), *more)


def test_matched_refused_and_dated(stocked: Home) -> None:
    made = called(stocked, CALLED + timedelta(minutes=29))
    answer = stocked(*add(), "--note", "午休时来电", "--by", "chen")
    entry = answer["entry"]
    assert (answer["result"], answer["matched"], answer["refused"]) == ("added", True, "added")
    assert (answer["opted_out"], answer["opt_out"]) == (answer["refused"], answer["refusal"])  # its old names
    assert (entry["decision"], entry["campaign"], entry["agent"]) == (made.id, "renewal", "1001")
    assert (entry["caller_id"], entry["source"], entry["status"]) == ("02787654321", "12321", "open")
    received = datetime.fromisoformat(entry["received_at"])
    expected = due(received, calendars.load())
    assert entry["due"] == (expected.isoformat() if expected else None)
    (opt_out,) = stocked("dnc", "list", "--number", NUMBER)
    assert (opt_out["scope"], opt_out["value"], opt_out["source"]) == (
        "business",
        "acme",
        "complaint 12321 #1",
    )
    assert stocked(*add())["result"] == "already"


@pytest.mark.parametrize(
    ("more", "matched", "scope"),
    [
        ((), True, "business"),
        (("--within", "10"), False, "all"),
        (("--caller-id", "02787654321"), True, "business"),
        (("--caller-id", "95588"), False, "all"),
        (("--refuse", "all"), True, "all"),
    ],
)
def test_what_is_matched_and_refused(stocked: Home, more: tuple[str, ...], matched: bool, scope: str) -> None:
    called(stocked, CALLED - timedelta(minutes=15))
    answer = stocked(*add(NUMBER, *more))
    assert (answer["matched"], answer["refusal"]["scope"]) == (matched, scope)


def test_listed_shown_and_answered(stocked: Home) -> None:
    stocked.run(*add())
    stocked.run(*add("13900139000", "--source", "热线"))
    assert [entry["id"] for entry in stocked("complaint", "list")] == [2, 1]
    assert [entry["id"] for entry in stocked("complaint", "list", "--number", NUMBER)] == [1]
    assert stocked.run("complaint", "answer", "1", code=2), "an answer has words"
    answered = stocked("complaint", "answer", "1", "--note", "已致歉")
    assert (answered["result"], answered["entry"]["answer"]) == ("answered", "已致歉")
    assert [entry["id"] for entry in stocked("complaint", "list", "--status", "open")] == [2]
    assert [entry["id"] for entry in stocked("complaint", "list", "--status", "answered")] == [1]
    assert "already" in stocked("complaint", "answer", "1", "--note", "另有说法", code=1)["error"]
    shown = stocked("complaint", "show", "1")
    assert [change["action"] for change in shown["history"]] == ["add", "answer"]
    assert stocked("complaint", "show", "9", code=1)["error"]
    assert stocked("complaint", "answer", "9", "--note", "x", code=1)["error"]


@pytest.mark.parametrize(("language", "says"), [("en", "overdue"), ("zh", "逾期")])
def test_overdue_until_it_is_answered(stocked: Home, language: str, says: str) -> None:
    old = ("--at", "2026-03-02 10:00", "--received-at", "2026-03-02 12:00")
    stocked.run("complaint", "add", NUMBER, *old, "--by", "chen")
    stocked.run(*add("13800138001"), "--by", "chen")
    listed = {one["id"]: one for one in stocked("complaint", "list")}
    assert (listed[1]["due"], listed[1]["overdue"], listed[2]["overdue"]) == ("2026-03-23", True, False)
    assert listed[2]["days_left"] is None or 0 < listed[2]["days_left"] <= 15
    assert [one["id"] for one in stocked("complaint", "list", "--overdue")] == [1]
    assert says in stocked.run("complaint", "list", "--overdue", "--lang", language).output
    stocked.run("complaint", "answer", "1", "--note", "已致歉", "--by", "chen")
    assert stocked("complaint", "list", "--overdue") == []
    assert [one["days_left"] for one in stocked("complaint", "list", "--status", "answered")] == [None]


def test_a_cut_list_says_so(stocked: Home) -> None:
    for last in range(3):
        stocked.run(*add(f"1390013900{last}"))
    assert "the list goes on: --after 2" in stocked.run("complaint", "list", "--limit", "2").stderr
    assert [one["id"] for one in stocked("complaint", "list", "--after", "2")] == [1]
    assert len(stocked("complaint", "list", "--limit", "0")) == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((NUMBER, "--at", "2099-01-01 10:00"), "the call would lie in the future"),
        ((NUMBER, "--at", "yesterday"), "no time"),
        (("110", "--at", "2026-01-01 10:00"), "emergency"),
        ((NUMBER, "--at", "2026-01-01 10:00", "--received-at", "2099-01-01"), "still to come"),
        ((NUMBER, "--at", "2026-01-01 10:00", "--source", ""), "source is empty"),
    ],
)
def test_what_is_no_complaint(home: Home, arguments: tuple[str, ...], says: str) -> None:
    assert says in home("complaint", "add", *arguments, code=1)["error"]
    assert home("complaint", "list") == []
    assert home("dnc", "list") == []


def test_enough_of_them_suspend_and_it_is_said(stocked: Home) -> None:
    said = ""
    for last in range(3):
        called(stocked, number=f"+861390013900{last}")
        said = stocked.run(*add(f"1390013900{last}")).stdout
    assert "Agent 1001 is suspended: 3 complaints within 30 days (profile cn-hubei-2018)" in said
    assert {entry["kind"] for entry in stocked("suspension", "list")} == {"agent", "caller-id"}
    call = ("check", NUMBER, "--campaign", "renewal", "--caller-id", "02787654321", "--agent", "1001")
    assert "suspended" in stocked(*call, code=3)["reasons"]


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "no call to this number is known"), ("zh", "未找到该时间前后")],
)
def test_for_people(home: Home, language: str, says: str) -> None:
    result = home.run(*add(), "--lang", language)
    assert says in result.stderr.lower()
    assert "#" not in result.stdout and NUMBER in result.stdout
    assert "12321" in home.run("complaint", "list", "--lang", language).stdout


def test_only_one_that_was_answered_is_closed(stocked: Home) -> None:
    stocked(*add())
    stocked("complaint", "close", "1", "--closing", "nobody called", code=1)
    assert stocked("complaint", "list")[0]["closed_at"] is None
    stocked("complaint", "answer", "1", "--note", "apologised")
    closed = stocked("complaint", "close", "1", "--closing", "founded", "--by", "chen")
    assert closed["result"] == "closed"
    (entry,) = stocked("complaint", "list")
    assert (entry["status"], entry["closing"]) == ("answered", "founded")
    assert entry["closed_at"]
    stocked("complaint", "close", "1", "--closing", "unfounded", code=1)
    assert stocked("ledger", "verify")["findings"] == 0
    package = str(stocked.path / "closed.zip")
    stocked("evidence", "export", "--complaint", "1", "-o", package, "--reason", "12321")
    assert stocked("evidence", "verify", package, "--key", str(stocked.path / "ledger.pub"))["valid"]
