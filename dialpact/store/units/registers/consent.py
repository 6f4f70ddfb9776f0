"""The register of consents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import Consent
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.consent import Withdrawal
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.arriving import settle
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import keyed_page
from dialpact.store.units.registers.change import SQL, all_of, digits, log, of_number
from dialpact.store.units.registers.consent_evidence import is_kept

FIRST: dict[str, str | int] = {"number": 0, "business": "", "industry": "", "granted_at": ""}


class Consents:
    """:class:`dialpact.store.ports.consents.Consents`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: Consent, *, by: str, at: datetime) -> Outcome:
        return await self._database.transact(lambda connection: _add(connection, new, by=by, at=at))

    async def add_all(self, news: Sequence[Consent], *, by: str, at: datetime) -> Sequence[Outcome]:
        def one(connection: Connection, new: Consent) -> Outcome:
            if new.evidence_sha256 and not is_kept(connection, new.evidence_sha256):
                raise Fault("proof-not-kept", column="evidence_sha256", value=new.evidence_sha256)
            return _add(connection, new, by=by, at=at)

        return await self._database.transact(lambda connection: all_of(connection, news, one))

    async def withdraw(
        self, number: str, business: str, industry: str = "", *, reason: str = "", by: str, at: datetime
    ) -> int:
        wanted = Withdrawal(number=number, business=business, industry=industry, reason=reason)
        return await self._database.transact(lambda connection: _withdraw(connection, wanted, by=by, at=at))

    async def withdraw_all(self, news: Sequence[Withdrawal], *, by: str, at: datetime) -> Sequence[int]:
        def one(connection: Connection, new: Withdrawal) -> int:
            return _withdraw(connection, new, by=by, at=at)

        return await self._database.transact(lambda connection: all_of(connection, news, one))

    async def list(
        self,
        *,
        number: str = "",
        business: str = "",
        industry: str = "",
        after: str = "",
        most: int = ALL,
    ) -> Page[Consent]:
        return await self._database.read(
            lambda connection: _consents(connection, number, business, industry, after=after, most=most)
        )


def _add(connection: Connection, new: Consent, *, by: str, at: datetime) -> Outcome:
    settle(connection, "consent", digits(new.number))
    key = {
        "number": digits(new.number),
        "business": new.business,
        "industry": new.industry,
        "granted_at": stamp(new.granted_at),
    }
    proof = {"evidence": new.evidence, "evidence_sha256": new.evidence_sha256, "wording": new.wording}
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


def _withdraw(connection: Connection, new: Withdrawal, *, by: str, at: datetime) -> int:
    settle(connection, "consent", digits(new.number))
    if not _consents(connection, new.number, new.business, new.industry, after="", most=1).rows:
        raise Fault("no-consent", entry=new.number, business=new.business)
    count = int(
        SQL.withdraw_consents(
            connection,
            number=digits(new.number),
            business=new.business,
            industry=new.industry,
            withdrawn_at=stamp(at),
        )
    )
    detail = {
        "business": new.business,
        "industry": new.industry,
        "withdrawn": count,
        "reason": new.reason,
    }
    log(connection, "consent", "withdraw", new.number, detail, by=by, at=at)
    return count


def _consents(
    connection: Connection, number: str, business: str, industry: str, *, after: str, most: int
) -> Page[Consent]:
    wanted = {"business": business, "industry": industry, **of_number(number)}
    ask = partial(SQL.list_consents, connection, **wanted)
    first = FIRST | {"number": digits(number)}
    return keyed_page(ask, consent_of, after=after, most=most, first=first)


def consent_of(row: dict[str, Any]) -> Consent:
    return Consent(
        **{
            **row,
            "number": f"+{row['number']}",
            "granted_at": instant(row["granted_at"]),
            "expires_at": instant(row["expires_at"]) if row["expires_at"] else None,
            "withdrawn_at": instant(row["withdrawn_at"]) if row["withdrawn_at"] else None,
        }
    )
