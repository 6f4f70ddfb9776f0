"""Whom an event is about: events about one of the same arrive in the order in which they happened.

A subject is a digest: the outbox need not say whose number it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from dialpact.compliance.webhooks.events import (
    BlockedCall,
    CalendarEnding,
    ComplaintDue,
    Digest,
    Happened,
    IncidentCreated,
    OptOutAdded,
    RecordingFailed,
)


def subjects(data: Happened | ComplaintDue | CalendarEnding | Digest) -> tuple[str, ...]:
    """At least one."""
    match data:
        case BlockedCall():
            return _digests(("call", data.continues or data.decision), ("number", data.number))
        case RecordingFailed():
            return _digests(("call", data.decision), ("number", data.number))
        case OptOutAdded() if data.file:
            return _digests(("list", data.file))
        case OptOutAdded():
            return _digests(("number", data.number), ("call", data.decision))
        case IncidentCreated():
            about = ("call", data.decision) if data.decision else ("incident", str(data.incident))
            return _digests(about)
        case ComplaintDue():
            return _digests(("complaint", str(data.complaint)), ("number", data.number))
        case CalendarEnding():
            return _digests(("calendar", "working days"))
        case Digest():
            return _digests(("digest", "daily"))


def _digests(*named: tuple[str, str]) -> tuple[str, ...]:
    return tuple(digest(kind, key) for kind, key in named if key)


def digest(kind: str, key: str) -> str:
    return hashlib.sha256(f"{kind} {key}".encode()).hexdigest()[:16]


def joined(several: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Each once, in their order."""
    return tuple(dict.fromkeys(subject for each in several for subject in each))
