"""Files read while they grow: only what is new, no more than is needed, and when it can have been said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ami_listener.recording import windows
from ami_listener.recording.files import Replaced
from ami_listener.recording.windows import Growing
from dialpact.testing.ami_calls import tone, wav_header

T = 1_790_000_000.0


class File:
    def __init__(self, path: Path, format: str = "wav") -> None:
        self.path, self.nothing = path, {"wav": b"\0\0", "alaw": b"\xd5"}[format]
        path.write_bytes(wav_header(0) if format == "wav" else b"")
        self.growing = Growing(path, format, None)
        self.at(0)

    def at(self, second: float) -> None:
        os.utime(self.path, (T + second, T + second))

    def add(self, data: bytes, second: float) -> bool:
        with self.path.open("ab") as file:
            file.write(data)
        self.at(second)
        return self.growing.look(read=True)


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path / "a.wav")


def test_a_step_of_the_disk_is_placed_in_time(file: File) -> None:
    assert file.growing.look(read=True), "the header"
    assert file.growing.seconds == 0
    assert file.add(tone(1.0) + bytes(16000), 2.0)
    assert not file.growing.look(read=True)
    assert (file.growing.seconds, file.growing.grown_at) == (2.0, T + 2)
    assert [one.sounds for one in file.growing.windows] == [True] * 10 + [False] * 10
    assert file.growing.silent_for == pytest.approx(1.0)
    first = file.growing.windows[0]
    assert (first.low - T, first.high - T) == (pytest.approx(0), pytest.approx(0.1))
    file.add(tone(1.0), 9.0)
    assert file.growing.silent_for == 0
    first = file.growing.windows[20]
    assert (first.low - T, first.high - T) == (pytest.approx(2), pytest.approx(8.1)), (
        "six seconds were sent by nobody"
    )


def test_what_is_no_whole_window_is_read_with_the_next(file: File) -> None:
    file.growing.look(read=True)
    file.add(tone(0.25), 0.25)
    assert len(file.growing.windows) == 2
    file.add(tone(0.25), 0.5)
    assert len(file.growing.windows) == 5


def test_of_much_that_is_new_the_end_is_read(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    real = os.pread
    monkeypatch.setattr(windows.os, "pread", lambda fd, count, at: read.append(count) or real(fd, count, at))
    file.growing.look(read=True)
    file.add(bytes(16000 * 60), 60)
    assert sum(read) <= windows.MOST
    assert file.growing.silent_for == pytest.approx(windows.MOST / 16000, abs=0.2)
    file.add(bytes(16000), 61)
    assert sum(read) <= windows.MOST + 17600


def test_silence_of_a_law(tmp_path: Path) -> None:
    file = File(tmp_path / "a.alaw", "alaw")
    file.growing.look(read=True)
    file.add(b"\xd5" * 8000 + b"\x55" * 800 + b"\xd5" * 4000, 1.6)
    assert file.growing.silent_for == pytest.approx(0.5)


def test_a_file_that_is_gone_or_another(file: File, tmp_path: Path) -> None:
    file.growing.look(read=True)
    (tmp_path / "b").write_bytes(wav_header(0) + tone(1.0))
    file.path.unlink()
    with pytest.raises(FileNotFoundError):
        file.growing.look(read=True)
    file.path.symlink_to(tmp_path / "b")
    with pytest.raises(Replaced):
        file.growing.look(read=True)
