"""A call by what is known of it: its id or the beginning of one, the callee, the caller ID."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from dialpact.compliance.model import CallAttempt, Callee, Decision
from dialpact.store.sqlite import Store
from dialpact.store.units import decisions
from tests.cli.conftest import NUMBER, Home
from tests.cli.recorded import Shelf
from tests.cli.test_complaint import CALLED, called
from tests.compliance.store_values import decision

FIRST, SECOND, OTHER = "abcd1234" + "0" * 24, "abcd9999" + "0" * 24, "13800138" + "f" * 24


def put(home: Home, id: str, number: str, caller_id: str = "02787654321") -> Decision:
    """A stored call. ``number``: E.164, else what was dialled and is no number."""
    callee = Callee(given=number, e164=number) if number.startswith("+") else Callee(given=number)
    asked = CallAttempt(callee=callee, campaign="renewal", caller_id=caller_id, trunk="carrier")
    made = msgspec.structs.replace(decision(asked), id=id, decided_at=CALLED)

    async def store() -> None:
        async with await Store.open(home.path / "dialpact.db") as store:
            await store.transact(lambda connection: decisions.record(connection, [made]))

    asyncio.run(store())
    return made


@pytest.fixture
def calls(home: Home) -> Home:
    put(home, FIRST, "+8613800138000")
    put(home, SECOND, "+8613900139000")
    put(home, OTHER, "95588", caller_id="4001234567")
    return home


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (FIRST, FIRST),
        (FIRST.upper(), FIRST),
        ("abcd1", FIRST),
        (f" {SECOND[:31]} ", SECOND),
        ("13900139000", SECOND),
        ("+86 139 0013 9000", SECOND),
        ("0086-13900139000", SECOND),
        ("95588", OTHER),
        ("4001234567", OTHER),
        ("400-123-4567", OTHER),
    ],
)
def test_one_call_is_shown(calls: Home, text: str, id: str) -> None:
    assert calls("calls", "show", text)["id"] == id


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("abcd", {FIRST, SECOND}),
        ("02787654321", {FIRST, SECOND}),
        ("(027) 8765 4321", {FIRST, SECOND}),
        ("+862787654321", {FIRST, SECOND}),
    ],
)
def test_of_several_it_is_asked_which(calls: Home, text: str, ids: set[str]) -> None:
    answer = calls("calls", "show", text, code=1)
    assert {one["id"] for one in answer["candidates"]} == ids
    assert "2 calls" in answer["error"]
    said = calls.run("calls", "show", text, code=1)
    assert "2 calls" in said.stderr and all(id[:12] in said.stdout for id in ids)


def test_a_number_and_the_beginning_of_an_id_may_be_the_same_text(calls: Home) -> None:
    assert calls("calls", "show", "13800138")["id"] == OTHER
    put(calls, "a" * 32, "13800138")  # dialled so, and blocked
    meant = calls("calls", "show", "13800138", code=1)["candidates"]
    assert {one["id"] for one in meant} == {OTHER, "a" * 32}


@pytest.mark.parametrize("text", ["abc", "ffff", "f" * 32, "13700137000", "nobody", ""])
def test_none_is_said(calls: Home, text: str) -> None:
    assert calls("calls", "show", text, code=1)["error"]


def test_more_than_a_screen_of_them_is_cut(home: Home) -> None:
    for place in range(25):
        put(home, f"{place:032x}", "+8613800138000")
    answer = home("calls", "show", NUMBER, code=1)
    assert (len(answer["candidates"]), "20+" in answer["error"]) == (20, True)


def test_the_beginning_is_taken_wherever_an_id_is(stocked: Home) -> None:
    made = called(stocked)
    short = made.id[:12]
    stocked.run("dnc", "add", NUMBER, "--call", short)
    assert stocked("dnc", "show", NUMBER)["opt_outs"][0]["decision"] == made.id
    assert stocked("recordings", "hold", "--call", short, "--reason", "x")["entry"]["key"] == made.id
    stocked.run("evidence", "export", "--call", short, "-o", str(stocked.path / "a.zip"))
    called(stocked, CALLED + timedelta(minutes=1))
    assert "registered" in stocked("dnc", "add", NUMBER, "--call", "ffffffff", code=1)["error"]


def test_the_beginning_of_a_recordings_id(shelf: Shelf) -> None:
    id = shelf.put()
    short = id[:8]
    home = shelf.home
    assert home("recordings", "show", short)["id"] == id
    assert home("recordings", "keep", short, "--until", "2099-01-01", "--reason", "x")["entry"]["id"] == id
    assert home("recordings", "hold", short, "--reason", "x")["entry"]["key"] == id
    assert [one["key"] for one in home("recordings", "holds", "--recording", short)] == [id]
    assert home("recordings", "release", short, "--reason", "x")["entry"]["key"] == id
    decision = home("recordings", "show", id)["decision"]
    assert [one["id"] for one in home("recordings", "list", "--decision", decision[:9])] == [id]


def test_several_ids_that_begin_so_are_named(calls: Home) -> None:
    said = calls("recordings", "hold", "--call", "abcd", "--reason", "x", code=1)["error"]
    assert FIRST in said and SECOND in said
