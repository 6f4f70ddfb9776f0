"""Names, folders, rights and sound of recordings."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ami_listener.recording import access, files, repair, sound
from ami_listener.recording.access import Identity
from ami_listener.recording.recorder import conclude
from ami_listener.recording.segment import Segment
from dialpact.compliance.errors import RecordingError
from dialpact.testing.ami_calls import tone, wav_header
from tests.ami_listener.scene import keep_until

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
ID = "0123456789abcdef" * 2


def test_names(tmp_path: Path) -> None:
    planned = files.plan(tmp_path, ID, AT, "wav")
    assert [path.relative_to(tmp_path).as_posix() for path in planned.all] == [
        f"2026/11/24/{ID}-1.wav",
        f"2026/11/24/{ID}-1-callee.wav",
        f"2026/11/24/{ID}-1-agent.wav",
    ]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_no_existing_file_is_ever_named(tmp_path: Path, which: int) -> None:
    taken = files.plan(tmp_path, ID, AT, "wav").all[which]
    taken.parent.mkdir(parents=True)
    taken.symlink_to("/nowhere")
    assert files.plan(tmp_path, ID, AT, "wav").main.name == f"{ID}-2.wav"


@pytest.mark.parametrize("decision", ["", "x", ID[:-1], "$(id)", "../" + ID, ID.upper()])
def test_only_a_decision_id_makes_a_name(tmp_path: Path, decision: str) -> None:
    with pytest.raises(RecordingError):
        files.plan(tmp_path, decision, AT, "wav")


def test_only_safe_characters_reach_asterisk(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="unsafe"):
        files.plan(tmp_path / "a b$(id)", ID, AT, "wav")


def test_folders_are_made_like_their_parent(tmp_path: Path) -> None:
    tmp_path.chmod(0o2770)
    os.chown(tmp_path, 4711, 4712)
    files.make_folder(tmp_path, tmp_path / "2026/11/24")
    for folder in ("2026", "2026/11", "2026/11/24"):
        found = (tmp_path / folder).stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (4711, 4712, 0o2770)


def test_two_calls_make_the_days_folders_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by `make demo`: the second took a folder that was not shared yet for the model of those in it."""
    tmp_path.chmod(0o2770)
    os.chown(tmp_path, 4711, 4712)
    own, first, other = os.chown, threading.Event(), threading.Event()

    def slow(path: Path, uid: int, gid: int) -> None:
        if not first.is_set():
            first.set()
            other.wait(0.5)  # as long as the other one may take; it waits for this one
        own(path, uid, gid)

    monkeypatch.setattr(files.os, "chown", slow)

    def make() -> None:
        files.make_folder(tmp_path, tmp_path / "2026/11/24")

    threads = [threading.Thread(target=make) for _ in range(2)]
    threads[0].start()
    assert first.wait(5)
    threads[1].start()
    threads[1].join(0.2)
    other.set()
    for thread in threads:
        thread.join(5)
    for folder in ("2026", "2026/11", "2026/11/24"):
        found = (tmp_path / folder).stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (4711, 4712, 0o2770)


@pytest.mark.parametrize(
    ("parent", "made"),
    [
        (0o755, 0o750),  # Asterisk writes as its owner: nobody else has to enter
        (0o2775, 0o2770),
        (0o700, 0o700),
        (0o777, 0o777),  # it may be as anybody that Asterisk writes here
    ],
    ids=oct,
)
def test_folders_are_shut_to_others(tmp_path: Path, parent: int, made: int) -> None:
    tmp_path.chmod(parent)
    files.make_folder(tmp_path, tmp_path / "2026/11/24")
    assert (tmp_path / "2026/11/24").stat().st_mode & 0o7777 == made


def test_header_is_the_proof(tmp_path: Path) -> None:
    planned = files.plan(tmp_path, ID, AT, "wav")
    planned.main.parent.mkdir(parents=True)
    for path in planned.all[:2]:
        path.write_bytes(wav_header(0))
    assert "does not exist" in files.begun(planned, "wav")
    planned.agent.write_bytes(b"x" * 43)
    assert "no header (43 bytes)" in files.begun(planned, "wav")
    planned.agent.write_bytes(wav_header(0))
    assert files.begun(planned, "wav") == ""
    planned.agent.unlink()
    planned.agent.mkdir()
    assert "no ordinary file" in files.begun(planned, "wav")


@pytest.mark.parametrize(
    ("header", "audio", "flaw"),
    [
        (wav_header(3200), 3200, ""),
        (wav_header(0), 0, ""),
        (wav_header(0), 3200, "says 0 bytes"),
        (wav_header(3200), 3000, "says 3200 bytes"),
        (b"", 0, "no header"),
        (b"x" * 44, 0, "not the header"),
    ],
)
def test_header_and_size(tmp_path: Path, header: bytes, audio: int, flaw: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(header + bytes(audio))
    found = sound.header_flaw(path, "wav")
    assert flaw in found
    assert bool(flaw) == bool(found)


@pytest.mark.parametrize(
    ("header", "audio", "mended"),
    [
        (wav_header(0), 3200, 3200),  # killed before it was closed
        (wav_header(1600), 3200, 3200),  # a header that was written once before
        (wav_header(0), 3201, 3201),  # half a sample is no reason to lose it
        (wav_header(3200), 3200, None),  # complete
        (wav_header(0), 0, None),
        (wav_header(3200), 3000, None),  # sound was lost: that must show
        (wav_header(0)[:43], 0, None),
        (b"x" * 44, 3200, None),
        (wav_header(0).replace(b"data", b"LIST"), 3200, None),
    ],
)
def test_what_is_mended(tmp_path: Path, header: bytes, audio: int, mended: int | None) -> None:
    path = tmp_path / "a.wav"
    sound_of_it = bytes(n % 251 for n in range(audio))
    path.write_bytes(header + sound_of_it)
    damage = repair.find(path)
    assert (damage is not None) == (mended is not None)
    if damage is not None and mended is not None:
        assert damage.sha256 == hashlib.sha256(header + sound_of_it).hexdigest()
        repair.mend(damage)
        assert path.read_bytes() == wav_header(mended) + sound_of_it
        assert sound.header_flaw(path, "wav") == ""


def test_nothing_is_mended_through_a_link(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_header(0) + bytes(3200))
    (tmp_path / "soft.wav").symlink_to(path)
    assert repair.find(tmp_path / "soft.wav") is None
    (tmp_path / "hard.wav").hardlink_to(path)
    assert repair.find(tmp_path / "hard.wav") is None
    assert repair.find(path) is None
    found = path.stat()
    assert repair.find(path, (found.st_dev, found.st_ino)) is None  # known, but another name leads to it
    assert path.read_bytes()[:44] == wav_header(0)


def test_nothing_is_measured_through_a_link(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_header(3200) + bytes(3200))
    assert sound.measure(path, "wav").audio_bytes == 3200
    found = path.stat()
    (tmp_path / "hard.wav").hardlink_to(path)
    (tmp_path / "soft.wav").symlink_to(path)
    for name, why in (("hard.wav", "2 names"), ("soft.wav", "a link"), ("a.wav", "2 names")):
        with pytest.raises(files.Replaced, match=why):
            sound.measure(tmp_path / name, "wav")
        assert why in sound.header_flaw(tmp_path / name, "wav")
    assert sound.measure(path, "wav", (found.st_dev, found.st_ino)).audio_bytes == 3200


def test_a_file_that_is_being_written_is_not_mended(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_header(0) + bytes(3200))
    damage = repair.find(path)
    assert damage is not None
    with path.open("ab") as file:
        assert repair.is_being_written(path) is True
        assert repair.find(path) is None
        with pytest.raises(RecordingError, match="being written"):
            repair.mend(damage)
        file.write(b"xx")
    assert repair.is_being_written(path) is False
    with pytest.raises(RecordingError, match="has changed"):
        repair.mend(damage)
    assert path.read_bytes()[:44] == wav_header(0)


def test_what_the_kernel_does_not_tell_is_no_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not ours: its writer is not shown to us."""
    path = tmp_path / "a.wav"
    path.write_bytes(wav_header(0) + bytes(3200))

    def not_ours(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("fcntl.fcntl", not_ours)
    assert repair.is_being_written(path) is None
    assert repair.find(path) is None


@pytest.mark.parametrize(
    ("extension", "content", "seconds", "dbfs"),
    [
        ("wav", wav_header(16000) + tone(1), 1.0, -15.3),
        ("sln", tone(2, amplitude=32767), 2.0, -3.0),
        ("sln", bytes(16000), 1.0, None),
        ("ulaw", b"\xff" * 8000, 1.0, None),
        ("alaw", b"\xd5" * 8000, 1.0, None),
        ("ulaw", b"\x00" * 8000, 1.0, -0.2),
        ("wav", wav_header(0), 0.0, None),
        ("wav", b"", 0.0, None),
        ("sln", b"x", 0.0, None),
    ],
)
def test_length_and_level(
    tmp_path: Path, extension: str, content: bytes, seconds: float, dbfs: float | None
) -> None:
    path = tmp_path / f"a.{extension}"
    path.write_bytes(content)
    found = sound.measure(path, extension)
    assert found.seconds == pytest.approx(seconds, abs=0.001)
    assert found.dbfs == (pytest.approx(dbfs, abs=0.1) if dbfs else None)
    assert (found.bytes, found.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_a_large_file_is_measured_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_header(16000) + tone(1))
    whole = sound.measure(path, "wav")
    for chunk in (1, 7, 45, 1000):
        in_pieces = sound.measure(path, "wav", chunk=chunk)
        assert in_pieces.sha256 == whole.sha256
        assert in_pieces.dbfs == pytest.approx(whole.dbfs, abs=0.2)


def test_silence_in_a_short_call_is_no_problem(tmp_path: Path) -> None:
    planned = files.plan(tmp_path, ID, AT, "sln")
    planned.main.parent.mkdir(parents=True)
    for path in planned.all:
        path.write_bytes(bytes(16000))
    segment = Segment(
        id="r",
        decision=ID,
        channel="c",
        uniqueid="1.1",
        format="sln",
        files=planned,
        started_at=AT,
        answered_at=AT,
        ended_at=AT.replace(second=1),
    )
    finished, problems = conclude(segment, keep_until)
    assert (finished.state, problems) == ("kept", [])


@pytest.mark.parametrize(
    ("mode", "owner", "group", "uid", "gids", "may"),
    [
        (0o755, 101, 101, 101, (), True),
        (0o755, 0, 0, 101, (), False),
        (0o775, 0, 200, 101, (200,), True),
        (0o775, 0, 200, 101, (), False),
        (0o777, 0, 0, 101, (), True),
        (0o077, 101, 101, 101, (101,), False),  # the owner's bits count for the owner
        (0o707, 0, 200, 101, (200,), False),
        (0o772, 0, 0, 101, (), False),  # may write, may not enter
        (0o000, 0, 0, 0, (), True),
    ],
)
def test_rights(mode: int, owner: int, group: int, uid: int, gids: tuple[int, ...], may: bool) -> None:
    found = os.stat_result((mode | 0o40000, 1, 1, 1, owner, group, 0, 0, 0, 0))
    assert access.may_write(found, Identity(uid, frozenset(gids))) is may


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_user_behind_a_socket(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.create_server((host, 0), family=family) as server,
        socket.create_connection(server.getsockname()[:2]) as ours,
        server.accept()[0],
    ):
        assert access.owner_of(ours.getsockname()[:2], ours.getpeername()[:2]) == os.getuid()
    assert access.owner_of(("127.0.0.1", 1), ("127.0.0.1", 2)) is None


def test_the_user_behind_a_mapped_address() -> None:
    """Asterisk bound to ``::`` has an IPv6 socket for an IPv4 connection."""
    with (
        socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server,
        socket.create_connection(("127.0.0.1", server.getsockname()[1])) as ours,
        server.accept()[0],
    ):
        assert access.owner_of(ours.getsockname(), ours.getpeername()) == os.getuid()


def test_who_asterisk_is_without_its_socket() -> None:
    nobody = ("192.0.2.1", 1), ("192.0.2.2", 2)
    assert access.identify(*nobody, "", "") is None
    assert access.identify(*nobody, "no-such-user-x", "") is None
    found = access.identify(*nobody, "daemon", "daemon")
    assert found is not None and found.uid == 1 and 1 in found.gids


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda directory: directory.rmdir(), "not a directory"),
        (lambda directory: directory.chmod(0o700), "may not write"),
        (lambda directory: directory.parent.chmod(0o700), "may not enter"),
    ],
)
def test_why_not(tmp_path: Path, spoil: object, why: str) -> None:
    directory = tmp_path / "a" / "b"
    directory.mkdir(parents=True)
    for path in (directory, *directory.parents):
        if path.is_relative_to("/tmp") and path != Path("/tmp"):
            path.chmod(0o777)
    who = Identity(4711)
    today = directory / "2026/11/24"
    assert access.why_not(directory, today, who, 1) == ""
    spoil(directory)  # type: ignore[operator]
    assert why in access.why_not(directory, today, who, 1)
    directory.parent.chmod(0o777)
