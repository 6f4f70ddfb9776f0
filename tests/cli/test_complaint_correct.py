"""A complaint with a wrong time: the calls that may be meant, and its correction, which loses nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.cli.conftest import NUMBER, Home
from tests.cli.test_complaint import CALLED, add, called

WRONG = timedelta(hours=3)  # the person remembers another time


def test_a_wrong_time_shows_the_nearest_calls(stocked: Home) -> None:
    near = called(stocked, CALLED + WRONG)
    far = called(stocked, CALLED - timedelta(days=9))
    called(stocked, CALLED + WRONG, number="+8613900139000")
    filed = stocked(*add())
    assert (filed["matched"], [one["id"] for one in filed["nearest"]]) == (False, [near.id, far.id])
    assert stocked("complaint", "show", "1")["nearest"] == filed["nearest"]
    said = stocked.run(*add("13800138000", "--source", "热线"))
    assert near.id[:12] in said.stdout and "complaint correct 2 --call" in said.stderr
    assert near.id[:12] in stocked.run("complaint", "show", "2").stdout


def test_at_most_five_of_them(stocked: Home) -> None:
    made = [called(stocked, CALLED + timedelta(hours=place)) for place in range(1, 8)]
    filed = stocked(*add())
    assert [one["id"] for one in filed["nearest"]] == [one.id for one in made[:5]]


@pytest.mark.parametrize("how", ["at", "call", "short"])
def test_corrected_it_has_its_call_and_what_follows(stocked: Home, how: str) -> None:
    made = called(stocked, CALLED + WRONG)
    stocked.run(*add())
    right = {
        "at": ("--at", (CALLED + WRONG).isoformat()),
        "call": ("--call", made.id),
        "short": ("--call", made.id[:10]),
    }[how]
    done = stocked("complaint", "correct", "1", *right, "--reason", "call back", "--by", "chen")
    entry = done["entry"]
    assert (done["result"], done["matched"], done["nearest"]) == ("updated", True, [])
    assert (entry["decision"], entry["agent"], entry["campaign"]) == (made.id, "1001", "renewal")
    assert [(one["scope"], one["value"]) for one in stocked("dnc", "list", "--number", NUMBER)] == [
        ("all", ""),  # of the filing: never narrowed
        ("business", "acme"),
    ]
    first, second = stocked("complaint", "show", "1")["history"]
    assert (first["action"], second["action"], second["by"]) == ("add", "correct", "chen")
    assert second["detail"]["reason"] == "call back"
    assert second["detail"]["from"] == first["detail"]
    assert second["detail"]["to"]["decision"] == made.id
    assert stocked("ledger", "verify")
    stocked.run("evidence", "export", "--complaint", "1", "-o", str(stocked.path / "a.zip"))
    held = stocked("recordings", "hold", "--complaint", "1", "--reason", "court")["entry"]
    assert (held["scope"], held["key"]) == ("call", made.id)


def test_a_call_that_it_was_matched_to_wrongly(stocked: Home) -> None:
    wrong, right = called(stocked), called(stocked, CALLED + WRONG)
    assert stocked(*add())["entry"]["decision"] == wrong.id
    done = stocked("complaint", "correct", "1", "--at", (CALLED + WRONG).isoformat(), "--reason", "x")
    assert done["entry"]["decision"] == right.id


def test_the_same_correction_and_the_same_complaint_again_change_nothing(stocked: Home) -> None:
    made = called(stocked, CALLED + WRONG)
    stocked.run(*add())
    correct = ("complaint", "correct", "1", "--call", made.id, "--at", made.decided_at.isoformat())
    assert stocked(*correct, "--reason", "x")["result"] == "updated"
    assert stocked(*correct, "--reason", "x")["result"] == "already"
    again = stocked(*add())
    assert (again["result"], again["entry"]["id"]) == ("already", 1)
    assert len(stocked("complaint", "show", "1")["history"]) == 2


def test_a_correction_counts_towards_a_suspension(stocked: Home) -> None:
    for last in range(3):
        made = called(stocked, CALLED + WRONG, number=f"+861390013900{last}")
        stocked.run(*add(f"1390013900{last}"))
        said = stocked("complaint", "correct", str(last + 1), "--call", made.id, "--reason", "x")
        assert bool(said["suspended"]) == (last == 2)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ((), "name what is to be changed"),
        (("--at", "2099-01-01 10:00"), "in the future"),
        (("--at", "noon"), "no time"),
        (("--call", "f" * 32), "not registered"),
        (("--caller-id", "no number"), "caller ID"),
    ],
)
def test_what_is_no_correction(stocked: Home, more: tuple[str, ...], says: str) -> None:
    stocked.run(*add())
    assert says in stocked("complaint", "correct", "1", *more, "--reason", "x", code=1)["error"]
    assert len(stocked("complaint", "show", "1")["history"]) == 1


def test_a_call_after_its_complaint_is_no_correction(stocked: Home) -> None:
    filed = ("complaint", "add", NUMBER, "--at", "2026-11-24 09:00")
    stocked.run(*filed, "--received-at", "2026-11-24 09:30")
    late = ("complaint", "correct", "1", "--at", "2026-11-24 09:45", "--reason", "x")
    said = stocked("--lang", "en", *late, code=1)["error"]
    assert (
        said == "the complaint arrived at 2026-11-24 09:30:00+08:00: its call was not later, 2026-11-24 09:45"
    )


def test_a_call_to_somebody_else_is_not_its_call(stocked: Home) -> None:
    made = called(stocked, number="+8613900139000")
    stocked.run(*add())
    error = stocked("complaint", "correct", "1", "--call", made.id, "--reason", "x", code=1)["error"]
    assert "was not a call to" in error
    assert (
        "not registered"
        in stocked("complaint", "correct", "9", "--at", "2026-01-05", "--reason", "x", code=1)["error"]
    )


def test_a_hold_by_a_complaint_without_a_call_says_what_to_do(stocked: Home) -> None:
    stocked.run(*add())
    hold = ("recordings", "hold", "--reason", "x", "--complaint")
    assert "complaint correct 1" in stocked(*hold, "1", code=1)["error"]
    assert "not registered" in stocked(*hold, "9", code=1)["error"]
    assert "name one" in stocked(*hold, "1", "--call", "f" * 32, code=1)["error"]


@pytest.mark.parametrize("written", ["02787654321", "027-8765 4321", "+862787654321"])
def test_a_caller_id_is_the_registered_one_however_it_is_written(stocked: Home, written: str) -> None:
    made = called(stocked)
    assert stocked(*add(NUMBER, "--caller-id", written))["entry"]["decision"] == made.id
    assert stocked("caller-id", "show", written)["key"] == "02787654321"
    assert (
        stocked("suspension", "add", "caller-id", written, "--reason", "x")["entry"]["key"] == "02787654321"
    )
    assert stocked("suspension", "lift", "caller-id", written, "--reason", "x")["result"] == "lifted"
    around = ("--callee", NUMBER, "--caller-id", written, "-o", str(stocked.path / "a.zip"))
    assert stocked("evidence", "export", *around)["calls"] == [made.id]


def test_a_caller_id_that_nobody_registered_may_have_hyphens(stocked: Home) -> None:
    assert stocked(*add(NUMBER, "--caller-id", "(010) 6543-2109"))["entry"]["caller_id"] == "01065432109"
