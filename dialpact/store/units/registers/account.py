"""The accounts of the console, and what each signs in by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.ledger.bound.accounts import FACTOR, NAME, SIGN_IN, columns
from dialpact.compliance.registers.account import Account, Role, Wanted
from dialpact.compliance.registers.change import Made
from dialpact.compliance.registers.factor import Factor, Kind, digest
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import HOME
from dialpact.store.ports.accounts import KeptAccount, ShownAccount
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database, Row
from dialpact.store.units.paging import NEWEST, keyed_page, page
from dialpact.store.units.registers.account_rows import SQL, account, factors, kept, kept_of
from dialpact.store.units.registers.account_session import end_all
from dialpact.store.units.registers.change import SQL as REGISTERS
from dialpact.store.units.registers.change import log, need_business


class Accounts:
    """:class:`dialpact.store.ports.accounts.Accounts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def any(self) -> bool:
        return await self._database.read(lambda connection: bool(SQL.any_account(connection)[0]))

    async def add(
        self,
        id: str,
        wanted: Wanted,
        factors: Sequence[Factor],
        *,
        first: bool = False,
        by: str,
        at: datetime,
    ) -> Account:
        def work(connection: Connection) -> Account:
            if first and SQL.any_account(connection)[0]:
                raise Fault("account-not-first")
            if SQL.get_account(connection, id=id) is not None:
                raise Fault("account-taken", entry=id)
            _check(connection, id, wanted)
            detail = _detail(wanted)
            SQL.insert_account(connection, id=id, **columns(detail), added_at=stamp(at), added_by=by)
            log(connection, NAME, "add", id, {"id": id, **detail}, by=by, at=at)
            for factor in factors:
                _put(connection, id, factor, "added", by, at)
            return account(SQL.get_account(connection, id=id))

        return await self._database.transact(work)

    async def change(
        self, id: str, wanted: Wanted, *, expected: Account | None = None, by: str, at: datetime
    ) -> Account:
        def work(connection: Connection) -> Account:
            before = _need(connection, id)
            if expected is not None and account(dict(before)) != expected:
                raise Fault("account-faster")
            _check(connection, id, wanted)
            if before["role"] == Role.ADMINISTRATOR and wanted.role is not Role.ADMINISTRATOR:
                _need_another(connection, id, at)
            detail = _detail(wanted)
            SQL.change_account(connection, id=id, **columns(detail))
            log(connection, NAME, "change", id, detail, by=by, at=at)
            return account(SQL.get_account(connection, id=id))

        return await self._database.transact(work)

    async def disable(self, id: str, *, reason: str, by: str, at: datetime) -> Account:
        def work(connection: Connection) -> Account:
            before = _need(connection, id)
            if before["disabled_at"] is not None:
                raise Fault("account-disabled", entry=id)
            if before["role"] == Role.ADMINISTRATOR:
                _need_another(connection, id, at)
            SQL.disable_account(connection, id=id, disabled_at=stamp(at), disabled_by=by, reason=reason)
            log(connection, NAME, "disable", id, {"reason": reason}, by=by, at=at)
            end_all(connection, id, reason="disabled", by=by, at=at)
            return account(SQL.get_account(connection, id=id))

        return await self._database.transact(work)

    async def enable(self, id: str, *, reason: str, by: str, at: datetime) -> Account:
        def work(connection: Connection) -> Account:
            if _need(connection, id)["disabled_at"] is None:
                raise Fault("account-not-disabled", entry=id)
            SQL.disable_account(connection, id=id, disabled_at=None, disabled_by="", reason="")
            log(connection, NAME, "enable", id, {"reason": reason}, by=by, at=at)
            return account(SQL.get_account(connection, id=id))

        return await self._database.transact(work)

    async def refactor(
        self,
        id: str,
        *,
        expected: Sequence[Factor] = (),
        new: Sequence[Factor] = (),
        gone: Sequence[tuple[Kind, str]] = (),
        reason: str,
        by: str,
        at: datetime,
    ) -> None:
        def work(connection: Connection) -> None:
            _need(connection, id)
            there = {each.place: each for each in factors(connection, id)}
            if any(there.get(each.place) != each for each in expected):
                raise Fault("account-faster")
            for factor in new:
                if factor.kind is Kind.PASSKEY:
                    whose = SQL.account_of_passkey(connection, id=factor.id)
                    if whose is not None and whose["id"] != id:
                        raise Fault("account-passkey")
                _put(connection, id, factor, reason, by, at)
            for kind, which in gone:
                if (kind, which) in there:
                    SQL.remove_factor(connection, account=id, kind=kind, id=which)
                    detail = {"kind": kind, "id": which, "reason": reason}
                    log(connection, FACTOR, "remove", id, detail, by=by, at=at)

        await self._database.transact(work)

    async def find(self, id: str) -> KeptAccount | None:
        return await self._database.read(lambda connection: kept(connection, id))

    async def find_subject(self, subject: str) -> KeptAccount | None:
        return await self._database.read(
            lambda connection: kept_of(connection, SQL.account_of_subject(connection, subject=subject))
        )

    async def find_passkey(self, id: str) -> KeptAccount | None:
        return await self._database.read(
            lambda connection: kept_of(connection, SQL.account_of_passkey(connection, id=id))
        )

    async def list(self, *, id: str = "", after: str = "", most: int = ALL) -> Page[ShownAccount]:
        def work(connection: Connection) -> Page[ShownAccount]:
            ask = partial(SQL.list_accounts, connection, id=id)
            return keyed_page(ask, _shown, after=after, most=most, first={"id": ""})

        return await self._database.read(work)

    async def history(self, id: str, *, after: str = "", most: int = ALL) -> Page[Made]:
        """Of each register as many as may be shown, by its index: no more is read."""

        def acts(connection: Connection, *, after: int, most: int) -> list[Row]:
            found = [
                row
                for register in (NAME, FACTOR, SIGN_IN)
                for row in SQL.acts_before(connection, register=register, id=id, before=after, most=most)
            ]
            newest = sorted(found, key=lambda row: -int(row["seq"]))
            return newest if most < 0 else newest[:most]

        def work(connection: Connection) -> Page[Made]:
            ask = partial(acts, connection)
            return page(ask, _made, "seq", after=after, most=most, first=NEWEST)

        return await self._database.read(work)

    async def use_step(self, id: str, step: int) -> bool:
        return await self._database.transact(
            lambda connection: SQL.use_step(connection, account=id, step=step) == 1
        )


def _need(connection: Connection, id: str) -> Row:
    row: Row | None = SQL.get_account(connection, id=id)
    if row is None:
        raise Fault("not-registered", entry=id)
    return row


def _need_another(connection: Connection, id: str, at: datetime) -> None:
    """Else nobody could ever let anybody in by the console again."""
    day = at.astimezone(HOME).date().isoformat()
    if not SQL.other_administrators(connection, id=id, day=day)[0]:
        raise Fault("account-last", entry=id)


def _check(connection: Connection, id: str, wanted: Wanted) -> None:
    for business in wanted.businesses:
        need_business(connection, business)
    for campaign in wanted.campaigns:
        if REGISTERS.get_campaign(connection, id=campaign) is None:
            raise Fault("unknown-campaign", value=campaign)
    other = SQL.account_of_subject(connection, subject=wanted.subject)
    if other is not None and other["id"] != id:
        raise Fault("account-subject", value=wanted.subject)


def _detail(wanted: Wanted) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(wanted)
    return found


def _put(connection: Connection, id: str, factor: Factor, reason: str, by: str, at: datetime) -> None:
    SQL.put_factor(
        connection,
        account=id,
        kind=factor.kind,
        id=factor.id,
        data=factor.data,
        added_at=stamp(at),
        added_by=by,
    )
    detail = {"kind": factor.kind, "id": factor.id, "sha256": digest(factor.data), "reason": reason}
    log(connection, FACTOR, "set", id, detail, by=by, at=at)


def _shown(row: dict[str, Any]) -> ShownAccount:
    kinds, seen = json.loads(row.pop("kinds")), row.pop("seen_at")
    return ShownAccount(account(row), tuple(sorted(map(Kind, kinds))), instant(seen) if seen else None)


def _made(row: dict[str, Any]) -> Made:
    by, at = row.pop("actor"), instant(row.pop("at"))
    return Made(**{**row, "by": by, "at": at, "detail": json.loads(row["detail"])})
