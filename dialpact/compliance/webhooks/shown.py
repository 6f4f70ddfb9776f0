"""An event as a receiver may see it: without the numbers in it, unless its ``numbers`` is on."""

from __future__ import annotations

from msgspec.structs import replace

from dialpact.compliance.veil import Veil
from dialpact.compliance.webhooks.events import (
    BlockedCall,
    ComplaintDue,
    Happened,
    IncidentCreated,
    OptOutAdded,
    RecordingFailed,
)

MOST_TEXT = 500  # characters of what people and machines wrote; an event is no letter


def shown(data: Happened, veil: Veil) -> Happened:
    """Of no more than an event holds. ``veil``: of whom it is about; full for who gets numbers."""

    def text(given: str) -> str:
        return veil.text(given)[:MOST_TEXT]

    match data:
        case BlockedCall():
            return replace(
                data,
                number=veil.number(data.number),
                caller_id=veil.caller_id(data.caller_id),
                agent=text(data.agent),
                campaign=text(data.campaign),
                trunk=text(data.trunk),
            )
        case RecordingFailed():
            number, caller_id = veil.number(data.number), veil.caller_id(data.caller_id)
            return replace(data, number=number, caller_id=caller_id, campaign=text(data.campaign))
        case OptOutAdded():
            return replace(
                data,
                number=veil.number(data.number),
                by=text(data.by),
                source=text(data.source),
                file=text(data.file),
            )
        case IncidentCreated():
            return replace(data, channel=text(data.channel), detail=text(data.detail))


def complaint_shown(data: ComplaintDue, veil: Veil) -> ComplaintDue:
    source = veil.text(data.source)[:MOST_TEXT]
    return replace(data, number=veil.number(data.number), source=source, campaign=veil.text(data.campaign))
