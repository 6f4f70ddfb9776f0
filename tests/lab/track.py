"""What is on a recording, second by second: the file as Asterisk wrote it, closed or not."""

from __future__ import annotations

import audioop
import math
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab.ear import PACKET, RATE, energy_at

FRAME = PACKET / RATE  # seconds
FULL = 32768.0


def _decibels(energy: float, samples: int) -> float:
    return 10 * math.log10(energy / samples / FULL**2) if energy and samples else -math.inf


@dataclass(frozen=True)
class Span:
    """A stretch of a recording, in seconds from its start."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


class Track:
    """One channel of sound, 16 bits at 8 kHz; times in seconds from the start of the file."""

    def __init__(self, samples: array[int]) -> None:
        self.samples = samples

    @classmethod
    def read(cls, path: Path | str) -> Track:
        """Read a wav (of one channel), sln, ulaw or alaw file, without belief in the sizes in its header."""
        data, kind = Path(path).read_bytes(), Path(path).suffix
        if kind == ".wav":
            data = data[data.index(b"data") + 8 :]
        elif kind == ".ulaw":
            data = audioop.ulaw2lin(data, 2)
        elif kind == ".alaw":
            data = audioop.alaw2lin(data, 2)
        elif kind != ".sln":
            raise ValueError(f"no such kind of sound: {kind}")
        return cls(array("h", data[: len(data) // 2 * 2]))

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE

    def part(self, start: float = 0.0, end: float = math.inf) -> Track:
        """From second ``start`` to second ``end``."""
        last = len(self.samples) if end == math.inf else max(0, round(end * RATE))
        return Track(self.samples[max(0, round(start * RATE)) : last])

    def dbfs(self, start: float = 0.0, end: float = math.inf) -> float:
        """The RMS level; -inf of digital silence, and of nothing."""
        samples = self.part(start, end).samples
        return _decibels(sum(value * value for value in samples), len(samples))

    def dbfs_of(self, hz: float, start: float = 0.0, end: float = math.inf) -> float:
        """The RMS level of what lies at this frequency alone, on average over the time asked for."""
        samples = self.part(start, end).samples
        samples = samples[: len(samples) // PACKET * PACKET]
        return _decibels(energy_at(samples, hz), len(samples))

    def strength(self, hz: float, start: float = 0.0, end: float = math.inf) -> float:
        """The part (0 to 1) of the energy that lies at this frequency."""
        samples = self.part(start, end).samples
        samples = samples[: len(samples) // PACKET * PACKET]
        energy = sum(value * value for value in samples)
        return energy_at(samples, hz) / energy if energy else 0.0

    def spans(self, hz: float, share: float = 0.5, above: float = -60.0, bridge: float = 0.05) -> list[Span]:
        """When ``hz`` is heard, to 20 ms: with this ``share`` of the energy, and that ``above`` so many dBFS.

        Interruptions shorter than ``bridge`` seconds are none.
        """
        return self._spans(lambda frame: frame.dbfs() > above and frame.strength(hz) >= share, bridge=bridge)

    def silences(self, below: float = -60.0, at_least: float = 0.1) -> list[Span]:
        """When nothing is heard for so long."""
        return [span for span in self._spans(lambda frame: frame.dbfs() <= below) if span.seconds >= at_least]

    def table(self, *frequencies: float) -> str:
        """A line for each second: its level and those of ``frequencies``; for a failed test to print."""
        return "\n".join(
            f"{second:4d} s  {self.dbfs(second, second + 1):6.1f} dBFS"
            + "".join(f"  {hz:.0f} Hz {self.dbfs_of(hz, second, second + 1):6.1f}" for hz in frequencies)
            for second in range(math.ceil(self.seconds))
        )

    def _frames(self) -> Iterator[Track]:
        for start in range(0, len(self.samples) - PACKET + 1, PACKET):
            yield Track(self.samples[start : start + PACKET])

    def _spans(self, wanted: Callable[[Track], bool], bridge: float = 0.0) -> list[Span]:
        spans: list[Span] = []
        for number, frame in enumerate(self._frames()):
            if not wanted(frame):
                continue
            start, end = number * FRAME, (number + 1) * FRAME
            if spans and start - spans[-1].end < bridge + FRAME / 2:
                start = spans.pop().start
            spans.append(Span(round(start, 3), round(end, 3)))
        return spans
