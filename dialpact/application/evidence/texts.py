"""Scripts and profiles in a package against the hashes that its decisions have of them (``content``).

A text that a decision names and the package does not have must be named in its notes (``omitted``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dialpact.application.evidence.proven import ProvenRecords
from dialpact.application.evidence.strict import strict
from dialpact.application.evidence.verdict import PackageFlaw


def flaws(package: ProvenRecords) -> Iterator[PackageFlaw]:
    wanted: dict[str, str] = {}
    for row in package.of("decision"):
        wanted |= _named(package, str(row.get("id")))
    for name in sorted(package.members):
        is_text = name.startswith("profiles/") or (name.startswith("calls/") and name.endswith("/script.txt"))
        if is_text and package.sha256(name) != wanted.get(name):
            yield PackageFlaw("content", name)
    noted = {note.code for note in package.manifest.notes}
    for name in sorted(wanted.keys() - package.members.keys()):
        if ("profile-unknown" if name.startswith("profiles/") else "script-unknown") not in noted:
            yield PackageFlaw("omitted", name)


def _named(package: ProvenRecords, call: str) -> dict[str, str]:
    """The files of a call's script and profiles, and their hashes, by its decision."""
    try:
        decision = strict(package.text(f"calls/{call}/decision.json"))
        script = decision["facts"].get("script")
        policy = decision.get("policy") or []
        found = {_profile(version): str(version["sha256"]) for version in policy}
        return found | ({f"calls/{call}/script.txt": str(script["sha256"])} if script else {})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}  # a decision that is not there, or changed: that is told of it itself


def _profile(version: Any) -> str:
    return f"profiles/{version['profile']}-{version['sha256'][:16]}.toml"
