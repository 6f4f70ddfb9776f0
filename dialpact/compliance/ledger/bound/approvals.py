"""What takes two officers, by the acts of the two. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from dialpact.compliance.ledger.bound import Act, Expected, Register, moment, said
from dialpact.compliance.ledger.bound.conduct import numbered
from dialpact.compliance.registers.approval import REGISTER

CLOSED = {"confirm": "confirmed", "decline": "declined", "withdraw": "withdrawn"}  # states, by their acts


def _approval(key: str, acts: Sequence[Act]) -> list[Expected]:
    """Asked once; closed once, and never by who asked unless he takes it back; an erasure is done later."""
    row: dict[str, Any] = {}
    seq = 0
    for act in acts:
        detail = said(act)
        if act.action == "ask" and not row:
            row = {
                "id": int(key),
                "about": _json(detail["about"]),
                "seen": _json(detail["seen"]),
                "reason": str(detail["reason"]),
                "asked_by": act.actor,
                "asked_at": act.at,
                "lapses_at": moment(detail["lapses_at"]),
                "state": "open",
                "closed_by": "",
                "closed_at": None,
                "note": "",
                "came": None,
            }
        elif act.action in CLOSED and row and row["state"] == "open" and _may(act, row["asked_by"]):
            note = str(detail["reason"]) if act.action == "decline" else ""
            row = row | {
                "state": CLOSED[act.action],
                "closed_by": act.actor,
                "closed_at": act.at,
                "note": note,
            }
        elif act.action == "done" and row and row["state"] == "confirmed":
            row = row | {"state": "done", "came": _json(detail)}
        else:
            continue
        seq = act.seq
    return [Expected(row, seq)] if row else []


def _may(act: Act, asked_by: str) -> bool:
    return (act.actor == asked_by) is (act.action == "withdraw")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


APPROVAL = Register(REGISTER, "approval", ("id",), _approval, numbered, lambda row: str(row["id"]))
