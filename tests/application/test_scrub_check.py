"""A scrub says of each row what ``check`` says of its number: by chance, over every profile that ships."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from dialpact.application.actor import Actor, Door
from dialpact.application.check import check
from dialpact.application.context import Context
from dialpact.application.scrub import ScrubRequest, scrub
from dialpact.compliance import profile
from dialpact.store.sqlite import Store
from dialpact.testing.clock import FixedClock
from tests.application.scrub_world import MANY, PROFILES, START, World

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
