"""Caller IDs: added, changed and removed one by one, or imported. Pure.

An import says what it brought in (``entries``). One of before that says only what it replaced: what else it
brought is known by its time alone, until ``bind`` has said how it stood.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dialpact.compliance.ledger.bound import (
    BEFORE,
    BIND,
    ENTRY,
    Act,
    Beside,
    Expected,
    Register,
    Row,
    about,
    said,
    standing,
)

COLUMNS = (
    *("number", "business", "licence", "carrier", "authenticated", "trunks", "purposes"),
    *("valid_from", "valid_to", "sent_as"),
)
UNSAID = "unsaid"  # of one that an import brought that did not say so
LISTS = ("trunks", "purposes", "sent_as")


def _replayed(key: str, acts: Sequence[Act]) -> list[Expected]:
    row: dict[str, Any] = {}
    seq, last = 0, ""
    for act in acts:
        if act.action in ("add", "update", ENTRY):
            detail = said(act)
            new = detail if act.action == ENTRY else detail["to"]
            # One whose addition nobody knows keeps the time that it had.
            since = {"created_at": row["created_at"]} if "created_at" in row else {}
            known = act.action == "add" or (act.action == ENTRY and not row)
            row = _columns(new) | (since or ({"created_at": act.at} if known else {}))
        elif act.action == BEFORE:
            row = {"number": key, "created_at": said(act)["created_at"]}
        elif act.action in (BIND, UNSAID):
            new = said(act)
            if not row and (act.action == BIND or new["created_at"] <= last):
                continue
            row = new | row
        elif act.action == "remove":
            row = {}
        else:
            continue
        seq, last = act.seq, act.at
    return [Expected(row, seq)] if row else []


def _columns(entry: Row) -> dict[str, Any]:
    """Of an entry as the log has it; the first ones know nothing of the forms in which a number leaves."""
    row = {name: entry.get(name, ()) if name == "sent_as" else entry[name] for name in COLUMNS}
    lists = {name: json.dumps(list(row[name])) for name in LISTS}
    return row | lists | {"authenticated": int(row["authenticated"]), "valid_to": row["valid_to"] or None}


def _beside(imports: Sequence[Act], bound: Sequence[Act]) -> Beside:
    """``times``: of imports that do not say what they brought, and that no ``bind`` has looked behind."""
    acts: dict[str, list[Act]] = {}
    unsaid: dict[str, int] = {}  # time of such an import: its line
    for act in imports:
        detail = said(act)
        if "entries" in detail:
            found = [(ENTRY, one) for one in detail["entries"]]
        else:
            found = [(BEFORE, one) for one in detail.get("replaced", ())]
            unsaid[act.at] = act.seq
        for action, one in found:
            acts.setdefault(str(one["number"]), []).append(about(act, action, str(one["number"]), one))
    before = 0
    for act in bound:
        for one in standing(act):
            # Whoever adds a row by hand can add such a line too: it is believed of what came by these
            # alone, and by those since the last such line.
            came = before < unsaid.get(said(one).get("created_at", ""), 0) <= act.seq
            acts.setdefault(one.key, []).append(one._replace(action=UNSAID) if came else one)
        before = act.seq
    until = max((int(said(act)["as_of"]) for act in bound), default=0)
    for several in acts.values():
        several.sort(key=lambda one: one.seq)
    return Beside(acts, frozenset(at for at, seq in unsaid.items() if seq > until))


def _place(key: str) -> dict[str, Any]:
    return {"number": key}


CALLER_ID = Register(
    "caller-id",
    "caller_id",
    ("number",),
    _replayed,
    _place,
    lambda row: str(row["number"]),
    beside=_beside,
    imported=True,
)
