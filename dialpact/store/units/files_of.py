"""A recording's row as what its files are looked at by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialpact.compliance.recording import SoundFile

SIDES = ("", "callee_", "agent_")


def files_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a :class:`~dialpact.compliance.recording.FilesOf`, its flaw apart."""
    named = [SoundFile(row[f"{side}path"], row[f"{side}sha256"]) for side in SIDES if row[f"{side}path"]]
    return {
        "id": row["id"],
        "decision": row["decision"],
        "path": row["path"],
        "bytes": row["bytes"] or 0,
        "files": tuple(named),
    }
