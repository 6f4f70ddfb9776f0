"""Which legs use which decision. One decision is one call, and a call may ring in several places.

A dialplan forks (``Dial(A&B)``) or tries another way after a busy line: all these legs carry the one id. They
are told from a reuse by three things that AMI says of every leg: who dials it (the unique id of DialBegin's
caller, which does not change), which call it belongs to (``Linkedid``, the same through Local channels), and
when.
After the answer the decision is used up. Kept over a lost connection, and forgotten when the decision is too
old to be used in any case; a listener that was started anew knows the rows of the store alone, and takes any
row for a use.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from ami_listener.ami.events import Origin

MOST_LEGS = 6  # of one decision, forks and further attempts together
KEPT = timedelta(seconds=300)  # longer than a decision is fresh


class Claim(msgspec.Struct):
    """The use of one decision."""

    origin: Origin
    began: datetime  # of the newest leg
    legs: set[str]  # unique ids
    answered_at: datetime | None = None
    numbered: int = 0  # recordings' files so far

    def admits(self, uniqueid: str, origin: Origin, began: datetime) -> bool:
        """Whether this leg may use it too, or does so already."""
        if uniqueid in self.legs:
            return True
        if self.answered_at is not None and began >= self.answered_at:
            return False
        return len(self.legs) < MOST_LEGS and self.origin.same_call(origin)

    def number(self, rows: int) -> int:
        """The next recording's number; ``rows``: recordings that the store had when the leg was judged."""
        self.numbered = max(self.numbered, rows) + 1
        return self.numbered

    def answered(self, at: datetime) -> None:
        self.answered_at = self.answered_at or at


class Claims:
    """By decision id, the newest last."""

    def __init__(self) -> None:
        self._claims: dict[str, Claim] = {}

    def __len__(self) -> int:
        return len(self._claims)

    def __contains__(self, decision: object) -> bool:
        return decision in self._claims

    def of(self, decision: str) -> Claim | None:
        return self._claims.get(decision)

    def take(self, decision: str, uniqueid: str, origin: Origin, began: datetime) -> Claim:
        """Enters a leg that was judged to fit. Forgets what is too old to matter."""
        claim = self._claims.pop(decision, None) or Claim(origin, began, set())
        claim.legs.add(uniqueid)
        claim.began = max(claim.began, began)
        self._claims[decision] = claim
        while (oldest := next(iter(self._claims))) != decision:
            if began - self._claims[oldest].began < KEPT:
                break
            del self._claims[oldest]
        return claim
