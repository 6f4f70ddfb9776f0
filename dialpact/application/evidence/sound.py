"""The recordings of a call: which files go into the package, and what is to be said of the others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dialpact.application.evidence.facts import gaps
from dialpact.application.evidence.form import SIDES, Absent, Why, recording_name
from dialpact.compliance.evidence import Dossier

_CHUNK = 1 << 20
KNOWN = (
    *("id", "node", "channel", "uniqueid", "part", "state", "started_at", "answered_at", "ended_at"),
    *("unseen", "format", "bytes", "seconds", "talk_seconds", "keep_until"),
)
NAMES = {"": "mix", "callee_": "callee", "agent_": "agent"}
# How a side's file is: of its row, the side, and its name in a package.
State = Callable[[Mapping[str, Any], str, str], str]


class Sound(NamedTuple):
    """``about``: for recordings.json. ``absent``: every file that is not there as it was recorded."""

    about: dict[str, Any]
    files: dict[str, Path]
    absent: list[Absent]


def on_disk(row: Mapping[str, Any], side: str, name: str) -> str:
    """Hashes each file. One that was changed goes into the package all the same: it is what there is."""
    return _state(row, side, Path(row[f"{side}path"]))


def sound(call: Dossier, state_of: State = on_disk) -> Sound:
    """``state_of``: of a file; from the disk, or as a package says it."""
    files: dict[str, Path] = {}
    absent: list[Absent] = []
    segments = []
    for recording in call.recordings:
        row: Mapping[str, Any] = recording  # by the name of a side
        parts = []
        for side in SIDES:
            path, name = Path(row[f"{side}path"]), recording_name(row, side)
            state = state_of(row, side, name)
            if state in ("kept", "changed"):
                files[name] = path
            if state not in ("kept", "none"):
                absent.append(Absent(path=name, why=state))  # type: ignore[arg-type]
            part = {"side": NAMES[side], "file": name if name in files else None, "name": path.name}
            part |= {"state": state, "sha256": row[f"{side}sha256"]}
            if side:
                part["dbfs"] = row[f"{side}dbfs"]
            parts.append(part)
        segments.append({name: row[name] for name in KNOWN} | {"files": parts, "sound": _track(row["sound"])})
    return Sound({"segments": segments, "gaps": gaps(call.recordings)}, files, absent)


def _track(text: str) -> Any:
    """As it is in the record; None where nothing was measured."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _state(row: Mapping[str, Any], side: str, path: Path) -> Why | str:
    """``kept``; ``none``: nothing of this side was ever kept; else why it is not there as it was."""
    if not row["ended_at"]:
        return "running"
    if not row[f"{side}sha256"]:
        return "none"
    if row["disposed_at"]:  # because its time was over
        return "disposed"
    if not row["number"]:
        return "erased"  # nothing in the ledger says any more what the file would have to be
    try:
        if path.is_symlink():
            return "unreadable"  # and never followed: it could lead to any file of this host
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"
    return "kept" if digest.hexdigest() == row[f"{side}sha256"] else "changed"
