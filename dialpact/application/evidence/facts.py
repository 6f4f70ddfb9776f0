"""What is known of a call, from its decision and its recordings. What is not known is null, and named so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from dialpact.compliance.clock import instant
from dialpact.compliance.evidence import Dossier
from dialpact.compliance.evidence.rows import CarrierLegRow, RecordingRow

# Null in these is a gap in what is known; in others it is an answer.
EXPECTED = (
    *("agent", "answered_at", "business", "caller_id", "campaign", "disposition", "ended_at", "trunk"),
    *("linkedid", "sip_call_id", "ringing_at", "hangup_cause", "sent_from"),
)


def facts(call: Dossier) -> dict[str, Any]:
    """Times are UTC. ``caller_id`` is what was to be shown, in a form of ``may_leave_as``; ``sent_from`` what
    left for the carrier. What he did show is not known here.
    """
    row, stored = call.decision, json.loads(call.decision["record"])
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
        "reasons": json.loads(row["reasons"]),
        "callee": row["number"] or None,
        "callee_as_dialled": row["given"],
        "number_given_to_the_trunk": row["dial"] or None,
        "caller_id": row["caller_id"] or None,
        "may_leave_as": may_leave_as(stored),
        "campaign": row["campaign"] or None,
        "business": row["business"] or None,
        "agent": row["agent"] or None,
        "trunk": row["trunk"] or None,
        "agent_leg": {"channel": row["channel"] or None, "uniqueid": row["uniqueid"] or None},
        "carrier_legs": legs(call),
        **_joined_by(over(call)),
        "answered_at": min(answered, default=None),
        "ended_at": max(ended, default=None) if not running else None,
        "disposition": disposition(call),
        "versions": {
            "profiles": stored.get("policy") or [],
            **{name: stored.get(name) or None for name in ("calendar", "tz", "number_metadata")},
        },
    }
    unknown = [name for name in EXPECTED if known[name] is None]
    unknown += [f"versions.{name}" for name, value in known["versions"].items() if not value]
    going_on = [leg["uniqueid"] for leg in call.carrier_legs if not leg["ended_at"]]
    return known | {"unknown": sorted(unknown), "legs_going_on": going_on}


def over(call: Dossier) -> list[CarrierLegRow]:
    """The carrier's legs that have ended: no other has an entry of the ledger."""
    return [leg for leg in call.carrier_legs if leg["ended_at"]]


def may_leave_as(stored: Mapping[str, Any]) -> list[str]:
    """What may stand in From, as it was when the call was decided. ``stored``: the decision, as JSON."""
    entry, number = stored["facts"].get("caller_id") or {}, stored["attempt"]["caller_id"]
    return list(entry.get("sent_as") or ([number] if number else []))


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
        "put_through": bool(row["dial"]),
        "continues": row["continues"] or None,
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


def unrecorded(legs: Iterable[Mapping[str, Any]], recordings: Iterable[Mapping[str, Any]]) -> list[str]:
    """The unique ids of answered legs of which there is no recording at all."""
    known = {(row["node"], row["uniqueid"]) for row in recordings}
    answered = [leg for leg in legs if leg["answered_at"]]
    return [leg["uniqueid"] for leg in answered if (leg["node"], leg["uniqueid"]) not in known]


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
    for stored in over(call):
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
