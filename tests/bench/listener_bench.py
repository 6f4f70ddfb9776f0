"""What a recorded call takes of the listener's processor, and a storm of 20,000 events a second.

The listener has a process and a core of its own; the fake Asterisk is here. Calls ring, are answered, proven,
talked on for some seconds and kept, as many at once as a busy node has. What the looking through of their
files takes (hash, levels, silences) is measured apart, on the very files.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ami_listener.recording import sound
from dialpact.testing.ami import FakeAmi
from tests.ami_listener.scene import NUMBER, Scene, until
from tests.bench.load_bench import parsing
from tests.bench.process import Process, cores, module, running
from tests.load.storm import EVENTS_PER_SECOND, PIECE, Storm

AT_ONCE = 40
WAVES = 3
TALK_SECONDS = 3.0
STORM_SECONDS = 5
PATIENCE = 60.0


class Apart(Scene):
    """A scene whose listener is another process."""

    async def start(self) -> None:
        """It has been started."""

    async def stop(self) -> None:
        """It ends with its block."""


async def wave(scene: Scene, ami: FakeAmi) -> None:
    """Calls that are answered and recorded, talk in real time, and end."""
    made = [(decision := await scene.allow(), ami.dial(NUMBER, decision)) for _ in range(AT_ONCE)]
    for _, leg in made:
        leg.ring()
        leg.pick_up()
    await until(
        lambda: all(leg.variables.get("DIALPACT_RECORDING") == decision for decision, leg in made), PATIENCE
    )
    said = time.monotonic()
    for _, leg in made:
        leg.let_through()
        leg.enter_bridge()
    for _ in range(10):
        await asyncio.sleep(TALK_SECONDS / 10)
        now = time.monotonic()
        for _, leg in made:
            leg.speak(now - said)
        said = now
    for _, leg in made:
        leg.hang_up()


async def kept(scene: Scene) -> list[tuple[str, ...]]:
    """The three files of each recording that is kept."""
    query = "SELECT path, callee_path, agent_path FROM recording WHERE state = 'kept'"
    return await scene.store.read(lambda connection: [tuple(row) for row in connection.execute(query)])


async def calls(scene: Scene, ami: FakeAmi, listener: Process) -> dict[str, float]:
    """TimeoutError when one of them was not kept."""
    before, rows = 0.0, list[tuple[str, ...]]()
    for number in range(1, WAVES + 2):
        await wave(scene, ami)
        async with asyncio.timeout(PATIENCE):
            while len(rows := await kept(scene)) < number * AT_ONCE:
                await asyncio.sleep(0.1)
        before = before or listener.processor  # the first one warms up
    each = (listener.processor - before) / (WAVES * AT_ONCE)
    looking = hashing(Path(path) for row in rows for path in row) / len(rows)
    return {
        "processor_ms": 1000 * each,
        "files_ms": 1000 * looking,
        "apart_ms": 1000 * (each - looking),
        "calls": WAVES * AT_ONCE,
        "talk_seconds": TALK_SECONDS,
        "incidents": len((await scene.store.incidents.list()).rows),
    }


def hashing(paths: Iterable[Path]) -> float:
    """Seconds of processor for all of them."""
    began = time.process_time()
    for path in paths:
        sound.measure(path, "wav")
    return time.process_time() - began


async def storm(ami: FakeAmi, listener: Process) -> dict[str, float]:
    """Until the listener has taken all of it."""
    leg = ami.channel("carrier")
    events = Storm([leg])
    before, began = listener.processor, time.monotonic()
    sent = await events.blow(ami, STORM_SECONDS)
    await until(lambda: ami.pending == 0, PATIENCE)
    seconds = time.monotonic() - began
    await settled(listener)
    spent = listener.processor - before
    if sent != STORM_SECONDS * EVENTS_PER_SECOND or ami.logins != 1:
        raise RuntimeError(f"the link was given up after {sent} events")
    parser = parsing(STORM_SECONDS * EVENTS_PER_SECOND // PIECE)
    return {
        "events": sent,
        "seconds": seconds,
        "share_of_a_core": spent / (sent / EVENTS_PER_SECOND),
        "parser_share_of_a_core": parser["storm_share_of_a_core"],
    }


async def settled(listener: Process) -> None:
    """Until it takes less than a tenth of a core: what it had read is worked off."""
    async with asyncio.timeout(PATIENCE):
        while True:
            before = listener.processor
            await asyncio.sleep(0.2)
            if listener.processor - before < 0.02:
                return


async def _measured(folder: Path) -> dict[str, Any]:
    home = folder / "dialpact"
    async with FakeAmi() as ami, Apart(home, ami.port, home / "recordings") as scene:
        scene.directory.mkdir()
        words = module("tests.bench.listener_site", str(home), str(ami.port))
        with running(words, folder / "listener.log", cores().server) as listener:
            await asyncio.to_thread(listener.ask)
            await scene.ready(PATIENCE)
            return {"calls": await calls(scene, ami, listener), "storm": await storm(ami, listener)}


def measure(rounds: int, folder: Path) -> dict[str, Any]:
    return asyncio.run(_measured(folder.resolve()))


def table(found: dict[str, Any]) -> str:
    calls, storm = found["calls"], found["storm"]
    rate = storm["events"] / storm["seconds"]
    return (
        f"a call of {calls['talk_seconds']:.0f} s, {AT_ONCE} at once: {calls['processor_ms']:.2f} ms of the "
        f"processor, {calls['apart_ms']:.2f} ms without looking through its files"
        f" ({calls['incidents']} incidents)\n"
        f"a storm of {EVENTS_PER_SECOND:,} events/s: {storm['share_of_a_core']:.2f} of a core "
        f"(the parser alone {storm['parser_share_of_a_core']:.2f}), taken in at {rate:,.0f}/s"
    )
