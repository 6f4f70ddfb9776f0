"""What is found at the end of a recording, what was put in its place, and who may read it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from dialpact.testing.ami import FakeAmi
from dialpact.testing.ami_calls import tone, wav_header
from tests.ami_listener.pace import timed
from tests.ami_listener.scene import Scene, left_open, talking, until

# What is found at the end


@pytest.mark.parametrize(
    ("spoken", "kind"),
    [({"seconds": 0.0}, "recording-empty"), ({"seconds": 0.2}, "recording-short")],
)
@timed(measured={"empty": 0.1, "short": 0.9})
async def test_too_little_is_kept_and_reported(
    scene: Scene, ami: FakeAmi, spoken: dict[str, Any], kind: str
) -> None:
    _, leg = await talking(scene, ami)
    await asyncio.sleep(0.6)
    leg.speak(**spoken)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    await scene.incident(kind)
    assert row["sha256"]


@pytest.mark.parametrize("side", ["callee", "agent"])
@timed(measured={"silence_matters": 0.05})
async def test_one_side_that_is_not_heard_is_reported(scene: Scene, ami: FakeAmi, side: str) -> None:
    _, leg = await talking(scene, ami)
    await asyncio.sleep(0.1)
    leg.speak(0.4, **{side: False})
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    incident = await scene.incident("recording-silent")
    assert side in incident["detail"]
    assert row[f"{side}_dbfs"] is None


async def test_files_that_are_gone_at_the_end_are_a_failure(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    (row,) = await scene.recordings()
    for key in ("path", "callee_path", "agent_path"):
        Path(row[key]).unlink()
    leg.hang_up()
    (row,) = await scene.recorded("failed")
    await scene.incident("recording-missing")
    assert (row["sha256"], row["keep_until"]) == (None, None)


async def test_a_header_that_was_never_completed_is_mended(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    leg.speak(0.5)
    (row,) = await scene.recordings()
    before = Path(row["path"]).read_bytes()
    leg.hang_up()
    left_open(row)
    (row,) = await scene.recorded("kept")
    incident = await scene.incident("recording-repaired")
    told = [one.detail for one in (await scene.store.incidents.list()).rows]
    assert len(told) == 3
    assert any(hashlib.sha256(before).hexdigest() in detail for detail in told)
    assert incident["decision"] == row["decision"]
    after = Path(row["path"]).read_bytes()
    assert after == wav_header(8000) + before[44:]
    assert row["sha256"] == hashlib.sha256(after).hexdigest()
    assert row["seconds"] == 0.5


async def test_the_incident_is_on_disk_before_the_file_is_touched(scene: Scene, ami: FakeAmi) -> None:
    stored: list[bool] = []

    def written(**incident: Any) -> None:
        """Is the file as it was, of which an incident on disk tells?"""
        name, _, told = incident["detail"].partition(":")
        path = Path(row["path"]).with_name(name)
        stored.append(told.endswith(hashlib.sha256(path.read_bytes()).hexdigest()))

    scene.faulty.watched("incidents.add", written)
    _, leg = await talking(scene, ami)
    leg.speak(0.5)
    (row,) = await scene.recordings()
    leg.hang_up()
    left_open(row)
    await scene.recorded("kept")
    assert len(stored) == 3 and all(stored)


@timed(recorder={"closing": 0.6})
async def test_a_file_that_is_still_being_written_is_not_mended(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    leg.speak(0.5)
    (row,) = await scene.recordings()
    with Path(row["callee_path"]).open("ab"):
        leg.hang_up()
        left_open(row)
        await scene.incident("recording-incomplete")
    (row,) = await scene.recorded("kept")
    assert (await scene.incidents()).count("recording-repaired") == 2
    assert Path(row["callee_path"]).read_bytes()[:44] == wav_header(0)


async def test_a_writer_that_closes_late_is_waited_for(scene: Scene, ami: FakeAmi) -> None:
    """A disk that hangs for longer than files usually need to be complete."""
    _, leg = await talking(scene, ami)
    leg.speak(0.5)
    (row,) = await scene.recordings()
    with contextlib.ExitStack() as open_files:
        for key in ("path", "callee_path", "agent_path"):
            open_files.enter_context(Path(row[key]).open("r+b")).write(b"RIFF")
        leg.hang_up()
        left_open(row)
        await until(lambda: bool(scene.listener.finishing))
        await asyncio.sleep(0.5)  # longer than they may take to settle
        assert scene.listener.finishing
        for key in ("path", "callee_path", "agent_path"):
            with Path(row[key]).open("r+b") as file:
                file.write(wav_header(8000))
    (row,) = await scene.recorded("kept")
    assert await scene.incidents() == []


# What was put in place of a recording


@pytest.mark.parametrize("kind", ["symlink", "hard link", "other file", "pipe"])
async def test_what_was_put_in_its_place_is_not_taken_for_the_recording(
    scene: Scene, ami: FakeAmi, tmp_path: Path, kind: str
) -> None:
    other = tmp_path / "other.wav"
    other.write_bytes(wav_header(16000) + tone(1))
    other.chmod(0o600)
    _, leg = await talking(scene, ami)
    leg.speak(0.5)
    (row,) = await scene.recordings()
    main, put = Path(row["path"]), tmp_path / "put"
    match kind:
        case "symlink":
            put.symlink_to(other)
        case "hard link":
            put.hardlink_to(other)
        case "pipe":
            os.mkfifo(put)
        case _:
            put.write_bytes(other.read_bytes())
    put.rename(main)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    await scene.incident("recording-replaced")
    assert row["sha256"] is None
    assert row["callee_sha256"]
    assert other.stat().st_mode & 0o777 == 0o600
    assert other.read_bytes()[:44] == wav_header(16000)


async def test_a_second_name_is_reported_and_the_recording_kept(
    scene: Scene, ami: FakeAmi, tmp_path: Path
) -> None:
    _, leg = await talking(scene, ami)
    leg.speak(0.5)
    (row,) = await scene.recordings()
    (tmp_path / "second").hardlink_to(row["path"])
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    await scene.incident("recording-linked")
    assert row["sha256"]


# Who may read it


@pytest.mark.parametrize("made", [0o644, 0o600, 0o666], ids=oct)
async def test_a_recording_has_mode_0640_whatever_asterisk_gave_it(
    scene: Scene, ami: FakeAmi, made: int
) -> None:
    _, leg = await talking(scene, ami)
    (row,) = await scene.recordings()
    for key in ("path", "callee_path", "agent_path"):
        Path(row[key]).chmod(made)
    leg.speak(0.5)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    for key in ("path", "callee_path", "agent_path"):
        assert Path(row[key]).stat().st_mode & 0o7777 == 0o640
    assert await scene.incidents() == []


async def test_files_that_others_can_read_and_we_can_not_change_are_reported_once(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch, directory: Path
) -> None:
    def not_ours(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.fchmod", not_ours)
    for path in (directory, *directory.parents):
        if not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o001)
    for folder in Path(directory).rglob("*"):
        folder.chmod(0o755)
    for count in (1, 2):
        _, leg = await talking(scene, ami)
        for folder in directory.rglob("*"):
            folder.chmod(0o755 if folder.is_dir() else 0o644)
        leg.speak(0.5)
        leg.hang_up()
        await scene.recorded("kept", count)
    assert await scene.incidents() == ["recording-exposed"]


async def test_a_shut_folder_does_as_well(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch, directory: Path
) -> None:
    def not_ours(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.fchmod", not_ours)
    directory.chmod(0o750)
    _, leg = await talking(scene, ami)
    for path in directory.rglob("*.wav"):
        path.chmod(0o644)
    leg.speak(0.5)
    leg.hang_up()
    await scene.recorded("kept")
    assert await scene.incidents() == []
