"""How long nobody writes when the primary dies: ``python -m tests.postgres.failover --rounds N [--json]``.

Each round: rows are written, one commit each, by the address of both; Patroni and the postmaster of the
primary are killed together; the first row that the other one answers ends the clock. Then every answered row
is looked for, and the dead node comes back. Exit code 1: an answered row was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import asyncpg

from tests.postgres.patroni import Pair, Timing, running

TABLE = "CREATE TABLE IF NOT EXISTS answered (n bigint PRIMARY KEY)"
# Which server it was: one that is dead may have answered a moment ago.
WRITE = "INSERT INTO answered VALUES ($1) RETURNING inet_server_port()"
WRITERS = 4
BEFORE, AFTER = 2.0, 1.0  # seconds of writing before the kill, and after the first answer of the other one
ANSWER = 1.0  # seconds that a writer waits
PAUSE = 0.02  # seconds until it tries again
# (InternalClientError, of a connection that was cut in the middle of a word, is no PostgresError)
FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@dataclass
class Written:
    """``answered``: rows; ``unknown``: those whose writing raised. ``first``: when a port first answered."""

    answered: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)
    first: dict[int, float] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, kw_only=True)
class Round:
    """``seconds``: from the kill to the first row that the other node answered. ``stored_unanswered``: rows
    whose writing raised, and that are there.
    """

    seconds: float
    answered: int
    lost: int
    stored_unanswered: int


async def write(url: str, numbers: itertools.count[int], written: Written) -> None:
    """One row after the other, until it is cancelled; a connection that failed is not used again."""
    while True:
        with contextlib.suppress(*FAILURES):
            connection = await asyncpg.connect(url, timeout=ANSWER)
            try:
                for number in numbers:
                    written.unknown.add(number)
                    port = await connection.fetchval(WRITE, number, timeout=ANSWER)
                    written.unknown.discard(number)
                    written.answered.add(number)
                    if port not in written.first:
                        written.first[port] = time.monotonic()
                        written.news.set()
            finally:
                connection.terminate()
        await asyncio.sleep(PAUSE)


async def one_round(pair: Pair, numbers: itertools.count[int]) -> Round:
    """The pair is in sync before and after."""
    killed = await asyncio.to_thread(pair.primary)
    (other,) = [node for node in pair.nodes if node is not killed]
    written = Written()
    writers = [
        asyncio.create_task(write(pair.url(user="postgres"), numbers, written)) for _ in range(WRITERS)
    ]
    try:
        # The lock was renewed up to a round ago: killed at the same point of it, all would be one case.
        await asyncio.sleep(BEFORE + random.uniform(0, pair.timing.loop_wait))
        assert set(written.first) == {killed.server.port}, "the one that is killed is written to"
        written.news.clear()
        begun = time.monotonic()
        await asyncio.to_thread(killed.kill)
        await asyncio.wait_for(written.news.wait(), 10 * pair.timing.longest)
        await asyncio.sleep(AFTER)
    finally:
        for writer in writers:
            writer.cancel()
        ended = await asyncio.gather(*writers, return_exceptions=True)
    unexpected = [error for error in ended if not isinstance(error, asyncio.CancelledError)]
    assert not unexpected, unexpected
    rows = await asyncio.to_thread(other.server.sql, "SELECT n FROM answered")
    there = {int(row) for row in rows.split()}
    killed.start()
    await asyncio.to_thread(pair.wait_in_sync)
    return judged(written, there, written.first[other.server.port] - begun)


def judged(written: Written, there: set[int], seconds: float) -> Round:
    """``there``: the rows that the new primary has."""
    return Round(
        seconds=round(seconds, 3),
        answered=len(written.answered),
        lost=len(written.answered - there),
        stored_unanswered=len(written.unknown & there),
    )


def rounds(pair: Pair, count: int) -> Iterator[Round]:
    """One after the other; each row's number is new."""
    numbers = itertools.count(1)
    pair.primary().server.sql(TABLE)
    for _ in range(count):
        yield asyncio.run(one_round(pair, numbers))


def told(found: Sequence[Round], timing: Timing) -> dict[str, object]:
    seconds = [one.seconds for one in found]
    return {
        "ttl": timing.ttl,
        "loop_wait": timing.loop_wait,
        "retry_timeout": timing.retry_timeout,
        "rounds": len(found),
        "seconds": seconds,
        "shortest": min(seconds),
        "median": round(statistics.median(seconds), 3),
        "longest": max(seconds),
        "answered": sum(one.answered for one in found),
        "lost": sum(one.lost for one in found),
        "stored_unanswered": sum(one.stored_unanswered for one in found),
    }


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.postgres.failover", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one object, for programs")
    for name, value in vars(Timing()).items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=int, default=value, help="Patroni's, in seconds"
        )
    given = parser.parse_args(words)
    timing = Timing(ttl=given.ttl, loop_wait=given.loop_wait, retry_timeout=given.retry_timeout)
    found = []
    with running(timing) as pair:
        for one in rounds(pair, given.rounds):
            print(one, file=sys.stderr, flush=True)  # a long run that breaks off has said so much
            found.append(one)
    report = told(found, timing)
    if given.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:18} {value}")
    return 1 if report["lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
