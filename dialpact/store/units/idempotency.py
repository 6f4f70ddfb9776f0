"""Requests that may come twice and are done once."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from dialpact.compliance.clock import stamp
from dialpact.compliance.errors import StoreError
from dialpact.compliance.randomness import Randomness
from dialpact.store.ports.idempotency import KEPT, Answered, Claimed, Request, Written
from dialpact.store.ports.receipts import Receipt
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.statements import statements

SQL = statements("idempotency")
_ACTS = Randomness(16)


class Idempotency:
    """:class:`dialpact.store.ports.idempotency.Idempotency`.

    The disk is waited for by the act alone, or by who goes on with it: what was claimed before it is there
    when it is, and an answer that a power cut takes is made anew from what the act has noted.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self, request: Request, *, owner: str, busy: bool, alive: Callable[[str], bool], at: datetime
    ) -> Claimed:
        key, name, digest, _ = request

        def work(connection: Connection) -> Claimed:
            SQL.clear(connection, before=stamp(at - KEPT))
            row = SQL.get(connection, key=key, name=name)
            if row is None:
                if busy:
                    return Claimed()
                new = {"key": key, "name": name, "at": stamp(at), "request": digest, "owner": owner}
                act = _ACTS.take().hex()
                if SQL.insert(connection, **new, act=act):
                    _seal(connection, request)
                    return Claimed(mine=True, act=act)
                row = SQL.get(connection, key=key, name=name)  # another node was faster
            if row["request"] != digest:
                return Claimed(same=False)
            if not hmac.compare_digest(row["sealed"], _sealed(row, request)):
                raise StoreError(f"what is kept of a request of {key} was written by another hand")
            if row["status"] is not None:
                return Claimed(answer=_answer(row))
            if busy or (row["owner"] != owner and alive(row["owner"])):
                return Claimed()
            SQL.take(connection, key=key, name=name, owner=owner)
            return Claimed(mine=True, act=row["act"], written=_written(row))

        claimed = await self._database.jot(work)
        if claimed.written:  # by one who was cut off, maybe before it was on the disk: that is waited for
            await self._database.transact(
                lambda connection: SQL.take(connection, key=key, name=name, owner=owner)
            )
        return claimed

    def receipt(self, request: Request) -> Receipt:
        key, name = request.key, request.name

        def note(connection: Connection) -> None:
            row = SQL.get(connection, key=key, name=name)
            if row is not None and (new := [list(each) for each in SQL.put_in(connection)]):
                SQL.note(connection, key=key, name=name, written=json.dumps(json.loads(row["written"]) + new))
                _seal(connection, request)

        return note

    async def answered(self, request: Request, answer: Answered) -> None:
        key, name = request.key, request.name
        said = {"status": answer.status, "headers": json.dumps(dict(answer.headers)), "body": answer.body}

        def work(connection: Connection) -> None:
            SQL.answer(connection, key=key, name=name, **said)
            _seal(connection, request)

        await self._database.jot(work)

    async def clear(self, at: datetime) -> None:
        await self._database.jot(lambda connection: SQL.clear(connection, before=stamp(at - KEPT)))


def _seal(connection: Connection, request: Request) -> None:
    """After each change of the row, but for who is at it."""
    if (row := SQL.get(connection, key=request.key, name=request.name)) is not None:
        SQL.seal(connection, key=request.key, name=request.name, sealed=_sealed(row, request))


def _sealed(row: Any, request: Request) -> str:
    said = [
        request.key,
        request.name,
        row["request"],
        row["act"],
        row["written"],
        row["status"],
        row["headers"],
    ]
    return request.seal(json.dumps(said).encode() + bytes(row["body"]))


def _answer(row: Any) -> Answered:
    return Answered(status=row["status"], headers=json.loads(row["headers"]), body=bytes(row["body"]))


def _written(row: Any) -> tuple[Written, ...]:
    return tuple(Written(str(kind), str(key)) for kind, key in json.loads(row["written"]))
