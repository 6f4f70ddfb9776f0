"""What is said in calls, and what came of it: scripts, suspensions, complaints. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from dialpact.compliance.ledger.bound import Act, Expected, Register, Row, moment, said
from dialpact.compliance.ledger.bound.holders import by_id

UNAPPROVED = {"approved_by": "", "approved_at": None, "expires_at": None, "checked": "[]"}


def _scripts(key: str, acts: Sequence[Act]) -> list[Expected]:
    """Every version; of its text the log has the SHA-256."""
    versions: dict[int, Expected] = {}
    for act in acts:
        if act.action in ("add", "change", "approve"):
            row = _version(said(act))
        elif act.action == "revoke":
            row = _version(said(act)["from"]) | UNAPPROVED
        else:
            continue
        versions[row["version"]] = Expected(row, act.seq)
    return list(versions.values())


def _version(detail: Row) -> dict[str, Any]:
    return {
        "id": detail["id"],
        "version": detail["version"],
        "text": detail["sha256"],
        "sha256": detail["sha256"],
        "added_at": moment(detail["added_at"]),
        "added_by": detail["added_by"],
        "approved_by": detail["approved_by"],
        "approved_at": moment(detail["approved_at"]),
        "expires_at": moment(detail["expires_at"]),
        "checked": json.dumps(sorted(set(detail["checked"]))),
    }


def _with_digest(row: Row) -> Row:
    """Of a text that somebody wrote by hand too, whatever its bytes."""
    text = str(row["text"]).encode("utf-8", "surrogateescape")
    return {**row, "text": hashlib.sha256(text).hexdigest()}


def _suspensions(key: str, acts: Sequence[Act]) -> list[Expected]:
    """All that there were: at most the last one is in force."""
    kind, _, whom = key.partition(" ")
    found: list[Expected] = []
    for act in acts:
        detail = said(act)
        if act.action == "add":
            row = {"kind": kind, "key": whom, "since": act.at, "by": act.actor, "cause": detail["cause"]}
            row |= {"evidence": json.dumps(list(detail["evidence"]))}
            found.append(Expected(row | {"lifted_at": None, "lifted_by": "", "lift_reason": ""}, act.seq))
        elif act.action == "lift":
            lifted = {"lifted_at": act.at, "lifted_by": act.actor, "lift_reason": detail["reason"]}
            since = moment(detail["from"]["since"])
            for place, one in enumerate(found):
                if one.row["since"] == since:
                    found[place] = Expected({**one.row, **lifted}, act.seq)
    return found


def _of_whom(key: str) -> dict[str, Any] | None:
    kind, blank, whom = key.partition(" ")
    return {"kind": kind, "key": whom} if blank else None


def _complaint(key: str, acts: Sequence[Act]) -> list[Expected]:
    row: dict[str, Any] = {}
    seq = 0
    for act in acts:
        if act.action == "add":
            row = _filed(said(act))
        elif act.action == "correct":
            row = _filed(said(act)["to"])
        elif act.action == "answer":
            row = row | {"status": "answered", "answered_at": act.at, "answer": said(act)["answer"]}
        elif act.action == "close":
            row = row | {"closed_at": act.at, "closing": said(act)["closing"]}
        else:
            continue
        seq = act.seq
    return [Expected(row, seq)] if row else []


def _filed(detail: Row) -> dict[str, Any]:
    detail = {"closed_at": None, "closing": "", **detail}  # (said of none before they were closed)
    times = {name: moment(detail[name]) for name in ("called_at", "received_at", "answered_at", "closed_at")}
    return {**detail, **times, "number": int(detail["number"].removeprefix("+"))}


def numbered(key: str) -> dict[str, Any] | None:
    """Of a key that is a number."""
    return {"id": int(key)} if key.isascii() and key.isdigit() and len(key) < 19 else None


SCRIPT = Register(
    "script",
    "script",
    ("id", "version"),
    _scripts,
    by_id,
    lambda row: str(row["id"]),
    _with_digest,
)
SUSPENSION = Register(
    "suspension",
    "suspension",
    ("kind", "key", "since"),
    _suspensions,
    _of_whom,
    lambda row: f"{row['kind']} {row['key']}",
    free=frozenset({"seq"}),  # it orders a list
)
COMPLAINT = Register("complaint", "complaint", ("id",), _complaint, numbered, lambda row: str(row["id"]))
