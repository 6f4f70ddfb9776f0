"""The register of consents."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import Consent
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.registers.change import ALL, SQL, digits, log


async def add_consent(store: Database, new: Consent, *, by: str, at: datetime) -> Outcome:
    """A consent already there may only be shortened; to prolong it, the person must consent anew."""

    def work(connection: sqlite3.Connection) -> Outcome:
        key = {
            "number": digits(new.number),
            "business": new.business,
            "industry": new.industry,
            "granted_at": stamp(new.granted_at),
        }
        proof = {
            "evidence": new.evidence,
            "evidence_sha256": new.evidence_sha256,
            "wording": new.wording,
        }
        expires = stamp(new.expires_at) if new.expires_at else None
        row = SQL.get_consent(connection, **key)
        if row is None:
            SQL.insert_consent(connection, **key, **proof, expires_at=expires, created_at=stamp(at))
            log(connection, "consent", "add", new.number, new, by=by, at=at)
            return "added"
        if any(row[name] != value for name, value in proof.items()):
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
    store: Database,
    number: str,
    business: str,
    industry: str = "",
    *,
    reason: str = "",
    by: str,
    at: datetime,
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
    store: Database, *, number: str = "", business: str = "", industry: str = "", most: int = ALL
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
            evidence_sha256=row["evidence_sha256"],
            wording=row["wording"],
        )
        for row in SQL.list_consents(
            connection, number=digits(number), business=business, industry=industry, most=most
        )
    ]
