"""What is drawn of a recording: fractions of full scale, bounded, and of one file alone."""

from __future__ import annotations

import audioop
import itertools
import math
import struct

import pytest

from dialpact.compliance.waveform import FINEST, MOST, RATE, Tracing, Waveform, linear, side_by_side, traced

SHA = "ab" * 32


def tone(seconds: float, peak: float) -> bytes:
    """At 200 Hz, up to so much of full scale."""
    return b"".join(
        struct.pack("<h", round(32767 * peak * math.sin(2 * math.pi * 200 * i / RATE)))
        for i in range(round(seconds * RATE))
    )


def of(sound: bytes, *, piece: int = 1 << 20) -> Waveform:
    tracing = Tracing()
    for begin in range(0, len(sound), piece):
        tracing.take(sound[begin : begin + piece])
    return tracing.ended()


@pytest.mark.parametrize("peak", [0.0, 0.1, 0.25, 0.5, 1.0])
def test_a_level_is_a_fraction_of_full_scale(peak: float) -> None:
    (levels,) = side_by_side([of(tone(1, peak))])
    assert len(levels) == 50
    assert all(isinstance(level, float) and 0 <= level <= 1 for level in levels)
    assert all(abs(level - peak) < 0.005 for level in levels)


def test_the_loudest_sample_below_nothing_counts_too() -> None:
    (levels,) = side_by_side([of(struct.pack("<h", -32768) + bytes(2 * FINEST - 2))])
    assert levels == [1.0]


@pytest.mark.parametrize("stretches", [1, MOST - 1, MOST, MOST + 1, 2 * MOST - 1, 2 * MOST, 5 * MOST + 3])
def test_a_long_one_has_longer_stretches_and_not_more_of_them(stretches: int) -> None:
    """Each level is the highest of its stretches, whatever their number."""
    peaks = [(7919 * place) % 32767 for place in range(stretches)]
    found = of(b"".join(struct.pack("<h", peak) + bytes(2 * FINEST - 2) for peak in peaks))
    assert len(found.levels) < MOST
    assert len(found.levels) == math.ceil(stretches / found.stretches)
    wanted = [max(peaks[at : at + found.stretches]) for at in range(0, stretches, found.stretches)]
    assert [round(level * 32768 / 255 / 128) for level in found.levels] == pytest.approx(
        [peak / 128 for peak in wanted], abs=1.5
    )


@pytest.mark.parametrize("piece", [2 * FINEST, 5 * 2 * FINEST, 1 << 20])
def test_it_is_the_same_however_it_comes(piece: int) -> None:
    sound = tone(30, 0.3) + tone(5, 0.9) + tone(0.013, 0.1)
    assert of(sound, piece=piece) == of(sound)


def test_of_nothing_there_is_nothing() -> None:
    assert of(b"") == Waveform(1, b"") and side_by_side([of(b"")]) == [[]]
    assert side_by_side([]) == []


def test_what_is_above_each_other_was_at_one_time() -> None:
    """A long side and a short one: one axis, the short one silent at its end."""
    long, short = of(tone(60, 0.5)), of(tone(3, 0.25))
    assert long.stretches > short.stretches == 1
    first, second = side_by_side([long, short])
    assert len(first) == len(second)
    sounding = math.ceil(3 / (0.02 * long.stretches))
    assert second[: sounding - 1] == pytest.approx([0.25] * (sounding - 1), abs=0.005)
    assert not any(second[sounding:])


@pytest.mark.parametrize(
    ("format", "encoded"),
    [
        ("wav", lambda sound: bytes(44) + sound),
        ("sln", bytes),
        ("ulaw", lambda sound: audioop.lin2ulaw(sound, 2)),
        ("alaw", lambda sound: audioop.lin2alaw(sound, 2)),
    ],
)
@pytest.mark.parametrize("chunk", [1, 1000, 1 << 15])
def test_a_finished_file_of_each_format(format: str, encoded: object, chunk: int) -> None:
    sound = tone(2.5, 0.5)
    file = encoded(sound)  # type: ignore[operator]
    rests = itertools.count()
    found = traced(lambda at, most: file[at : at + most], len(file), format, lambda: next(rests), chunk=chunk)
    assert found.levels == of(linear(file[44 if format == "wav" else 0 :], format)).levels
    assert len(found.levels) == 125 and all(abs(level / 255 - 0.5) < 0.02 for level in found.levels)
    assert next(rests) >= 1


def test_the_digest_is_of_this_file_and_these_levels() -> None:
    wave = Waveform(2, b"\1\2\3")
    others = [Waveform(4, b"\1\2\3").digest(SHA), Waveform(2, b"\1\2\4").digest(SHA), wave.digest("cd" * 32)]
    assert wave.digest(SHA) == Waveform(2, b"\1\2\3").digest(SHA)
    assert wave.digest(SHA) not in others and len(wave.digest(SHA)) == 64
