"""The rows that belong to a call, whole and as they are stored.

A package shows the very row that the ledger has the hash of: no column is left out, and a time stays the text
that was written down (``dialpact.compliance.clock.stamp``).
"""

from __future__ import annotations

from typing import TypedDict


class DecisionRow(TypedDict):
    """``record``: the decision as JSON; empty once it was erased."""

    seq: int
    id: str
    node: str
    decided_at: str
    verdict: str
    reasons: str
    number: str
    given: str
    dial: str
    caller_id: str
    campaign: str
    business: str
    agent: str
    trunk: str
    channel: str
    uniqueid: str
    attack: str
    retry_at: str | None
    record: str
    mode: str
    behind_us: int
    continues: str


class UndeliveredRow(TypedDict):
    decision: str
    at: str
    reason: str


class RecordingRow(TypedDict):
    """``sound``: JSON. ``disposed_at``: when its files were deleted because their time was over."""

    id: str
    decision: str
    node: str
    channel: str
    uniqueid: str
    state: str
    number: str
    caller_id: str
    campaign: str
    started_at: str
    answered_at: str | None
    ended_at: str | None
    format: str
    path: str
    bytes: int | None
    seconds: float | None
    talk_seconds: float | None
    sha256: str | None
    callee_path: str
    callee_sha256: str | None
    callee_dbfs: float | None
    agent_path: str
    agent_sha256: str | None
    agent_dbfs: float | None
    keep_until: str | None
    disposed_at: str | None
    part: str
    sound: str
    unseen: int


class CarrierLegRow(TypedDict):
    """``supervision``: JSON."""

    id: str
    decision: str
    node: str
    channel: str
    uniqueid: str
    linkedid: str
    sip_call_id: str
    dialled_at: str
    ringing_at: str | None
    answered_at: str | None
    ended_at: str | None
    dial_status: str
    hangup_cause: int | None
    sent_from: str
    interlock: str
    supervision: str


class IncidentRow(TypedDict):
    seq: int
    at: str
    node: str
    kind: str
    decision: str
    channel: str
    detail: str


class OptOutRow(TypedDict):
    """``number``: E.164 without its plus, as in every register. ``position``: seconds of the recording."""

    seq: int
    at: str
    number: int
    scope: str
    value: str
    how: str
    by: str
    node: str
    channel: str
    decision: str
    recording: str
    position: float | None


class DncRow(TypedDict):
    number: int
    scope: str
    value: str
    requested_at: str
    source: str
    created_at: str


class ConsentRow(TypedDict):
    number: int
    business: str
    industry: str
    granted_at: str
    expires_at: str | None
    evidence: str
    withdrawn_at: str | None
    created_at: str
    evidence_sha256: str
    wording: str


class BatchRow(TypedDict):
    id: int
    campaign: str
    partner: str
    contract: str
    basis: str
    file: str
    sha256: str
    imported_at: str
    imported_by: str
    rows: int
    finding: str
    held: str
    withdrawn_at: str | None


class ScriptRow(TypedDict):
    id: str
    version: int
    text: str
    sha256: str
    added_at: str
    added_by: str
    approved_by: str
    approved_at: str | None
    expires_at: str | None
    checked: str


class ComplaintRow(TypedDict):
    id: int
    number: int
    called_at: str
    source: str
    caller_id: str
    campaign: str
    agent: str
    decision: str
    note: str
    received_at: str
    due: str | None
    status: str
    answered_at: str | None
    answer: str


class ChangeRow(TypedDict):
    """``detail``: JSON."""

    seq: int
    at: str
    actor: str
    register: str
    action: str
    key: str
    detail: str


TABLES = {
    "decision": DecisionRow,
    "undelivered": UndeliveredRow,
    "recording": RecordingRow,
    "carrier_leg": CarrierLegRow,
    "incident": IncidentRow,
    "opt_out": OptOutRow,
    "do_not_call": DncRow,
    "consent": ConsentRow,
    "batch": BatchRow,
    "script": ScriptRow,
    "complaint": ComplaintRow,
    "register_change": ChangeRow,
}
