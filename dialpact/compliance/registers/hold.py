"""A legal hold: what it bears on is not disposed of, whatever its time."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from dialpact.compliance.model import Value

HoldScope = Literal["recording", "call", "callee"]


class Hold(Value, frozen=True, kw_only=True):
    """``scope`` recording or call: of that id; callee: of all recordings of that number (E.164), also those
    that are still to be made. ``recordings``: how many it keeps now.
    """

    id: int
    scope: HoldScope
    key: str
    since: datetime
    by: str
    reason: str
    released_at: datetime | None
    released_by: str
    release_reason: str
    recordings: int
