"""Batches of leads: imported, held, scrubbed, released, withdrawn. Pure. (Of their numbers: elsewhere.)"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from dialpact.compliance.held import finding_of, released
from dialpact.compliance.ledger.bound import BIND, Act, Expected, Register, said
from dialpact.compliance.ledger.bound.conduct import numbered


def _batch(key: str, acts: Sequence[Act]) -> list[Expected]:
    row: dict[str, Any] = {}
    seq = 0
    for act in acts:
        if act.action == "import":
            detail = said(act)
            row = {
                name: detail[name] for name in ("campaign", "partner", "contract", "basis", "file", "sha256")
            }
            row |= {"imported_at": act.at, "imported_by": act.actor, "rows": detail["applied"]}
            row |= {"id": int(key), "held": detail["held"], "withdrawn_at": None}
            row |= {"finding": detail["finding_sha256"]} if "finding_sha256" in detail else {}
        elif act.action == "release":
            row = row | {"held": released(str(row.get("held", "")))}
        elif act.action == "scrub":
            row = row | {"held": finding_of(str(row.get("held", "")))}
        elif act.action == "withdraw":
            row = row | {"withdrawn_at": act.at}
        elif act.action == BIND and row:
            row = said(act) | row
        else:
            continue
        seq = act.seq
    return [Expected(row, seq)] if row else []


def finding_digest(finding: str) -> str:
    """Of what was found in a batch, as the log has it; empty: nothing was looked for."""
    return hashlib.sha256(finding.encode("utf-8", "surrogateescape")).hexdigest() if finding else ""


BATCH = Register(
    "leads",
    "batch",
    ("id",),
    _batch,
    numbered,
    lambda row: str(row["id"]),
    lambda row: {**row, "finding": finding_digest(str(row["finding"]))},
)
