"""A recording's file as a browser can play it: what has no header of its own gets that of a wav file.

Not a byte of the sound is another, and the place of each in time is the same: a player asks for parts of it.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator

from dialpact.application import hearing
from dialpact.application.hearing import Kept
from dialpact.application.recording_files import OpenFile
from dialpact.compliance.waveform import RATE, WIDTH

# As RIFF names them (RFC 2361): linear, A-law, mu-law.
CODES = {"sln": 1, "alaw": 6, "ulaw": 7}
_HEADER = struct.Struct("<4sI4s4sIHHIIHHH4sII4sI")


def header(format: str, size: int) -> bytes:
    """Of a file of so many bytes; empty where it has one."""
    if format not in CODES:
        return b""
    width = WIDTH[format]
    return _HEADER.pack(
        *(b"RIFF", _HEADER.size - 8 + size, b"WAVE"),
        *(b"fmt ", 18, CODES[format], 1, RATE, RATE * width, width, 8 * width, 0),
        *(b"fact", 4, size // width),
        *(b"data", size),
    )


def size(kept: Kept, file: OpenFile) -> int:
    """Bytes, with the header."""
    return len(header(kept.recording.format, file.size)) + file.size


async def pieces(kept: Kept, file: OpenFile, first: int, last: int) -> AsyncIterator[bytes]:
    """Bytes, both included. RecordingError in the middle where the file was touched."""
    before = header(kept.recording.format, file.size)
    if first < len(before):
        yield before[first : last + 1]
    if last >= len(before):
        async for piece in hearing.pieces(file, max(0, first - len(before)), last - len(before)):
            yield piece
