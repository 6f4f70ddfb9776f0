"""What a reconciliation found, kept as incidents: also what happened while the listener was down.

The time of an incident is that of the call, so each report of that day has it. A finding is written once,
however often its file is read, and not at all where the listener saw the same call itself.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from dialpact.compliance.reconcile.values import KINDS, NOTES, CdrFinding

PREFIX = "cdr-"
# Not of a call that was made: a caller who gave up leaves the same trace where cdr.conf leaves him out.
# That nobody saw a call's end was an incident when it happened.
LEFT_OUT = NOTES | {"decision-without-call", "unseen-open"}
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
}
NEAR = timedelta(minutes=5)  # between the start of a CDR and the leg: the caller may have waited


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
