"""What an erasure takes, in sums and in the log's words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from dialpact.compliance.model import Value

# Of what stays of an erased row: as it was then; the log did not say then; otherwise. Empty: not erased.
Remains = Literal["", "proven", "unproven", "changed"]


class ErasureRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the log says of an erasure. ``leaves``: first and last of each run of them.

    ``remains``: in their order, the SHA-256 of what stays of each row, in base64; empty: not noted then.
    """

    leaves: tuple[tuple[int, int], ...]
    count: int
    today: str  # the day that was taken for today
    reason: str = ""
    remains: tuple[str, ...] = ()

    def remains_of(self, leaf: int) -> str:
        """Empty where it does not say."""
        place = 0
        for first, last in self.leaves:
            if first <= leaf <= last:
                place += leaf - first
                return self.remains[place] if place < len(self.remains) else ""
            place += last - first + 1
        return ""


class Erased(Value, frozen=True, kw_only=True):
    """``decisions``, ``recordings``: records whose time is over; ``needed``: calls kept all the same.

    ``oldest``, ``newest``: when the first and the last of those calls was decided. ``pending_since``: since
    when something that was erased may still lie in the files, as others were reading; None: nothing does.
    """

    decisions: int = 0
    recordings: int = 0
    needed: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    pending_since: datetime | None = None

    def plus(self, calls: Sequence[Over]) -> Erased:
        gone = [call for call in calls if not call.needed]
        return Erased(
            decisions=self.decisions + len(gone),
            recordings=self.recordings + sum(call.recordings for call in gone),
            needed=self.needed + len(calls) - len(gone),
            oldest=self.oldest or (gone[0].decided_at if gone else None),
            newest=gone[-1].decided_at if gone else self.newest,
        )


class Over(NamedTuple):
    """A call whose last day has passed. ``needed``: something still needs its record."""

    decided_at: datetime
    recordings: int
    needed: bool


class RowFlaw(NamedTuple):
    """A row that was to be erased, and how it fails its leaf: ``not-its-leaf``, ``no-leaf``."""

    leaf: int
    kind: str
    key: str
    flaw: str


class Piece(NamedTuple):
    """``after``: behind what was passed over; ``end``: nothing is left. ``flaws``: of the rows of these calls
    that would go; where there is one, nothing of the piece is erased.
    """

    calls: Sequence[Over]
    after: int
    end: bool
    flaws: Sequence[RowFlaw] = ()


def runs(leaves: Sequence[int]) -> list[tuple[int, int]]:
    """Sorted numbers as (first, last) of each run.

    >>> runs([1, 2, 3, 7])
    [(1, 3), (7, 7)]
    """
    found: list[tuple[int, int]] = []
    for leaf in leaves:
        if found and found[-1][1] == leaf - 1:
            found[-1] = (found[-1][0], leaf)
        else:
            found.append((leaf, leaf))
    return found
