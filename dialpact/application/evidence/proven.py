"""What a package holds of the log: the rows of its records, once they are found in the tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dialpact.application.evidence.container import Member
from dialpact.application.evidence.form import Manifest, ProofList
from dialpact.application.evidence.strict import strict

Row = Mapping[str, Any]
# What a row that somebody made up may raise on its way to what is shown.
WRONG = (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError)
# Of which column a record's key is.
KEYS = {"decision": "id", "undelivered": "decision", "recording": "id", "carrier-leg": "id"}


def key_of(kind: str, row: Row) -> str:
    """Empty: the row has none that it could have."""
    found = row.get(KEYS.get(kind, "seq"))
    return str(found) if type(found) is (str if kind in KEYS else int) else ""


class ProvenRecords(NamedTuple):
    """``about``: the manifest as it is written; ``rows``: by kind, in the log's order."""

    members: Mapping[str, Member]
    about: Mapping[str, Any]
    manifest: Manifest
    proofs: ProofList
    rows: Mapping[str, list[Row]]

    def of(self, kind: str, **columns: object) -> list[Row]:
        """The rows of a kind with these columns."""
        found = self.rows.get(kind, [])
        return [row for row in found if all(row.get(name) == value for name, value in columns.items())]

    def acts(self, register: str, action: str, **columns: object) -> list[Row]:
        """Lines of the log, the oldest first."""
        return self.of("register-change", register=register, action=action, **columns)

    def erased(self, kind: str) -> set[str]:
        """The keys of those that were erased when their time was over."""
        return {one.key for one in self.proofs.erased if one.kind == kind}

    def text(self, name: str) -> bytes:
        """Empty for a file that is not there, or larger than any that is read."""
        member = self.members.get(name)
        return (member.content if member else None) or b""

    def sha256(self, name: str) -> str:
        member = self.members.get(name)
        return member.sha256 if member else ""


def detail(act: Row) -> dict[str, Any]:
    """What a line of the log says besides. Empty for what can not be read."""
    try:
        found = strict(str(act.get("detail")))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
