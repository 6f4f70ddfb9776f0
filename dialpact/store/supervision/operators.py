"""The operators that are supervised, their keys, and the acts of the supervisor's people."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.supervision.model import Act, Operator
from dialpact.store.supervision.connection import SupervisionDatabase, statements

SQL = statements("operators")


class Operators:
    """:class:`dialpact.store.ports.supervision.Operators` on SQLite."""

    def __init__(self, database: SupervisionDatabase) -> None:
        self._database = database

    async def add(self, new: Operator, *, by: str, reason: str) -> None:
        def work(connection: sqlite3.Connection) -> None:
            if SQL.operator(connection, id=new.id) or SQL.operator_by_origin(connection, origin=new.origin):
                raise Fault("taken", register="operator", entry=new.id)
            SQL.insert_operator(
                connection,
                id=new.id,
                name=new.name,
                origin=new.origin,
                url=new.url,
                secret=new.secret,
                reports_from=new.reports_from,
                added_at=stamp(new.added_at),
            )
            SQL.insert_key(connection, operator=new.id, vkey=new.vkey, since=stamp(new.added_at), proof="")
            log(connection, new.added_at, by, "operator-add", new.id, f"{new.vkey} {reason}".strip())

        await self._database.transact(work)

    async def replace_key(
        self, id: str, vkey: str, origin: str, *, by: str, reason: str, at: datetime
    ) -> None:
        def work(connection: sqlite3.Connection) -> None:
            need(connection, id)
            follow(connection, id, vkey, origin, "", at)
            log(connection, at, by, "operator-key", id, f"{vkey} {reason}".strip())

        await self._database.transact(work)

    async def move(self, id: str, url: str, *, by: str, reason: str, at: datetime) -> None:
        def work(connection: sqlite3.Connection) -> None:
            need(connection, id)
            SQL.move(connection, operator=id, url=url)
            log(connection, at, by, "operator-url", id, f"{url} {reason}".strip())

        await self._database.transact(work)

    async def end(self, id: str, *, by: str, reason: str, at: datetime) -> None:
        def work(connection: sqlite3.Connection) -> None:
            if not SQL.end(connection, operator=id, at=stamp(at)):
                raise Fault("not-registered", entry=id)
            log(connection, at, by, "operator-end", id, reason)

        await self._database.transact(work)

    async def new_secret(self, id: str, secret: bytes, *, by: str, reason: str, at: datetime) -> None:
        def work(connection: sqlite3.Connection) -> None:
            need(connection, id)
            SQL.new_secret(connection, operator=id, secret=secret)
            log(connection, at, by, "operator-secret", id, reason)

        await self._database.transact(work)

    async def list(self) -> Sequence[Operator]:
        return await self._database.read(
            lambda connection: [_operator(connection, row) for row in list(SQL.operators(connection))]
        )

    async def get(self, id: str) -> Operator:
        return await self._database.read(lambda connection: need(connection, id))

    async def of_log(self, origin: str) -> Operator | None:
        return await self._database.read(lambda connection: of_log(connection, origin))

    async def act(self, action: str, key: str, detail: str, *, by: str, at: datetime) -> None:
        await self._database.transact(lambda connection: log(connection, at, by, action, key, detail))

    async def acts(self, most: int) -> Sequence[Act]:
        def work(connection: sqlite3.Connection) -> list[Act]:
            return [
                Act(at=instant(at), by=by, action=action, key=key, detail=detail)
                for at, by, action, key, detail in SQL.acts(connection, most=most)
            ]

        return await self._database.read(work)


def need(connection: sqlite3.Connection, id: str) -> Operator:
    """Fault when there is none."""
    row = SQL.operator(connection, id=id)
    if row is None:
        raise Fault("not-registered", entry=id)
    return _operator(connection, row)


def of_log(connection: sqlite3.Connection, origin: str) -> Operator | None:
    row = SQL.operator_by_origin(connection, origin=origin)
    return _operator(connection, row) if row else None


def follow(connection: sqlite3.Connection, id: str, vkey: str, origin: str, proof: str, at: datetime) -> None:
    """Puts a key in force."""
    SQL.insert_key(connection, operator=id, vkey=vkey, since=stamp(at), proof=proof)
    SQL.rename_log(connection, operator=id, origin=origin)


def log(connection: sqlite3.Connection, at: datetime, by: str, action: str, key: str, detail: str) -> None:
    """An act of the supervisor's people, or of the witness itself."""
    SQL.insert_act(connection, at=stamp(at), by=by, action=action, key=key, detail=detail)


def _operator(connection: sqlite3.Connection, row: sqlite3.Row) -> Operator:
    keys = [vkey for vkey, _ in SQL.keys(connection, operator=row["id"])]
    return Operator(
        id=row["id"],
        name=row["name"],
        origin=row["origin"],
        vkey=keys[0],
        url=row["url"],
        secret=row["secret"],
        reports_from=row["reports_from"],
        added_at=instant(row["added_at"]),
        ended_at=instant(row["ended_at"]) if row["ended_at"] else None,
        earlier=tuple(keys[1:]),
    )
