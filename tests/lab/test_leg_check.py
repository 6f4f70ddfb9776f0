"""Calls that go round the gate, on a real Asterisk: cut before the answer, and told who it was."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ami_listener.scene import Scene, until
from tests.lab.carrier import Carrier, Invite
from tests.lab.gated import ALL, allow, legs
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

WITHIN = 0.5  # seconds from the leg's appearance to its cut
RINGS = "02712345602"  # the carrier rings and never answers
TALKS = "02712345699"
CALLER = {"caller_id": "02788880001"}


@pytest.fixture(scope="module")
def lab_options(gated_options: dict[str, Any]) -> dict[str, Any]:
    return gated_options


@pytest.fixture(scope="module", autouse=True)
def carrier(pbx: Pbx) -> Iterator[Carrier]:
    with Carrier(pbx, rules=ALL) as answering:
        yield answering


def cut_after(carrier: Carrier, invite: Invite) -> float | None:
    """Seconds from the INVITE to the CANCEL or BYE that Asterisk sent; None as long as it has not."""
    for message in carrier.messages():
        ours = message.header("Call-ID") == invite.call_id and not message.sent
        if ours and message.status is None and message.method in ("CANCEL", "BYE"):
            return message.time - invite.time
    return None


async def cut(carrier: Carrier, before: int, number: str) -> float:
    """The new call to ``number`` and how long it lived."""
    invites = await carrier.invited(before + 1)
    (invite,) = [invite for invite in invites[before:] if invite.number == number]
    await until(lambda: cut_after(carrier, invite) is not None, 3)
    seconds = cut_after(carrier, invite)
    assert seconds is not None
    assert seconds < WITHIN
    return seconds


def originate(pbx: Pbx, number: str, **more: str) -> None:
    channel = {"Channel": f"PJSIP/{number}@carrier", "Application": "Milliwatt", "Async": "true"}
    act(pbx, "Originate", **channel | more)


async def test_an_originate_on_the_trunk(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    before = len(carrier.invites())
    originate(pbx, RINGS, Account="robot")
    await cut(carrier, before, RINGS)
    detail = (await scene.incident("no-decision"))["detail"]
    assert detail.startswith("cut; by an Originate account=robot linkedid=")
    assert detail.endswith(f"dialled {RINGS}")


async def test_a_callee_who_answers_at_once_hears_next_to_nothing(
    scene: Scene, pbx: Pbx, carrier: Carrier
) -> None:
    before = len(carrier.invites())
    originate(pbx, "02712345606")
    await cut(carrier, before, "02712345606")
    assert carrier.heard(carrier.invites()[-1]).seconds < WITHIN


async def test_a_dialplan_that_forgot_the_gate(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    before = len(carrier.invites())
    result = await Phone(pbx).call(f"*70{RINGS}", **CALLER)
    assert not result.answered
    await cut(carrier, before, RINGS)
    detail = (await scene.incident("no-decision"))["detail"]
    assert "by PJSIP/agent1001-" in detail
    assert "caller=027****0001 context=forgot" in detail


async def test_a_queue_with_a_member_outside(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    before = len(carrier.invites())
    waiting = {"Context": "inside", "Exten": "1005", "Priority": "1"}
    act(pbx, "Originate", Channel="Local/s@lab-talker", Async="true", **waiting)
    await cut(carrier, before, RINGS)
    detail = (await scene.incident("no-decision"))["detail"]
    assert "by Local/027****5602@forgot-" in detail
    assert "context=forgot" in detail
    pbx.cli("channel request hangup all")


async def test_an_id_of_another_number(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    await allow(scene, pbx, TALKS)
    before = len(carrier.invites())
    assert not (await Phone(pbx).call(f"*71{TALKS}", **CALLER)).answered
    await cut(carrier, before, "13900139002")
    await scene.incident("foreign-number")


async def test_an_id_that_was_used_by_an_answered_call(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    """The callee hangs up, and the dialplan goes on with another Dial."""
    await allow(scene, pbx, "02712345605")
    before = len(carrier.invites())
    await Phone(pbx).call("*7402712345605", hangup_by="carrier", **CALLER)
    await scene.recorded("kept")
    (first, second) = (await carrier.invited(before + 2))[before:]
    assert (first.number, second.number) == ("02712345605", "02712345605")
    await until(lambda: cut_after(carrier, second) is not None, 3)
    assert (cut_after(carrier, second) or 9) < WITHIN
    await scene.incident("reused-decision")


async def test_an_id_of_another_call(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    """The id is fresh and unanswered, but it is another call that uses it."""
    decision = await allow(scene, pbx, RINGS)
    async with Phone(pbx).calling(RINGS, **CALLER) as call:
        await call.provisional(180)
        before = len(carrier.invites())
        originate(pbx, RINGS, Variable=f"DIALPACT_ID={decision}")
        await cut(carrier, before, RINGS)
        await scene.incident("reused-decision")
        assert len(legs(pbx)) == 1, "the call that it belongs to rings on"


async def test_without_i_and_without_a_gate_the_302_is_cut(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    await allow(scene, pbx, "02712345607")
    before = len(carrier.invites())
    assert not (await Phone(pbx).call("*7602712345607", talk_seconds=0.1, **CALLER)).answered
    await cut(carrier, before + 1, "13900139000")
    detail = (await scene.incident("foreign-number"))["detail"]
    assert "context=forgot" in detail


async def test_a_hidden_dialling(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    """A line end in the caller's number: the event filter drops every event that has the caller in it."""
    before = len(carrier.invites())
    broken = "".join(f"%{ord(c):02X}" for c in "1\r\n\r\nword")
    await Phone(pbx, "raw").call(f"*70{RINGS}", caller_id=broken, campaign="", ring_limit=5)
    assert await cut(carrier, before, RINGS) > 0.1, "its DialBegin was seen, so nothing is shown here"
    assert "nobody listened" in (await scene.incident("no-decision"))["detail"]


# A transfer by the agent


async def test_a_blind_transfer_to_the_outside_without_a_decision_is_cut(
    scene: Scene, pbx: Pbx, carrier: Carrier
) -> None:
    await allow(scene, pbx, TALKS)
    before = len(carrier.invites())
    async with Phone(pbx).calling(f"*77{TALKS}", hangup_by="test", **CALLER) as call:
        await call.heard(1.0)
        await call.dialog.refer(RINGS)
        await cut(carrier, before + 1, RINGS)
        await scene.incident("foreign-number")
    pbx.cli("channel request hangup all")
    (row,) = await scene.recorded("kept")
    assert row["number"].endswith(TALKS)


async def test_nor_may_it_be_the_same_number(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    await allow(scene, pbx, "02712345605")
    before = len(carrier.invites())
    async with Phone(pbx).calling("*7702712345605", hangup_by="test", **CALLER) as call:
        await call.answered()
        await call.dialog.refer("02712345605")
        (_, second) = (await carrier.invited(before + 2))[before:]
        await until(lambda: cut_after(carrier, second) is not None, 3)
        await scene.incident("reused-decision")
    pbx.cli("channel request hangup all")


async def test_a_blind_transfer_into_a_gated_context_is_asked_about(
    scene: Scene, pbx: Pbx, carrier: Carrier
) -> None:
    await allow(scene, pbx, TALKS)
    before = len(carrier.invites())
    async with Phone(pbx).calling(TALKS, hangup_by="test", **CALLER) as call:
        await call.heard(1.0)
        await call.dialog.refer("13912345678")
        await scene.recorded("kept")  # the gate refuses, so the callee's call ends
    assert [invite.number for invite in carrier.invites()[before:]] == [TALKS]
    assert await scene.incidents() == []


# What is never touched


async def test_a_call_that_comes_in(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    """Also once the listener was started anew, when Dial has left its note on the caller's channel."""
    async with Phone(pbx, "carrier").calling("02788889990", hangup_by="test", campaign="") as call:
        await call.answered()
        await call.heard(2.6, timeout=15)  # the Dial is over, another application runs
        await scene.stop()
        await scene.start()
        await scene.ready()
        await asyncio.sleep(0.5)
        assert scene.listener.legs == {}
        heard = call.sound.seconds
        await call.heard(heard + 0.5)
    assert await scene.incidents() == []


@contextlib.contextmanager
def locked(scene: Scene) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(scene.database, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


@pytest.mark.parametrize("number", ["110", "*7961110", "*79027119"])
async def test_an_emergency_call_also_with_the_store_down(
    scene: Scene, pbx: Pbx, carrier: Carrier, number: str
) -> None:
    """61110 only the site knows, by its list."""
    with locked(scene):
        result = await Phone(pbx).call(number, talk_seconds=1.5, **CALLER)
    assert result.answered
    assert result.talk_seconds == pytest.approx(1.5, abs=0.4)
    assert carrier.invites()[-1].number == number.removeprefix("*79")
    await until(lambda: not scene.listener.legs)
    assert await scene.incidents() == []


@pytest.mark.parametrize("variable", ["DIALPACT_EMERGENCY=1", "__DIALPACT_EMERGENCY=1"])
async def test_a_dialler_gets_nothing_by_calling_itself_an_emergency(
    scene: Scene, pbx: Pbx, carrier: Carrier, variable: str
) -> None:
    before = len(carrier.invites())
    originate(pbx, RINGS, Variable=variable)
    await cut(carrier, before, RINGS)
    before = len(carrier.invites())
    context = {"Context": "forgot", "Exten": RINGS, "Priority": "1"}
    act(pbx, "Originate", Channel="Local/s@lab-talker/n", Async="true", Variable=variable, **context)
    await cut(carrier, before, RINGS)


async def test_a_phone_that_dials_no_emergency_number_through_that_context(
    scene: Scene, pbx: Pbx, carrier: Carrier
) -> None:
    before = len(carrier.invites())
    await Phone(pbx).call(f"*79{RINGS}", **CALLER)
    await cut(carrier, before, RINGS)
    await scene.incident("no-decision")


# Nobody listens; nobody answers; several at once


async def test_one_that_began_while_nobody_listened(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    await scene.kill()
    originate(pbx, TALKS, Variable="DIALEDPEERNUMBER=110")  # it does not help
    async with Phone(pbx).calling(f"*70{RINGS}", **CALLER) as call:
        await call.provisional(180)
        await asyncio.sleep(2.1)  # younger ones are left to their events
        await scene.start()
        await until(lambda: legs(pbx) == [], 8)

    async def both() -> bool:
        return len(await scene.incidents()) == 2

    await until(both, 8)  # cut first, written down then
    assert await scene.incidents() == ["no-decision", "no-decision"]
    told = [one.detail.rpartition(" ")[2] for one in (await scene.store.incidents.list()).rows]
    assert sorted(told) == sorted([TALKS, RINGS])


async def test_with_the_store_down_an_id_is_worth_nothing_and_no_id_even_less(
    scene: Scene, pbx: Pbx, carrier: Carrier
) -> None:
    await allow(scene, pbx, RINGS)
    before = len(carrier.invites())
    with locked(scene):
        originate(pbx, RINGS)
        await cut(carrier, before, RINGS)  # needs no store
        result = await Phone(pbx).call(RINGS, ring_limit=8, **CALLER)
        assert not result.answered
        assert 0.5 < (result.final_response or 9) < 4  # the store had its time
    await scene.incident("no-decision")
    await scene.incident("store-unavailable")


async def test_the_trunk_that_only_reports(scene: Scene, pbx: Pbx, carrier: Carrier, tmp_path: Path) -> None:
    await scene.stop()
    async with Scene(tmp_path / "other", pbx.ports.ami, pbx.recordings, bypass="report") as lenient:
        await lenient.ready()
        result = await Phone(pbx).call(f"*70{TALKS}", talk_seconds=1, **CALLER)
        assert result.answered
        assert (await lenient.incident("no-decision"))["detail"].startswith("let be; by PJSIP/agent1001-")


@pytest.mark.alone  # half a second of the product's, not of six other Asterisks
async def test_how_long_a_bypass_lives(
    scene: Scene, pbx: Pbx, carrier: Carrier, record_property: Any
) -> None:
    """From the INVITE at the carrier to the CANCEL: no call of sixty lives half a second."""
    lived = []
    began = time.monotonic()
    for _ in range(60):
        before = len(carrier.invites())
        originate(pbx, RINGS)
        lived.append(await cut(carrier, before, RINGS))
    lived.sort()
    figures = {
        "n": len(lived),
        "p50_ms": round(statistics.median(lived) * 1000, 1),
        "p99_ms": round(lived[int(len(lived) * 0.99)] * 1000, 1),
        "seconds": round(time.monotonic() - began, 1),
    }
    record_property("bypass", figures)
    print("bypass lived:", figures)
    await until(lambda: not scene.listener.legs)
