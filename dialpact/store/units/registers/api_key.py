"""The keys of the API: what is kept of each, and its last use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.ledger.bound import MALFORMED, Act
from dialpact.compliance.ledger.bound.api_keys import API_KEY, NAME
from dialpact.compliance.registers.api_key import ApiKey, Scope, ShownKey
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.api_keys import KeptKey
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import keyed_page
from dialpact.store.units.registers.change import log, need_business
from dialpact.store.units.statements import statements

SQL = statements("api_keys")


class ApiKeys:
    """:class:`dialpact.store.ports.api_keys.ApiKeys`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        id: str,
        *,
        scopes: tuple[Scope, ...],
        businesses: tuple[str, ...],
        expires: date,
        mac: str,
        by: str,
        at: datetime,
    ) -> ApiKey:
        detail = {"id": id, "scopes": scopes, "businesses": businesses, "expires": expires, "mac": mac}
        row = {
            "id": id,
            "scopes": json.dumps(list(scopes)),
            "businesses": json.dumps(list(businesses), ensure_ascii=False),
            "expires": expires.isoformat(),
            "mac": mac,
        }

        def work(connection: Connection) -> ApiKey:
            if SQL.get_key(connection, id=id) is not None:
                raise Fault("api-key-taken", entry=id)
            for business in businesses:
                need_business(connection, business)
            SQL.insert_key(connection, **row, added_at=stamp(at), added_by=by)
            log(connection, NAME, "add", id, detail, by=by, at=at)
            return _key(SQL.get_key(connection, id=id))

        return await self._database.transact(work)

    async def rotate(self, id: str, *, mac: str, by: str, at: datetime) -> ApiKey:
        def work(connection: Connection) -> ApiKey:
            _need(connection, id)
            SQL.rotate_key(connection, id=id, mac=mac, added_at=stamp(at), added_by=by)
            log(connection, NAME, "rotate", id, {"mac": mac}, by=by, at=at)
            return _key(SQL.get_key(connection, id=id))

        return await self._database.transact(work)

    async def revoke(self, id: str, *, reason: str, by: str, at: datetime) -> ApiKey:
        def work(connection: Connection) -> ApiKey:
            _need(connection, id)
            SQL.revoke_key(connection, id=id, revoked_at=stamp(at), revoked_by=by, reason=reason)
            log(connection, NAME, "revoke", id, {"reason": reason}, by=by, at=at)
            return _key(SQL.get_key(connection, id=id))

        return await self._database.transact(work)

    async def find(self, id: str) -> KeptKey | None:
        def work(connection: Connection) -> KeptKey | None:
            if (row := SQL.get_key(connection, id=id)) is None:
                return None
            try:
                return KeptKey(_key(row), str(row["mac"]), _is_bound(connection, row))
            except MALFORMED:  # written by another hand than ours
                return None

        return await self._database.read(work)

    async def list(self, *, id: str = "", after: str = "", most: int = ALL) -> Page[ShownKey]:
        def work(connection: Connection) -> Page[ShownKey]:
            ask = partial(SQL.list_keys, connection, id=id)
            return keyed_page(ask, _shown, after=after, most=most, first={"id": ""})

        return await self._database.read(work)

    async def used(self, id: str, *, at: datetime) -> None:
        await self._database.jot(lambda connection: SQL.note_use(connection, id=id, at=stamp(at)))


def _is_bound(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Whether the row is what its acts make of it: one that SQL alone has put in or changed opens nothing."""
    id = str(row["id"])
    acts = [Act(*each) for each in SQL.acts_of_key(connection, id=id)]
    expected = API_KEY.replay(id, acts)
    return len(expected) == 1 and dict(expected[0].row) == dict(row)


def _need(connection: Connection, id: str) -> None:
    """That it is there, and was not revoked."""
    if (row := SQL.get_key(connection, id=id)) is None:
        raise Fault("not-registered", entry=id)
    if row["revoked_at"] is not None:
        raise Fault("api-key-revoked", entry=id)


def _shown(row: dict[str, Any]) -> ShownKey:
    used = row.pop("used_at")
    return ShownKey(key=_key(row), used_at=instant(used) if used else None)


def _key(row: Mapping[str, Any]) -> ApiKey:
    return ApiKey(
        id=row["id"],
        scopes=tuple(Scope(name) for name in json.loads(row["scopes"])),
        businesses=tuple(json.loads(row["businesses"])),
        expires=date.fromisoformat(row["expires"]),
        added_at=instant(row["added_at"]),
        added_by=row["added_by"],
        revoked_at=instant(row["revoked_at"]) if row["revoked_at"] else None,
        revoked_by=row["revoked_by"],
        reason=row["reason"],
    )
