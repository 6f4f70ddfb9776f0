"""What is going on now: the calls under way and the newest, what was decided lately, what happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from dialpact.compliance.calls import CallEntry, Verdict
from dialpact.compliance.incidents import IncidentCount
from dialpact.compliance.model import Value
from dialpact.compliance.recording import State
from dialpact.store.ports.listings import Wanted

SLICE = timedelta(seconds=10)


def slice_of(at: datetime) -> datetime:
    """Its beginning."""
    seconds = int(SLICE.total_seconds())
    return at.replace(second=at.second // seconds * seconds, microsecond=0)


class Counted(Value, frozen=True, kw_only=True):
    """Decisions of one :data:`SLICE` of a minute (UTC, its beginning) that were told the same.
    ``reasons``: all of each.
    """

    at: datetime
    verdict: Verdict
    reasons: tuple[str, ...]
    count: int


class RecordingMark(Value, frozen=True, kw_only=True):
    """How it stands with one recording of a call. ``part``: whose channel."""

    id: str
    decision: str
    part: str
    state: State


class LiveRows(Value, frozen=True, kw_only=True):
    """Of one instant, all that whoever looks may see.

    ``under_way``: calls whose recording is not over, the newest first; ``all_under_way``: how many there are.
    ``newest``: calls by the time of their decision. ``recordings``: of all of these. ``counted``: from
    ``counted_since`` on every decision is in it. ``incidents``: by kind, the latest first, of as many of the
    newest as are looked at.
    """

    under_way: tuple[CallEntry, ...]
    all_under_way: int
    newest: tuple[CallEntry, ...]
    recordings: tuple[RecordingMark, ...]
    counted: tuple[Counted, ...]
    counted_since: datetime
    incidents: tuple[IncidentCount, ...]


class Live(Protocol):
    async def look(
        self, wanted: Wanted, *, most: int, counted_since: datetime, incidents_since: datetime
    ) -> LiveRows:
        """``most``: calls of each of the two lists. Of ``wanted`` what limits whose calls they may be."""
