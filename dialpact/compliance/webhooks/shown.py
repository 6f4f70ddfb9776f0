"""An event as a receiver may see it: without the numbers in it, unless its ``numbers`` is on."""

from __future__ import annotations

from msgspec.structs import replace

from dialpact.compliance import masking
from dialpact.compliance.numbers import masked
from dialpact.compliance.webhooks.events import (
    BlockedCall,
    ComplaintDue,
    Happened,
    IncidentCreated,
    OptOutAdded,
    RecordingFailed,
)

MOST_TEXT = 500  # characters of what people and machines wrote; an event is no letter


def without_numbers(data: Happened, *, issued: bool = True) -> Happened:
    """``issued``: its caller ID is a registered one; any other may be a person's and is masked as well."""
    match data:
        case BlockedCall():
            return replace(
                data,
                number=masked(data.number),
                caller_id=data.caller_id if issued else masked(data.caller_id),
                agent=text(data.agent),
                campaign=text(data.campaign),
                trunk=text(data.trunk),
            )
        case RecordingFailed():
            caller_id = data.caller_id if issued else masked(data.caller_id)
            return replace(data, number=masked(data.number), caller_id=caller_id)
        case OptOutAdded():
            own = data.by == data.number  # who called the opt-out line, or pressed his own key
            return replace(
                data,
                number=masked(data.number),
                by=masked(data.by) if own else text(data.by),
                source=text(data.source),
                file=text(data.file),
            )
        case IncidentCreated():
            return replace(data, channel=text(data.channel), detail=text(data.detail))


def complaint_without_number(data: ComplaintDue) -> ComplaintDue:
    return replace(data, number=masked(data.number), source=text(data.source))


def bounded(data: Happened) -> Happened:
    """With numbers, and of no more than an event holds."""
    if isinstance(data, IncidentCreated):
        return replace(data, detail=data.detail[:MOST_TEXT])
    if isinstance(data, OptOutAdded):
        return replace(data, source=data.source[:MOST_TEXT], file=data.file[:MOST_TEXT])
    return data


def text(given: str) -> str:
    return masking.text(given, MOST_TEXT)
