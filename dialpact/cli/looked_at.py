"""What each rule looked at, in words: the other half of an explanation. From the decision's own facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from dialpact.cli import texts
from dialpact.compliance.model import Decision
from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.texts import Language

Said = tuple[str, dict[str, object]]  # a key of the table ``looked`` of the catalogue, and its values


def looked_at(rule: str, decision: Decision, language: Language) -> str:
    """Empty for what looks at nothing (a failure of ours, a forged session), or a rule of another version."""
    say = _RULES.get(rule)
    if say is None:
        return ""
    key, values = say(decision)
    return texts.text(f"looked.{key}", language, **values)


def _time(moment: datetime) -> str:
    return moment.astimezone(HOME).isoformat(" ", "seconds")


def _number(decision: Decision) -> Said:
    callee = decision.attempt.callee
    return "number", {"given": callee.given, "number": callee.e164 or "-"}


def _campaign(decision: Decision) -> Said:
    campaign = decision.facts.campaign
    if campaign is None:
        return "nothing", {}
    fields = ("id", "business", "industry", "purpose")
    return "campaign", {name: getattr(campaign, name) for name in fields}


def _suspension(decision: Decision) -> Said:
    attempt = decision.attempt
    return "suspension", {
        "count": len(decision.facts.suspensions),
        "agent": attempt.agent or "-",
        "campaign": attempt.campaign or "-",
        "caller_id": attempt.caller_id or "-",
    }


def _actor(decision: Decision) -> Said:
    business = decision.facts.business
    return ("actor", {"business": business.id, "actor": business.actor}) if business else ("nothing", {})


def _refusals(decision: Decision) -> Said:
    facts = decision.facts
    listed = ", ".join(f"{refusal.scope} {refusal.value}".strip() for refusal in facts.refusals)
    return "refusals", {"count": len(facts.refusals), "listed": listed or "-"}


def _clock(decision: Decision) -> Said:
    zones = ", ".join(decision.attempt.callee.zones[:3]) or "-"
    return "clock", {"at": _time(decision.decided_at), "zones": zones, "calendar": decision.calendar}


def _consents(decision: Decision) -> Said:
    given = ", ".join(
        f"{consent.business}/{consent.industry} {_time(consent.granted_at)}"
        for consent in decision.facts.consents
    )
    return "consents", {"count": len(decision.facts.consents), "listed": given or "-"}


def _leads(decision: Decision) -> Said:
    batches = decision.facts.leads
    listed = ", ".join(f"#{batch.id} {batch.partner} {batch.contract}" for batch in batches)
    return "leads", {"count": len(batches), "listed": listed or "-"}


def _neighbours(decision: Decision) -> Said:
    return "neighbours", {"count": len(decision.facts.neighbours)}


def _script(decision: Decision) -> Said:
    script = decision.facts.script
    if script is None:
        return "nothing", {}
    return "script", {"id": script.id, "version": script.version, "by": script.approved_by or "-"}


def _caller_id(decision: Decision) -> Said:
    entry = decision.facts.caller_id
    if entry is None:
        return "caller-id-unknown", {"number": decision.attempt.caller_id or "-"}
    return "caller-id", {
        "number": entry.number,
        "business": entry.business,
        "trunks": ", ".join(entry.trunks),
        "purposes": ", ".join(entry.purposes),
        "first": entry.valid_from,
        "last": entry.valid_to or "-",
    }


def _resources(decision: Decision) -> Said:
    facts = decision.facts
    return "resources", {
        "trunk": decision.attempt.trunk or "-",
        "holder": facts.trunk_business or ", ".join(filter(None, facts.trunk_holders.values())) or "-",
        "caller_id": facts.caller_id.business if facts.caller_id else "-",
    }


def _attempts(decision: Decision) -> Said:
    listed = ", ".join(
        f"{tally.per} {tally.limit}: {_time(tally.nth) if tally.nth else '-'}"
        for tally in decision.facts.attempts
    )
    return "attempts", {"listed": listed or "-"}


def _recorder(decision: Decision) -> Said:
    recorder = decision.facts.recorder
    if recorder is None:
        return "nothing", {}
    return "recorder", {"state": recorder.why or "ready"}


_RULES: dict[str, Callable[[Decision], Said]] = {
    "number": _number,
    "campaign": _campaign,
    "suspension": _suspension,
    "actor": _actor,
    "do_not_call": _refusals,
    "days": _clock,
    "hours": _clock,
    "consent": _consents,
    "leads": _leads,
    "range_dialling": _neighbours,
    "script": _script,
    "caller_id": _caller_id,
    "resources": _resources,
    "attempts": _attempts,
    "recording": _recorder,
}
