"""What a human has to know: calls round the gate, recordings with a flaw, and the like."""

from __future__ import annotations

from datetime import datetime

from dialpact.compliance.model import Value


class Incident(Value, frozen=True, kw_only=True):
    """Each has its leaf in the ledger; none is changed or deleted. ``kind``: as in docs/incidents.md."""

    seq: int
    at: datetime
    node: str
    kind: str
    decision: str  # its id; empty where it is about none
    channel: str
    detail: str


class IncidentCount(Value, frozen=True, kw_only=True):
    kind: str
    count: int
    first: datetime
    last: datetime
