"""An Asterisk that is killed, or stands still, in the worst moment of a call: nothing lost, little said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ami_listener.timings import USUAL
from tests.ami_listener.pace import changed
from tests.ami_listener.scene import Scene, until
from tests.lab.gated import allow, forget
from tests.lab.pbx import Pbx
from tests.lab.softphone import Answer, Media, SoftCarrier, Softphone

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

NUMBER, CALLER = "13800138000", {"caller_id": "02788880001"}
TALKS = Answer(ring=0.1, talk=Media(hz=440))
EARLY = Answer(early=Media(hz=440), status=None, talk=Media(hz=440))
BUSY = Answer(status=486, cause=17)
STALL = 5.0  # seconds


@pytest.fixture(scope="module")
def lab_options(gated_options: dict[str, Any]) -> dict[str, Any]:
    return gated_options


@pytest.fixture
async def scene(pbx: Pbx, tmp_path: Path) -> AsyncIterator[Scene]:
    timings = changed(USUAL, listener={"second_look": 1.0})
    async with Scene(tmp_path / "dialpact", pbx.ports.ami, pbx.recordings, timings=timings) as scene:
        await scene.ready()
        await until(lambda: scene.listener.gap.since is None, 10)
        yield scene
    forget(pbx)
    pbx.cli("channel request hangup all")


async def heard_of_all(scene: Scene) -> None:
    """The gap is over, and all that can be told of it is written."""
    await until(lambda: scene.listener.gap.since is None, 30)
    await until(lambda: not scene.listener.finishing, 30)
    await scene.listener.outbox.drained()


async def test_killed_in_the_second_of_the_answer(scene: Scene, pbx: Pbx) -> None:
    """Nobody saw the answer, and nothing had reached the disk."""
    decision = await allow(scene, pbx, NUMBER)
    async with SoftCarrier(pbx, EARLY) as carrier, Softphone(pbx, "agent1001") as agent:
        call = await agent.call(NUMBER, Media(hz=600), **CALLER)
        (leg,) = await carrier.called()
        await call.provisional(183)
        await until(lambda: any(known.segments for known in scene.listener.legs.values()))
        session = scene.listener.lease.session
        assert session is not None
        session.lose("as when Asterisk dies first")  # the next attempt to connect is half a second away
        leg.answer()
        await leg.answered()
        pbx.kill()
    before = sorted(path.name for path in pbx.recordings.rglob(f"{decision}*"))
    pbx.start()
    await scene.ready(20)
    await heard_of_all(scene)
    (row,) = [row for row in await scene.recordings() if row["decision"] == decision]
    assert row["state"] == "unseen"
    assert sorted(path.name for path in pbx.recordings.rglob(f"{decision}*")) == before
    if before:
        assert row["keep_until"]


async def test_a_stall_of_five_seconds_is_said_once(scene: Scene, pbx: Pbx) -> None:
    """One call talks through it, one rings into it and is given up, some were just let out."""
    rules = {".*8000": TALKS, ".*8001": Answer(ring=0.1, status=None)}
    talking = await allow(scene, pbx, NUMBER)
    ringing = await allow(scene, pbx, "13800138001")
    async with SoftCarrier(pbx, TALKS, rules) as carrier, Softphone(pbx, "agent1001") as agent:
        call = await agent.call(NUMBER, Media(hz=600), **CALLER)
        await call.answered()
        async with Softphone(pbx, "agent1002") as other:
            waits = await other.call("13800138001", Media(hz=700), **CALLER)
            await carrier.called(2)
            await until(lambda: len(scene.listener.legs) == 2)
            let_out = [await scene.allow(f"1380013810{n}") for n in range(5)]
            await asyncio.sleep(1.0)
            pbx.freeze()
            await scene.not_ready("", timeout=5)
            await asyncio.sleep(STALL / 2)
            hanging_up = asyncio.create_task(waits.hang_up())
            await asyncio.sleep(STALL / 2)
            pbx.thaw()
            await hanging_up
            await scene.ready(20)
            await heard_of_all(scene)
            await asyncio.sleep(1.0)
            await call.hang_up()
    await until(lambda: not scene.listener.legs)
    await heard_of_all(scene)
    kinds = await scene.incidents()
    assert kinds.count("asterisk-stalled") == 1
    assert "call-unseen" not in kinds and "recording-missing" not in kinds
    told = (await scene.incident("asterisk-stalled"))["detail"]
    assert all(decision in told for decision in let_out)
    assert talking not in told
    by_decision = {row["decision"]: row for row in await scene.recordings()}
    assert by_decision[talking]["state"] == "kept"
    assert ringing not in by_decision or by_decision[ringing]["state"] in ("unseen", "unanswered")
    # What was said while it stood still is in no file, and that is said as well.
    assert set(kinds) <= {"asterisk-stalled", "call-ended-unseen", "recording-short"}, kinds


async def test_a_busy_call_names_no_file(scene: Scene, pbx: Pbx) -> None:
    decision = await allow(scene, pbx, NUMBER)
    async with SoftCarrier(pbx, BUSY), Softphone(pbx, "agent1001") as agent:
        call = await agent.call(NUMBER, Media(hz=600), **CALLER)
        await call.over()
    await until(lambda: not scene.listener.legs)
    await heard_of_all(scene)
    for row in await scene.recordings():
        if row["decision"] == decision:
            assert row["state"] == "unanswered"
            assert (row["path"], row["callee_path"], row["agent_path"]) == ("", "", "")
    assert await scene.incidents() == []
