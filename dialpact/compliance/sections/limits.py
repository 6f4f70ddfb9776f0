"""How much is too much: attempts at one person or over one caller ID, blocked attempts, complaints."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import msgspec

from dialpact.compliance.model import SUSPENDABLE, Per, Suspendable
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections.base import Section, require, require_some

MOST = 10_000  # the largest limit that is counted
LONGEST_HOURS = 24 * 366


class Cap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At most ``limit`` attempts within any ``hours`` hours.

    ``callee``: at one number for one business, over all its caller IDs and campaigns. ``caller-id``: over one
    caller ID. An ``alarm`` blocks nothing: it is written as an incident.
    """

    per: Per
    limit: int
    hours: int
    action: Literal["refuse", "alarm"] = "refuse"

    def __post_init__(self) -> None:
        require(1 <= self.limit <= MOST, "limit", f"1 to {MOST}")
        require(1 <= self.hours <= LONGEST_HOURS, "hours", f"1 to {LONGEST_HOURS}")

    @property
    def period(self) -> timedelta:
        return timedelta(hours=self.hours)


class Attempts(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    caps: tuple[Cap, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        require(bool(self.caps), "caps", "must not be empty")
        require(len(set(self.caps)) == len(self.caps), "caps", "lists something twice")


class SuspensionRule(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What suspends an agent, a campaign or a caller ID until an officer lifts it."""

    reasons: tuple[Reason, ...]  # blocks for these count; those for a failure or the hour need not
    hours: int  # within which blocked attempts are counted
    refused: dict[Suspendable, int]  # this many blocked attempts suspend
    complaint_days: int  # within which complaints are counted
    complaints: dict[Suspendable, int]

    def __post_init__(self) -> None:
        super().__post_init__()
        require_some("reasons", self.reasons, tuple(Reason))
        endless = Reason.SUSPENDED not in self.reasons
        require(endless, "reasons", "suspended: a suspension would feed on itself")
        require(1 <= self.hours <= LONGEST_HOURS, "hours", f"1 to {LONGEST_HOURS}")
        require(1 <= self.complaint_days <= 366, "complaint_days", "1 to 366")
        for key in ("refused", "complaints"):
            limits: dict[Suspendable, int] = getattr(self, key)
            require_some(key, tuple(limits), SUSPENDABLE)
            require(all(1 <= limit <= MOST for limit in limits.values()), key, f"1 to {MOST} each")
