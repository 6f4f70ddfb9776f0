"""Trusted time: never ahead of the true time, and no further than uptime and bounded gaps carry it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialpact.compliance.clock import Uptime
from dialpact.compliance.trusted_time import ASIDE, DARK, PATIENCE, Reading, Witness, begin, follow
from dialpact.store.sqlite import migrate
from dialpact.store.units import clocks

T0 = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
TICK = timedelta(microseconds=1)


def reading(at: timedelta, boot: str, up: timedelta) -> Reading:
    return Reading(T0 + at, Uptime(boot, up))


def fold(readings: Sequence[Reading]) -> Witness:
    found = begin(readings[0], None)
    for one in readings[1:]:
        found = follow(found, one)
    return found


@pytest.mark.parametrize(
    ("second", "expected", "reason"),
    [
        (reading(HOUR, "a", 2 * HOUR), HOUR, "an hour of both"),
        (reading(YEAR, "a", 2 * HOUR), HOUR, "set forward a year: only the uptime counts"),
        (reading(-YEAR, "a", 2 * HOUR), 0 * HOUR, "set back: not taken back"),
        (reading(HOUR, "a", HOUR / 2), 0 * HOUR, "an uptime that shrank says nothing"),
        (reading(HOUR / 2, "a", 2 * HOUR), HOUR / 2, "never later than the wall clock"),
        (reading(HOUR, "b", HOUR / 4), HOUR, "over a restart, as long as the wall clock says"),
        (
            reading(YEAR, "b", HOUR / 4),
            HOUR * 1.25,
            "no longer dark than it ran before, plus the uptime since",
        ),
        (reading(-HOUR, "b", HOUR), 0 * HOUR, "over a restart, set back"),
    ],
)
def test_one_step(second: Reading, expected: timedelta, reason: str) -> None:
    assert fold([reading(0 * HOUR, "a", HOUR), second]).time == T0 + expected, reason


@pytest.mark.parametrize(
    ("ran", "off", "gained"),
    [
        (30 * DAY, DAY - TICK, DAY - TICK),
        (30 * DAY, DAY + TICK, DAY),
        (30 * DAY, YEAR, DAY),
        (HOUR, YEAR, HOUR),
    ],
)
def test_a_dark_gap_is_bounded(ran: timedelta, off: timedelta, gained: timedelta) -> None:
    found = fold([reading(0 * HOUR, "a", ran), reading(off, "b", 0 * HOUR)])
    assert found.time == T0 + gained


def test_the_first_reading_is_believed_up_to_a_day_after_the_last_call() -> None:
    first = reading(YEAR, "a", HOUR)
    assert begin(first, None).time == T0 + YEAR
    assert begin(first, T0).time == T0 + DARK
    assert begin(reading(HOUR, "a", HOUR), T0).time == T0 + HOUR


@pytest.mark.parametrize(("aside", "lowered"), [(ASIDE, False), (ASIDE + TICK, True)])
@pytest.mark.parametrize(("waited", "enough"), [(PATIENCE - TICK, False), (PATIENCE, True)])
def test_a_witness_that_was_ahead_comes_down(
    aside: timedelta, lowered: bool, waited: timedelta, enough: bool
) -> None:
    """Installed with the clock a year ahead, then put right: a week later it witnesses again."""
    ahead = reading(YEAR, "a", HOUR)
    after = Reading(ahead.at - aside, Uptime("a", HOUR + waited))
    assert fold([ahead, after]).time == (after.at if lowered and enough else ahead.at)


def test_acted_on_is_the_earlier_one() -> None:
    found = fold([reading(0 * HOUR, "a", HOUR), reading(-HOUR, "a", 2 * HOUR)])
    assert (found.time, found.now) == (T0, T0 - HOUR)


spans = st.timedeltas(timedelta(), timedelta(days=40))
steps = st.lists(st.tuples(spans, st.one_of(st.none(), spans)), max_size=30)  # runs for; then off for


def lived(story: Sequence[tuple[timedelta, timedelta | None]]) -> Iterator[tuple[datetime, Uptime]]:
    """True time and uptime, one host's life."""
    true, boot, up = T0, 0, HOUR
    yield true, Uptime(str(boot), up)
    for ran, off in story:
        true, up = true + ran, up + ran
        if off is not None:
            true, boot, up = true + off, boot + 1, timedelta()
        yield true, Uptime(str(boot), up)


@given(steps, st.lists(st.timedeltas(timedelta(), YEAR), min_size=31, max_size=31))
def test_never_ahead_of_the_true_time_when_the_wall_clock_is_not(
    story: list[tuple[timedelta, timedelta | None]], lags: list[timedelta]
) -> None:
    found: Witness | None = None
    for (true, uptime), lag in zip(lived(story), lags, strict=False):
        one = Reading(true - lag, uptime)
        found = follow(found, one) if found else begin(one, None)
        assert found.time <= true


walls = st.timedeltas(-2400 * DAY, 4800 * DAY).map(lambda span: T0 + span)


@given(steps, st.lists(walls, min_size=31, max_size=31))
def test_whatever_the_wall_clock_says_it_moves_by_uptime_and_bounded_gaps(
    story: list[tuple[timedelta, timedelta | None]], said: list[datetime]
) -> None:
    life = list(lived(story))
    found = begin(Reading(life[0][0], life[0][1]), None)
    for (_, before), (_, uptime), wall in zip(life, life[1:], said, strict=False):
        restart = uptime.boot_id != before.boot_id
        most = uptime.up + DARK if restart else uptime.up - before.up
        moved = follow(found, Reading(wall, uptime))
        assert moved.time <= found.time + most
        assert moved.time >= found.time or moved.time == wall
        found = moved


@given(steps, st.lists(walls, min_size=31, max_size=31), st.booleans())
def test_the_store_makes_the_same_of_it(
    story: list[tuple[timedelta, timedelta | None]], said: list[datetime], honest: bool
) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate.migrate(connection)
    found: Witness | None = None
    for (true, uptime), wall in zip(lived(story), said, strict=False):
        one = Reading(true if honest else wall, uptime)
        assert clocks.foretold(connection, one) == (follow(found, one) if found else begin(one, None))
        found = clocks.foretold(connection, one)
        clocks.take(connection, one.at, one.uptime, "test")
        assert clocks.witness(connection) == found
    connection.close()
