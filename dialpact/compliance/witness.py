"""How it stands with a witness, as the store keeps it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from dialpact.compliance.model import Value

# cosigned. other-size: it holds another tree, of ``size`` leaves: prove from there. conflict: it holds
# another tree of the log, which this one does not continue. ahead: it holds a larger one. unknown-log,
# unknown-key, malformed: it takes none of this log, none by this key, not this. forged: its signature is not
# its key's. failed: an answer that no witness gives. away: none in time.
Word = Literal[
    "cosigned",
    "other-size",
    "conflict",
    "ahead",
    "unknown-log",
    "unknown-key",
    "malformed",
    "forged",
    "failed",
    "away",
]
DISPUTES: tuple[Word, ...] = ("conflict", "ahead")  # somebody keeps two logs of one name, or has lost a part
PATIENCE = timedelta(hours=1)  # with one that does not cosign, before it is an incident


class WitnessState(Value, frozen=True, kw_only=True):
    """``word``, ``detail``: its last answer. ``size``: of the largest tree that it is known to hold.

    ``failing_since``: when the first of its answers came that was no cosignature, None: the last one was.
    ``cosigned_at``: when it last cosigned, by this host's clock. ``told``: this failure is an incident.
    """

    vkey: str
    url: str
    word: Word
    detail: str
    size: int
    asked_at: datetime
    failing_since: datetime | None
    cosigned_at: datetime | None
    told: bool

    @property
    def name(self) -> str:
        return self.vkey.partition("+")[0]
