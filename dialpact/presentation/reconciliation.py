"""A finding of a reconciliation in words, and in which zone files are whose times are all off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dialpact.compliance.reconcile import CdrFinding
from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.texts import Language, incident_text
from dialpact.compliance.zones import ZoneInfo
from dialpact.presentation import texts
from dialpact.presentation.hidden import Hidden


def told(one: CdrFinding, hidden: Hidden, language: Language) -> dict[str, Any]:
    """kind, note (whether), at, text, number, caller_id, trunk, decision, recording, channel, uniqueid, file,
    line.
    """
    detail = dict(one.detail)
    if one.kind == "number-differs":
        detail["decided"] = hidden.number(detail["decided"])
    elif one.kind == "caller-id-differs":
        detail["decided"] = hidden.caller_id(detail["decided"])
    for name in ("way", "state", "mode", "fate", "hears"):
        if name in detail:
            detail[name] = texts.text(f"cdr-word.{detail[name]}", language)
    if "endpoint" in detail:
        detail["endpoint"] = hidden.channel(detail["endpoint"])
    if "incident" in detail:
        detail["incident"] = incident_text(detail["incident"], language)
    number = hidden.number(one.number) if one.number and one.kind != "emergency" else one.number
    return {
        "kind": one.kind,
        "note": one.is_note,
        "at": datetime.fromtimestamp(one.at, UTC),
        "text": texts.text(f"cdr.{one.kind}", language, **detail),
        "number": number,
        "caller_id": hidden.caller_id(one.caller_id),
        "trunk": one.trunk,
        "decision": one.decision,
        "recording": one.recording,
        "channel": hidden.channel(one.channel),
        "uniqueid": one.uniqueid,
        "file": one.file,
        "line": one.line,
    }


def shifted(shift: int, at: float, timezone: str) -> tuple[str, str]:
    """By how many hours the files' times are off, and in which zone they are then, as far as the difference
    alone can tell. ``at``: a time of the files, in seconds since 1970; ``timezone``: as it was given.
    """
    assumed = datetime.fromtimestamp(at, ZoneInfo(timezone)).utcoffset() or timedelta()
    offset = assumed + timedelta(seconds=shift)
    names = {timedelta(): str(UTC), timedelta(hours=8): str(HOME)}
    hours = offset / timedelta(hours=1)
    zone = names.get(offset) or (f"Etc/GMT{-hours:+.0f}" if hours.is_integer() else "?")
    return f"{shift / 3600:+g}", zone


def shift_hint(shift: int, at: float, timezone: str, language: Language) -> str:
    """The same in words, at a shell."""
    hours, zone = shifted(shift, at, timezone)
    return texts.text("say.cdr-shifted", language, hours=hours, zone=zone)
