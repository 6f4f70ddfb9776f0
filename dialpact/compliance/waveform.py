"""How loud a side of a recording is from one moment to the next: what is drawn of it before anybody hears it.

1. A level is the highest sample of its stretch, as a fraction of full scale: one byte, of which 255 is 1.0.
   Whoever draws takes numbers above 1 for another scale, so nobody is handed whole numbers.
2. A long recording has longer stretches, not more of them, so that it costs no more to keep and to draw.
3. It is made of the file alone, and its digest has the file's hash in it: with the digest in the recording's
   leaf nobody can put another recording's, or a flat one, in its place.
"""

from __future__ import annotations

import audioop
import hashlib
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import NamedTuple

RATE = 8000  # samples per second: Asterisk's wav, sln, ulaw and alaw
WIDTH = {"wav": 2, "sln": 2, "ulaw": 1, "alaw": 1}  # bytes per sample in the file
HEADER = {"wav": 44}  # bytes; the other formats have none
FINEST = 160  # samples of a stretch at least: 20 ms
MOST = 1200  # levels of a side; even, as two become one
FULL = 255
_LOUDEST = 32768
_FORM = b"dialpact waveform 1"


class Waveform(NamedTuple):
    """``stretches``: of 20 ms each, so many are in one level."""

    stretches: int
    levels: bytes

    def digest(self, sha256: str) -> str:
        """Of it as that of the file with this hash."""
        whole = b"\0".join((_FORM, sha256.encode(), str(self.stretches).encode(), self.levels))
        return hashlib.sha256(whole).hexdigest()

    def coarser(self, stretches: int) -> Waveform:
        """With so many in a level: those that it has, or twice as many, or twice these."""
        levels, now = self.levels, self.stretches
        while now < stretches:
            levels, now = _halved(levels), now * 2
        return Waveform(now, levels)


class Tracing:
    """Takes linear sound as it comes, and keeps a bounded number of levels."""

    def __init__(self) -> None:
        self._levels = bytearray()
        self._stretches = 1
        self._peak, self._open = 0, 0  # of the level that is not full yet

    def take(self, linear: bytes) -> None:
        """16 bits, of the host's byte order. A stretch that is not whole ends there: it is the last one."""
        loudest = audioop.max
        for begin in range(0, len(linear), 2 * FINEST):
            peak = loudest(linear[begin : begin + 2 * FINEST], 2)
            if peak > self._peak:
                self._peak = peak
            self._open += 1
            if self._open == self._stretches:
                self._close()

    def _close(self) -> None:
        self._levels.append((self._peak * FULL + _LOUDEST // 2) // _LOUDEST)
        self._peak, self._open = 0, 0
        if len(self._levels) == MOST:
            self._levels = bytearray(_halved(bytes(self._levels)))
            self._stretches *= 2

    def ended(self) -> Waveform:
        """Nothing may be taken after it."""
        if self._open:
            self._close()
        return Waveform(self._stretches, bytes(self._levels))


def _halved(levels: bytes) -> bytes:
    return bytes(max(pair) for pair in zip_longest(levels[::2], levels[1::2], fillvalue=0))


def side_by_side(found: Sequence[Waveform]) -> list[list[float]]:
    """Their levels as fractions of full scale on one axis, so that what is above each other was at one time.

    A shorter one is silent at its end.
    """
    coarsest = max((one.stretches for one in found), default=1)
    drawn = [one.coarser(coarsest).levels for one in found]
    longest = max(map(len, drawn), default=0)
    return [[round(level / FULL, 3) for level in levels.ljust(longest, b"\0")] for levels in drawn]


def linear(audio: bytes, format: str) -> bytes:
    """Of whole samples of a file, 16 bits each."""
    match format:
        case "ulaw":
            return bytes(audioop.ulaw2lin(audio, 2))
        case "alaw":
            return bytes(audioop.alaw2lin(audio, 2))
    return audio


def traced(
    pieces: Callable[[int, int], bytes],
    size: int,
    format: str,
    rest: Callable[[], None],
    *,
    chunk: int = 1 << 15,
) -> Waveform:
    """Of a finished file: ``pieces`` gives its bytes from a place on, so many at most. ``rest`` is called in
    between. Raises what ``pieces`` raises.
    """
    whole = FINEST * WIDTH[format]
    chunk += -chunk % whole
    tracing, at = Tracing(), HEADER.get(format, 0)
    while at < size:
        piece = pieces(at, min(chunk, size - at))
        if not piece:
            break
        at += len(piece)
        tracing.take(linear(piece[: len(piece) - len(piece) % WIDTH[format]], format))
        rest()
    return tracing.ended()
