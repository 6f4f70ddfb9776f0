"""An account of the console, read from its rows and held against its acts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dialpact.compliance.clock import instant
from dialpact.compliance.ledger.bound import MALFORMED, Act, Register
from dialpact.compliance.ledger.bound.accounts import ACCOUNT, ACCOUNT_FACTOR
from dialpact.compliance.registers.account import Account, Role
from dialpact.compliance.registers.factor import Factor, Kind
from dialpact.store.ports.accounts import KeptAccount
from dialpact.store.units.database import Connection
from dialpact.store.units.statements import statements

SQL = statements("accounts")


def kept(connection: Connection, id: str) -> KeptAccount | None:
    """None as well for a row that another hand than ours has written, and that can not be read."""
    return kept_of(connection, SQL.get_account(connection, id=id))


def kept_of(connection: Connection, row: Mapping[str, Any] | None) -> KeptAccount | None:
    if row is None:
        return None
    id = str(row["id"])
    rows = [dict(each) for each in SQL.factors(connection, account=id)]
    try:
        bound = _is_bound(connection, ACCOUNT, id, [dict(row)])
        bound = bound and _is_bound(connection, ACCOUNT_FACTOR, id, rows)
        return KeptAccount(account(row), tuple(map(_factor, rows)), bound)
    except MALFORMED:
        return None


def _is_bound(connection: Connection, register: Register, id: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the rows are what their acts make of them."""
    acts = [Act(*each) for each in SQL.acts_of_account(connection, id=id, register=register.name)]
    expected = [dict(each.row) for each in register.replay(id, acts)]
    return expected == [dict(register.seen(row)) for row in rows]


def factors(connection: Connection, id: str) -> list[Factor]:
    return [_factor(dict(row)) for row in SQL.factors(connection, account=id)]


def _factor(row: Mapping[str, Any]) -> Factor:
    return Factor(kind=Kind(row["kind"]), id=row["id"], data=row["data"])


def account(row: Mapping[str, Any]) -> Account:
    return Account(
        **{name: row[name] for name in ("id", "name", "language", "subject", "added_by", "reason")},
        role=Role(row["role"]),
        businesses=tuple(json.loads(row["businesses"])),
        campaigns=tuple(json.loads(row["campaigns"])),
        agents=tuple(json.loads(row["agents"])),
        until=date.fromisoformat(row["until"]) if row["until"] else None,
        added_at=instant(row["added_at"]),
        disabled_at=instant(row["disabled_at"]) if row["disabled_at"] else None,
        disabled_by=row["disabled_by"],
    )
