"""A recording as the listener tells of it: at its beginning, at its end, and what a later listener finds."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from dialpact.compliance.waveform import Waveform


class NewRecording(msgspec.Struct, frozen=True, kw_only=True):
    id: str  # 32 hex digits
    decision: str
    node: str
    channel: str
    uniqueid: str
    number: str
    caller_id: str
    campaign: str
    started_at: datetime
    answered_at: datetime | None = None  # set when a running call's recording is continued in a new file
    format: str
    path: str
    callee_path: str
    agent_path: str
    part: str = "carrier"  # whose channel: carrier | joined | supervisor


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a recording at its end. ``dbfs``: level relative to full scale, None for silence.
    ``waveforms``: by side; their digests are in ``sound``.
    """

    id: str
    state: str  # kept | unanswered | failed
    ended_at: datetime
    bytes: int | None = None
    seconds: float | None = None
    talk_seconds: float | None = None
    sha256: str | None = None
    callee_sha256: str | None = None
    callee_dbfs: float | None = None
    agent_sha256: str | None = None
    agent_dbfs: float | None = None
    keep_until: date | None = None
    sound: str = ""  # JSON: time against file, silence and packets on each side
    unseen: bool = False  # nobody saw the end, so it may have been answered
    waveforms: dict[str, Waveform] = {}


class OpenRecording(msgspec.Struct, frozen=True, kw_only=True):
    """One that was being made when the listener last knew. ``state``: starting | running."""

    id: str
    decision: str
    channel: str
    uniqueid: str
    state: str
    started_at: datetime
    answered_at: datetime | None
    format: str
    path: str
    callee_path: str
    agent_path: str
    part: str
