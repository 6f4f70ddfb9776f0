"""Between which numbers the rows of an import differ: from the first block that does not fit to the last."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialpact.application.ledger.audit.people_places import Places
from dialpact.compliance.ledger.bound.row_digest import Digested, RowDigest

ROWS = [[number, "x"] for number in range(1000, 3000, 2)]
BLOCK = 100


def said(rows: list[Any], block: int = BLOCK) -> Digested:
    made = RowDigest(block, listed=True)
    made.add(rows)
    return made.end()


def between(rows: list[Any], page: int = 64) -> tuple[int, int] | None:
    places = Places(said(ROWS), len(rows))
    for first in range(0, len(rows), page):
        places.add(rows[first : first + page])
    return places.between()


CHANGES = [
    ("one changed", lambda rows: rows.__setitem__(250, [1500, "y"]), 1400, 1598),
    ("one taken out", lambda rows: rows.pop(250), 1400, 1598),
    ("one put in", lambda rows: rows.insert(250, [1499, "x"]), 1400, 1598),
    ("the first taken out", lambda rows: rows.pop(0), 1002, 1198),
    ("the last taken out", lambda rows: rows.pop(), 2800, 2996),
    ("one put in behind", lambda rows: rows.append([3001, "x"]), 3001, 3001),
    ("two, far apart", lambda rows: (rows.pop(150), rows.pop(850)), 1200, 2798),
    ("half taken out", lambda rows: rows.__delitem__(slice(500, None)), 1998, 1998),
]


@pytest.mark.parametrize(("change", "low", "high"), [pytest.param(*rest, id=what) for what, *rest in CHANGES])
def test_between(change: Any, low: int, high: int) -> None:
    rows = list(ROWS)
    change(rows)
    assert between(rows) == (low, high)


@given(st.integers(0, len(ROWS) - 1), st.sampled_from(["change", "take", "put"]), st.integers(1, 300))
def test_what_was_done_to_one_row_lies_between(place: int, what: str, page: int) -> None:
    rows = list(ROWS)
    number = ROWS[place][0]
    if what == "change":
        rows[place] = [number, "y"]
    elif what == "take":
        del rows[place]
    else:
        rows.insert(place, [number - 1, "x"])
    found = between(rows, page)
    assert found is not None
    low, high = found
    assert low - 2 <= number <= high + 2
    assert high - low <= 4 * BLOCK


def test_nothing_of_one_block_or_of_nothing() -> None:
    assert Places(said(ROWS[:50]), 0).between() is None
    assert between([]) is None
