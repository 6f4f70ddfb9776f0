"""What a complaint leads to: an opt-out at once, and suspensions when there were enough. Pure.

The store asks this in the transaction that files the complaint, as it asks the rules in a decision's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from dialpact.compliance.model import DncEntry, Purpose, Suspendable, Suspension, Value
from dialpact.compliance.profile import Profile
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.complaint import Complaint
from dialpact.compliance.sections import SuspensionRule


class Filed(Value, frozen=True, kw_only=True):
    """What one complaint led to. ``entered`` is "already" where its opt-out was in force before."""

    outcome: Outcome
    complaint: Complaint
    opt_out: DncEntry
    entered: Outcome
    suspended: tuple[Suspension, ...] = ()


class ComplaintCount(Value, frozen=True, kw_only=True):
    """``limit`` complaints within ``days`` suspend the one of ``kind`` that goes by ``key``."""

    kind: Suspendable
    key: str
    limit: int
    days: int
    profile: str

    def since(self, at: datetime) -> datetime:
        """Complaints received after this count, unless a suspension was lifted later."""
        return at - timedelta(days=self.days)

    def cause(self, complaints: Sequence[str]) -> str:
        """In words, why that many suspend; empty when they do not."""
        if len(complaints) < self.limit:
            return ""
        return f"{len(complaints)} complaints within {self.days} days (profile {self.profile})"


class Filing(Value, frozen=True, kw_only=True):
    """``rules``: what the profiles in force say about suspensions, by the profile's id."""

    within: timedelta  # before and after the time that the person remembers, in which a call is looked for
    from_all: bool = False  # opts out of all calls, and not of those of the call's business alone
    rules: Mapping[str, SuspensionRule] = {}
    businesses: tuple[str, ...] | None = (
        None  # whose calls are looked at, whose caller ID suspended; None: all
    )

    def opt_out(self, filed: Complaint, business: str) -> DncEntry:
        """``business``: of its call; empty when it was matched to none, and then nobody may call."""
        everything = self.from_all or not business
        return DncEntry(
            number=filed.number,
            scope="all" if everything else "business",
            value="" if everything else business,
            requested_at=filed.received_at,
            source=f"complaint {filed.source} #{filed.id}",
        )

    def counts(self, filed: Complaint, purpose: Purpose | None) -> Iterator[ComplaintCount]:
        """Who is counted, once for each profile. ``purpose``: of its campaign, None for an unknown one."""
        named: dict[Suspendable, str] = {
            "agent": filed.agent,
            "campaign": filed.campaign,
            "caller-id": filed.caller_id,
        }
        for profile, rule in self.rules.items():
            if not rule.binds(purpose or "marketing"):  # of an unknown campaign: what most rules bind
                continue
            for kind, limit in rule.complaints.items():
                if key := named[kind]:
                    yield ComplaintCount(
                        kind=kind, key=key, limit=limit, days=rule.complaint_days, profile=profile
                    )


def rules_in_force(profiles: Iterable[Profile], now: datetime) -> dict[str, SuspensionRule]:
    """By the profile's id; one binds from the beginning of its first local day on."""
    return {
        profile.id: profile.suspension
        for profile in profiles
        if profile.suspension and profile.suspension.effective_from <= now.astimezone(profile.zone).date()
    }
