"""Why a decision is as it is: what each rule found, and what it looked at. From the decision's own facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeAlias

from msgspec import UnsetType

from dialpact.compliance.model import Decision, Finding, Value
from dialpact.compliance.zones import zone

# A door says it in words: None as a dash, a tuple with commas, one inside it with blanks; a time that is not
# UTC in the zone that it has.
Seen: TypeAlias = "str | int | date | datetime | tuple[Seen, ...] | None"


class LookedAt(Value, frozen=True, kw_only=True):
    """``key``: of the doors' table ``looked``; ``values``: what its text is filled with."""

    key: str
    values: dict[str, Seen]


class Explained(Value, frozen=True, kw_only=True):
    """``looked_at`` is None for what looks at nothing (a failure of ours, a forged session), and for a rule
    of another version. ``retry_at``: the finding's, on the clock that the rule looked at.
    """

    finding: Finding
    looked_at: LookedAt | None
    retry_at: datetime | None


def explain(decision: Decision) -> tuple[Explained, ...]:
    """Every rule in the order in which they were judged."""
    return tuple(
        Explained(
            finding=finding,
            looked_at=looked_at(finding, decision),
            retry_at=local(finding.retry_at, decision, finding) if finding.retry_at else None,
        )
        for finding in decision.findings
    )


def looked_at(finding: Finding, decision: Decision) -> LookedAt | None:
    if finding.rule in ("days", "hours"):
        return _clock(finding, decision)
    look = _RULES.get(finding.rule)
    return look(decision) if look else None


def local(instant: datetime, decision: Decision, finding: Finding | None = None) -> datetime:
    """``instant`` on the clock that the rule looked at; UTC where that is everybody's own.

    Without ``finding``: on the clock of the rule that stands in the way the longest.
    """
    if finding is None:
        later = [each for each in decision.findings if each.retry_at and each.detail.get("zone")]
        finding = max(later, key=lambda each: each.retry_at or instant, default=None)
    return _clocks(instant, decision, finding)[0]


def _clocks(instant: datetime, decision: Decision, finding: Finding | None) -> list[datetime]:
    """The closed one where one is; else the callee's first, of which a toll-free number has 42."""
    named = finding.detail.get("zone") if finding else None
    places = [named] if named else decision.attempt.callee.zones[:MOST_CLOCKS]
    known = [place for name in places if (place := zone(name)) is not None]
    return [instant.astimezone(place) for place in known] or [instant.astimezone(UTC)]


MOST_CLOCKS = 3
_NOTHING = LookedAt(key="nothing", values={})


def _number(decision: Decision) -> LookedAt:
    callee = decision.attempt.callee
    return LookedAt(key="number", values={"given": callee.given, "number": callee.e164 or None})


def _campaign(decision: Decision) -> LookedAt:
    campaign = decision.facts.campaign
    if campaign is None:
        return _NOTHING
    fields = ("id", "business", "industry", "purpose")
    return LookedAt(key="campaign", values={name: getattr(campaign, name) for name in fields})


def _suspension(decision: Decision) -> LookedAt:
    attempt = decision.attempt
    return LookedAt(
        key="suspension",
        values={
            "count": len(decision.facts.suspensions),
            "agent": attempt.agent or None,
            "campaign": attempt.campaign or None,
            "caller_id": attempt.caller_id or None,
        },
    )


def _trial(decision: Decision) -> LookedAt:
    found = decision.facts.trial
    if isinstance(found, UnsetType):
        return _NOTHING
    values: dict[str, Seen] = {
        "number": found.number,
        "by": found.by,
        "at": found.confirmed_at,
        "until": found.ends_at,
    }
    return LookedAt(key="trial", values=values)


def _actor(decision: Decision) -> LookedAt:
    business = decision.facts.business
    if business is None:
        return _NOTHING
    return LookedAt(key="actor", values={"business": business.id, "actor": business.actor})


def _registration(decision: Decision) -> LookedAt:
    campaign, found = decision.facts.campaign, decision.facts.registrations
    if campaign is None:
        return _NOTHING
    listed = tuple((one.kind, one.valid_from, one.valid_to) for one in found)
    return LookedAt(
        key="registration",
        values={
            "count": len(found),
            "business": campaign.business,
            "campaign": campaign.id,
            "listed": listed or None,
        },
    )


def _opt_outs(decision: Decision) -> LookedAt:
    found = decision.facts.opt_outs
    listed = tuple(f"{one.scope} {one.value}".strip() for one in found)
    return LookedAt(key="opt-outs", values={"count": len(found), "listed": listed or None})


def _clock(finding: Finding, decision: Decision) -> LookedAt:
    zones = decision.attempt.callee.zones
    shown = (*zones[:MOST_CLOCKS], "…") if len(zones) > MOST_CLOCKS else zones
    at = tuple(_clocks(decision.decided_at, decision, finding))
    return LookedAt(key="clock", values={"at": at, "zones": shown or None, "calendar": decision.calendar})


def _consents(decision: Decision) -> LookedAt:
    consents = decision.facts.consents
    given = tuple((f"{consent.business}/{consent.industry}", consent.granted_at) for consent in consents)
    return LookedAt(key="consents", values={"count": len(consents), "listed": given or None})


def _leads(decision: Decision) -> LookedAt:
    batches = decision.facts.leads
    listed = tuple((f"#{batch.id}", batch.partner, batch.contract) for batch in batches)
    return LookedAt(key="leads", values={"count": len(batches), "listed": listed or None})


def _neighbours(decision: Decision) -> LookedAt:
    facts = decision.facts
    count = facts.nearby.count if facts.nearby else len(facts.neighbours)
    return LookedAt(key="neighbours", values={"count": count})


def _script(decision: Decision) -> LookedAt:
    script = decision.facts.script
    if script is None:
        return _NOTHING
    by = script.approved_by or None
    return LookedAt(key="script", values={"id": script.id, "version": script.version, "by": by})


def _caller_id(decision: Decision) -> LookedAt:
    entry = decision.facts.caller_id
    if entry is None:
        return LookedAt(key="caller-id-unknown", values={"number": decision.attempt.caller_id or None})
    return LookedAt(
        key="caller-id",
        values={
            "number": entry.number,
            "business": entry.business,
            "trunks": entry.trunks,
            "purposes": entry.purposes,
            "first": entry.valid_from,
            "last": entry.valid_to,
        },
    )


def _resources(decision: Decision) -> LookedAt:
    facts = decision.facts
    holders = tuple(filter(None, facts.trunk_holders.values()))
    return LookedAt(
        key="resources",
        values={
            "trunk": decision.attempt.trunk or None,
            "holder": facts.trunk_business or holders or None,
            "caller_id": facts.caller_id.business if facts.caller_id else None,
        },
    )


def _attempts(decision: Decision) -> LookedAt:
    listed = tuple((f"{tally.per} {tally.limit}:", tally.nth) for tally in decision.facts.attempts)
    return LookedAt(key="attempts", values={"listed": listed or None})


def _recorder(decision: Decision) -> LookedAt:
    recorder = decision.facts.recorder
    if recorder is None:
        return _NOTHING
    return LookedAt(key="recorder", values={"state": recorder.why or "ready"})


_RULES: dict[str, Callable[[Decision], LookedAt]] = {
    "number": _number,
    "campaign": _campaign,
    "suspension": _suspension,
    "trial": _trial,
    "actor": _actor,
    "registration": _registration,
    "do_not_call": _opt_outs,
    "consent": _consents,
    "leads": _leads,
    "range_dialling": _neighbours,
    "script": _script,
    "caller_id": _caller_id,
    "resources": _resources,
    "attempts": _attempts,
    "recording": _recorder,
}
