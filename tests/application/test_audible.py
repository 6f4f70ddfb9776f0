"""A file without a header is played as a wav file, byte by byte the same."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from dialpact.application import audible, hearing, recording_files
from dialpact.application.hearing import Kept
from dialpact.application.recording_files import OpenFile
from tests.application.test_hearing import ID, SHA256, SOUND, context, finish, store

assert store  # (a fixture)


@pytest.mark.parametrize(("format", "code", "width"), [("ulaw", 7, 1), ("alaw", 6, 1), ("sln", 1, 2)])
def test_the_header_says_what_follows_it(format: str, code: int, width: int) -> None:
    found = audible.header(format, 1600)
    form = "<4sI4s4sIHHIIHHH4sII4sI"
    riff, whole, kind, fmt, long, *of, fact, four, samples, data, size = struct.unpack(form, found)
    named, sides, rate, bytes_, block, bits, none = of
    assert (riff, kind, fmt, fact, data) == (b"RIFF", b"WAVE", b"fmt ", b"fact", b"data")
    assert (whole, long, none, four) == (len(found) + 1600 - 8, 18, 0, 4)
    assert (named, sides, rate, bytes_, block, bits) == (code, 1, 8000, 8000 * width, width, 8 * width)
    assert (samples, size) == (1600 // width, 1600)


def test_linear_sound_is_read_by_the_standard_library() -> None:
    sound = bytes(range(256)) * 4
    with wave.open(io.BytesIO(audible.header("sln", len(sound)) + sound)) as read:
        assert (read.getframerate(), read.getsampwidth(), read.getnchannels()) == (8000, 2, 1)
        assert read.readframes(10_000) == sound


def test_what_has_a_header_gets_none() -> None:
    assert audible.header("wav", 100) == b""


@pytest.mark.parametrize("format", ["wav", "ulaw"])
@pytest.mark.parametrize(
    ("first", "last"), [(0, 9), (0, None), (50, 70), (57, 58), (58, 60), (200_000, None), (3, 3)]
)
async def test_a_part_of_it(store: Any, tmp_path: Path, format: str, first: int, last: int | None) -> None:
    await finish(store)
    kept: Kept = await hearing.find(context(store), ID, "mix")
    kept = replace(kept, recording=replace(kept.recording, format=format))
    file = recording_files.opened(kept.path, SHA256, kept.path.parent)
    assert isinstance(file, OpenFile)
    whole = audible.header(format, len(SOUND)) + SOUND
    assert audible.size(kept, file) == len(whole)
    end = len(whole) - 1 if last is None else last
    found = b"".join([piece async for piece in audible.pieces(kept, file, first, end)])
    assert found == whole[first : end + 1]
    file.close()
