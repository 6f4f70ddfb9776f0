"""What the detector says about a list: kept with its batch, shown to the officer who decides about it."""

from __future__ import annotations

from dialpact.compliance.model import Value


class Run(Value, frozen=True, kw_only=True):
    """Numbers at equal distances, all of them on the list."""

    first: str  # E.164
    last: str
    length: int
    step: int  # 1: consecutive


class Block(Value, frozen=True, kw_only=True):
    """Numbers with the same beginning."""

    prefix: str  # E.164 without its last digits, e.g. +861380013
    count: int
    size: int  # how many such numbers there are

    @property
    def share(self) -> float:
        """Per cent."""
        return 100 * self.count / self.size


class RangeReport(Value, frozen=True, kw_only=True):
    """``runs`` and ``blocks`` are those at or beyond a threshold, the worst first and not all of them."""

    flagged: bool
    numbers: int  # distinct ones that can be dialled
    longest: Run | None  # run, offending or not; of several the first
    densest: tuple[Block, ...]  # of each size, offending or not
    runs: tuple[Run, ...]
    runs_found: int
    blocks: tuple[Block, ...]
    blocks_found: int
    unassigned: int  # distinct numbers in ranges that nobody is allotted
    unassigned_share: float  # per cent of all of the list
    unassigned_flagged: bool

    @property
    def summary(self) -> str:
        """What was found, without a number in it and in no language: ``run=50 block=100/100``.

        Empty when nothing was.
        """
        parts = []
        if self.runs:
            step = f"/{self.runs[0].step}" if self.runs[0].step > 1 else ""
            parts.append(f"run={self.runs[0].length}{step}")
        if self.blocks:
            parts.append(f"block={self.blocks[0].count}/{self.blocks[0].size}")
        if self.unassigned_flagged:
            parts.append(f"unassigned={self.unassigned_share:.0f}%")
        return " ".join(parts)
