"""A sequence is recognised whatever is pressed before it, and nothing of what else is pressed is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listener.calls.keypad import BETWEEN_SECONDS, NOTHING, Pressed, press


def completed(sequence: str, keys: str, pause: float = 0.3) -> int:
    """How often ``sequence`` is complete."""
    so_far, count = NOTHING, 0
    for number, key in enumerate(keys):
        so_far, complete = press(sequence, so_far, key, 100 + number * pause)
        count += complete
    return count


@pytest.mark.parametrize(
    ("sequence", "keys", "count"),
    [
        ("*9", "*9", 1),
        ("*9", "**9", 1),  # a star to begin anew
        ("*9", "9*9", 1),
        ("*9", "*9*9", 2),
        ("*9", "*99", 1),
        ("*9", "9", 0),
        ("*9", "*19", 0),  # another key in between
        ("*9", "#9", 0),
        ("*9", "6222021234567890*", 0),
        ("**1", "***1", 1),
        ("112", "1112", 1),
        ("1212", "121212", 1),  # complete is complete: what comes is a new one
    ],
)
def test_sequence(sequence: str, keys: str, count: int) -> None:
    assert completed(sequence, keys) == count


@pytest.mark.parametrize(
    ("pause", "count"), [(0.0, 1), (0.3, 1), (BETWEEN_SECONDS, 1), (BETWEEN_SECONDS + 0.01, 0)]
)
def test_time_between_two_keys(pause: float, count: int) -> None:
    assert completed("*9", "*9", pause) == count


@given(st.text("0123456789*#", max_size=40))
def test_it_is_complete_exactly_where_it_stands(keys: str) -> None:
    assert completed("*9", keys) == keys.count("*9")


@given(st.text("012345678#ABCD", max_size=40))
def test_no_other_key_leaves_a_trace(keys: str) -> None:
    so_far = NOTHING
    for number, key in enumerate(keys):
        so_far, _ = press("*9", so_far, key, number)
        assert so_far == Pressed(0, number)
