"""The counts of a replay: against a plain reckoning, and in bounded memory."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dialpact.compliance.history import History
from dialpact.compliance.model import CallAttempt, Tally
from dialpact.compliance.profile import Policy
from dialpact.compliance.sections import Attempts, Cap, RangeDialling
from tests.compliance.world import GOOD, HUBEI, attempt, policy

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def the_policy(*caps: Cap, reach: int = 100, window_hours: int = 24) -> Policy:
    origin = {"clause": "c", "source": "s", "effective_from": date(2018, 12, 14), "purposes": ("*",)}
    attempts = Attempts(**origin, caps=caps) if caps else None
    ranges = RangeDialling(**origin, reach=reach, window_hours=window_hours, step=1) if reach else None
    return policy(msgspec.structs.replace(HUBEI, attempts=attempts, range_dialling=ranges))


CAPS = (Cap(per="callee", limit=2, hours=1), Cap(per="caller-id", limit=3, hours=24))


def put(
    kept: History, one: CallAttempt, at: object = GOOD, *, business: str = "acme", through: bool = True
) -> None:
    kept.add(one, business, at, through=through)  # type: ignore[arg-type]


def test_a_cap_asks_for_the_nth_newest() -> None:
    kept = History(the_policy(*CAPS))
    nobody = (Tally(per="callee", limit=2, nth=None), Tally(per="caller-id", limit=3, nth=None))
    assert kept.tallies(attempt(), "acme") == nobody
    for second in range(3):
        put(kept, attempt(), GOOD + second * SECOND)
    assert [tally.nth for tally in kept.tallies(attempt(), "acme")] == [GOOD + SECOND, GOOD]
    # another callee over the same caller ID; the same callee for another business
    assert [tally.nth for tally in kept.tallies(attempt("13800138001"), "acme")] == [None, GOOD]
    assert [tally.nth for tally in kept.tallies(attempt(), "other")] == [None, GOOD]


def test_only_what_was_put_through_counts_for_a_cap_and_everything_for_the_detector() -> None:
    kept = History(the_policy(*CAPS))
    for number in ("13800138001", "13800138000"):
        put(kept, attempt(number), through=False)
    assert all(tally.nth is None for tally in kept.tallies(attempt(), "acme"))
    assert kept.neighbours(attempt(), GOOD) == (1,)


def test_nobody_counts_for_an_unknown_campaign_or_a_number_that_is_none() -> None:
    kept = History(the_policy(*CAPS))
    put(kept, attempt("110"))
    assert kept.tallies(attempt(), None) == ()
    assert kept.tallies(attempt("110"), "acme") == ()
    assert kept.neighbours(attempt("110"), GOOD) == ()
    assert len(kept) == 0


def test_neighbours_are_others_of_the_campaign_within_reach_and_window() -> None:
    kept = History(the_policy(reach=100, window_hours=1))
    for number in ("13800137900", "13800137899", "13800138100", "13800138101", "13800138000", "13800137999"):
        put(kept, attempt(number))
    put(kept, attempt("13800138002", campaign="other"))
    assert kept.neighbours(attempt(), GOOD + HOUR - SECOND) == (-100, -1, 100)
    assert kept.neighbours(attempt(), GOOD + HOUR) == ()  # as the gate: later than now minus the window


def test_a_number_dialled_again_stays() -> None:
    kept = History(the_policy(reach=100, window_hours=1))
    for at in (GOOD, GOOD, GOOD + 30 * SECOND):
        put(kept, attempt("13800138001"), at)
    assert kept.neighbours(attempt(), GOOD + HOUR) == (1,)
    assert kept.neighbours(attempt(), GOOD + HOUR + 30 * SECOND) == ()
    assert len(kept) == 0


def test_a_policy_that_counts_nothing_keeps_nothing() -> None:
    kept = History(the_policy(reach=0))
    put(kept, attempt())
    assert (kept.tallies(attempt(), "acme"), kept.neighbours(attempt(), GOOD), len(kept)) == ((), (), 0)


def test_memory_is_that_of_the_longest_period() -> None:
    kept = History(the_policy(Cap(per="callee", limit=2, hours=1), reach=20, window_hours=1), sweep=10)
    most = 0
    for second in range(3000):
        one = attempt(f"1380{second:07}")
        put(kept, one, GOOD + 60 * second * SECOND)
        most = max(most, len(kept))
    assert most <= 2 * (60 + 10 + 2)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 20, 21, 300]),
        st.integers(0, 3000),
        st.sampled_from(["02788880000", "95588"]),
        st.booleans(),
    ),
    max_size=40,
)


@given(EVENTS)
def test_as_a_plain_reckoning(events: list[tuple[int, int, str, bool]]) -> None:
    kept = History(the_policy(*CAPS, reach=20, window_hours=1))
    done: list[tuple[int, object, str, bool]] = []
    now = GOOD
    for offset, wait, caller, through in events:
        now += wait * SECOND
        one = attempt(f"13800138{offset:03}", caller_id=caller)
        callee = [at for number, at, _, put_through in done if number == offset and put_through]
        over = [at for _, at, by, put_through in done if by == caller and put_through]
        for tally, earlier in zip(kept.tallies(one, "acme"), (callee, over), strict=True):
            assert tally.nth == (earlier[-tally.limit] if len(earlier) >= tally.limit else None)
        near = {number - offset for number, at, _, _ in done if at > now - HOUR}  # type: ignore[operator]
        assert kept.neighbours(one, now) == tuple(sorted(d for d in near if d and abs(d) <= 20))
        put(kept, one, now, through=through)
        done.append((offset, now, caller, through))
