"""Are the times of a file in another zone than was said? Then nearly all of them are off by the same amount.

1. A unique id begins with the second in which its channel came into being, in UTC: the start of the channel's
   first row shows by how much the file's times are off. Two that agree are enough, and one if its call began
   before its channel.
2. Without unique ids, numbers that were called and never matched are compared with decisions that were never
   matched: a sample by the number itself, so that both sides keep the same ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from zlib import crc32

from dialpact.compliance.cdr import born

QUARTER = 900  # zones are whole quarters of an hour
NEAR = 60  # seconds
LEAST = 5  # rows, below which nothing is said
SHARE = 0.8
FARTHEST = 4 * 14  # quarters
SAMPLE = 2000  # numbers of each side


class Shift:
    def __init__(self) -> None:
        self._rows: Counter[int] = Counter()
        self._calls: dict[str, list[float]] = defaultdict(list)
        self._asked: dict[str, list[float]] = defaultdict(list)
        self._coarse = 0  # a number is kept if so many bits of its checksum are 0

    def row(self, uniqueid: str, start: float) -> None:
        if (began := born(uniqueid)) is not None:
            self._rows[_quarters(start - began)] += 1

    def call(self, number: str, at: float) -> None:
        self._keep(self._calls, number, at)

    def asked(self, number: str, at: float) -> None:
        self._keep(self._asked, number, at)

    def _keep(self, side: dict[str, list[float]], number: str, at: float) -> None:
        if number and not self._left_out(number) and len(side[number]) < 10:
            side[number].append(at)
            if len(side) > SAMPLE:
                self._coarse += 1
                for kept in (self._calls, self._asked):
                    for key in [key for key in kept if self._left_out(key)]:
                        del kept[key]

    def _left_out(self, number: str) -> bool:
        return bool(crc32(number.encode()) & ((1 << self._coarse) - 1))

    @property
    def unsure(self) -> bool:
        """No unique id has said anything: only a comparison with decisions can tell."""
        return not self._rows

    @property
    def seconds(self) -> int:
        """To be subtracted from the file's times; 0: they are right, or it can not be told."""
        if self._rows:
            agreed = len(self._rows) == 1 and (self._rows.total() > 1 or min(self._rows) < 0)
            return _clear(self._rows, self._rows.total(), least=1 if agreed else LEAST)
        found: Counter[int] = Counter()
        calls = 0
        for number, times in self._calls.items():
            calls += len(times)
            for at in times:  # a customer who was called thrice has three distances, one of which is it
                found.update({_quarters(at - asked) for asked in self._asked.get(number, ())})
        return _clear(found, calls)


def _quarters(seconds: float) -> int:
    """Whole quarters; an odd value stands for itself and is never the most frequent one."""
    quarters = round(seconds / QUARTER)
    return quarters if abs(seconds - quarters * QUARTER) <= NEAR else 10_000 + int(seconds % QUARTER)


def _clear(found: Counter[int], of: int, least: int = LEAST) -> int:
    if not found:
        return 0
    quarters, count = found.most_common(1)[0]
    clear = count >= least and count >= SHARE * of and 0 < abs(quarters) <= FARTHEST
    return quarters * QUARTER if clear else 0
