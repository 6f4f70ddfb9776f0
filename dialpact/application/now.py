"""What is going on now, and what wants a person: one look at the store, shared by all who watch.

1. Whoever asks within :data:`FRESH_SECONDS` of a look is shown that one; a look that is under way is waited
   for, not begun again. So a hundred who watch cost what one does. Who sees some calls alone shares a look
   with those who see the same ones.
2. What is over for :data:`LATE` is counted once, and kept while anybody watches.
3. A look that fails, or has no answer in time, is that for everybody: nobody is shown old figures as new.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance.calls import CallEntry
from dialpact.compliance.errors import DialpactError, StoreBusy
from dialpact.compliance.incidents import IncidentCount
from dialpact.compliance.model import Value
from dialpact.compliance.recording import State
from dialpact.store.ports.listings import Wanted
from dialpact.store.ports.live import SLICE, Counted, LiveRows, RecordingMark, slice_of

FRESH_SECONDS = 2.0
PATIENCE_SECONDS = 5.0  # with the store
MOST = 100  # calls of each list
MINUTES = 60
LATELY = timedelta(hours=24)  # for incidents
EVERYTHING = Wanted()
KEPT = 32  # kinds of limits: beyond, who has not asked for the longest begins anew
MINUTE = timedelta(minutes=1)
LATE = timedelta(seconds=30)  # after it a decision is stored, and known to have been delivered or not
UNDER_WAY = "in-progress"
# The worst first: of a call's recordings, what a person has to see.
_WORST: tuple[State, ...] = ("failed", "unseen", "starting", "running", "kept", "unanswered", "disposed")

RecordingWord = Literal[
    "none", "missing", "starting", "running", "kept", "unanswered", "unseen", "failed", "disposed"
]


class LiveCall(Value, frozen=True, kw_only=True):
    """``recording``: none: of a call that was not put through or not answered; missing: it was answered, and
    there is none. ``recording_id``: of the one that says so; empty: there is none.
    """

    entry: CallEntry
    recording: RecordingWord
    recording_id: str


class Minute(Value, frozen=True, kw_only=True):
    """``at``: its beginning. None: it was not counted."""

    at: datetime
    allowed: int | None
    blocked: int | None


class ReasonCount(Value, frozen=True, kw_only=True):
    """Blocks for a reason, each reason of a block; ``share``: of all decisions."""

    reason: str
    count: int
    share: float


class Now(Value, frozen=True, kw_only=True):
    """``minutes``: the last :data:`MINUTES`, the oldest first, the one that is not over last.
    ``decisions``, ``blocked``, ``reasons``: of those that were counted, from ``counted_since`` on.
    """

    at: datetime
    under_way: tuple[LiveCall, ...]
    all_under_way: int
    newest: tuple[LiveCall, ...]
    minutes: tuple[Minute, ...]
    counted_since: datetime
    decisions: int
    blocked: int
    reasons: tuple[ReasonCount, ...]
    incidents: tuple[IncidentCount, ...]

    @property
    def block_rate(self) -> float | None:
        return self.blocked / self.decisions if self.decisions else None


class _Shared:
    """Those who may see the same calls. ``counted``: by slice, what is told of it, from ``since`` on; what
    lies behind ``again`` is counted once more, as it was not over, or not all stored.
    """

    def __init__(self) -> None:
        self.asking: asyncio.Task[None] | None = None
        self.last: tuple[float, Now | DialpactError] | None = None
        self.counted: dict[datetime, list[Counted]] = {}
        self.since: datetime | None = None
        self.again: datetime | None = None


class Watch:
    """Takes the looks of one process."""

    def __init__(
        self, fresh_seconds: float = FRESH_SECONDS, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._fresh, self._patience = fresh_seconds, patience_seconds
        self._shared: dict[Wanted, _Shared] = {}

    async def now(self, context: Context, limits: Wanted = EVERYTHING) -> Now:
        """``limits``: whose calls may be seen; nothing else of it is looked at. StoreError."""
        context.actor.need(Right.CALLS)
        shared = self._of(limits)
        if not self._is_fresh(shared):
            if shared.asking is None:
                shared.asking = asyncio.create_task(self._look(context, limits, shared), name="look at now")
            done, _ = await asyncio.wait({shared.asking}, timeout=self._patience)
            if not done:
                raise StoreBusy(f"no answer within {self._patience:g} s")
            done.pop().result()
        assert shared.last is not None
        if isinstance(found := shared.last[1], DialpactError):
            raise found
        return found

    async def close(self) -> None:
        """No look is under way behind it."""
        asking = [shared.asking for shared in self._shared.values() if shared.asking]
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    def _is_fresh(self, shared: _Shared) -> bool:
        now = asyncio.get_running_loop().time()
        return shared.last is not None and now - shared.last[0] < self._fresh

    def _of(self, limits: Wanted) -> _Shared:
        key = Wanted(businesses=limits.businesses, campaigns=limits.campaigns, agents=limits.agents)
        self._shared[key] = shared = self._shared.pop(key, None) or _Shared()
        while len(self._shared) > KEPT:
            del self._shared[next(iter(self._shared))]
        return shared

    async def _look(self, context: Context, limits: Wanted, shared: _Shared) -> None:
        """It fails for all who share it."""
        try:
            found: Now | DialpactError = await _looked(context, limits, shared)
        except DialpactError as error:
            found = error
        finally:
            shared.asking = None
        shared.last = asyncio.get_running_loop().time(), found


async def _looked(context: Context, limits: Wanted, shared: _Shared) -> Now:
    now = context.now()
    this = now.replace(second=0, microsecond=0)
    first = this - (MINUTES - 1) * MINUTE
    since = max(first, shared.again) if shared.again else first
    rows = await context.store.live.look(limits, most=MOST, counted_since=since, incidents_since=now - LATELY)
    counted = {at: told for at, told in shared.counted.items() if first <= at < since}
    for one in rows.counted:
        counted.setdefault(one.at, []).append(one)
    reach = max(first, shared.since or first)
    if rows.counted_since > since:  # more than one look counts: what lies before is not known
        reach = rows.counted_since
        counted = {at: told for at, told in counted.items() if at >= reach}
    shared.counted, shared.since, shared.again = counted, reach, slice_of(now - LATE)
    return _now(now, rows, counted, reach, first)


def _now(
    at: datetime, rows: LiveRows, counted: dict[datetime, list[Counted]], since: datetime, first: datetime
) -> Now:
    marks = _by_call(rows.recordings)
    under_way = [_call(one, marks) for one in rows.under_way]
    known = {one.entry.id for one in under_way}
    newest = [_call(one, marks) for one in rows.newest]
    ringing = [one for one in newest if one.entry.outcome == UNDER_WAY and one.entry.id not in known]
    both = sorted((*under_way, *ringing), key=lambda one: (one.entry.decided_at, one.entry.id), reverse=True)
    everything = [one for several in counted.values() for one in several]
    decisions = sum(one.count for one in everything)
    return Now(
        at=at,
        under_way=tuple(both[:MOST]),
        all_under_way=rows.all_under_way + len(ringing),
        newest=tuple(newest),
        minutes=tuple(_minute(first + place * MINUTE, counted, since) for place in range(MINUTES)),
        counted_since=since,
        decisions=decisions,
        blocked=_count(everything, "BLOCK"),
        reasons=tuple(_reasons(everything, decisions)),
        incidents=rows.incidents,
    )


def _minute(at: datetime, counted: dict[datetime, list[Counted]], since: datetime) -> Minute:
    if at < since:
        return Minute(at=at, allowed=None, blocked=None)
    slices = (at + place * SLICE for place in range(MINUTE // SLICE))
    own = [one for start in slices for one in counted.get(start, ())]
    return Minute(at=at, allowed=_count(own, "ALLOW"), blocked=_count(own, "BLOCK"))


def _count(counted: Iterable[Counted], verdict: str) -> int:
    return sum(one.count for one in counted if one.verdict == verdict)


def _reasons(counted: Iterable[Counted], decisions: int) -> Iterable[ReasonCount]:
    """The most frequent first."""
    found: Counter[str] = Counter()
    for one in counted:
        if one.verdict == "BLOCK":
            found.update(dict.fromkeys(one.reasons, one.count))
    for reason, count in sorted(found.items(), key=lambda each: (-each[1], each[0])):
        yield ReasonCount(reason=reason, count=count, share=count / decisions)


def _by_call(marks: Sequence[RecordingMark]) -> dict[str, list[RecordingMark]]:
    found: dict[str, list[RecordingMark]] = {}
    for mark in marks:
        found.setdefault(mark.decision, []).append(mark)
    return found


def _call(entry: CallEntry, marks: dict[str, list[RecordingMark]]) -> LiveCall:
    own = marks.get(entry.id)
    if not own:
        answered = entry.outcome == "answered"
        return LiveCall(entry=entry, recording="missing" if answered else "none", recording_id="")
    worst = min(own, key=lambda mark: _WORST.index(mark.state))
    return LiveCall(entry=entry, recording=worst.state, recording_id=worst.id)
