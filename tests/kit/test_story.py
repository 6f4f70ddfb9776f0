"""Calls told as a story, on the product's own gate and listener."""

from __future__ import annotations

from dialpact_testing import Dialpact


async def test_lunch(dialpact: Dialpact) -> None:
    dialpact.at("2026-11-24T12:00+08:00")
    call = await dialpact.agent("1001").dials("13800138000", campaign="loans")
    assert call.refused("outside-hours")


async def test_a_call_that_passes(dialpact: Dialpact) -> None:
    call = await dialpact.agent("1001").dials()
    assert call.allowed
    assert not call.refused()
    assert (call.number, call.reasons, call.retry_at) == ("13800138000", [], None)


async def test_recorded_and_kept(dialpact: Dialpact) -> None:
    await dialpact.listens()
    call = await dialpact.agent("1001").dials()
    await call.answered()
    call.talks(seconds=12.5)
    kept = await call.hung_up()
    assert (kept.kept, kept.seconds) == (True, 12.5)
    assert kept.path.stat().st_size == kept.bytes


async def test_round_the_gate(dialpact: Dialpact) -> None:
    await dialpact.listens()
    call = await dialpact.agent("1001").goes_round_the_gate("13800138000")
    assert await call.cut("no-decision")


async def test_recorder_down(dialpact: Dialpact) -> None:
    await dialpact.recorder_down()
    call = await dialpact.agent("1001").dials()
    assert call.refused("recording-unavailable")
    await dialpact.recorder_up()
    assert (await dialpact.agent("1001").dials()).allowed


async def test_recorder_down_with_a_listener(dialpact: Dialpact) -> None:
    await dialpact.listens()
    await dialpact.recorder_down()
    assert (await dialpact.agent("1001").dials()).refused("recording-unavailable")
    await dialpact.recorder_up()
    assert (await dialpact.agent("1001").dials()).allowed
