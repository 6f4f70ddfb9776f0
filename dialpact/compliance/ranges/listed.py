"""On import: was this list counted up? One pass over the sorted numbers, in memory that stays small.

1. A run: ``least`` numbers or more at equal distances of at most ``step``.
2. A block: at least ``least`` numbers and ``block_share`` per cent of 100, or ``segment_share`` of 10,000.
3. Numbers that nobody is allotted: at least ``least``, and ``unassigned_share`` per cent of the list. Who
   counts up crosses such ranges; who was given the numbers by their owners has none.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TypeVar

from dialpact.compliance.model import Value
from dialpact.compliance.ranges.report import Block, RangeReport, Run
from dialpact.compliance.sections import RangeDialling

KEPT = 20  # of the worst runs and blocks each
T = TypeVar("T", bound=Value)


class _Worst:
    """The ``KEPT`` largest of what was added, and how many there were."""

    def __init__(self) -> None:
        self.found = 0
        self._kept: list[tuple[tuple[int, ...], int, Run | Block]] = []

    def add(self, rank: tuple[int, ...], what: Run | Block) -> None:
        # Of equals the one that came first stays: the negated place decides, and is never equal.
        self.found += 1
        entry = (rank, -self.found, what)
        if len(self._kept) < KEPT:
            heapq.heappush(self._kept, entry)
        elif entry > self._kept[0]:
            heapq.heapreplace(self._kept, entry)

    def sorted(self, kind: type[T]) -> tuple[T, ...]:
        return tuple(what for _, _, what in sorted(self._kept, reverse=True) if isinstance(what, kind))


class Runs:
    """Runs of every step at once: for each step, the open run of each remainder."""

    def __init__(self, section: RangeDialling) -> None:
        self._least = section.least
        self._steps = range(1, section.step + 1)
        self._most = section.step
        self._open: list[dict[int, tuple[int, int]]] = [{} for _ in range(section.step + 1)]
        self._before, self._inside = -self._most - 1, False  # the number before; whether it is in a cluster
        self._closed: list[tuple[int, int, int]] = []  # length, -step, first: of the cluster that is read
        self.longest: tuple[int, int, int] = (0, 0, 0)
        self.worst = _Worst()

    def add(self, numbers: Sequence[int]) -> None:
        most, before, inside = self._most, self._before, self._inside
        for number in numbers:
            if number - before > most:
                if inside:
                    self._end_cluster()
                    inside = False
            else:
                if not inside:  # one number far from all others, as most are, costs nothing
                    self._take(before)
                    inside = True
                self._take(number)
            before = number
        self._before, self._inside = before, inside

    def end(self) -> None:
        self._end_cluster()
        self._inside = False

    def _take(self, number: int) -> None:
        for step in self._steps:
            runs, remainder = self._open[step], number % step
            last, length = runs.get(remainder, (number, 0))
            if length and last != number - step:
                self._close(last, length, step)
                length = 0
            runs[remainder] = number, length + 1

    def _end_cluster(self) -> None:
        """Nothing goes on beyond so wide a gap."""
        for step in self._steps:
            for last, length in self._open[step].values():
                self._close(last, length, step)
            self._open[step].clear()
        self._reduce()
        for length, negative, first in self._closed:
            self.worst.add((length, negative), _run(length, -negative, first))
        self._closed.clear()

    def _close(self, last: int, length: int, step: int) -> None:
        run = length, -step, last - (length - 1) * step
        if run[:2] > self.longest[:2]:
            self.longest = run
        if length >= self._least:
            self._closed.append(run)
            if len(self._closed) > 50 * KEPT:
                self._reduce()

    def _reduce(self) -> None:
        """Fifty consecutive numbers are one finding, not also twice twenty-five: the longer one covers it."""
        kept: list[tuple[int, int, int]] = []
        for length, negative, first in sorted(self._closed, key=lambda run: (-run[0], -run[1], run[2])):
            last = first - (length - 1) * negative
            if not any(first <= other - (size - 1) * sign and other <= last for size, sign, other in kept):
                kept.append((length, negative, first))
                if len(kept) == KEPT:
                    break
        self._closed = kept


class Blocks:
    """Numbers with the same beginning, counted until the beginning changes."""

    def __init__(self, size: int, share: int, least: int, worst: _Worst) -> None:
        self._size, self._worst = size, worst
        self._enough = max(least, -(-size * share // 100))
        self._prefix, self._count = -1, 0
        self.densest: Block | None = None

    def add(self, numbers: Sequence[int]) -> None:
        size = self._size
        for number in numbers:
            prefix = number // size
            if prefix != self._prefix:
                self.end()
                self._prefix = prefix
            self._count += 1

    def end(self) -> None:
        if not self._count:
            return
        enough = self._count >= self._enough
        if enough or self.densest is None or self._count > self.densest.count:
            block = Block(prefix=f"+{self._prefix}", count=self._count, size=self._size)
            if self.densest is None or block.count > self.densest.count:
                self.densest = block
            if enough:
                self._worst.add((self._count,), block)
        self._count = 0


class Detector:
    """``add`` pages of one sorted stream of distinct numbers, then ``report``."""

    def __init__(self, section: RangeDialling) -> None:
        self._section = section
        self._numbers = 0
        self._last = -1
        self._runs = Runs(section)
        self._crowded = _Worst()
        self._blocks = tuple(
            Blocks(size, share, section.least, self._crowded)
            for size, share in ((100, section.block_share), (10_000, section.segment_share))
        )
        self._parts: tuple[Runs | Blocks, ...] = (self._runs, *self._blocks)

    def add(self, numbers: Sequence[int]) -> None:
        """E.164 digits as integers, rising; ValueError if they do not rise."""
        for number in numbers:
            if number <= self._last:
                raise ValueError("the numbers must rise")
            self._last = number
        for part in self._parts:
            part.add(numbers)
        self._numbers += len(numbers)

    def report(self, *, unassigned: int = 0) -> RangeReport:
        """``unassigned``: how many distinct numbers of the list are in ranges that nobody is allotted."""
        for part in self._parts:
            part.end()
        total = self._numbers + unassigned
        share = 100 * unassigned / total if total else 0.0
        many = unassigned >= self._section.least and share >= self._section.unassigned_share
        length, negative, first = self._runs.longest
        return RangeReport(
            flagged=bool(self._runs.worst.found or self._crowded.found or many),
            numbers=self._numbers,
            longest=_run(length, -negative, first) if length > 1 else None,
            densest=tuple(blocks.densest for blocks in self._blocks if blocks.densest),
            runs=self._runs.worst.sorted(Run),
            runs_found=self._runs.worst.found,
            blocks=self._crowded.sorted(Block),
            blocks_found=self._crowded.found,
            unassigned=unassigned,
            unassigned_share=round(share, 2),
            unassigned_flagged=many,
        )


def _run(length: int, step: int, first: int) -> Run:
    return Run(first=f"+{first}", last=f"+{first + (length - 1) * step}", length=length, step=step)
