"""What a reconciliation found, kept as incidents: also what happened while the listener was down.

The time of an incident is that of the call, so each report of that day has it. A finding is written once,
however often its file is read, and not at all where the listener saw the same call itself.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from dialpact.compliance.reconcile.values import KINDS, NOTES, CdrFinding, SeenLeg

PREFIX = "cdr-"
# Not of a call that was made: a caller who gave up leaves the same trace where cdr.conf leaves him out.
# That nobody saw a call's end was an incident when it happened, and so was a leg that the listener told of.
LEFT_OUT = NOTES | {"decision-without-call", "unseen-open", "leg-without-cdr"}
WRITTEN = tuple(PREFIX + kind for kind in KINDS if kind not in LEFT_OUT)
# What the listener says of the same thing (its leg_policy), when it was there.
LISTENER = {
    "without-decision": ("no-decision", "malformed-decision", "unknown-decision"),
    "despite-refusal": ("refused-decision", "undelivered-decision"),
    "number-differs": ("foreign-number",),
    "trunk-differs": ("foreign-trunk",),
    "other-node": ("foreign-node",),
    "used-twice": ("reused-decision",),
    "answered-refused": ("recording-not-started", "recording-lost"),
    "unlisted-endpoint": ("unlisted-endpoint",),
    "whisper": ("supervisor-unrecorded", "voice-not-recorded"),
}
# The listener's words for a leg that went round the gate, or left by another number than it was told.
ROUND_THE_GATE = (
    *("no-decision", "malformed-decision", "unknown-decision", "refused-decision", "undelivered-decision"),
    *("foreign-node", "foreign-trunk", "foreign-number", "stale-decision", "reused-decision"),
    *("store-unavailable", "leg-not-judged", "unlisted-endpoint"),
    *("caller-id-altered", "caller-id-hidden", "caller-id-unknown"),
)
CUT = "cut;"  # how the detail of such an incident begins where the leg was cut
_DIALLED = re.compile(r"\bdialled (\S+)\Z")
NEAR = timedelta(minutes=5)  # between the start of a CDR and the leg: the caller may have waited


def seen_leg(*, channel: str, at: float, seq: int, kind: str, decision: str, detail: str) -> SeenLeg:
    """What an incident of the listener's (:data:`ROUND_THE_GATE`) says of its leg."""
    dialled = _DIALLED.search(detail)
    return SeenLeg(
        channel=channel,
        at=at,
        seq=seq,
        kind=kind,
        decision=decision,
        cut=detail.startswith(CUT),
        number=dialled[1] if dialled else "",
    )


class CdrIncident(NamedTuple):
    """``seen_as``: what the listener calls it, if it saw it itself, within ``NEAR`` on the same channel."""

    at: datetime  # of the call
    node: str
    kind: str
    decision: str
    channel: str
    detail: str
    seen_as: tuple[str, ...]


def incident(one: CdrFinding, node: str) -> CdrIncident | None:
    """None: of such a finding no incident is kept."""
    if one.kind in LEFT_OUT:
        return None
    return CdrIncident(
        at=datetime.fromtimestamp(one.at, UTC),
        node=node,
        kind=PREFIX + one.kind,
        decision=one.decision,
        channel=one.channel,
        detail=_detail(one),
        seen_as=LISTENER.get(one.kind, ()),
    )


def _detail(one: CdrFinding) -> str:
    facts = {"dialled": one.number, "caller ID": one.caller_id, "trunk": one.trunk, **one.detail}
    said = ", ".join(f"{name} {value}" for name, value in facts.items() if value)
    return f"{said}; {one.file} line {one.line}" if one.line else said
