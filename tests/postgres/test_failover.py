"""Patroni's fail-over as the store will meet it: how long, what is lost, and who is fenced."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import asyncpg
import pytest

from tests.postgres import failover
from tests.postgres.cluster import until
from tests.postgres.patroni import Pair, Timing, running

Test = TypeVar("Test", bound=Callable[..., Any])


def alone(test: Test) -> Test:
    """In each a lock runs out, by the clock, and a node comes back: nothing else may make Patroni late."""
    for mark in (pytest.mark.long, pytest.mark.alone, pytest.mark.timeout(400)):
        test = mark(test)
    return test


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with running() as made:
        yield made


@alone
def test_killed_the_other_goes_on_with_all_that_was_answered(pair: Pair) -> None:
    one, again = failover.rounds(pair, 2)  # there and back
    for found in (one, again):
        assert found.lost == 0 and found.answered > 0
        assert 0 < found.seconds <= pair.timing.longest


@alone
async def test_a_primary_that_stood_still_answers_no_write_when_it_goes_on(pair: Pair) -> None:
    """It takes itself for the primary until its Patroni has looked; till then its commits wait for one who is
    no standby any more.
    """
    old = pair.primary()
    (other,) = [node for node in pair.nodes if node is not old]
    old.server.sql(failover.TABLE)
    before = await asyncpg.connect(old.server.url)
    old.freeze()
    await asyncio.to_thread(
        until, lambda: other.role() == "primary", "nobody takes over", 4 * pair.timing.longest
    )
    old.thaw()
    with pytest.raises((TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
        await before.execute("INSERT INTO answered VALUES (-1)", timeout=pair.timing.longest)
    before.terminate()
    await asyncio.to_thread(pair.wait_in_sync)
    assert pair.primary() is other
    assert other.server.sql("SELECT count(*) FROM answered WHERE n = -1") == "0"


def test_each_row_is_counted_once_for_what_became_of_it() -> None:
    written = failover.Written(answered={1, 2, 3, 4}, unknown={5, 6, 7})
    found = failover.judged(written, {1, 2, 5, 6}, 9.4321)
    assert found == failover.Round(seconds=9.432, answered=4, lost=2, stored_unanswered=2)
    report = failover.told([found, failover.judged(written, {1, 2, 3}, 9.0)], Timing())
    assert (report["lost"], report["answered"], report["stored_unanswered"]) == (3, 8, 2)
    assert (report["shortest"], report["median"], report["longest"]) == (9.0, 9.216, 9.432)
    assert json.loads(json.dumps(report)) == report


@alone
def test_it_runs_as_it_was_asked_to(pair: Pair) -> None:
    """Where it takes a figure of its own instead, another thing is measured."""
    for node in pair.nodes:
        said = node.asked("config")
        assert said and said["synchronous_mode"] is True
        assert Timing(**{name: said[name] for name in vars(pair.timing)}) == pair.timing == Timing()
