"""A reload of trunks, mode and retention while calls are up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from msgspec import structs

from dialpact.compliance.config import PolicyConfig, Trunk
from dialpact.testing.ami import FakeAmi
from tests.ami_listener.scene import NUMBER, Scene, keep_until, recorded, ringing, talking, until


def day(days: int) -> str:
    return str((datetime.now(UTC) + timedelta(days=days)).date())


def longer(ended_at: datetime) -> date:
    return keep_until(ended_at) + timedelta(days=100)


def shorter(ended_at: datetime) -> date:
    return ended_at.date()


async def test_a_call_that_is_up_is_recorded_to_its_end_on_a_trunk_that_is_gone(
    scene: Scene, ami: FakeAmi
) -> None:
    decision, leg = await talking(scene, ami)
    leg.speak(0.5)
    others = structs.replace(scene.config, trunks={"new": Trunk(endpoint="new")})
    scene.listener.replace(others, keep_until)
    scene.listener.replace(others, keep_until)
    ami.drop()  # the next session compares with the channels that there are, and adopts the call
    await until(lambda: leg.uniqueid not in scene.listener.legs)
    await until(lambda: leg.uniqueid in scene.listener.legs)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["decision"] == decision
    assert await scene.incidents() == []


async def test_a_trunk_is_known_once_however_often_it_comes_and_goes(scene: Scene) -> None:
    others = structs.replace(scene.config, trunks={"carrier": Trunk(endpoint="other")})
    for _ in range(50):
        scene.listener.replace(others, keep_until)
        scene.listener.replace(scene.config, keep_until)
    assert len(scene.listener.terms.trunks) == 3
    assert scene.listener.trunks_of("PJSIP/other-00000001") == {"carrier": ""}
    assert scene.listener.trunks_of("PJSIP/carrier2-00000001") == {"carrier2": "0871"}
    changed = Trunk(endpoint="carrier2", area_code="027")
    scene.listener.replace(structs.replace(scene.config, trunks={"carrier2": changed}), keep_until)
    assert scene.listener.trunks_of("PJSIP/carrier2-00000001") == {"carrier2": "027"}


async def test_a_recording_is_kept_for_the_longest_of_what_was_in_force(scene: Scene, ami: FakeAmi) -> None:
    """A call that began under the longer profile keeps its promise; the next one follows the shorter."""
    scene.listener.replace(scene.config, longer)
    _, first = await talking(scene, ami)
    scene.listener.replace(scene.config, shorter)
    _, second = await talking(scene, ami)
    for leg in (first, second):
        leg.speak(0.5)
        leg.hang_up()
    rows = await scene.recorded("kept", 2)
    assert sorted(row["keep_until"] for row in rows) == [day(0), day(465)]


async def test_the_next_call_is_cut_or_let_be_by_the_new_mode(scene: Scene, ami: FakeAmi) -> None:
    """The call that is up ends as it began: in shadow mode nothing is cut."""
    scene.listener.replace(structs.replace(scene.config, policy=PolicyConfig(mode="shadow")), keep_until)
    spared = ami.dial(NUMBER, "")
    assert (await scene.incident("no-decision"))["detail"].startswith("let be")
    scene.listener.replace(scene.config, keep_until)
    cut = ami.dial(NUMBER, "")
    await ami.seen("Hangup", Channel=cut.name)
    await until(lambda: cut.uniqueid not in scene.listener.legs)
    assert spared.name in ami.channels


async def test_a_call_that_shadow_put_through_is_not_cut_when_shadow_ends(scene: Scene, ami: FakeAmi) -> None:
    """The gate said so in shadow mode; the leg comes after both have reloaded."""
    ami.forbid("Hangup")
    scene.listener.replace(scene.config, keep_until)
    decision, leg = await ringing(scene, ami, blocked=True, mode="shadow")
    leg.pick_up()
    await recorded(leg, decision)
    leg.speak(0.5)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["decision"] == decision


async def test_what_was_replaced_can_be_taken_back_to_the_last_detail(scene: Scene) -> None:
    listener = scene.listener
    before = listener.terms
    back = listener.replace(structs.replace(scene.config, trunks={"new": Trunk(endpoint="new")}), longer)
    assert listener.trunks_of("PJSIP/new-00000001")
    back()
    assert listener.terms is before
