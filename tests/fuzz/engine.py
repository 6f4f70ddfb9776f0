"""Mangles samples, keeps what reaches something new, and says what broke.

Mutations are of bytes: whoever is hostile does not keep to a grammar. What keeps inputs deep all the same is
that they start from real samples and from the corpus, are spliced with each other, and, in a long run, that
an input which reached lines no other has reached is mangled further.
"""

from __future__ import annotations

import hashlib
import itertools
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).with_name("corpus")
ROOMS = tuple(str(ROOT / room) + "/" for room in ("agi", "ami_listener", "dialpact"))
LONGEST = 1 << 16  # bytes of a mangled input; the big ones are made on purpose
# What breaks readers: bounds, ends, quotes, escapes, what other formats mean something by.
TOKENS = (
    *(
        b"\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\n\n",
        b"\0",
        b"\x1a",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xe5\xbc",
        b"\x81\x30",
    ),
    *(
        b'"',
        b'""',
        b"'",
        b"`",
        b"$(id)",
        b"${X}",
        b"%0a",
        b"\\",
        b",",
        b";",
        b"|",
        b": ",
        b"=",
        b"[",
        b"]",
        b"{",
        b"}",
    ),
    *(b"-1", b"0", b"9" * 40, b"1e999", b"NaN", b"2147483648", b"18446744073709551616", b"../../etc/passwd"),
    *(
        "张三".encode(),
        "１３８".encode(),
        "\u202e".encode(),
        "\ud800".encode("utf-8", "surrogatepass"),
        b"PK\3\4",
    ),
)


@dataclass
class Target:
    """``run`` raises when a promise is broken; that it returns says that the input was taken or refused as
    it should be. ``tokens``: words of the format. ``examples``: mangled inputs of a run in CI.
    ``built``: makes inputs that keep to the form and attack what it means.
    """

    name: str
    samples: Sequence[bytes]
    run: Callable[[bytes], Any]
    tokens: Sequence[bytes] = ()
    examples: int = 400
    built: Callable[[random.Random], bytes] | None = None
    pool: list[bytes] = field(default_factory=list)

    def seeds(self) -> list[bytes]:
        return [*self.samples, *(file.read_bytes() for file in self.corpus())]

    def corpus(self) -> list[Path]:
        return sorted(file for file in (CORPUS / self.name).glob("*") if file.is_file())

    def inputs(self, dice: random.Random) -> Iterator[bytes]:
        """For ever."""
        self.pool = self.pool or self.seeds()
        while True:
            if self.built is not None and dice.randrange(2):
                yield self.built(dice)[:LONGEST]
            else:
                yield mangled(self.pool, (*TOKENS, *self.tokens), dice)


def hostile(dice: random.Random, *tokens: bytes) -> bytes:
    """What stands in one field, as whoever fills it in would like it."""
    words = (*TOKENS, *tokens)
    return b"".join(
        dice.randbytes(dice.randrange(6)) if dice.randrange(4) == 0 else dice.choice(words)
        for _ in range(dice.randrange(1, 5))
    )


def mangled(pool: Sequence[bytes], tokens: Sequence[bytes], dice: random.Random) -> bytes:
    data = bytearray(dice.choice(pool))
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        place = dice.randrange(len(data) + 1)
        length = dice.choice((1, 1, 2, 4, 16, 64))
        match dice.randrange(9):
            case 0 if data:
                data[place % len(data)] ^= 1 << dice.randrange(8)
            case 1:
                data[place:place] = dice.choice(tokens)
            case 2:
                del data[place : place + length]
            case 3:
                data[place:place] = data[place : place + length] * dice.choice((1, 2, 30))
            case 4:
                data[place : place + length] = dice.randbytes(length)
            case 5:
                other = dice.choice(pool)
                start = dice.randrange(len(other) + 1)
                data[place : place + length] = other[start : start + dice.choice((8, 64, 512))]
            case 6:
                del data[place:]
            case 7:
                data[place : place + length] = dice.choice(tokens)
            case _:
                lines = bytes(data).split(b"\n")
                dice.shuffle(lines)
                data = bytearray(b"\n".join(lines)) if dice.randrange(4) == 0 else data
    return bytes(data[:LONGEST])


class Reached:
    """The product's lines that a call runs through."""

    def __init__(self) -> None:
        self.lines: set[tuple[str, int]] = set()
        self._new = False

    def during(self, run: Callable[[bytes], Any], data: bytes) -> bool:
        """Whether ``data`` reached what nothing has reached before. Raises what ``run`` raises."""
        self._new = False
        sys.settrace(self._call)
        try:
            run(data)
        finally:
            sys.settrace(None)
        return self._new

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._line if frame.f_code.co_filename.startswith(ROOMS) else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        place = (frame.f_code.co_filename, frame.f_lineno)
        if place not in self.lines:
            self.lines.add(place)
            self._new = True
        return self._line


@dataclass
class Finding:
    target: str
    data: bytes
    error: BaseException

    def keep(self) -> Path:
        """Into the corpus, so that it is tried for ever."""
        file = CORPUS / self.target / f"found-{hashlib.sha256(self.data).hexdigest()[:12]}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self.data)
        return file


def search(target: Target, seconds: float, seed: int, tell: Callable[[str], None]) -> Finding | None:
    """Guided by what is reached, until the time is over or something breaks."""
    dice, reached, began, count = random.Random(seed), Reached(), time.monotonic(), 0
    told = began
    for data in itertools.chain(target.seeds(), target.inputs(dice)):
        try:
            fresh = reached.during(target.run, data)
        except Exception as error:  # whatever it is: it is what is looked for
            return Finding(target.name, smaller(target, data), error)
        count += 1
        if fresh:
            target.pool.append(data)
        now = time.monotonic()
        if now - told >= 5:
            told = now
            tell(
                f"{target.name}: {count} inputs, {len(reached.lines)} lines reached, pool {len(target.pool)}"
            )
        if now - began >= seconds:
            break
    tell(f"{target.name}: {count} inputs, {len(reached.lines)} lines reached, nothing found")
    return None


def smaller(target: Target, data: bytes) -> bytes:
    """Without what is not needed to break it."""

    def breaks(candidate: bytes) -> bool:
        try:
            target.run(candidate)
        except Exception:
            return True
        return False

    size = max(1, len(data) // 2)
    while size:
        place = 0
        while place < len(data):
            candidate = data[:place] + data[place + size :]
            if breaks(candidate):
                data = candidate
            else:
                place += size
        size //= 2
    return data
