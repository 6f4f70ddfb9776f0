"""What was dialled lately, for a replay: the counts that the gate takes from its own decisions.

Pure and in memory. Attempts come in the order of their time. Kept is what a rule can still ask for: of each
callee and each caller ID the newest instants, as many as the highest cap, while the longest period of such a
cap runs; of each campaign the numbers within the window of the detector. So a replay over years costs the
memory of the longest period, not of the years.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta

from dialpact.compliance.fact_requirements import fact_requirements
from dialpact.compliance.model import CallAttempt, Per, Tally
from dialpact.compliance.profile import Policy

SWEEP = 10_000  # attempts between two looks for what nobody asks for any more
BLOCK = 128  # numbers that lie in one drawer

Key = tuple[Per, str, str]
Drawers = dict[int, dict[int, datetime]]


class History:
    """``tallies`` and ``neighbours`` first, then ``add``: an attempt is never its own predecessor."""

    def __init__(self, policy: Policy, sweep: int = SWEEP) -> None:
        self._every = sweep
        asked = fact_requirements(policy, {})
        self._caps = asked.caps
        self._reach, self._window = asked.reach, asked.window
        self._depth: dict[Per, int] = {}
        self._period: dict[Per, timedelta] = {}
        for cap in (cap for profile in policy.profiles if profile.attempts for cap in profile.attempts.caps):
            self._depth[cap.per] = max(cap.limit, self._depth.get(cap.per, 0))
            self._period[cap.per] = max(cap.period, self._period.get(cap.per, timedelta(0)))
        self._instants: dict[Key, deque[datetime]] = {}
        self._drawers: dict[str, Drawers] = {}
        self._queue: deque[tuple[datetime, str, int]] = deque()
        self._added = 0

    def __len__(self) -> int:
        """How many keys and numbers are kept."""
        return len(self._instants) + len(self._queue)

    def tallies(self, attempt: CallAttempt, business: str | None) -> tuple[Tally, ...]:
        """One for each cap. ``business`` None: the campaign is unknown, and nobody counts."""
        if business is None or not attempt.callee.e164:
            return ()
        return tuple(
            Tally(per=per, limit=limit, nth=self._nth(_key(per, attempt, business), limit))
            for per, limit in self._caps
        )

    def _nth(self, key: Key, limit: int) -> datetime | None:
        instants = self._instants.get(key, ())
        return instants[-limit] if len(instants) >= limit else None

    def neighbours(self, attempt: CallAttempt, now: datetime) -> tuple[int, ...]:
        """Distances of the other numbers that the campaign dialled within the window."""
        if not self._reach or not attempt.callee.e164:
            return ()
        self._forget(now)
        number = int(attempt.callee.e164[1:])
        drawers = self._drawers.get(attempt.campaign, {})
        return tuple(sorted(self._near(drawers, number)))

    def _near(self, drawers: Drawers, number: int) -> Iterator[int]:
        first, last = number - self._reach, number + self._reach
        for drawer in range(first // BLOCK, last // BLOCK + 1):
            for other in drawers.get(drawer, ()):
                if first <= other <= last and other != number:
                    yield other - number

    def add(self, attempt: CallAttempt, business: str | None, now: datetime, *, through: bool) -> None:
        """``through``: it was put through. Caps count those only, the detector counts every attempt."""
        if not attempt.callee.e164:
            return
        if through and business is not None:
            for per, depth in self._depth.items():
                key = _key(per, attempt, business)
                self._instants.setdefault(key, deque(maxlen=depth)).append(now)
        if self._reach:
            number = int(attempt.callee.e164[1:])
            drawers = self._drawers.setdefault(attempt.campaign, {})
            drawers.setdefault(number // BLOCK, {})[number] = now
            self._queue.append((now, attempt.campaign, number))
        self._added += 1
        if self._added % self._every == 0:
            self._sweep(now)

    def _forget(self, now: datetime) -> None:
        """Numbers that have left the window; its far end is outside."""
        while self._queue and self._queue[0][0] <= now - self._window:
            at, campaign, number = self._queue.popleft()
            drawers = self._drawers.get(campaign, {})
            drawer = drawers.get(number // BLOCK, {})
            if drawer.get(number) != at:  # dialled again since, or gone with another one of that second
                continue
            del drawer[number]
            if not drawer:
                del drawers[number // BLOCK]
                if not drawers:
                    del self._drawers[campaign]

    def _sweep(self, now: datetime) -> None:
        self._forget(now)
        over = [key for key, instants in self._instants.items() if instants[-1] + self._period[key[0]] <= now]
        for key in over:
            del self._instants[key]


def _key(per: Per, attempt: CallAttempt, business: str) -> Key:
    return (per, attempt.callee.e164, business) if per == "callee" else (per, attempt.caller_id, "")
