"""Calls told as a story, on the product's own gate and listener."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dialpact.compliance.config import Config, PolicyConfig, Trunk
from dialpact.testing import Answer, Dialpact, FixedClock
from dialpact.testing.site import made


@pytest.mark.parametrize(
    ("time", "allowed"),
    [("11:58:59", True), ("11:59:00", False), ("13:59:59", False), ("14:00:00", True)],
)
async def test_lunch(dialpact: Dialpact, time: str, allowed: bool) -> None:
    dialpact.at(f"2026-11-24T{time}+08:00")
    call = await dialpact.agent("1001").dials("13800138000", campaign="loans")
    assert call.allowed if allowed else call.blocked("outside-hours")


async def test_what_a_call_tells(dialpact: Dialpact) -> None:
    call = await dialpact.agent("1001").dials()
    assert call.allowed
    assert not call.blocked()
    assert (call.number, call.reasons, call.retry_at) == ("13800138000", [], None)
    assert len(call.decision) == 32
    dialpact.at("2026-11-24T12:30+08:00")
    call = await dialpact.agent("1001").dials()
    assert not call.allowed
    assert call.blocked()
    assert (call.number, call.reasons) == ("", ["outside-hours"])
    assert call.retry_at == datetime(2026, 11, 24, 6, tzinfo=UTC)


async def test_number_that_is_none(dialpact: Dialpact) -> None:
    assert (await dialpact.agent("1001").dials("12")).blocked("invalid-number")
    assert (await dialpact.agent("1001").dials("110")).blocked("emergency-number")


async def test_call_that_passes_need_not_be_looked_at(dialpact: Dialpact) -> None:
    """On the way to the one that the story is about."""
    await dialpact.agent("1001").dials()
    dialpact.at("2026-11-25T12:00+08:00")
    assert (await dialpact.agent("1001").dials()).blocked("outside-hours")


async def test_never_again(dialpact: Dialpact) -> None:
    call = await dialpact.agent("1001").dials()
    await call.opts_out(scope="all", by="agent-key")
    assert (await dialpact.agent("1002").dials()).blocked("do-not-call", "no-consent")


async def test_recorded_and_kept(dialpact: Dialpact) -> None:
    await dialpact.listens()
    call = await dialpact.agent("1001").dials()
    await call.answered()
    call.talks(seconds=10)
    call.talks(seconds=2.5, agent=False)
    kept = await call.hung_up()
    assert (kept.kept, kept.seconds, kept.sha256 is not None) == (True, 12.5, True)
    assert kept.keep_until == date(2027, 11, 24)
    for path in (kept.path, kept.callee_path, kept.agent_path):
        assert path.stat().st_size == kept.bytes == 44 + 200_000


async def test_side_that_nobody_hears(dialpact: Dialpact) -> None:
    await dialpact.listens()
    call = await dialpact.agent("1001").dials()
    await call.answered()
    call.talks(seconds=5, callee=False)
    await call.hung_up()
    assert await dialpact.incidents() == ["recording-silent"]


async def test_two_calls_at_once(dialpact: Dialpact) -> None:
    await dialpact.listens()
    dialpact.registers.callable("13900139000")
    first, second = [await dialpact.agent("1001").dials(number) for number in ("13800138000", "13900139000")]
    await first.answered()
    await second.answered()
    first.talks(seconds=4)
    second.talks(seconds=3)
    assert ((await first.hung_up()).kept, (await second.hung_up()).kept) == (True, True)
    assert "recording-short" in await dialpact.incidents(), "the first was silent while the second talked"


async def test_round_the_gate(dialpact: Dialpact) -> None:
    await dialpact.listens()
    call = await dialpact.agent("1001").goes_round_the_gate("13800138000")
    assert await call.cut("no-decision")
    assert call.leg.name not in dialpact.pbx.channels


async def test_decision_of_another_call(dialpact: Dialpact) -> None:
    await dialpact.listens()
    allowed = await dialpact.agent("1001").dials()
    call = await dialpact.agent("1001").goes_round_the_gate("13900139000", decision=allowed.decision)
    assert await call.cut("foreign-number")


@pytest.mark.parametrize("mode", ["refuses", "lies"])
async def test_no_bridge_without_a_recording(dialpact: Dialpact, mode: str) -> None:
    await dialpact.listens()
    dialpact.pbx.monitor_mode = mode  # type: ignore[assignment]
    call = await dialpact.agent("1001").dials()
    assert await call.not_bridged()
    assert (await dialpact.agent("1002").dials()).blocked("recording-unavailable")


async def test_recorder_down(dialpact: Dialpact) -> None:
    await dialpact.recorder_down()
    assert (await dialpact.agent("1001").dials()).blocked("recording-unavailable")
    await dialpact.recorder_up()
    assert (await dialpact.agent("1001").dials()).allowed


async def test_recorder_down_with_a_listener(dialpact: Dialpact) -> None:
    await dialpact.listens()
    await dialpact.recorder_down()
    assert (await dialpact.agent("1001").dials()).blocked("recording-unavailable")
    await dialpact.recorder_up()
    assert (await dialpact.agent("1001").dials()).allowed


async def test_shadow(tmp_path: Path) -> None:
    """Put through for reasons that would have blocked it: the story can tell both."""
    config = Config(
        trunks={"north": Trunk(endpoint="north", dial_format="e164")},
        policy=PolicyConfig(mode="shadow"),
        origin=str(tmp_path / "dialpact.toml"),
    )
    clock = FixedClock("2026-11-24T12:00+08:00")
    with made(config, clock, tmp_path) as site:
        site.registers.fill()
        async with Dialpact(site, clock) as dialpact:
            call = await dialpact.agent("1001").dials()
            assert (call.number, call.reasons) == ("+8613800138000", ["outside-hours"])
            assert not call.blocked()


def test_an_answer_shows_itself() -> None:
    answer = Answer(False, "a fine day", "rain")
    assert not answer.looked_at
    assert repr(answer) == "<expected: a fine day; came: rain>"
    assert not answer
    assert answer.looked_at
