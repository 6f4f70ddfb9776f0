"""The accounts of the console and what they sign in by, by the acts that made them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dialpact.compliance.ledger.bound import Act, Expected, Register, Row, said
from dialpact.compliance.ledger.bound.holders import by_id
from dialpact.compliance.registers.factor import digest

NAME = "account"
FACTOR = "account-factor"
SIGN_IN = "sign-in"  # sessions, and what auditors open: acts that change no row
NOT_DISABLED = {"disabled_at": None, "disabled_by": "", "reason": ""}
LISTS = ("businesses", "campaigns", "agents")


def columns(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Of an account as the log has it, those that it is changed in."""
    return {
        **{name: str(detail[name]) for name in ("name", "role", "language", "subject")},
        **{name: json.dumps(list(detail[name]), ensure_ascii=False) for name in LISTS},
        "until": detail["until"],
    }


def _account(key: str, acts: Sequence[Act]) -> list[Expected]:
    """Added once; what is disabled may be enabled again."""
    row: dict[str, Any] = {}
    seq = 0
    for act in acts:
        detail = said(act)
        if act.action == "add" and not row:
            row = {"id": detail["id"], **columns(detail), "added_at": act.at, "added_by": act.actor}
            row |= NOT_DISABLED
        elif act.action == "change" and row:
            row = row | columns(detail)
        elif act.action == "disable" and row and row["disabled_at"] is None:
            row = row | {"disabled_at": act.at, "disabled_by": act.actor, "reason": str(detail["reason"])}
        elif act.action == "enable" and row:
            row = row | NOT_DISABLED
        else:
            continue
        seq = act.seq
    return [Expected(row, seq)] if row else []


def _factors(key: str, acts: Sequence[Act]) -> list[Expected]:
    """What is set takes the place of what was there; what is removed is gone."""
    rows: dict[tuple[str, str], Expected] = {}
    for act in acts:
        detail = said(act)
        place = str(detail["kind"]), str(detail["id"])
        if act.action == "set":
            row = {
                "account": key,
                "kind": place[0],
                "id": place[1],
                "data": str(detail["sha256"]),
                "added_at": act.at,
                "added_by": act.actor,
            }
            rows[place] = Expected(row, act.seq)
        elif act.action == "remove":
            rows.pop(place, None)
    return [rows[place] for place in sorted(rows)]


def seen(row: Row) -> Row:
    """With the SHA-256 of what the log does not have."""
    return {**row, "data": digest(str(row["data"]))}


ACCOUNT = Register(NAME, "account", ("id",), _account, by_id, lambda row: str(row["id"]))
ACCOUNT_FACTOR = Register(
    FACTOR,
    "account_factor",
    ("account", "kind", "id"),
    _factors,
    lambda key: {"account": key},
    lambda row: str(row["account"]),
    seen=seen,
)
