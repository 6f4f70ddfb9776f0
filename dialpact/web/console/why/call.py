"""One call: what was asked and answered, every rule, and what became of it."""

from __future__ import annotations

from typing import Any

from dialpact.compliance.calls import CallEntry, LegEntry
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.moment import shown_time
from dialpact.compliance.veil import Veil
from dialpact.store.ports.listings import WholeCall
from dialpact.web.console import within
from dialpact.web.console.call_row import Row, row
from dialpact.web.console.page import Asked, NoForm, Shown
from dialpact.web.console.why.choices import choices
from dialpact.web.console.why.explained import said, seen_by, when

TEMPLATE = "why/call.html"


async def call(asked: Asked[NoForm]) -> Shown:
    """404 for one that the account may not see; what can not be read says so."""
    found = await within.call(asked)
    entry, decision = found.entry, found.decision
    callee = (entry.number, entry.given)
    spellings = (decision.attempt.callee.national, decision.dial) if decision else ()
    senders = (entry.caller_id, *(leg.sent_from for leg in found.carrier_legs))
    veil = await within.veil(asked, (*callee, *spellings), senders)
    rules = said(asked, seen_by(asked, decision, veil, entry.business), decision, veil) if decision else []
    shown = row(entry, veil)
    values: dict[str, Any] = {
        "call": shown,
        "entry": entry,
        "given": veil.number(entry.given),
        "trunk": veil.text(entry.trunk),
        "rules": rules,
        "failing": [one for one in rules if one.result == "fail"],
        "decision": decision,
        "decided_at": when(entry.decided_at, decision) if decision else shown_time(entry.decided_at),
        "retry_at": when(entry.retry_at, decision) if decision else "",
        "asked": _asked(entry, shown),
        "legs": [_leg(one, veil) for one in found.carrier_legs],
        "recordings": _recordings(found),
        "standing": found.standing,
        "hears": asked.account.role is not Role.ADMINISTRATOR,
        "leaves": asked.account.role is not Role.SUPERVISOR,
        "choices": await choices(asked),
    }
    return Shown(template=TEMPLATE, values=values)


def _asked(entry: CallEntry, shown: Row) -> dict[str, Any]:
    """What the next question begins with: as it was, but for what may not be seen."""
    seen = {
        "campaign": entry.campaign if shown.campaign == entry.campaign else "",
        "caller_id": entry.caller_id if shown.caller_id == entry.caller_id else "",
        "agent": entry.agent if shown.agent == entry.agent else "",
    }
    return {**seen, "trunk": entry.trunk, "at": None, "live": False}


def _leg(leg: LegEntry, veil: Veil) -> dict[str, Any]:
    return {
        "channel": veil.text(leg.channel),
        "uniqueid": veil.text(leg.uniqueid),
        "sip_call_id": veil.text(leg.sip_call_id),
        "sent_from": veil.caller_id(leg.sent_from),
        "dialled_at": leg.dialled_at,
        "ringing_at": leg.ringing_at,
        "answered_at": leg.answered_at,
        "ended_at": leg.ended_at,
        "dial_status": leg.dial_status,
        "hangup_cause": leg.hangup_cause,
        "interlock": leg.interlock,
        "supervision": [
            {
                "channel": veil.text(one.channel),
                "way": one.way,
                "heard_by": one.heard_by,
                "since": one.since,
                "until": one.until,
            }
            for one in leg.supervision
        ],
    }


def _recordings(found: WholeCall) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "part": one.part,
            "state": one.state,
            "started_at": one.started_at,
            "seconds": one.seconds,
            "keep_until": one.keep_until,
        }
        for one in found.recordings
    ]
