"""Whether facts take longer to read when the do-not-call register is large, everything warm.

The same attempts, half of them at numbers that are on the list, beside a register of a thousand numbers and a
large one; both take turns, and what is compared is the product's own reading in a snapshot of its own store.
The large register is made once, straight into SQLite, and kept in ``.bench/``.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import shutil
import sqlite3
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from agi.service import judge_of
from dialpact.compliance import calendars, config, profile
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import CallAttempt
from dialpact.compliance.profile import Policy
from dialpact.store.sqlite import Store, create, migrate
from dialpact.store.units.facts import facts
from tests import registers
from tests.bench import native
from tests.bench.gate_site import CALLER_ID, NoonClock

SMALL = 1_000
LARGE = 1_000_000
WHOLE = 250_000_000  # of the country's numbers, those that do not want to be called
ASKED = 1_000  # attempts, half of them at numbers on the list
FIRST, LAST = 13_000_000_000, 14_000_000_000  # numbers that are all assigned
SLICE = 1_000_000  # rows in a transaction
ROW_BYTES = 95  # with room to spare; measured: 87
SPARE = 2 << 30
ROWS = """
WITH RECURSIVE place (n) AS (VALUES (:first) UNION ALL SELECT n + 1 FROM place WHERE n + 1 < :end)
INSERT INTO do_not_call SELECT :start + n * :step, 'all', '', :since, 'list', :since
FROM place
"""


class NoRoom(Exception):
    """The disk has not enough room for the register."""


def listed(place: int, count: int) -> int:
    """The number at this place of a register of ``count``."""
    return FIRST + place * ((LAST - FIRST) // count)


def register(count: int) -> Path:
    """The database of so many refusals, made where it is not there yet. NoRoom."""
    scripts = "".join(script for _, script in migrate.scripts())
    digest = hashlib.sha256((scripts + ROWS).encode()).hexdigest()[:12]
    made = native.CACHE / f"do-not-call-{count}-{digest}.db"
    if made.exists():
        return made
    native.CACHE.mkdir(exist_ok=True)
    needed, free = count * ROW_BYTES, shutil.disk_usage(native.CACHE).free
    if needed + SPARE > free:
        raise NoRoom(
            f"{count:,} numbers take {needed / 1e9:.0f} GB, and {native.CACHE} has {free / 1e9:.0f} GB left"
        )
    for older in native.CACHE.glob(f"do-not-call-{count}-*"):
        older.unlink()
    making = made.with_suffix(".making")
    create(making)
    _fill(making, count)
    making.rename(made)
    return made


def _fill(database: Path, count: int) -> None:
    registers.fill(database, caller_ids=[CALLER_ID], numbers=())
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as db:
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -262144"):
            db.execute(f"PRAGMA {setting}")
        for number in asked(count):
            registers.agree(db, str(number))
            registers.lead(db, str(number))
        began = time.monotonic()
        values = {"start": 86 * 10**11 + FIRST, "step": (LAST - FIRST) // count, "since": registers.SINCE}
        for first in range(0, count, SLICE):
            end = min(first + SLICE, count)
            db.execute("BEGIN")
            db.execute(ROWS, values | {"first": first, "end": end})
            db.execute("COMMIT")
            if count > SLICE:
                left = (time.monotonic() - began) * (count - end) / end
                print(f"\r{end:,} of {count:,} numbers, {left:.0f} s left   ", end="", file=sys.stderr)
        if count > SLICE:
            print(file=sys.stderr)
        db.execute("PRAGMA journal_mode = WAL")


def asked(count: int, seed: int = 1) -> list[int]:
    """Numbers to call: half of them on the list, each other one just beside an entry."""
    places = random.Random(seed).sample(range(count), ASKED)
    return [listed(place, count) + each % 2 for each, place in enumerate(places)]


def _policy() -> Judge:
    settings = config.Config(trunks={"carrier": config.Trunk(endpoint="carrier")})
    return judge_of(settings, Policy((profile.load("cn-hubei-2018"),), calendars.load()))


async def _pass(store: Store, judge: Judge, attempts: list[CallAttempt], refused: int) -> float:
    """Seconds for an attempt's facts, the median."""
    now = NoonClock().now()

    def work(connection: sqlite3.Connection) -> list[float]:
        taken, seen = [], 0
        for attempt in attempts:
            began = time.perf_counter()
            found = facts(connection, attempt, judge.asked, now + timedelta(), live=True)
            taken.append(time.perf_counter() - began)
            seen += bool(found.opt_outs)
        if seen != refused:
            raise RuntimeError(f"{seen} of {len(attempts)} numbers were found on the list, not {refused}")
        return taken

    return statistics.median(await store.read(work))


async def _measured(counts: tuple[int, int], rounds: int) -> dict[str, Any]:
    judge, taken = _policy(), {count: [] for count in counts}
    async with contextlib.AsyncExitStack() as stack:
        stores = {
            count: await stack.enter_async_context(await Store.open(register(count))) for count in counts
        }
        attempts = {
            count: [judge.attempt(str(number), "spring", CALLER_ID) for number in asked(count)]
            for count in counts
        }
        for number in range(rounds + 2):
            for count in counts:
                one = await _pass(stores[count], judge, attempts[count], ASKED // 2)
                if number > 1:  # the first ones warm up
                    taken[count].append(one)
    small, large = (taken[count] for count in counts)
    return {
        "numbers": counts[1],
        "us": {str(count): 1e6 * statistics.median(taken[count]) for count in counts},
        "ratio": statistics.median(much / little for much, little in zip(large, small, strict=True)),
        "large_gb": register(counts[1]).stat().st_size / 1e9,
    }


def measure(rounds: int, folder: Path, count: int = LARGE) -> dict[str, Any]:
    return asyncio.run(_measured((SMALL, count), rounds))


def table(found: dict[str, Any]) -> str:
    each = ", ".join(f"{int(count):,}: {taken:.1f} us" for count, taken in found["us"].items())
    return (
        f"an attempt's facts beside so many do-not-call numbers, warm: {each}; "
        f"{found['ratio']:.2f} x ({found['large_gb']:.2f} GB)"
    )
