"""What is in a finished file: its length, its SHA-256 and its level. Runs in a thread, in bounded memory."""

from __future__ import annotations

import audioop
import hashlib
import math
import os
import struct
from pathlib import Path

import msgspec

RATE = 8000  # samples per second: Asterisk's wav, sln, ulaw and alaw
WIDTH = {"wav": 2, "sln": 2, "ulaw": 1, "alaw": 1}  # bytes per sample in the file
SILENCE_DBFS = -65.0  # a line's digital silence (mu-law: -72) is below, the faintest voice far above
_CHUNK = 1 << 18
_WAV_HEADER = 44


class Sound(msgspec.Struct, frozen=True):
    """One file. ``seconds`` is from its size, ``dbfs`` its RMS level relative to full scale, None for
    silence.
    """

    bytes: int
    audio_bytes: int
    seconds: float
    sha256: str
    dbfs: float | None
    flaw: str = ""


def measure(path: Path, extension: str) -> Sound:
    """Reads the file once and has it on disk afterwards. Raises OSError."""
    digest = hashlib.sha256()
    size, squares, samples = 0, 0.0, 0
    width = WIDTH[extension]
    skip = _WAV_HEADER if extension == "wav" else 0
    rest = b""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            audio = rest + chunk[skip:]
            skip = max(0, skip - len(chunk))
            whole = len(audio) - len(audio) % width
            rest = audio[whole:]
            linear = _linear(audio[:whole], extension)
            squares += audioop.rms(linear, 2) ** 2 * (len(linear) // 2)
            samples += len(linear) // 2
    audio_bytes = max(0, size - (_WAV_HEADER if extension == "wav" else 0))
    return Sound(
        bytes=size,
        audio_bytes=audio_bytes,
        seconds=audio_bytes / (RATE * width),
        sha256=digest.hexdigest(),
        dbfs=_dbfs(squares / samples if samples else 0.0),
        flaw=header_flaw(path, extension),
    )


def _linear(audio: bytes, extension: str) -> bytes:
    match extension:
        case "ulaw":
            return bytes(audioop.ulaw2lin(audio, 2))
        case "alaw":
            return bytes(audioop.alaw2lin(audio, 2))
    return audio


def _dbfs(mean_square: float) -> float | None:
    if mean_square <= 0:
        return None
    level = 10 * math.log10(mean_square / 32768**2)
    return round(level, 1) if level > SILENCE_DBFS else None


def header_flaw(path: Path, extension: str) -> str:
    """Why a wav file's header does not describe its size; empty when it does, and for formats without one.

    Asterisk writes the sizes when it closes the file: zero after a crash, too small while it is being
    written.
    """
    if extension != "wav":
        return ""
    try:
        with path.open("rb") as file:
            header = file.read(_WAV_HEADER)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        return error.strerror or str(error)
    if len(header) < _WAV_HEADER:
        return "no header"
    riff, whole, kind, form, rate, data, audio = _unpack(header)
    if (riff, kind, data) != (b"RIFF", b"WAVE", b"data") or form != 1 or rate != RATE:
        return "not the header that Asterisk writes"
    if audio != size - _WAV_HEADER or whole not in (size - 8, size - 8 + size % 2):
        return f"the header says {audio} bytes of sound, the file has {size - _WAV_HEADER}"
    return ""


def _unpack(header: bytes) -> tuple[bytes, int, bytes, int, int, bytes, int]:
    """RIFF mark, RIFF size, WAVE mark, format, rate, data mark, data size."""
    riff, whole, kind = struct.unpack_from("<4sI4s", header, 0)
    (form,) = struct.unpack_from("<H", header, 20)
    (rate,) = struct.unpack_from("<I", header, 24)
    data, audio = struct.unpack_from("<4sI", header, 36)
    return riff, whole, kind, form, rate, data, audio
