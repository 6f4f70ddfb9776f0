"""Calls whose end nobody saw: kept as long as an answered one, whatever is on disk."""

from __future__ import annotations

from pathlib import Path

from compliance.store.sqlite import keeping
from dialpact_testing.ami import FakeAmi
from tests.ami_listener.scene import Scene, ringing, until


async def crashed(scene: Scene, ami: FakeAmi, *, answer: bool = True, spoken: float = 0.0) -> None:
    """Asterisk is killed in the second of the answer, and starts again without the call."""
    _, leg = await ringing(scene, ami)
    if spoken:
        leg.speak(spoken)
    ami.drop()
    if answer:
        leg.answer()
    leg.hang_up(handler=False)
    await until(lambda: ami.logins == 2)
    await scene.incident("call-ended-unseen")


async def test_one_that_may_have_been_answered_is_kept_though_nothing_reached_the_disk(
    scene: Scene, ami: FakeAmi
) -> None:
    await crashed(scene, ami)
    (row,) = await scene.recorded("unseen")
    assert row["answered_at"] is None
    assert row["keep_until"] and row["sha256"]
    for key in ("path", "callee_path", "agent_path"):
        assert Path(row[key]).exists()
    assert row["settled"] == ""
    assert await scene.incidents() == ["call-ended-unseen"]


async def test_what_was_heard_before_the_answer_does_not_make_it_unanswered(
    scene: Scene, ami: FakeAmi
) -> None:
    await crashed(scene, ami, spoken=0.3)
    (row,) = await scene.recorded("unseen")
    assert (row["seconds"], bool(row["keep_until"])) == (0.3, True)


async def test_one_whose_end_was_seen_leaves_nothing(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await ringing(scene, ami)
    (before,) = await scene.recordings()
    leg.hang_up(status="BUSY")
    (row,) = await scene.recorded("unanswered")
    assert (row["unseen"], row["keep_until"]) == (0, None)
    assert not Path(before["path"]).exists()


async def test_an_act_settles_it_and_its_row_and_its_day_stay(scene: Scene, ami: FakeAmi) -> None:
    await crashed(scene, ami)
    (row,) = await scene.recorded("unseen")
    same = {"reason": "the carrier's bill", "by": "chen", "at": scene.clock.now()}
    assert await keeping.settle(scene.store, row["id"], False, **same) == "added"  # type: ignore[arg-type]
    (no,) = await scene.recorded("unanswered")
    assert await keeping.settle(scene.store, row["id"], False, **same) == "already"  # type: ignore[arg-type]
    assert await keeping.settle(scene.store, row["id"], True, **same) == "updated"  # type: ignore[arg-type]
    (yes,) = await scene.recorded("kept")
    assert [found["settled"] for found in (row, no, yes)] == ["", "unanswered", "answered"]
    assert no["keep_until"] == yes["keep_until"] == row["keep_until"]
    told = {"state": "", "settled": ""}
    assert row | told == no | told == yes | told
    assert Path(row["path"]).exists()


async def test_a_leg_that_is_gone_without_a_word_may_have_been_answered(scene: Scene, ami: FakeAmi) -> None:
    """No Hangup event was believed, so an answer's may have been lost as well."""
    _, leg = await ringing(scene, ami)
    known = scene.listener.legs[leg.uniqueid]
    ami.dropped.update({"Newstate", "DialEnd", "Hangup"})
    leg.answer()
    leg.hang_up(handler=False)
    known.gone()
    (row,) = await scene.recorded("unseen")
    assert row["keep_until"]


async def test_a_recording_that_never_began_is_not_missing(scene: Scene, ami: FakeAmi) -> None:
    """Its call was never let through; three files that nobody made are no incident."""
    ami.monitor_mode = "lies"
    decision = await scene.allow()
    leg = ami.dial("13800138000", decision)
    leg.ring()
    await scene.incident("recording-not-started")
    ami.drop()
    leg.hang_up()
    await scene.incident("call-ended-unseen")
    (row,) = await scene.recorded("unseen")
    assert row["sha256"] is None
    assert sorted(await scene.incidents()) == ["call-ended-unseen", "recording-not-started"]
