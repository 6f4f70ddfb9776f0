"""Who calls, for what, and as what: businesses, campaigns, registrations. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dialpact.compliance.ledger.bound import Act, Expected, Register, Row, said


def _business(key: str, acts: Sequence[Act]) -> list[Expected]:
    found: list[Expected] = []
    for act in acts:
        if act.action == "add":
            new = said(act)
            row = {name: new[name] for name in ("id", "name", "actor")}
            found = [Expected(row | {"created_at": act.at}, act.seq)]
    return found


def _campaign(key: str, acts: Sequence[Act]) -> list[Expected]:
    """What the database's own trigger notes of a changed purpose is no officer's act: it changes nothing."""
    row: dict[str, Any] = {}
    seq = 0
    for act in acts:
        if act.action == "add":
            row = _columns(said(act)) | {"created_at": act.at}
        elif act.action == "change":
            row = row | _columns(said(act)["to"])
        else:
            continue
        seq = act.seq
    return [Expected(row, seq)] if row else []


def _columns(campaign: Row) -> dict[str, Any]:
    """Of an entry as the log has it; the first ones know nothing of scrubs."""
    names = ("id", "business", "industry", "purpose", "script")
    return {name: campaign[name] for name in names} | {"scrub_leads": int(campaign.get("scrub_leads", False))}


def _registrations(key: str, acts: Sequence[Act]) -> list[Expected]:
    rows: dict[tuple[str, str], Expected] = {}
    for act in acts:
        if act.action == "add":
            new = said(act)
            columns = ("holder", "id", "kind", "valid_from", "valid_to", "number")
            row = {name: new[name] for name in columns}
            rows[new["kind"], new["valid_from"]] = Expected(row | {"created_at": act.at}, act.seq)
        elif act.action == "remove":
            before = said(act)["from"]
            rows.pop((before["kind"], before["valid_from"]), None)
    return list(rows.values())


def by_id(key: str) -> dict[str, Any]:
    return {"id": key}


def _holder(key: str) -> dict[str, Any] | None:
    holder, blank, id = key.partition(" ")
    return {"holder": holder, "id": id} if blank else None


BUSINESS = Register("business", "business", ("id",), _business, by_id, lambda row: str(row["id"]))
CAMPAIGN = Register("campaign", "campaign", ("id",), _campaign, by_id, lambda row: str(row["id"]))
REGISTRATION = Register(
    "registration",
    "registration",
    ("holder", "id", "kind", "valid_from"),
    _registrations,
    _holder,
    lambda row: f"{row['holder']} {row['id']}",
)
