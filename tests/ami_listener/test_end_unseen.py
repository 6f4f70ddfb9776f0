"""Calls whose end nobody saw: kept as long as an answered one, whatever is on disk."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ami_listener.recording import recorder
from ami_listener.recording.files import Files
from ami_listener.recording.segment import Segment
from dialpact.testing.ami import FakeAmi
from dialpact.testing.ami_calls import tone, wav_header
from tests.ami_listener.scene import Scene, keep_until, recorded, ringing, until


async def crashed(scene: Scene, ami: FakeAmi) -> dict[str, Any]:
    """The listener is killed in the second of the answer, before it has written it, and then Asterisk; the
    recording's row.
    """
    decision, leg = await ringing(scene, ami)
    outbox = scene.listener.outbox
    outbox.put = lambda *_, **__: None  # type: ignore[method-assign] - it is killed before
    leg.pick_up()
    await recorded(leg, decision)
    await scene.kill()
    leg.monitors.clear()
    leg.hang_up(handler=False)
    await scene.start()
    await scene.incident("call-ended-unseen")
    (row,) = await scene.recorded("unseen")
    return row


async def test_one_that_may_have_been_answered_is_kept_though_nothing_reached_the_disk(
    scene: Scene, ami: FakeAmi
) -> None:
    row = await crashed(scene, ami)
    assert row["answered_at"] is None
    assert row["keep_until"] and row["sha256"]
    for key in ("path", "callee_path", "agent_path"):
        assert Path(row[key]).exists()
    assert row["settled"] == ""
    assert await scene.incidents() == ["call-ended-unseen"]


async def test_one_whose_end_was_seen_leaves_nothing(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await ringing(scene, ami)
    leg.hang_up(status="BUSY")
    (row,) = await scene.recorded("unanswered")
    assert (row["unseen"], row["keep_until"], row["path"]) == (0, None, "")


async def test_an_act_settles_it_and_its_row_and_its_day_stay(scene: Scene, ami: FakeAmi) -> None:
    row = await crashed(scene, ami)
    same: dict[str, Any] = {"reason": "the carrier's bill", "by": "chen", "at": scene.clock.now()}
    assert await scene.store.retention.settle(row["id"], False, **same) == "added"
    (no,) = await scene.recorded("unanswered")
    assert await scene.store.retention.settle(row["id"], False, **same) == "already"
    assert await scene.store.retention.settle(row["id"], True, **same) == "updated"
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
    ami.channels.pop(leg.name)
    known.gone()
    (row,) = await scene.recorded("unseen")
    assert row["answered_at"] is None


async def test_a_call_that_rang_when_nobody_listened_any_more_is_unseen_and_misses_no_file(
    scene: Scene, ami: FakeAmi
) -> None:
    _, leg = await ringing(scene, ami)
    ami.drop()
    leg.pick_up()
    leg.hang_up(handler=False)
    await until(lambda: ami.logins == 2)
    await scene.incident("call-ended-unseen")
    (row,) = await scene.recorded("unseen")
    assert (row["sha256"], row["path"]) == (None, "")
    assert await scene.incidents() == ["call-ended-unseen"]


# What becomes of the files


@pytest.mark.parametrize(
    ("unseen", "answered", "begun", "audio", "state", "kept"),
    [
        (True, False, True, b"", "kept", True),  # nothing had reached the disk
        (True, False, False, b"", "kept", True),
        (True, False, True, tone(0.2), "kept", True),  # early media, or the talk
        (True, True, True, b"", "kept", True),
        (False, True, True, b"", "kept", True),
        (False, False, True, b"", "unanswered", False),
        (False, False, True, tone(0.2), "unanswered", True),
    ],
)
def test_no_file_goes_of_a_call_whose_end_nobody_saw(
    scene: Scene,
    tmp_path: Path,
    unseen: bool,
    answered: bool,
    begun: bool,
    audio: bytes,
    state: str,
    kept: bool,
) -> None:
    files = Files(*(tmp_path / f"x{side}.wav" for side in ("", "-callee", "-agent")))
    for path in files.all:
        path.write_bytes(wav_header(len(audio)) + audio)
    at = datetime.now(UTC)
    segment = Segment(
        id="0" * 32,
        decision="d" * 32,
        channel="PJSIP/carrier-1",
        uniqueid="1.1",
        format="wav",
        files=files,
        started_at=at,
        answered_at=at if answered else None,
        ended_at=at,
        unseen=unseen,
        begun=begun,
    )
    end, _ = recorder.conclude(segment, keep_until)
    assert (end.state, end.unseen) == (state, unseen and not answered)
    assert all(path.exists() == kept for path in files.all)
    assert bool(end.keep_until) == kept
