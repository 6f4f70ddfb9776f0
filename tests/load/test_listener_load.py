"""The listener in a storm of events: every recording is kept, each interlock is set, memory is bounded.

The storm is 20,000 events for each of its seconds; a slow machine takes longer for a second. Nothing is
measured but what must hold on any machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ami_listener.ami.connection import Session
from ami_listener.timings import Timings
from dialpact.testing.ami import FakeAmi
from dialpact.testing.ami_calls import Channel
from tests.ami_listener.conftest import ami, directory, scene
from tests.ami_listener.pace import QUICK, changed
from tests.ami_listener.scene import NUMBER, Scene, until
from tests.load.storm import EVENTS_PER_SECOND, Storm
from tests.patience import WAIT

__all__ = ["ami", "directory", "scene"]

# Alone: the storm takes a whole core, and its length is counted in events a second.
pytestmark = pytest.mark.alone

CALLS = 20
# A busy machine is no dead link, and a call that waits for the storm's end has not stalled.
PATIENT = changed(
    QUICK,
    link=dict.fromkeys(("action", "pong", "login"), WAIT),
    recorder={"proof": WAIT},
    legs={"store": WAIT},  # beyond it a call is cut, as it should be
    sound={"stalled": 10 * WAIT},
)
GROWTH = 300.0  # megabytes; a queue that is full of events is 50
LOST = {
    *("recording-lost", "recording-missing", "recording-failed", "recording-not-started", "recording-gap"),
    *("recording-vanished", "recording-stopped", "bridged-unrecorded", "listener-error", "call-ended-unseen"),
}


def megabytes() -> float:
    """Resident, now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


@pytest.fixture
def timings() -> Timings:
    return PATIENT


async def ring(scene: Scene, ami: FakeAmi) -> list[tuple[str, Channel]]:
    """Calls, each with its interlock."""
    made = []
    for _ in range(CALLS):
        decision = await scene.allow()
        made.append((decision, ami.dial(NUMBER, decision)))
        made[-1][1].pick_up()
    await interlocked(made)
    return made


async def interlocked(made: list[tuple[str, Channel]]) -> None:
    await until(
        lambda: all(leg.variables.get("DIALPACT_RECORDING") == decision for decision, leg in made), WAIT
    )


async def end(made: list[tuple[str, Channel]]) -> None:
    for _, leg in made:
        leg.speak(0.2)
        leg.hang_up()


async def all_kept(scene: Scene, made: list[tuple[str, Channel]]) -> None:
    try:
        rows = await scene.recorded("kept", len(made), WAIT)
    except TimeoutError as error:
        raise TimeoutError(f"{error}; not yet written: {len(scene.listener.outbox)}") from None
    assert {row["decision"] for row in rows} == {decision for decision, _ in made}
    assert all(Path(row["path"]).exists() for row in rows)
    assert [row["state"] for row in await scene.recordings()] == ["kept"] * len(made)
    assert not LOST & set(await scene.incidents())


@contextlib.asynccontextmanager
async def blowing(ami: FakeAmi, storm: Storm, seconds: int) -> AsyncIterator[asyncio.Task[int]]:
    """The storm has begun; at the end of the block it has passed."""
    task = asyncio.create_task(storm.blow(ami, seconds))
    try:
        yield task
        assert await asyncio.wait_for(task, WAIT) == seconds * EVENTS_PER_SECOND
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_calls_live_and_begin_and_end_in_a_storm(scene: Scene, ami: FakeAmi) -> None:
    before = megabytes()
    made = await ring(scene, ami)
    for _, leg in made:
        leg.answer()
        leg.enter_bridge()
    async with blowing(ami, Storm([leg for _, leg in made]), 2):
        later = await ring(scene, ami)  # their proofs are asked for while it blows
        await end(made)
    for _, leg in later:
        leg.answer()
        leg.enter_bridge()
    await end(later)
    await all_kept(scene, made + later)
    assert ami.logins == 1, "the link was given up"
    assert megabytes() - before < GROWTH


async def test_true_looking_ends_of_living_calls(scene: Scene, ami: FakeAmi) -> None:
    """Found here: each of them was asked after and was an incident of its own, without any bound."""
    made = await ring(scene, ami)
    for _, leg in made:
        leg.answer()
        leg.enter_bridge()
    asked = len(ami.actions)
    for _ in range(200):
        ami.raw(b"".join(storm_end(leg) for _, leg in made))
    async with asyncio.timeout(WAIT):
        while (await scene.incidents()).count("forged-event") < CALLS:
            await asyncio.sleep(0.01)
    await end(made)
    await all_kept(scene, made)
    assert (await scene.incidents()).count("forged-event") == CALLS
    assert len(ami.actions) - asked < CALLS * 100


def storm_end(leg: Channel) -> bytes:
    headers = [("Event", "Hangup"), ("Privilege", "call,all"), *leg.block()]
    headers += [("Cause", "16"), ("Cause-txt", "Normal Clearing")]
    return "".join(f"{key}: {value}\r\n" for key, value in headers).encode() + b"\r\n"


async def test_a_store_that_is_locked_in_a_storm(scene: Scene, ami: FakeAmi) -> None:
    """For three seconds nothing can be written: it is written afterwards."""
    made = await ring(scene, ami)
    for _, leg in made:
        leg.answer()
        leg.enter_bridge()
    with contextlib.closing(sqlite3.connect(scene.database, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        async with blowing(ami, Storm([leg for _, leg in made]), 1):
            await end(made)
            await asyncio.sleep(3)  # longer than the store waits for a lock
        db.execute("COMMIT")
    await all_kept(scene, made)


async def test_a_reader_that_falls_behind(ami: FakeAmi) -> None:
    """Nobody takes the events: the link is given up at the mark, and what is kept stays below it."""
    timings = changed(PATIENT, link={"queue": 5000}).link
    session = await Session.open("127.0.0.1", ami.port, "dialpact", "hush", timings=timings)
    storm = Storm([ami.channel("carrier")])
    blowing = asyncio.create_task(storm.blow(ami, 3))
    try:
        await asyncio.wait_for(session.lost.wait(), WAIT)
        assert "too many events" in session.why_lost
        assert len([event async for event in session.events()]) <= 5000 + 1  # with the one too many
        assert await asyncio.wait_for(blowing, WAIT) < 3 * EVENTS_PER_SECOND, "it was never given up"
    finally:
        blowing.cancel()
        await asyncio.gather(blowing, return_exceptions=True)
        await session.close()


@pytest.mark.parametrize("timings", [changed(PATIENT, link={"queue": 150})], ids=["timed"])
async def test_a_listener_that_falls_behind_begins_anew(scene: Scene, ami: FakeAmi) -> None:
    """The calls that live go on being recorded; the listener looks at what there is, and takes them up."""
    made = await ring(scene, ami)
    for _, leg in made:
        leg.answer()
        leg.enter_bridge()
    storm = Storm([leg for _, leg in made])
    ami.raw(storm.piece * 4)  # the calls themselves make 60 events wait, a read from the socket has 500 of it
    await until(lambda: ami.logins == 2, WAIT)
    await scene.ready(WAIT)
    await until(lambda: all(leg.uniqueid in scene.listener.legs for _, leg in made), WAIT)
    await end(made)
    await all_kept(scene, made)
