"""The keys of the API, by the acts that made them. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dialpact.compliance.ledger.bound import Act, Expected, Register, said
from dialpact.compliance.ledger.bound.holders import by_id

NAME = "api-key"
NOT_REVOKED = {"revoked_at": None, "revoked_by": "", "reason": ""}


def _api_key(key: str, acts: Sequence[Act]) -> list[Expected]:
    """Added once; a rotation replaces its token; what is revoked stays so."""
    row: dict[str, Any] = {}
    seq = 0
    for act in acts:
        detail = said(act)
        if act.action == "add" and not row:
            row = {
                "id": detail["id"],
                "scopes": json.dumps(list(detail["scopes"])),
                "businesses": json.dumps(list(detail["businesses"]), ensure_ascii=False),
                "expires": detail["expires"],
                **_token(act),
                **NOT_REVOKED,
            }
        elif act.action == "rotate" and row and row["revoked_at"] is None:
            row = row | _token(act)
        elif act.action == "revoke" and row and row["revoked_at"] is None:
            row = row | {"revoked_at": act.at, "revoked_by": act.actor, "reason": str(detail["reason"])}
        else:
            continue
        seq = act.seq
    return [Expected(row, seq)] if row else []


def _token(act: Act) -> dict[str, Any]:
    return {"mac": str(said(act)["mac"]), "added_at": act.at, "added_by": act.actor}


API_KEY = Register(NAME, "api_key", ("id",), _api_key, by_id, lambda row: str(row["id"]))
