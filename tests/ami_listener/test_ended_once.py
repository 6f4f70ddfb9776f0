"""A recording ends once, whatever comes late; and one that the store refuses holds up no other."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta

import pytest

from ami_listener import resync
from ami_listener.ami.pbx import Live, Pbx
from ami_listener.calls.companion import Companion
from dialpact.compliance.recorded import Finished
from dialpact.testing.ami import Channel, FakeAmi
from tests.ami_listener.pace import timed
from tests.ami_listener.scene import Scene, answered, ringing, talking, until
from tests.patience import WAIT


async def written(scene: Scene) -> None:
    async with asyncio.timeout(WAIT):
        await scene.listener.outbox.drained()


@pytest.mark.parametrize("listed", [True, False])
async def test_a_call_that_ends_during_a_comparison_ends_once(
    scene: Scene, ami: FakeAmi, listed: bool
) -> None:
    """While Asterisk is asked for its channels; ``listed``: it answers that the call is still up."""
    _, leg = await talking(scene, ami)
    leg.speak(0.2)

    class Slow(Pbx):
        async def channels(self) -> list[Live]:
            found = await super().channels()
            leg.hang_up()
            await scene.recorded("kept")
            await until(lambda: not scene.listener.legs and not scene.listener.finishing)
            return found if listed else []

    session = scene.listener.lease.session
    assert session is not None
    await resync.compare(scene.listener, Slow(session))
    await until(lambda: not scene.listener.legs and not scene.listener.finishing)
    await written(scene)
    (row,) = await scene.recorded("kept")
    assert row["unseen"] == 0
    assert await scene.incidents() == []


async def test_a_recording_that_begins_during_a_comparison_goes_on(scene: Scene, ami: FakeAmi) -> None:
    """The comparison reads its row before the one who has written it goes on."""
    _, leg = await talking(scene, ami)
    boss = ami.channel("agent1002", state="Up")
    boss.application, boss.data = "ChanSpy", "PJSIP/carrier,qw"
    started = scene.faulty.holds("recordings.start")
    ami.event("ChanSpyStart", "call", [*boss.block("Spyer"), *leg.block("Spyee")])
    await started.done.wait()
    session = scene.listener.lease.session
    assert session is not None
    await resync.compare(scene.listener, Pbx(session))
    started.release.set()
    (companion,) = scene.listener.companions
    await until(lambda: companion.segment and companion.segment.proven_at)
    await written(scene)
    assert not scene.listener.finishing
    assert [(row["part"], row["state"]) for row in await scene.recordings()] == [
        ("carrier", "running"),
        ("supervisor", "running"),
    ]
    assert await scene.incidents() == []


@pytest.mark.parametrize("part", ["carrier", "supervisor"])
async def test_one_that_ends_while_the_rows_are_read_ends_once(scene: Scene, ami: FakeAmi, part: str) -> None:
    """Its row was read as one that is open; it is not when the comparison goes on."""
    _, leg = await talking(scene, ami)
    boss = ami.channel("agent1002", state="Up")
    boss.application, boss.data = "ChanSpy", "PJSIP/carrier,qw"
    ami.event("ChanSpyStart", "call", [*boss.block("Spyer"), *leg.block("Spyee")])
    await until(lambda: [one for one in scene.listener.companions if one.segment and one.segment.proven_at])
    await written(scene)
    for channel in (leg, boss):
        channel.speak(0.2)
    ends: list[Finished] = []
    scene.faulty.watched("recordings.finish", ends.append)
    read = scene.faulty.holds("recordings.unfinished")
    session = scene.listener.lease.session
    assert session is not None
    comparing = asyncio.create_task(resync.compare(scene.listener, Pbx(session)))
    await read.done.wait()
    if part == "carrier":
        leg.hang_up()
    else:
        boss.hang_up()
    await until(lambda: ends)
    await until(lambda: not scene.listener.finishing)
    read.release.set()
    await comparing
    await scene.recorded("kept", 2 if part == "carrier" else 1)
    await until(lambda: not scene.listener.finishing)
    await written(scene)
    assert len(ends) == len({end.id for end in ends})
    assert await scene.incidents() == []


@pytest.mark.parametrize("part", ["joined", "supervisor"])
async def test_who_comes_after_the_channels_were_listed_is_recorded(
    scene: Scene, ami: FakeAmi, part: str
) -> None:
    """The list that the comparison works on is older than he is."""
    late: list[Channel] = []

    class Slow(Pbx):
        async def channels(self) -> list[Live]:
            found = await super().channels()
            _, leg = await answered(scene, ami)
            assert leg.caller
            other = ami.channel("agent1002", state="Up")
            late[:] = [leg, other]
            leg.enter_bridge("one")
            leg.caller.enter_bridge("one")
            if part == "joined":
                leg.caller.leave_bridge()
                other.enter_bridge("one")
            else:
                other.application, other.data = "ChanSpy", "PJSIP/carrier,qw"
                ami.event("ChanSpyStart", "call", [*other.block("Spyer"), *leg.block("Spyee")])
            await until(proven)
            return found

    def proven() -> list[Companion]:
        return [one for one in scene.listener.companions if one.segment and one.segment.proven_at]

    session = scene.listener.lease.session
    assert session is not None
    await resync.compare(scene.listener, Slow(session))
    (companion,) = proven()
    leg, other = late
    assert (companion.part, companion.ended) == (part, "")
    assert scene.listener.companions.around(leg.uniqueid) >= {leg.uniqueid} | (
        {other.uniqueid} if part == "joined" else set()
    )
    for channel in (leg, other):
        channel.speak(0.2)
        channel.hang_up()
    await scene.recorded("kept", 2)
    assert await scene.incidents() == []


async def test_who_is_gone_since_the_channels_were_listed_is_in_no_bridge(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await answered(scene, ami)
    assert leg.caller
    leg.enter_bridge("one")
    leg.caller.enter_bridge("one")
    other = ami.channel("agent1002", state="Up")
    other.enter_bridge("one")

    class Slow(Pbx):
        async def channels(self) -> list[Live]:
            found = await super().channels()
            other.hang_up()
            await until(lambda: not scene.listener.companions.of(scene.listener.legs[leg.uniqueid]))
            return found

    known = scene.listener.legs[leg.uniqueid]
    await until(lambda: [one for one in scene.listener.companions if one.segment and one.segment.proven_at])
    session = scene.listener.lease.session
    assert session is not None
    await resync.compare(scene.listener, Slow(session))
    assert other.uniqueid not in scene.listener.companions.around(leg.uniqueid)
    assert scene.listener.companions.of(known) == []


async def test_nothing_touches_a_row_that_has_ended(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    leg.speak(0.2)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    late = scene.clock.now() + timedelta(seconds=9)
    assert not await scene.store.recordings.finish(Finished(id=row["id"], state="failed", ended_at=late))
    await scene.store.recordings.running(row["id"], late, late)
    await scene.store.recordings.answered("pbx1", row["uniqueid"], late)
    assert await scene.recordings() == [row]


async def test_a_later_answer_does_not_touch_what_ended_before_it(scene: Scene, ami: FakeAmi) -> None:
    """A leg may have recordings that ended before anybody answered: stopped, or on the channel of another."""
    decision, leg = await ringing(scene, ami)
    (row,) = await scene.recordings()
    ended = scene.clock.now()
    end = Finished(id=row["id"], state="unanswered", ended_at=ended)
    assert await scene.store.recordings.finish(end)
    (before,) = await scene.recordings()
    await scene.store.recordings.answered("pbx1", leg.uniqueid, ended + timedelta(seconds=1))
    assert await scene.recordings() == [before]
    leg.hang_up()
    await until(lambda: not scene.listener.legs)
    await written(scene)
    assert [found["decision"] for found in await scene.recordings()] == [decision]
    assert await scene.incidents() == []


async def refuse(scene: Scene, when: str = "1") -> None:
    """From now on the store refuses the end of every recording."""
    await scene.store.transact(
        lambda connection: connection.execute(
            "CREATE TRIGGER no_end BEFORE UPDATE OF ended_at ON recording "
            f"WHEN {when} BEGIN SELECT RAISE(ABORT, 'no end today'); END"
        )
    )


async def test_an_end_that_is_refused_is_told_once_and_holds_up_no_other(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await talking(scene, ami)
    await refuse(scene, f"OLD.decision = '{decision}'")
    leg.speak(0.2)
    leg.hang_up()
    told = await scene.incident("write-refused")
    assert (told["decision"], told["channel"]) == (decision, leg.name)
    assert "no end today" in told["detail"]
    other, leg = await talking(scene, ami)
    leg.speak(0.2)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["decision"] == other
    await scene.ready()
    session = scene.listener.lease.session
    assert session is not None
    for _ in range(3):  # the comparisons of the next minutes
        await resync.compare(scene.listener, Pbx(session))
    await written(scene)
    assert await scene.incidents() == ["write-refused"]


async def test_one_whose_end_fails_is_told_once(scene: Scene, ami: FakeAmi) -> None:
    """For a reason that nobody foresaw; here the question how long it is kept."""
    _, leg = await talking(scene, ami)
    leg.speak(0.2)
    await until(lambda: next(iter(scene.listener.legs.values())).answered_at)
    await scene.stop()
    leg.hang_up()

    def broken(_: datetime) -> date:
        raise ValueError("no such day")

    keep_until, scene.keep_until = scene.keep_until, broken
    for _ in range(2):  # nor does every start say it anew
        await scene.start()
        await scene.ready()
        session = scene.listener.lease.session
        assert session is not None
        for _ in range(3):
            await resync.compare(scene.listener, Pbx(session))
        await until(lambda: bool(scene.listener.endings.set_aside))
        await written(scene)
        await scene.stop()
    assert sorted(await scene.incidents()) == ["call-ended-unseen", "listener-error"]
    scene.keep_until = keep_until
    await scene.start()
    await scene.recorded("kept")


@timed(recorder={"proof": 20.0})
@pytest.mark.parametrize("refused", [True, False], ids=["the interlock gave it up", "it was over"])
async def test_a_call_that_ends_before_its_recording_is_proven(
    scene: Scene, ami: FakeAmi, refused: bool
) -> None:
    """Dialplan and proof have a second each: where the dialplan's ends first the failure is told as well."""
    ami.monitor_mode = "empty"
    _, leg = await ringing(scene, ami)
    leg.pick_up()
    await ami.seen("MixMonitorMute", Channel=leg.name)  # it is being proven
    if refused:
        leg.refuse()
    leg.hang_up()
    await scene.carrier_legs(1)
    await written(scene)
    assert await scene.incidents() == ["recording-not-started"] * refused
    if refused:
        await scene.not_ready("a recording failed")
    else:
        assert (await scene.lease())[0]
