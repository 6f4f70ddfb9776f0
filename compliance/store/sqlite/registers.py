"""The registers: each change and its line in ``register_change`` in one transaction.

1. Nothing is overwritten silently. The same entry again is ``already``; another one under the same key is a
   Fault, except where an update is the register's own way (caller IDs) or only tightens (a consent's expiry).
2. No addition or import removes or weakens a refusal, or clears a withdrawal.
3. ``by`` is who did it, ``at`` when; both end in the log with the entry itself.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import aiosql
import msgspec

from compliance.clock import instant, stamp
from compliance.model import Business, CallerId, Campaign, Consent, Refusal
from compliance.registers.fault import Fault
from compliance.store.sqlite.connection import Store

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "registers.sql", "sqlite3")
Outcome = Literal["added", "updated", "already"]
ALL = -1  # SQLite's LIMIT: none


def digits(e164: str) -> int:
    """The stored form of a callee's number. 0 for the empty text: no filter."""
    return int(e164.removeprefix("+")) if e164 else 0


def log(
    connection: sqlite3.Connection,
    register: str,
    action: str,
    key: str,
    detail: Any,
    *,
    by: str,
    at: datetime,
) -> None:
    """One line of who did what; ``detail`` is anything that msgspec can encode."""
    SQL.log_change(
        connection,
        at=stamp(at),
        actor=by,
        register=register,
        action=action,
        key=key,
        detail=msgspec.json.encode(detail).decode(),
    )


async def history(store: Store, register: str, key: str) -> list[dict[str, Any]]:
    """Every logged change of one entry, oldest first. Imports are logged under their file's name."""
    found = await store.transact(lambda connection: list(SQL.history(connection, register=register, key=key)))
    return [
        {"at": instant(at), "by": by, "action": action, "detail": json.loads(detail)}
        for at, by, action, detail in found
    ]


# Businesses and campaigns


async def add_business(store: Store, new: Business, *, by: str, at: datetime) -> Outcome:
    """Fault when the id is taken by another one."""

    def work(connection: sqlite3.Connection) -> Outcome:
        if (row := SQL.get_business(connection, id=new.id)) is not None:
            return _same(Business(**dict(row)), new, "business", new.id)
        SQL.insert_business(connection, created_at=stamp(at), **msgspec.structs.asdict(new))
        log(connection, "business", "add", new.id, new, by=by, at=at)
        return "added"

    return await store.transact(work)


async def list_businesses(store: Store, *, id: str = "") -> list[Business]:
    found = await store.transact(lambda connection: list(SQL.list_businesses(connection, id=id)))
    return [Business(**dict(row)) for row in found]


async def add_campaign(store: Store, new: Campaign, *, by: str, at: datetime) -> Outcome:
    """Fault when its business is not registered, or the id is taken by another one."""

    def work(connection: sqlite3.Connection) -> Outcome:
        if (row := SQL.get_campaign(connection, id=new.id)) is not None:
            return _same(Campaign(**dict(row)), new, "campaign", new.id)
        _need_business(connection, new.business)
        SQL.insert_campaign(connection, created_at=stamp(at), **msgspec.structs.asdict(new))
        log(connection, "campaign", "add", new.id, new, by=by, at=at)
        return "added"

    return await store.transact(work)


async def list_campaigns(store: Store, *, id: str = "", business: str = "") -> list[Campaign]:
    found = await store.transact(
        lambda connection: list(SQL.list_campaigns(connection, id=id, business=business))
    )
    return [Campaign(**dict(row)) for row in found]


async def unknown(store: Store, *, business: str = "", industry: str = "") -> list[str]:
    """Those of the two that nothing is registered under: likely a slip of the pen, not an error."""

    def work(connection: sqlite3.Connection) -> list[str]:
        missing = []
        if business and SQL.get_business(connection, id=business) is None:
            missing.append(business)
        if industry and SQL.has_industry(connection, industry=industry) is None:
            missing.append(industry)
        return missing

    return await store.transact(work)


# Caller IDs


async def put_caller_id(store: Store, new: CallerId, *, by: str, at: datetime) -> Outcome:
    """Adds or updates: licences are renewed and trunks change. The log keeps what was before."""

    def work(connection: sqlite3.Connection) -> Outcome:
        _need_business(connection, new.business)
        before = _caller_ids(connection, number=new.number)
        if before == [new]:
            return "already"
        SQL.put_caller_id(connection, created_at=stamp(at), **caller_id_fields(new))
        action = "update" if before else "add"
        log(connection, "caller-id", action, new.number, {"to": new, "from": before}, by=by, at=at)
        return "updated" if before else "added"

    return await store.transact(work)


async def remove_caller_id(store: Store, number: str, *, reason: str, by: str, at: datetime) -> CallerId:
    """What was removed. Fault when it is not registered."""

    def work(connection: sqlite3.Connection) -> CallerId:
        before = _caller_ids(connection, number=number)
        if not before:
            raise Fault("not-registered", entry=number)
        SQL.delete_caller_id(connection, number=number)
        log(connection, "caller-id", "remove", number, {"from": before, "reason": reason}, by=by, at=at)
        return before[0]

    return await store.transact(work)


async def list_caller_ids(store: Store, *, number: str = "", business: str = "") -> list[CallerId]:
    return await store.transact(lambda connection: _caller_ids(connection, number, business))


def caller_id_fields(value: CallerId) -> dict[str, Any]:
    """The columns."""
    return msgspec.structs.asdict(value) | {
        "authenticated": int(value.authenticated),
        "trunks": json.dumps(value.trunks),
        "purposes": json.dumps(value.purposes),
        "valid_from": value.valid_from.isoformat(),
        "valid_to": value.valid_to.isoformat() if value.valid_to else None,
    }


def _caller_ids(connection: sqlite3.Connection, number: str = "", business: str = "") -> list[CallerId]:
    return [
        CallerId(
            **{
                **dict(row),
                "authenticated": bool(row["authenticated"]),
                "trunks": tuple(json.loads(row["trunks"])),
                "purposes": tuple(json.loads(row["purposes"])),
                "valid_from": date.fromisoformat(row["valid_from"]),
                "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            }
        )
        for row in SQL.list_caller_ids(connection, number=number, business=business)
    ]


# Consents


async def add_consent(store: Store, new: Consent, *, by: str, at: datetime) -> Outcome:
    """A consent already there may only be shortened; to prolong it, the person must consent anew."""

    def work(connection: sqlite3.Connection) -> Outcome:
        key = {
            "number": digits(new.number),
            "business": new.business,
            "industry": new.industry,
            "granted_at": stamp(new.granted_at),
        }
        expires = stamp(new.expires_at) if new.expires_at else None
        row = SQL.get_consent(connection, **key)
        if row is None:
            SQL.insert_consent(
                connection, **key, expires_at=expires, evidence=new.evidence, created_at=stamp(at)
            )
            log(connection, "consent", "add", new.number, new, by=by, at=at)
            return "added"
        if row["evidence"] != new.evidence:
            raise Fault("consent-differs")
        if row["expires_at"] == expires:
            return "already"
        if expires is None or (row["expires_at"] is not None and expires > row["expires_at"]):
            raise Fault("consent-differs")
        SQL.shorten_consent(connection, **key, expires_at=expires)
        log(connection, "consent", "shorten", new.number, {"to": new, "from": dict(row)}, by=by, at=at)
        return "updated"

    return await store.transact(work)


async def withdraw_consent(
    store: Store, number: str, business: str, industry: str = "", *, reason: str = "", by: str, at: datetime
) -> int:
    """How many are withdrawn by this; no ``industry``: all of them. Fault when there are none at all."""

    def work(connection: sqlite3.Connection) -> int:
        if not _consents(connection, number, business, industry, 1):
            raise Fault("no-consent", entry=number, business=business)
        count = int(
            SQL.withdraw_consents(
                connection,
                number=digits(number),
                business=business,
                industry=industry,
                withdrawn_at=stamp(at),
            )
        )
        detail = {"business": business, "industry": industry, "withdrawn": count, "reason": reason}
        log(connection, "consent", "withdraw", number, detail, by=by, at=at)
        return count

    return await store.transact(work)


async def list_consents(
    store: Store, *, number: str = "", business: str = "", industry: str = "", most: int = ALL
) -> list[Consent]:
    return await store.transact(lambda connection: _consents(connection, number, business, industry, most))


def _consents(
    connection: sqlite3.Connection, number: str, business: str, industry: str, most: int
) -> list[Consent]:
    return [
        Consent(
            number=f"+{row['number']}",
            business=row["business"],
            industry=row["industry"],
            granted_at=instant(row["granted_at"]),
            expires_at=instant(row["expires_at"]) if row["expires_at"] else None,
            evidence=row["evidence"],
            withdrawn_at=instant(row["withdrawn_at"]) if row["withdrawn_at"] else None,
        )
        for row in SQL.list_consents(
            connection, number=digits(number), business=business, industry=industry, most=most
        )
    ]


# Refusals


async def add_refusal(store: Store, new: Refusal, *, by: str, at: datetime) -> Outcome:
    """In force when this returns. One that is in force already stays as it was first recorded."""

    def work(connection: sqlite3.Connection) -> Outcome:
        fields = msgspec.structs.asdict(new) | {
            "number": digits(new.number),
            "requested_at": stamp(new.requested_at),
        }
        if not SQL.insert_refusal(connection, created_at=stamp(at), **fields):
            return "already"
        log(connection, "dnc", "add", new.number, new, by=by, at=at)
        return "added"

    return await store.transact(work)


async def remove_refusal(
    store: Store, number: str, scope: str, value: str, *, reason: str, by: str, at: datetime
) -> None:
    """An act of its own, with who and why; the log keeps the entry. Fault when there is none."""

    def work(connection: sqlite3.Connection) -> None:
        key = {"number": digits(number), "scope": scope, "value": value}
        before = SQL.get_refusal(connection, **key)
        if before is None:
            raise Fault("no-refusal", entry=number, scope=scope, value=value)
        SQL.delete_refusal(connection, **key)
        detail = {"scope": scope, "value": value, **dict(before), "reason": reason}
        log(connection, "dnc", "remove", number, detail, by=by, at=at)

    await store.transact(work)


async def list_refusals(
    store: Store, *, number: str = "", scope: str = "", value: str = "", most: int = ALL
) -> list[Refusal]:
    found = await store.transact(
        lambda connection: list(
            SQL.list_refusals(connection, number=digits(number), scope=scope, value=value, most=most)
        )
    )
    return [
        Refusal(
            number=f"+{row['number']}",
            scope=row["scope"],
            value=row["value"],
            requested_at=instant(row["requested_at"]),
            source=row["source"],
        )
        for row in found
    ]


def _need_business(connection: sqlite3.Connection, id: str) -> None:
    if SQL.get_business(connection, id=id) is None:
        raise Fault("unknown-business", value=id)


def _same(before: Business | Campaign, new: Business | Campaign, register: str, key: str) -> Outcome:
    if before != new:
        raise Fault("taken", register=register, entry=key)
    return "already"
