"""A complaint's cells, and by when it must be answered."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from dialpact.compliance import calendars
from dialpact.compliance.calendars import WorkingDays, Year
from dialpact.compliance.registers.complaint import complaint, due
from dialpact.compliance.registers.fault import Fault
from tests.compliance.world import at

CALENDAR = calendars.load()
NOW = at("2026-11-24 10:00:00")


def parsed(**changes: Any) -> Any:
    cells = {
        "number": "13800138000",
        "called_at": "2026-11-23 15:00",
        "source": "12321",
        "caller_id": "",
        "note": "",
        "received_at": "",
    }
    return complaint(**(cells | changes), now=NOW, calendar=CALENDAR)


def test_a_complaint() -> None:
    found = parsed(caller_id=" 02788880000 ", note="午休时来电")
    assert (found.number, found.caller_id, found.note) == ("+8613800138000", "02788880000", "午休时来电")
    assert found.called_at == at("2026-11-23 15:00:00")
    assert (found.received_at, found.status, found.id) == (NOW, "open", 0)
    assert found.due == date(2026, 12, 15)


@pytest.mark.parametrize(
    ("changes", "fault", "reason"),
    [
        ({"number": "110"}, "number", "no person's number"),
        ({"called_at": ""}, "bad-time", "a complaint is about a call at some time"),
        ({"called_at": "2026-11-24 10:00:01"}, "call-to-come", "a call that is still to come"),
        ({"received_at": "2026-11-23 14:59"}, "ends-before-start", "received before the call"),
        ({"received_at": "2026-11-24 10:01"}, "in-the-future", "received tomorrow: a later deadline"),
        ({"source": " "}, "empty", "from whom must be said"),
        ({"caller_id": "abc"}, "bad-caller-id", "no caller ID"),
        ({"note": "a\nb"}, "unprintable", "one line"),
    ],
)
def test_bad_complaints(changes: dict[str, str], fault: str, reason: str) -> None:
    with pytest.raises(Fault) as caught:
        parsed(**changes)
    assert caught.value.key == fault, reason


@pytest.mark.parametrize(
    ("received", "expected", "reason"),
    [
        ("2026-11-24 10:00", date(2026, 12, 15), "15 working days, three weekends"),
        ("2026-11-24 00:00", date(2026, 12, 15), "the local day counts, from its first second"),
        ("2026-11-23 23:59", date(2026, 12, 14), "to its last"),
        ("2026-11-21 10:00", date(2026, 12, 11), "a Saturday: Monday is the first"),
        ("2026-09-18 10:00", date(2026, 10, 15), "make-up days 09-20 and 10-10 count, the holidays do not"),
        ("2026-12-08 10:00", None, "the 15th would be provisional: 2026-12-29"),
        ("2026-12-07 10:00", date(2026, 12, 28), "the last day that is known"),
        ("2026-12-30 10:00", None, "the calendar ends before"),
    ],
)
def test_the_deadline(received: str, expected: date | None, reason: str) -> None:
    assert due(at(received), CALENDAR) == expected, reason


def test_an_instant_in_utc_is_of_the_local_day() -> None:
    assert due(datetime(2026, 11, 23, 16, 0, tzinfo=UTC), CALENDAR) == date(2026, 12, 15)


def test_a_known_next_year_answers() -> None:
    years = {2026: Year("a"), 2027: Year("b"), 2028: Year("c")}
    assert due(at("2026-12-30 10:00"), WorkingDays(years, "own")) == date(2027, 1, 20)
