"""What is known of a call, from its decision and its recordings. What is not known is null, and named so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from dialpact.compliance.clock import instant
from dialpact.compliance.evidence import Dossier
from dialpact.compliance.evidence.rows import CarrierLegRow, RecordingRow
from dialpact.compliance.model import Decision

# Null in these is a gap in what is known; in others it is an answer.
EXPECTED = (
    *("agent", "answered_at", "business", "caller_id", "campaign", "disposition", "ended_at", "trunk"),
    *("linkedid", "sip_call_id", "ringing_at", "hangup_cause", "sent_from"),
)


def facts(call: Dossier, decision: Decision) -> dict[str, Any]:
    """Times are UTC. ``caller_id`` is what was to be shown, in a form of ``may_leave_as``; ``sent_from`` what
    left for the carrier. What he did show is not known here.
    """
    row, attempt = call.decision, decision.attempt
    answered = [one["answered_at"] for one in call.recordings if one["answered_at"]]
    ended = [one["ended_at"] for one in call.recordings if one["ended_at"]]
    running = any(not one["ended_at"] for one in call.recordings)
    known: dict[str, Any] = {
        "id": call.id,
        "node": row["node"],
        "number_of_the_decision": row["seq"],
        "decided_at": row["decided_at"],
        "behind_us": row["behind_us"],
        "mode": row["mode"],
        "verdict": row["verdict"],
        "delivered": call.undelivered is None,
        "not_delivered_because": call.undelivered["reason"] if call.undelivered else None,
        "reasons": list(decision.reasons),
        "callee": row["number"] or None,
        "callee_as_dialled": row["given"],
        "number_given_to_the_trunk": row["dial"] or None,
        "caller_id": row["caller_id"] or None,
        "may_leave_as": may_leave_as(decision),
        "campaign": row["campaign"] or None,
        "business": row["business"] or None,
        "agent": row["agent"] or None,
        "trunk": row["trunk"] or None,
        "agent_leg": {"channel": attempt.channel or None, "uniqueid": attempt.uniqueid or None},
        "carrier_legs": legs(call),
        **_joined_by(call.carrier_legs),
        "answered_at": min(answered, default=None),
        "ended_at": max(ended, default=None) if not running else None,
        "disposition": disposition(call),
        "versions": {
            "profiles": decision.policy,
            "calendar": decision.calendar or None,
            "tz": decision.tz or None,
            "number_metadata": decision.number_metadata or None,
        },
    }
    unknown = [name for name in EXPECTED if known[name] is None]
    unknown += [f"versions.{name}" for name, value in known["versions"].items() if not value]
    return known | {"unknown": sorted(unknown)}


def may_leave_as(decision: Decision) -> list[str]:
    """What may stand in From, as it was when the call was decided."""
    entry, number = decision.facts.caller_id, decision.attempt.caller_id
    return list(entry.sent_as) if entry and entry.sent_as else [number] if number else []


def remains(call: Dossier) -> dict[str, Any]:
    """What is left of a call whose inputs were erased."""
    row = call.decision
    return {
        "id": call.id,
        "erased": True,
        "remains": call.remains,
        "node": row["node"],
        "number_of_the_decision": row["seq"],
        "decided_at": row["decided_at"],
        "behind_us": row["behind_us"],
        "mode": row["mode"],
        "verdict": row["verdict"],
        "reasons": json.loads(row["reasons"]),
        "campaign": row["campaign"] or None,
        "business": row["business"] or None,
        "trunk": row["trunk"] or None,
        "unknown": [],
    }


def disposition(call: Dossier) -> str | None:
    """``refused``, ``not-delivered``, ``answered``, ``unanswered``, ``running``, ``unseen`` (nobody saw its
    end); None when it is not known.

    Without a recording nobody here saw whether the call was made: a reconciliation with the CDR may know.
    """
    if not call.decision["dial"]:
        return "refused"
    if call.undelivered:
        return "not-delivered"
    if any(not one["ended_at"] for one in call.recordings):
        return "running"
    if any(one["answered_at"] for one in call.recordings):
        return "answered"
    if any(one["unseen"] for one in call.recordings):
        return "unseen"
    return "unanswered" if call.recordings else None


# What Asterisk said of a leg, as a package has it. The cause is a Q.850 number.
TOLD = ("linkedid", "sip_call_id", "sent_from", "dialled_at", "ringing_at", "dial_status", "hangup_cause")


def _joined_by(carrier_legs: list[CarrierLegRow]) -> dict[str, Any]:
    """Of the leg that was answered, or the last one that was tried."""
    answered = [leg for leg in carrier_legs if leg["answered_at"]]
    chosen: Mapping[str, Any] = (answered or carrier_legs)[-1] if carrier_legs else {}
    names = ("linkedid", "sip_call_id", "sent_from", "ringing_at", "hangup_cause")
    return {name: None if chosen.get(name) == "" else chosen.get(name) for name in names}


def legs(call: Dossier) -> list[dict[str, Any]]:
    """The carrier's legs, the first one first: how each was recorded, and what Asterisk told of it."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for stored in call.carrier_legs:
        told: Mapping[str, Any] = stored
        found[stored["node"], stored["uniqueid"]] = {
            **{name: told[name] for name in ("channel", "uniqueid", "answered_at", "ended_at")},
            **{name: None if told[name] == "" else told[name] for name in TOLD},
            "first_recorded_at": None,
            "supervision": list(json.loads(stored["supervision"]).values()),
        }
    for row in call.recordings:
        if row["part"] != "carrier":
            continue
        leg = found.setdefault(
            (row["node"], row["uniqueid"]),
            {"channel": row["channel"], "uniqueid": row["uniqueid"], **dict.fromkeys(TOLD)}
            | {"supervision": []},
        )
        begun = row["started_at"] if has_files(row) else None
        leg["first_recorded_at"] = leg.get("first_recorded_at") or begun
        leg["answered_at"] = leg.get("answered_at") or row["answered_at"]
        leg["ended_at"] = row["ended_at"]
    return list(found.values())


def has_files(row: RecordingRow) -> bool:
    """Whether a recording's row tells of files: it names some before anything was recorded."""
    return bool(row["sha256"]) or row["state"] == "running"


def gaps(recordings: list[RecordingRow]) -> list[dict[str, Any]]:
    """Between the segments of one answered leg: from the end of one to the start of the next, in seconds."""
    found = []
    by_leg: dict[tuple[str, str], list[RecordingRow]] = {}
    for row in recordings:
        if row["part"] != "carrier":
            continue  # others come and go
        by_leg.setdefault((row["node"], row["uniqueid"]), []).append(row)
    for segments in by_leg.values():
        for before, after in pairwise(segments):
            if not before["ended_at"] or not after["answered_at"]:
                continue
            seconds = (instant(after["started_at"]) - instant(before["ended_at"])).total_seconds()
            if seconds > 0:
                between = {
                    "from": before["ended_at"],
                    "to": after["started_at"],
                    "seconds": round(seconds, 3),
                }
                found.append({"after": before["id"], "before": after["id"], **between})
    return found
