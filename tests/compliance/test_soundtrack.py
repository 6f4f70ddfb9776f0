"""The index of time against file: never wrong, as narrow as it can be, and small."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
import rfc8785

from dialpact.compliance.clock import stamp
from dialpact.compliance.soundtrack import Index, Packets, Silence, Soundtrack, between, decode, moment, place

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
STEP = 2.048


@pytest.mark.parametrize(
    ("second", "low", "high"),
    [
        (-1, 0, 0),
        (0, 0, 0),
        (5, 5, 5),
        (10, 10, 10),
        (11, 10, 11),  # the gap is somewhere in here
        (15, 10, 12),
        (21, 11, 12),
        (22, 12, 12),
        (25, 15, 15),
        (99, 20, 20),
    ],
)
def test_a_place_is_as_narrow_as_is_known(second: float, low: float, high: float) -> None:
    index = ((0.0, 0.0), (10.0, 10.0), (22.0, 12.0), (30.0, 20.0))
    assert between(index, second) == (low, high)
    if 0 < second < 30:
        early, late = moment(index, low)[0], moment(index, high)[1]
        assert early <= second <= late


def test_a_file_that_grows_too_fast_is_read_proportionally() -> None:
    assert between(((0.0, 0.0), (10.0, 30.0)), 4) == (12, 12)


class Call:
    """A file as Asterisk writes it: in steps, of what was sent, with jitter. ``true``: the places."""

    def __init__(self, seed: int, seconds: float, pause: float) -> None:
        chance = random.Random(seed)
        self.true: list[tuple[float, float]] = []
        self.index = Index()
        self.index.add(0.0, 0.0)
        t, f, steps = 0.0, 0.0, 0
        while t < seconds:
            sends = chance.random() >= pause
            for _ in range(chance.randint(10, 200)):
                t += 0.02
                f += 0.02 * sends
                self.true.append((t, f))
                while f >= (steps + 1) * STEP:
                    steps += 1
                    self.index.add(t + chance.uniform(0, 0.04), steps * STEP)
        self.index.add(t, f)


@pytest.mark.parametrize("pause", [0.0, 0.1, 0.5, 0.9])
def test_the_true_place_is_always_in_the_range(pause: float) -> None:
    for seed in range(5):
        call = Call(seed, 300, pause)
        pairs = call.index.pairs
        for t, f in call.true[::17]:
            low, high = between(pairs, t)
            assert low - 0.2 <= f <= high + 0.2, (seed, t)


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.5])
def test_an_hour_is_small_whatever_the_talk(pause: float) -> None:
    call = Call(1, 3600, pause)
    track = Soundtrack(since=stamp(AT), index=call.index.pairs)
    assert len(track.encode()) < 16_000
    if not pause:
        assert len(call.index.pairs) < 10
    for t, f in call.true[::997]:
        low, high = between(call.index.pairs, t)
        assert low - 0.2 <= f <= high + 0.2, "what the index leaves out makes the range wider"


def test_what_is_seen_twice_or_backwards_is_left_out() -> None:
    index = Index()
    for pair in ((0.0, 0.0), (2.0, 2.0), (2.0, 2.0), (1.0, 5.0), (3.0, 1.0), (4.0, 4.0)):
        index.add(*pair)
    assert index.pairs == ((0.0, 0.0), (4.0, 4.0))


def test_it_is_canonical_json_and_comes_back() -> None:
    track = Soundtrack(
        since=stamp(AT),
        index=((0.0, 0.0), (2.0512, 2.048)),
        seconds={"mix": 10.0, "callee": 10.0},
        silent={"callee": (Silence(begin=3.0, end=9.0, reason="lost", heard_in="b" * 32, heard_from=5.5),)},
        unsent=((1.0, 2.0, 0.5),),
        packets=Packets(begin=1.0, end=2.0, callee=50, agent=0),
    )
    text = track.encode()
    assert text.encode() == rfc8785.dumps(json.loads(text))
    back = decode(text)
    assert back is not None
    assert back.silent["callee"][0].missing == 2.5
    assert back.index[1] == (2.05, 2.05)
    assert place(text, AT + timedelta(seconds=1)) == (1, 1)


@pytest.mark.parametrize("text", ["", "x", "[]", '{"index":[]}', '{"since":"x","index":[[1]]}'])
def test_what_is_no_soundtrack_tells_nothing(text: str) -> None:
    assert place(text, AT) is None
