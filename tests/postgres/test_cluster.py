"""The pair of servers: an answered commit is on both, and who is primary is the test's to say."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import asyncpg
import pytest

from tests.postgres import keeper
from tests.postgres.cluster import Cluster, running, until
from tests.postgres.test_server import segments

SHORT = 0.3  # seconds in which nothing is answered
SECONDS = 20.0


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with running() as made:
        made.primary.sql("CREATE TABLE kept (n int)")
        made.primary.sql("GRANT ALL ON kept TO dialpact")
        yield made


async def write(url: str, number: int, seconds: float = SECONDS) -> None:
    connection = await asyncpg.connect(url, timeout=SECONDS)
    try:
        await connection.execute("INSERT INTO kept VALUES ($1)", number, timeout=seconds)
    finally:
        connection.terminate()


def kept(cluster: Cluster) -> list[str]:
    return cluster.primary.sql("SELECT n FROM kept ORDER BY n").splitlines()


async def test_what_was_answered_is_there_after_the_primary_s_death(cluster: Cluster) -> None:
    for number in range(20):
        await write(cluster.url(), number)
    cluster.primary.kill()
    cluster.promote()
    assert kept(cluster) == [str(number) for number in range(20)]


async def test_no_commit_is_answered_while_the_standby_stands_still(cluster: Cluster) -> None:
    """And it is written all the same, once it goes on: a time-out is no "no"."""
    cluster.standby.freeze()
    with pytest.raises(TimeoutError):
        await write(cluster.url(), 1, SHORT)
    cluster.standby.thaw()
    cluster.wait_in_sync()
    assert kept(cluster) == ["1"]


async def test_without_a_name_nobody_is_waited_for(cluster: Cluster) -> None:
    cluster.standby.kill()
    with pytest.raises(TimeoutError):
        await write(cluster.url(), 1, SHORT)
    cluster.synchronous("")
    await write(cluster.url(), 2)
    assert "2" in kept(cluster)


async def test_the_address_of_both_finds_who_can_be_written(cluster: Cluster) -> None:
    first = cluster.primary
    await write(cluster.url(), 1)
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await write(cluster.url(attributes="standby"), 2)
    first.kill()
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await write(cluster.url(), 3)
    cluster.promote()
    cluster.synchronous("")
    await write(cluster.url(), 4)
    assert kept(cluster) == ["1", "4"]


async def test_promoted_it_waits_for_the_one_that_is_gone_until_told_otherwise(cluster: Cluster) -> None:
    cluster.primary.kill()
    cluster.promote()
    with pytest.raises(TimeoutError):
        await write(cluster.url(), 1, SHORT)
    cluster.synchronous("")
    await write(cluster.url(), 2)
    assert "2" in kept(cluster)


async def test_a_primary_that_comes_back_is_written_again_until_it_is_made_anew(cluster: Cluster) -> None:
    """Nothing in PostgreSQL keeps it from that: whoever promotes has to fence."""
    cluster.primary.kill()
    cluster.promote()
    cluster.synchronous("")
    old = cluster.standby
    old.start()
    old.configure(synchronous_standby_names="")
    old.reload()
    old.sql("INSERT INTO kept VALUES (13)")
    await write(cluster.primary.url, 1)
    assert kept(cluster) == ["1"] and old.sql("SELECT n FROM kept") == "13"
    shared = keeper.segments(old.data)
    os.kill(int((old.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)  # not by us: it stays
    until(lambda: not keeper.running_in(old.data), "its children stay")
    cluster.rebuild()
    assert shared and not shared & segments(), "its memory stays"
    assert old.sql("SELECT pg_is_in_recovery()") == "t"
    await write(cluster.url(), 2)
    cluster.wait_in_sync()
    assert old.sql("SELECT n FROM kept ORDER BY n") == "1\n2"


async def test_a_primary_that_stood_still_goes_on_as_if_nothing_had_been(cluster: Cluster) -> None:
    cluster.primary.freeze()
    cluster.promote()
    cluster.synchronous("")
    await write(cluster.primary.url, 1)
    cluster.standby.thaw()
    assert cluster.standby.sql("SELECT pg_is_in_recovery()") == "f", "two primaries"
