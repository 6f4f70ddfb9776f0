"""What a crowd at the gate's door costs the honest callers: ``python -m tests.bench.load_bench [--json]``.

One gate in a process of its own; honest calls, ten at a time: while it is quiet, beside a crowd that dribbles
its headers, beside idle connections; then all at once. And the listener's parser: what a storm of 20,000
events per second takes of one core. The machine's noise hits all of them, so compare the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from ami_listener.ami import events, wire
from dialpact.testing.ami import FakeAmi
from tests.load import crowd
from tests.load.crowd import House, Told
from tests.load.storm import EVENTS_PER_SECOND, PIECE, Storm

TOGETHER = 10


async def some(port: int, count: int) -> list[Told]:
    return [told for _ in range(count // TOGETHER) for told in await crowd.calls(port, TOGETHER)]


def figures(found: list[Told], house: House) -> dict[str, float]:
    seconds = sorted(told.seconds for told in found)
    return {
        "p50_ms": 1000 * statistics.median(seconds),
        "p99_ms": 1000 * seconds[len(seconds) * 99 // 100],
        "allowed": sum(told.verdicts == ["ALLOW"] for told in found) / len(found),
        "answered": sum(len(told.verdicts) == 1 for told in found) / len(found),
        "resident_mb": house.megabytes,
    }


async def at_the_door(house: House, calls: int, people: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    await some(house.port, calls)  # warms up
    found["quiet"] = figures(await some(house.port, calls), house)
    stop = asyncio.Event()
    crowds = [asyncio.create_task(crowd.dribble(house.port, stop)) for _ in range(people)]
    await asyncio.sleep(0.5)
    found["slow-loris"] = figures(await some(house.port, calls), house)
    stop.set()
    await asyncio.gather(*crowds)
    async with crowd.idle(house.port, people):
        found["idle"] = figures(await some(house.port, calls), house)
    found["at once"] = figures(await crowd.calls(house.port, calls), house)
    for kind, one in found.items():
        if kind != "quiet":
            for name in ("p50", "p99"):
                one[f"{name}_to_quiet"] = one[f"{name}_ms"] / found["quiet"][f"{name}_ms"]
    return found


def parsing(pieces: int) -> dict[str, float]:
    """Of the processor's time, not the clock's."""
    piece = Storm([FakeAmi().channel("carrier")]).piece
    framer = wire.Framer()
    framer.feed(b"Asterisk Call Manager/11.0.0\r\n")
    began = time.process_time()
    for _ in range(pieces):
        for message in framer.feed(piece):
            events.read(message)
    spent = time.process_time() - began
    per_second = pieces * PIECE / spent
    return {"events_per_cpu_second": per_second, "storm_share_of_a_core": EVENTS_PER_SECOND / per_second}


def measure(calls: int, people: int) -> dict[str, Any]:
    with (
        crowd.many_files(2 * people + 4096),
        tempfile.TemporaryDirectory() as folder,
        crowd.house(Path(folder)) as house,
    ):
        found = asyncio.run(at_the_door(house, calls, people))
    return {"gate": found, "listener": parsing(50)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--crowd", type=int, default=1000, help="connections that dribble, or say nothing")
    options = parser.parse_args()
    found = measure(options.calls, options.crowd)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print("crowd        p50 ms    p99 ms  x quiet p50  x quiet p99  answered   allowed  resident MB")
    for kind, one in found["gate"].items():
        ratios = (one.get(f"{name}_to_quiet", 1.0) for name in ("p50", "p99"))
        times = f"{one['p50_ms']:9.2f} {one['p99_ms']:9.2f}"
        over = "".join(f"{ratio:13.2f}" for ratio in ratios)
        print(
            f"{kind:10} {times}{over} {one['answered']:9.1%} {one['allowed']:9.1%} {one['resident_mb']:12.0f}"
        )
    share = found["listener"]["storm_share_of_a_core"]
    print(f"a storm of {EVENTS_PER_SECOND} events/s is {share:.2f} of one core to the listener's parser")


if __name__ == "__main__":
    main()
