"""A scrub says of each row what ``check`` says of its number: by chance, over every profile that ships."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialpact.application.actor import Actor, Door
from dialpact.application.check import check
from dialpact.application.context import Context
from dialpact.application.scrub import ScrubRequest, scrub
from dialpact.compliance import profile
from dialpact.compliance.clock import stamp
from dialpact.compliance.config import Trunk
from dialpact.compliance.judge import Judge
from dialpact.store.sqlite import Store
from dialpact.testing.clock import FixedClock
from tests.application.scrub_world import CALLER_ID, MANY, PROFILES, START, World
from tests.compliance.world import changed, policy
from tests.registers import SINCE

ACTOR = Actor(name="test", door=Door.SHELL)
HOURS = (
    0,
    2.6,
    9,
    24 * 4,
    24 * 40,
    -24 * 365 * 9,
)  # from START: open, a break, an evening, a weekend, 2027, 2017


@pytest.mark.parametrize("names", PROFILES, ids="+".join)
@pytest.mark.parametrize("seed", range(4))
async def test_as_check(tmp_path: Path, names: tuple[str, ...], seed: int) -> None:
    world = World(tmp_path / "a.db", seed * 31 + len("".join(names)))
    ships = [profile.load(name) for name in names]
    file = io.BytesIO(b"number\n" + "".join(f'"{number}"\n' for number in MANY).encode())
    verdicts: Counter[str] = Counter()
    async with await Store.open(world.path) as store:
        for hours in HOURS:
            clock = FixedClock(START + timedelta(hours=hours))
            context = Context(store, ACTOR, clock)
            judge = world.judge([world.varied(one) if seed % 2 else one for one in ships])
            call = world.call()
            at = world.chance.choice((None, START + timedelta(hours=hours, minutes=1)))
            out = io.BytesIO()
            done = await scrub(context, judge, file, out, ScrubRequest(**call, at=at, form="jsonl"))
            rows = [json.loads(line) for line in out.getvalue().splitlines()]
            wanted = {line: number for line, number in enumerate(MANY, 2) if number}  # a blank line is no row
            assert [row["line"] for row in rows] == list(wanted)
            for number, row in zip(wanted.values(), rows, strict=True):
                checked = await check(context, judge, number, **call, at=at)
                decision = checked.decision
                said = decision.verdict, list(decision.reasons), decision.attempt.callee.e164
                told = [row["verdict"], row["reasons"], row["number"]]
                assert tuple(told) == said, (number, call, hours)
                times = {"retry_at": decision.retry_at, "holds_until": checked.holds_until}
                for name, instant in times.items():
                    wanted_at = instant and instant.isoformat().replace("+00:00", "Z")
                    assert row[name] == wanted_at, (name, number, call, hours)
                verdicts[decision.verdict] += 1
            assert done.rows == len(rows) and done.bad == 0
            assert done.callable == sum(row["verdict"] == "ALLOW" for row in rows)
            reasons = Counter(reason for row in rows for reason in row["reasons"])
            assert done.blocked == reasons
    assert verdicts["BLOCK"]


async def test_when_a_range_ends_is_each_number_s_own(tmp_path: Path) -> None:
    """Two ranges of one shape, dialled at other times: nothing else tells their last numbers apart."""
    world = World(tmp_path / "a.db", 1)
    ranges = {13500001000: 20, 13500009000: 10}  # where they begin, and how many hours ago they were dialled
    with contextlib.closing(sqlite3.connect(world.path)) as db, db:
        for start, hours in ranges.items():
            for place in range(25):
                at = stamp(START - timedelta(hours=hours, minutes=place))
                world.called(db, start + place, int(f"86{start + place}"), at, "spring")
        for table in ("register_difference", "suspension"):
            db.execute(f"DELETE FROM {table}")
    without: dict[str, Any] = dict.fromkeys(("hours", "days", "consent", "leads", "caller_id", "resources"))
    judge = Judge(policy(changed(id="plain", **without)), {"carrier": Trunk(endpoint="c")}, "pbx1")
    numbers = [str(start + 25) for start in ranges]
    out = io.BytesIO()
    call = {"campaign": "spring", "caller_id": CALLER_ID}
    async with await Store.open(world.path) as store:
        context = Context(store, ACTOR, FixedClock(START))
        file = io.BytesIO("\n".join(["number", *numbers]).encode())
        await scrub(context, judge, file, out, ScrubRequest(**call, form="jsonl"))
        checked = [await check(context, judge, number, **call) for number in numbers]
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [row["reasons"] for row in rows] == [["range-dialling"], ["range-dialling"]]
    told = [datetime.fromisoformat(row["holds_until"]) for row in rows]
    assert told == [one.holds_until for one in checked] and told[0] != told[1]


async def test_what_somebody_has_spoilt_blocks_that_number_alone(tmp_path: Path) -> None:
    """As it does at the gate."""
    world = World(tmp_path / "a.db", 1)
    numbers = ["13500001000", "13500009000"]
    with contextlib.closing(sqlite3.connect(world.path)) as db, db:
        row = (int(f"86{numbers[0]}"), "some day", SINCE)
        db.execute("INSERT INTO consent VALUES (?, 'acme', 'loans', ?, NULL, 'f', NULL, ?, '', '')", row)
    out = io.BytesIO()
    async with await Store.open(world.path) as store:
        context = Context(store, ACTOR, FixedClock(START))
        file = io.BytesIO("\n".join(["number", *numbers]).encode())
        judge = Judge(policy(), {"carrier": Trunk(endpoint="c")}, "pbx1")
        request = ScrubRequest(campaign="spring", caller_id=CALLER_ID, form="jsonl")
        done = await scrub(context, judge, file, out, request)
    first, second = (json.loads(line)["reasons"] for line in out.getvalue().splitlines())
    assert first == ["gate-error"] and "no-consent" in second and "gate-error" not in second
    assert done.rows == 2 and not done.callable
