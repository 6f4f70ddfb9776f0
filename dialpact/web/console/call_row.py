"""A call in a list, as whoever looks may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dialpact.application.now import LiveCall
from dialpact.compliance.calls import CallEntry
from dialpact.compliance.veil import Veil

OPEN = ("failed", "unseen", "missing")  # states of recordings that want a person


@dataclass(frozen=True, kw_only=True)
class Row:
    """``recording``: as in :class:`~dialpact.application.now.LiveCall`; empty where nobody looked."""

    id: str
    at: datetime
    number: str
    caller_id: str
    campaign: str
    agent: str
    verdict: str
    shadow: bool
    reasons: tuple[str, ...]
    outcome: str
    talk_seconds: float | None
    recording: str = ""
    recording_id: str = ""
    recording_open: bool = False


def row(entry: CallEntry, veil: Veil, live: LiveCall | None = None) -> Row:
    mine = veil.about((entry.number, entry.given))
    return Row(
        id=entry.id,
        at=entry.decided_at,
        number=mine.number(entry.number or entry.given),
        caller_id=mine.caller_id(entry.caller_id),
        campaign=mine.text(entry.campaign),
        agent=mine.text(entry.agent),
        verdict=entry.verdict,
        shadow=entry.mode == "shadow",
        reasons=entry.reasons,
        outcome=entry.outcome,
        talk_seconds=entry.talk_seconds,
        recording=live.recording if live else "",
        recording_id=live.recording_id if live else "",
        recording_open=live is not None and live.recording in OPEN,
    )
