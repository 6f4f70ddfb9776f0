"""Batches of leads: imported, held, released, withdrawn. Pure. (Their numbers are bound elsewhere.)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
            row |= {"finding": detail["finding"]} if "finding" in detail else {}
        elif act.action == "release":
            row = row | {"held": ""}
        elif act.action == "withdraw":
            row = row | {"withdrawn_at": act.at}
        elif act.action == BIND and row:
            row = said(act) | row
        else:
            continue
        seq = act.seq
    return [Expected(row, seq)] if row else []


BATCH = Register("leads", "batch", ("id",), _batch, numbered, lambda row: str(row["id"]))
