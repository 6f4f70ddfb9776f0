"""All that is known of a call for an evidence package: whole rows, and which leaves of the ledger prove them.

1. Rows are given as they are stored.
2. Whatever is read has its leaf named beside it, if its kind has one. So a package contains no row that could
   have been proven and is not.
3. Of other people nothing: an import's log line that lists other numbers is withheld, and said to be.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from dialpact.compliance.evidence.rows import (
    BatchRow,
    CarrierLegRow,
    ChangeRow,
    ComplaintRow,
    ConsentRow,
    DecisionRow,
    DncRow,
    IncidentRow,
    OptOutRow,
    RecordingRow,
    ScriptRow,
    UndeliveredRow,
)
from dialpact.compliance.ledger.erasure import Remains
from dialpact.compliance.ledger.rotation import Rotation
from dialpact.compliance.registers.registration import entry_key as registrant
from dialpact.compliance.registers.suspension import entry_key as suspended

REGISTER = "evidence"  # under which exports are logged
NEWEST_OLDER = 200  # checkpoints whose consistency a package proves,
MOST_DAYS = 366  # and before them the last one of each day

Key = tuple[str, str]  # kind and key of a leaf


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """One decision and what belongs to it. ``changes``: by register and key, oldest first."""

    decision: DecisionRow
    undelivered: UndeliveredRow | None
    recordings: list[RecordingRow]
    carrier_legs: list[CarrierLegRow]
    incidents: list[IncidentRow]
    opt_outs: list[OptOutRow]
    do_not_call: list[DncRow]
    consents: list[ConsentRow]
    batches: list[BatchRow]
    script: ScriptRow | None
    complaints: list[ComplaintRow]
    changes: dict[str, list[ChangeRow]]
    withheld: list[str]  # leaves that tell of other people
    remains: Remains = ""  # of what is left of it, where something of it was erased

    @property
    def id(self) -> str:
        return self.decision["id"]

    @property
    def erased(self) -> bool:
        """Whether its inputs were erased when its time was over."""
        return not self.decision["record"]

    def leaves(self) -> Iterator[Key]:
        """Kind and key of every row here that has a leaf."""
        yield "decision", self.id
        if self.undelivered:
            yield "undelivered", self.id
        for recording in self.recordings:
            if recording["ended_at"]:
                yield "recording", recording["id"]
        for leg in self.carrier_legs:
            if leg["ended_at"]:
                yield "carrier-leg", leg["id"]
        yield from (("incident", str(row["seq"])) for row in self.incidents)
        yield from (("opt-out", str(row["seq"])) for row in self.opt_outs)
        for changes in self.changes.values():
            yield from map(leaf_of_change, changes)


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """What a package is made of, from one snapshot. ``history``: of the complaint that was asked about.

    ``rotations``: the changes of the ledger's key, oldest first; ``rotated``: their leaves.
    """

    dossiers: list[Dossier]
    history: list[ChangeRow]
    rotations: list[Rotation]
    rotated: list[Key]


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """A record and its way to the root. ``salt`` and ``content`` are None once it was erased."""

    index: int
    kind: str
    key: str
    version: int
    salt: bytes | None
    leaf: bytes
    content: bytes | None
    proof: list[bytes]


class OlderCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint of before, and the proof that the tree of now continues its own."""

    size: int
    note: str
    proof: list[bytes]


class Proofs(msgspec.Struct, frozen=True, kw_only=True):
    """``records``: by their place in the log. ``older``: the smallest tree first."""

    records: list[Proven]
    older: list[OlderCheckpoint]


def keys_of(
    decision: Mapping[str, Any],
    record: Mapping[str, Any],
    *,
    batches: Iterable[object],
    recordings: Iterable[str],
    complaints: Iterable[object],
) -> list[tuple[str, str]]:
    """Under which registers and keys the log has what concerns a call, but for consents (which are of a
    person and a business) and imports. ``record``: the decision as JSON; the others: ids.
    """
    id, number, business, campaign, caller_id, agent = (
        str(decision[name]) for name in ("id", "number", "business", "campaign", "caller_id", "agent")
    )
    script = record.get("facts", {}).get("script")
    keyed = [
        ("business", business),
        ("campaign", campaign),
        ("registration", registrant("business", business)),
        ("registration", registrant("campaign", campaign)),
        ("caller-id", caller_id),
        ("suspension", suspended("agent", agent)),
        ("suspension", suspended("campaign", campaign)),
        ("suspension", suspended("caller-id", caller_id)),
        ("dnc", number),
        *(("leads", str(batch)) for batch in batches),
        *(("script", str(script["id"])) for _ in range(bool(script))),
        *(("profile", str(version["sha256"])) for version in record.get("policy", [])),
        *(("recording", recording) for recording in recordings),
        *(("recording", held) for held in (id, number)),  # holds of the call, and of the callee
        *(("complaint", str(complaint)) for complaint in complaints),
        (REGISTER, id),
    ]
    return [(register, key) for register, key in dict.fromkeys(keyed) if key]


def is_of(change: Mapping[str, Any], business: str) -> bool:
    """Whether a change of a person's consents is about this business: others' are none of this case."""
    detail = json.loads(change["detail"])
    return bool(business == (detail.get("to") or detail).get("business"))


def leaf_of_change(change: ChangeRow) -> Key:
    return "register-change", str(change["seq"])


def thinned(stored: dict[int, str]) -> list[int]:
    """Sizes of the newest checkpoints, and of the last one of each day before; ``stored``: their times.

    One is signed every ten minutes: all of them would be more than the rest of the package.
    """
    sizes = sorted(stored)
    last_of_day = {stored[size][:10]: size for size in sizes[:-NEWEST_OLDER]}
    return [*sorted(last_of_day.values())[-MOST_DAYS:], *sizes[-NEWEST_OLDER:]]
