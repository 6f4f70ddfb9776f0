"""The header of Asterisk's wav files: 44 bytes, whose two sizes are written when the file is closed.

They are zero after a crash, and too small while the file is being written (main/formats/format_wav.c).
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

BYTES = 44
RATE = 8000
LARGEST = 2**32 - 1
_LAYOUT = struct.Struct("<4sI4s4sIHHIIHH4sI")


def head(file: BinaryIO) -> bytes:
    """The first bytes, as many as there are."""
    return os.pread(file.fileno(), BYTES, 0)


def flaw(header: bytes, size: int) -> str:
    """Why ``header`` does not describe a file of ``size`` bytes; empty when it does."""
    if wrong := _foreign(header):
        return wrong
    whole, audio = _sizes(header)
    if audio != size - BYTES or whole not in (size - 8, size - 8 + size % 2):
        return f"the header says {audio} bytes of sound, the file has {size - BYTES}"
    return ""


def repaired(header: bytes, size: int) -> bytes | None:
    """The header that the file would have, had it been closed; None when nothing is to be mended.

    A header that promises more than is there is left as it is: sound was lost, and that must show.
    """
    if _foreign(header) or not flaw(header, size) or size - 8 > LARGEST:
        return None
    whole, audio = _sizes(header)
    if audio > size - BYTES or whole > size:
        return None
    return header[:4] + struct.pack("<I", size - 8) + header[8:40] + struct.pack("<I", size - BYTES)


def _foreign(header: bytes) -> str:
    if len(header) < BYTES:
        return "no header"
    riff, _, kind, _, _, form, _, rate, _, _, _, data, _ = _LAYOUT.unpack(header)
    if (riff, kind, data, form, rate) != (b"RIFF", b"WAVE", b"data", 1, RATE):
        return "not the header that Asterisk writes"
    return ""


def _sizes(header: bytes) -> tuple[int, int]:
    """Of the whole without its first 8 bytes, and of the sound."""
    fields = _LAYOUT.unpack(header)
    return fields[1], fields[-1]
