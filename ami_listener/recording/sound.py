"""What is in a finished file: its length, its SHA-256 and its level. Runs in a thread, in bounded memory."""

from __future__ import annotations

import audioop
import hashlib
import math
import os
from pathlib import Path
from typing import BinaryIO

import msgspec

from ami_listener.recording import wav
from ami_listener.recording.files import Identity, open_kept
from dialpact.compliance.errors import RecordingError
from dialpact.compliance.waveform import HEADER, RATE, WIDTH, Tracing, Waveform, linear

SILENCE_DBFS = -65.0  # a line's digital silence (mu-law: -72) is below, the faintest voice far above
_CHUNK = 1 << 18
READINGS = 3
WINDOW = 0.1  # seconds
LASTING = 3.0  # seconds; a shorter silence is a pause


class Silent(msgspec.Struct, frozen=True):
    """From one second of a file to another; ``nothing``: not even the noise of a line."""

    begin: float
    end: float
    nothing: bool


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
    silent: tuple[Silent, ...] = ()  # those that last
    waveform: Waveform | None = None  # where it was asked for


def measure(
    path: Path,
    extension: str,
    identity: Identity | None = None,
    *,
    chunk: int = _CHUNK,
    draw: bool = False,
) -> Sound:
    """Reads the file, again when it changed meanwhile, and has it on disk. Raises OSError, Replaced.

    ``chunk``: bytes that are read at once. ``draw``: with its waveform.
    """
    with open_kept(path, identity) as file:
        return measure_open(file, extension, chunk=chunk, draw=draw)


def measure_open(file: BinaryIO, extension: str, *, chunk: int = _CHUNK, draw: bool = False) -> Sound:
    """As ``measure``, of a file that was opened as a recording. Raises OSError."""
    for _ in range(READINGS):
        os.fsync(file.fileno())
        before = os.fstat(file.fileno())
        found = _read(file, extension, chunk, draw)
        after = os.fstat(file.fileno())
        if before.st_mtime_ns == after.st_mtime_ns and before.st_size == found.bytes == after.st_size:
            return found
    return msgspec.structs.replace(found, flaw="it changes while it is read")


def _read(file: BinaryIO, extension: str, most: int, draw: bool) -> Sound:
    digest = hashlib.sha256()
    size, squares, samples = 0, 0.0, 0
    width = WIDTH[extension]
    skip = HEADER.get(extension, 0)
    rest = b""
    silences, tracing = _Silences(), Tracing() if draw else None
    file.seek(0)
    while chunk := file.read(most):
        digest.update(chunk)
        size += len(chunk)
        audio = rest + chunk[skip:]
        skip = max(0, skip - len(chunk))
        whole = len(audio) - len(audio) % (width * _WINDOW_SAMPLES)
        rest = audio[whole:]
        audio = linear(audio[:whole], extension)
        silences.take(audio)
        if tracing:
            tracing.take(audio)
        squares += audioop.rms(audio, 2) ** 2 * (len(audio) // 2)
        samples += len(audio) // 2
    audio = linear(rest[: len(rest) - len(rest) % width], extension)
    silences.take(audio)
    if tracing:
        tracing.take(audio)
    squares += audioop.rms(audio, 2) ** 2 * (len(audio) // 2)
    samples += len(audio) // 2
    audio_bytes = max(0, size - HEADER.get(extension, 0))
    return Sound(
        bytes=size,
        audio_bytes=audio_bytes,
        seconds=audio_bytes / (RATE * width),
        sha256=digest.hexdigest(),
        dbfs=_dbfs(squares / samples if samples else 0.0),
        flaw=wav.flaw(wav.head(file), size) if extension == "wav" else "",
        silent=silences.found,
        waveform=tracing.ended() if tracing else None,
    )


_WINDOW_SAMPLES = round(RATE * WINDOW)
_FAINTEST = 32768 * 10 ** (SILENCE_DBFS / 20)
_NOTHING = 8  # A-law has no zero


class _Silences:
    """Takes linear sound, window by window."""

    def __init__(self) -> None:
        self._at = 0.0
        self._since: float | None = None
        self._nothing = True
        self._found: list[Silent] = []

    def take(self, linear: bytes) -> None:
        step = 2 * _WINDOW_SAMPLES
        for begin in range(0, len(linear), step):
            window = linear[begin : begin + step]
            if audioop.rms(window, 2) > _FAINTEST:
                self._end()
            else:
                if self._since is None:
                    self._since, self._nothing = self._at, True
                self._nothing = self._nothing and audioop.max(window, 2) <= _NOTHING
            self._at += len(window) / 2 / RATE

    def _end(self) -> None:
        if self._since is not None and self._at - self._since >= LASTING - WINDOW / 2:
            self._found.append(Silent(round(self._since, 2), round(self._at, 2), self._nothing))
        self._since = None

    @property
    def found(self) -> tuple[Silent, ...]:
        self._end()
        return tuple(self._found)


def _dbfs(mean_square: float) -> float | None:
    if mean_square <= 0:
        return None
    level = 10 * math.log10(mean_square / 32768**2)
    return round(level, 1) if level > SILENCE_DBFS else None


def header_flaw(path: Path, extension: str) -> str:
    """Why a wav file's header does not describe its size; empty when it does, and for formats without one."""
    if extension != "wav":
        return ""
    try:
        with open_kept(path) as file:
            return wav.flaw(wav.head(file), os.fstat(file.fileno()).st_size)
    except RecordingError as error:
        return str(error)
    except OSError as error:
        return error.strerror or str(error)
