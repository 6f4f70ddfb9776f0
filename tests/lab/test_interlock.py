"""Between answer and bridge, on a real Asterisk: who is let through, who is not, and what is stored of it."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from ami_listener.recording import files
from dialpact.compliance.clock import instant
from tests.ami_listener.scene import Scene, until
from tests.lab.gated import allow, legs
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.softphone import Answer, Media, SoftCarrier, Softphone

pytestmark = [pytest.mark.lab, pytest.mark.timeout(120)]

TALKS = "02712345699"
CALLEE, AGENT, SECOND = 1000, 600, 700  # Hz


@pytest.fixture(scope="module")
def lab_options(gated_options: dict[str, Any]) -> dict[str, Any]:
    return gated_options


async def test_a_call_that_can_not_be_recorded_is_refused_and_its_carrier_bills_it(
    scene: Scene, pbx: Pbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "begun", lambda *_: "no header")  # no Asterisk can be made to write none
    await allow(scene, pbx, TALKS)
    async with SoftCarrier(pbx, Answer(talk=Media(hz=CALLEE))) as carrier, Softphone(pbx) as agent:
        call = await agent.call(TALKS, Media(hz=AGENT))
        await call.over()
        assert call.status is not None and call.status >= 400
        (leg,) = await carrier.called()
        await leg.over()
        assert leg.status == 200
        assert leg.sound().strength(AGENT) < 0.1
    (row,) = await scene.recorded("kept")
    (told,) = await scene.carrier_legs(ended=1)
    assert (told["dial_status"], told["interlock"]) == ("ANSWER", "refused")
    assert told["answered_at"] == row["answered_at"]
    await scene.incident("recording-not-started")
    assert await scene.incidents() == ["recording-not-started"]


async def test_a_dial_without_the_interlock_is_told_from_its_first_call_on(scene: Scene, pbx: Pbx) -> None:
    await allow(scene, pbx, TALKS)
    async with SoftCarrier(pbx, Answer(talk=Media(hz=CALLEE))), Softphone(pbx) as agent:
        call = await agent.call(f"*81{TALKS}", Media(hz=AGENT))
        await call.hears(CALLEE)
        await asyncio.sleep(1.5)
        await call.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["seconds"] == pytest.approx(row["talk_seconds"], abs=0.3)
    (told,) = await scene.carrier_legs(ended=1)
    assert told["interlock"] == ""
    assert await scene.incidents() == ["interlock-missing"]


async def test_one_that_passed_it_is_known(scene: Scene, pbx: Pbx) -> None:
    """And at its end our own recorder is ended, by its id, though the site has begun another one since."""
    await allow(scene, pbx, TALKS)
    async with SoftCarrier(pbx, Answer(talk=Media(hz=CALLEE))), Softphone(pbx) as agent:
        call = await agent.call(TALKS, Media(hz=AGENT))
        await call.hears(CALLEE)
        (leg,) = legs(pbx)
        ours = pbx.cli(f"core show channel {leg}")
        act(pbx, "MixMonitor", Channel=leg, File=str(pbx.recordings / "site.wav"))
        await asyncio.sleep(1.5)
        await call.hang_up()
    await scene.recorded("kept")
    (told,) = await scene.carrier_legs(ended=1)
    assert told["interlock"] == "through"
    found = re.search(r"DIALPACT_MIXMONITOR=(0x[0-9a-f]+)", ours)
    assert found
    assert f'StopMixMonitor("{leg}", "{found[1]}")' in pbx.log()
    assert await scene.incidents() == []


@pytest.mark.parametrize("colleague", [True, False])
async def test_a_fork_in_which_a_colleague_may_answer(scene: Scene, pbx: Pbx, colleague: bool) -> None:
    decision = await allow(scene, pbx, TALKS)
    slow, fast = Answer(ring=2.0, talk=Media(hz=SECOND)), Answer(ring=0.3, talk=Media(hz=SECOND))
    outside = Answer(ring=0.3 if not colleague else 2.0, talk=Media(hz=CALLEE))
    async with (
        SoftCarrier(pbx, outside) as carrier,
        Softphone(pbx) as agent,
        Softphone(pbx, "agent1002", fast if colleague else slow),
    ):
        call = await agent.call(f"*82{TALKS}", Media(hz=AGENT))
        await call.hears(SECOND if colleague else CALLEE)
        await asyncio.sleep(1)
        assert not call.ended
        await call.hang_up()
        await (await carrier.called())[0].over()
    (row,) = await scene.recorded("unanswered" if colleague else "kept")
    assert row["decision"] == decision
    (told,) = await scene.carrier_legs(ended=1)
    expected = ("CANCEL", 26, "") if colleague else ("ANSWER", 16, "through")  # 26: answered elsewhere
    assert (told["dial_status"], told["hangup_cause"], told["interlock"]) == expected
    assert await scene.incidents() == []


async def test_a_call_found_answered_has_the_time_of_its_answer(scene: Scene, pbx: Pbx) -> None:
    """It was answered while no listener was there, and no interlock kept it back."""
    decision = await allow(scene, pbx, TALKS)
    await scene.kill()
    async with SoftCarrier(pbx, Answer(talk=Media(hz=CALLEE))) as carrier, Softphone(pbx) as agent:
        call = await agent.call(f"*81{TALKS}", Media(hz=AGENT))
        await call.answered()
        (leg,) = await carrier.called()
        answered_at = leg.time_of(200)
        await asyncio.sleep(2.2)
        await scene.start()
        await until(lambda: any(one.decision for one in scene.listener.legs.values()))
        await asyncio.sleep(2)
        await call.hang_up()
        await leg.over()
    (row,) = await scene.recorded("kept")
    assert row["decision"] == decision
    assert instant(row["answered_at"]).timestamp() == pytest.approx(answered_at, abs=0.2)
    assert instant(row["started_at"]).timestamp() > answered_at + 2
    assert row["talk_seconds"] == pytest.approx(row["seconds"], abs=0.4)
    assert row["callee_dbfs"] is not None
    assert set(await scene.incidents()) == {"recording-gap", "interlock-missing"}
