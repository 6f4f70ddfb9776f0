"""Calls that were let out while nobody listened."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from ami_listener.timings import Timings
from dialpact.compliance.carrier_leg import CarrierLeg
from dialpact.compliance.reasons import Reason
from dialpact.store.ports.decisions import Undelivered
from dialpact.testing.ami import FakeAmi
from tests.ami_listener.pace import QUICK, changed, timed
from tests.ami_listener.scene import NUMBER, Scene, names_used_up, prepared, recorded, until

ROOT = Path(__file__).parents[2]


SOON = {"look": 0.05, "second_look": 0.02, "audit": 0.05, "judging": 0.2}
# A leg that is up has the time to be judged that it has in earnest.
patient = timed(listener=SOON | {"judging": 1.0})
# What stands still is noticed soon; but a busy machine is no stall.
IMPATIENT = {"ping": 0.05, "pong": 1.0, "login": 1.0}
AGAIN = SOON | {"first_pause": 0.02, "longest_pause": 0.1}


@pytest.fixture
def timings() -> Timings:
    return changed(QUICK, listener=SOON)


async def restarted(scene: Scene) -> None:
    await scene.start()
    await until(lambda: scene.listener.lease.synchronised)
    await until(lambda: scene.listener.gap.since is None)
    await scene.listener.outbox.drained()


async def test_a_decision_of_the_gap_without_a_call_is_listed_once(scene: Scene) -> None:
    await scene.kill()
    decision = await scene.allow()
    await restarted(scene)
    assert (await scene.incident("call-unseen"))["decision"] == decision
    await scene.kill()
    await restarted(scene)
    assert await scene.incidents() == ["call-unseen"]


async def test_a_lost_link_is_such_a_gap(scene: Scene, ami: FakeAmi) -> None:
    await until(lambda: scene.listener.gap.since is None)
    decision = await scene.allow()  # its leg's events are lost with the link
    ami.drop()
    assert (await scene.incident("call-unseen"))["decision"] == decision


@pytest.mark.parametrize(
    ("ago", "listed"),
    [
        (timedelta(seconds=110), True),  # dialled late, it may have become a call in the gap
        (timedelta(seconds=130), False),  # its call would have been seen
    ],
)
async def test_how_old_it_may_be(scene: Scene, ago: timedelta, listed: bool) -> None:
    await scene.kill()
    await scene.allow(decided_at=scene.clock.now() - ago)
    await restarted(scene)
    assert await scene.incidents() == ["call-unseen"] * listed


async def test_what_was_no_call_is_not_listed(scene: Scene) -> None:
    await scene.kill()
    await scene.allow(blocked=True)
    await scene.allow(node="pbx2")
    late = await scene.allow()
    await scene.store.decisions.undelivered([Undelivered(late, scene.clock.now(), Reason.DEADLINE)])
    await restarted(scene)
    assert await scene.incidents() == []


@patient
async def test_a_call_that_is_up_is_taken_over_and_not_listed(scene: Scene, ami: FakeAmi) -> None:
    await scene.kill()
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    leg.ring()
    leg.seconds = 5
    await restarted(scene)
    assert "call-unseen" not in await scene.incidents()
    leg.pick_up()
    await recorded(leg, decision)


async def test_a_leg_that_was_seen_and_has_no_recording_was_no_call_that_nobody_saw(scene: Scene) -> None:
    decision = await scene.allow()
    now = scene.clock.now()
    names = {"channel": "PJSIP/carrier-00000009", "uniqueid": "1.9", "linkedid": "1.8"}
    await scene.store.carrier_legs.write(
        CarrierLeg(decision=decision, node="pbx1", dialled_at=now, ended_at=now, **names),
    )
    await scene.kill()
    await restarted(scene)
    assert await scene.incidents() == []


@patient
async def test_a_call_that_is_up_and_can_not_be_recorded_was_seen(scene: Scene, ami: FakeAmi) -> None:
    """It has no recording's row, and an incident that says so."""
    await scene.kill()
    decision = await scene.allow()
    names_used_up(scene, decision)
    leg = ami.dial(NUMBER, decision)
    leg.ring()
    leg.seconds = 5
    await restarted(scene)
    assert await scene.incidents() == ["recording-not-started"]


@contextlib.asynccontextmanager
async def standing_still(scene: Scene, ami: FakeAmi) -> AsyncIterator[None]:
    """Asterisk does not answer, and inside the block the listener has lost it; afterwards has it again."""
    await until(lambda: scene.listener.lease.session is not None)
    logins = ami.logins
    ami.freeze()
    await until(lambda: scene.listener.lease.session is None)
    yield
    ami.thaw()
    await until(lambda: ami.logins > logins)


@timed(listener=AGAIN, link=IMPATIENT)
async def test_a_stall_is_one_incident_whatever_was_lost_in_it(scene: Scene, ami: FakeAmi) -> None:
    await until(lambda: scene.listener.gap.since is None)
    lost = sorted([await scene.allow() for _ in range(5)])
    async with standing_still(scene, ami):
        pass
    told = await scene.incident("asterisk-stalled")
    assert re.search(r"did not answer for [0-9]+\.[0-9] s;", told["detail"])
    assert re.findall(r"[0-9a-f]{32}", told["detail"]) == lost
    await until(lambda: scene.listener.gap.since is None)
    ami.drop()  # a later gap does not list them again
    await until(lambda: scene.listener.gap.since is not None)
    await until(lambda: scene.listener.gap.since is None)
    await scene.listener.outbox.drained()
    assert await scene.incidents() == ["asterisk-stalled"]


@timed(listener=AGAIN | {"judging": 4.0}, link=IMPATIENT)  # it can tell after the third only
async def test_several_stalls_before_anybody_could_tell_are_one_incident(scene: Scene, ami: FakeAmi) -> None:
    await until(lambda: scene.listener.gap.since is None)
    for _ in range(3):
        async with standing_still(scene, ami):
            pass
    told = await scene.incident("asterisk-stalled")
    assert "in 3 times" in told["detail"]
    await until(lambda: scene.listener.gap.since is None)
    assert await scene.incidents() == ["asterisk-stalled"]


@timed(listener=AGAIN, link=IMPATIENT)
async def test_a_call_that_was_never_let_through_is_one_of_them(scene: Scene, ami: FakeAmi) -> None:
    """It rang when Asterisk stood still, and was gone afterwards: no file, and nothing that misses one."""
    await until(lambda: scene.listener.gap.since is None)
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    leg.ring()
    await prepared(scene, leg)
    async with standing_still(scene, ami):
        ami.channels.pop(leg.name)
    assert decision in (await scene.incident("asterisk-stalled"))["detail"]
    (row,) = await scene.recorded("unseen")
    assert row["sha256"] is None
    await scene.listener.outbox.drained()
    assert await scene.incidents() == ["asterisk-stalled"]


@timed(listener=AGAIN, link=IMPATIENT, missed={"same": timedelta()})
async def test_an_asterisk_that_was_started_anew_did_not_stall(scene: Scene, ami: FakeAmi) -> None:
    await until(lambda: scene.listener.gap.since is None)
    decision = await scene.allow()
    async with standing_still(scene, ami):
        ami.started_at += timedelta(seconds=5)
    assert (await scene.incident("call-unseen"))["decision"] == decision
    assert await scene.incidents() == ["call-unseen"]


@timed(listener=AGAIN, link=IMPATIENT, missed={"together": 2})
async def test_what_does_not_fit_into_one_is_told_one_by_one(scene: Scene, ami: FakeAmi) -> None:
    await until(lambda: scene.listener.gap.since is None)
    lost = {await scene.allow() for _ in range(3)}
    async with standing_still(scene, ami):
        pass
    together = set(re.findall(r"[0-9a-f]{32}", (await scene.incident("asterisk-stalled"))["detail"]))
    alone = (await scene.incident("call-unseen"))["decision"]
    assert len(together) == 2
    assert together | {alone} == lost
