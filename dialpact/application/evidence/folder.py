"""The files of one call in a package, from what the store has about it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec

from dialpact.application.evidence.container import Source
from dialpact.application.evidence.facts import facts, over, remains, unrecorded
from dialpact.application.evidence.form import Absent, Note, pretty, recording_name
from dialpact.application.evidence.sound import Sound, State, on_disk, sound
from dialpact.compliance import profile as profiles
from dialpact.compliance import soundtrack
from dialpact.compliance.clock import instant
from dialpact.compliance.evidence import REGISTER, Dossier
from dialpact.compliance.evidence.rows import ChangeRow, ComplaintRow, OptOutRow
from dialpact.compliance.model import Decision, PolicyVersion


class Folder(NamedTuple):
    """``about``, ``sound`` and ``profiles`` (texts by SHA-256) are for the report too.

    ``decision`` is None when its record was erased.
    """

    call: Dossier
    decision: Decision | None
    about: dict[str, Any]
    sound: dict[str, Any]
    profiles: dict[str, str]
    files: dict[str, Source]
    absent: list[Absent]
    notes: list[Note]


def folder(call: Dossier, state_of: State = on_disk) -> Folder:
    """``decision.json`` is the stored text byte for byte: its SHA-256 is in the ledger's record."""
    if call.erased:
        return _erased(call, state_of)
    stored = call.decision["record"]
    decision = msgspec.json.decode(stored, type=Decision)
    about, heard = facts(call), sound(call, state_of)
    versions = [name.removeprefix("versions.") for name in about["unknown"] if name.startswith("versions.")]
    notes = [Note(code="version-unknown", about=f"{name} ({call.id})") for name in versions]
    if unrecorded(over(call), call.recordings) and not call.incidents:
        notes.append(Note(code="unrecorded", about=call.id))
    if decision.facts.neighbours:
        notes.append(Note(code="others", about=call.id))
    found: dict[str, Source] = {"decision.json": stored.encode(), "call.json": pretty(about)}
    found |= {f"{name}.json": pretty(value) for name, value in lists(call, heard).items()}
    if call.script:
        found["script.txt"] = call.script["text"].encode()
    elif decision.facts.script:
        notes.append(Note(code="script-unknown", about=call.id))
    texts = {version.sha256: _profile(call, version) for version in decision.policy}
    for version in decision.policy:
        if not texts[version.sha256]:
            about_it = f"{version.profile} (SHA-256 {version.sha256[:16]}…)"
            notes.append(Note(code="profile-unknown", about=about_it))
    files: dict[str, Source] = {f"calls/{call.id}/{name}": content for name, content in found.items()}
    files.update(heard.files)
    for version in decision.policy:  # one file for all calls that were decided by it
        if text := texts[version.sha256]:
            files[f"profiles/{version.profile}-{version.sha256[:16]}.toml"] = text.encode()
    return Folder(call, decision, about, heard.about, texts, files, heard.absent, notes)


def lists(call: Dossier, heard: Sound) -> dict[str, dict[str, Any] | list[Any]]:
    """What each list of a call says, by its name. ``then`` is the decision's own JSON. ``unproven`` names
    what is read from a register as it is now: no entry of the log says it.
    """
    stored = json.loads(call.decision["record"])["facts"]
    consents = [{**consent, "number": _e164(consent["number"])} for consent in call.consents]
    script = call.script or {"added_at": None, "added_by": None}
    return {
        "recordings": heard.about,
        "incidents": call.incidents,
        "consent": _then_and_now(stored.get("consents"), consents, _history(call, "consent")),
        "do-not-call": _do_not_call(call, stored),
        "provenance": _then_and_now(stored.get("leads"), _batches(call), _history(call, "leads")),
        "caller-id": {"then": stored.get("caller_id"), "history": _history(call, "caller-id")},
        "campaign": {
            **{f"{name}_then": stored.get(name) for name in ("campaign", "business")},
            **{f"{name}_then": stored.get(name) for name in ("suspensions", "registrations")},
            "history": _history(call, "campaign") + _history(call, "business"),
            "suspensions_history": _history(call, "suspension"),
            "registrations_history": _history(call, "registration"),
        },
        "complaints": _complaints(call),
        "custody": _custody(call),
        "script": {
            "script_then": stored.get("script"),
            "added_at": script["added_at"],
            "added_by": script["added_by"],
            "history": _history(call, "script"),
            "unproven": ["added_at", "added_by"],
        },
    }


def _erased(call: Dossier, state_of: State) -> Folder:
    """What is left of a call whose time was over: that it was judged, how, and who erased the rest."""
    about, heard = remains(call), sound(call, state_of)
    found: dict[str, Source] = {
        "call.json": pretty(about),
        "recordings.json": pretty(heard.about),
        "incidents.json": pretty(call.incidents),
        "complaints.json": pretty(_complaints(call)),
        "custody.json": pretty(_custody(call) | {"erasures": _history(call, "ledger")}),
    }
    files = {f"calls/{call.id}/{name}": content for name, content in found.items()}
    files.update(heard.files)
    notes = [Note(code="erased", about=call.id)]
    if call.remains != "proven":  # the log did not say then what stays of a row, or that has changed
        notes.append(Note(code="erased-unproven", about=call.id))
    return Folder(call, None, about, heard.about, {}, files, heard.absent, notes)


def _batches(call: Dossier) -> list[dict[str, Any]]:
    """Without what the detector found in them: it names numbers of other people."""
    return [{name: value for name, value in row.items() if name != "finding"} for row in call.batches]


def _complaints(call: Dossier) -> dict[str, Any]:
    return {
        "complaints": [complaint_row(row) for row in call.complaints],
        "history": _history(call, "complaint"),
        "unproven": ["complaints"],
    }


def _custody(call: Dossier) -> dict[str, Any]:
    return {"exports": _history(call, REGISTER), "recordings": _history(call, "recording")}


def _profile(call: Dossier, version: PolicyVersion) -> str:
    """The text: as the log has it, else the one that ships if it is the same. Empty: not known."""
    for change in call.changes.get(f"profile {version.sha256}", []):
        if text := line(change)["detail"].get("text"):
            return str(text)
    if version.profile in profiles.names() and (shipped := profiles.load(version.profile)):
        return shipped.text if shipped.sha256 == version.sha256 else ""
    return ""


def _then_and_now(then: Any, now: Any, history: list[dict[str, Any]]) -> dict[str, Any]:
    """``then``: what the decision's own transaction saw. ``now``: the register when the package was made."""
    return {"then": then, "now": now, "history": history, "unproven": ["now"]}


def _do_not_call(call: Dossier, stored: dict[str, Any]) -> dict[str, Any]:
    decided_at = instant(call.decision["decided_at"])
    now = [
        {
            **entry,
            "number": _e164(entry["number"]),
            "before_the_call": instant(entry["requested_at"]) <= decided_at,
        }
        for entry in call.do_not_call
    ]
    said = [{**one, "number": _e164(one["number"]), "heard_at": heard_at(call, one)} for one in call.opt_outs]
    return _then_and_now(stored.get("refusals"), now, _history(call, "dnc")) | {"said": said}


def heard_at(call: Dossier, said: OptOutRow) -> dict[str, Any] | None:
    """In which file, and between which of its seconds, an opt-out can be heard; None if nobody knows."""
    row = next((row for row in call.recordings if row["id"] == said["recording"]), None)
    if row is None or not row["ended_at"] or row["ended_at"] < said["at"]:
        return None
    low, high = soundtrack.place(row["sound"], instant(said["at"])) or (said["position"], said["position"])
    return {"file": recording_name(row, ""), "from": low, "to": high} if low is not None else None


def _history(call: Dossier, register: str) -> list[dict[str, Any]]:
    """Every logged change, with the detail as it is and not as text in text."""
    found = [
        change
        for key, changes in call.changes.items()
        if key.partition(" ")[0] == register
        for change in changes
    ]
    return [line(change) for change in sorted(found, key=lambda change: int(change["seq"]))]


def line(change: ChangeRow) -> dict[str, Any]:
    """A line of the log by its columns, with the detail as it is and not as text in text."""
    return {**change, "detail": json.loads(change["detail"])}


def complaint_row(row: ComplaintRow) -> dict[str, Any]:
    return {**row, "number": _e164(row["number"])}


def _e164(number: int) -> str:
    return f"+{number}"
