"""What every register's change has: its line in ``register_change``, in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import Value
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.change import Change, Made
from dialpact.compliance.registers.fault import Fault, Faults
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import NEWEST
from dialpact.store.units.statements import statements

SQL = statements("registers")
S = TypeVar("S")
T = TypeVar("T")


def digits(e164: str) -> int:
    """The stored form of a callee's number. 0 for the empty text: no filter."""
    return int(e164.removeprefix("+")) if e164 else 0


def of_number(e164: str) -> dict[str, int]:
    """What a list of a register whose key begins with the number is given to look at that one alone."""
    number = digits(e164)
    return {"number": number, "until": number or NEWEST}


def log(
    connection: Connection,
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


def all_of(connection: Connection, news: Sequence[S], one: Callable[[Connection, S], T]) -> list[T]:
    """What became of each, in their order. Raises Faults when any is at fault, with the places of all of
    these: whatever was written of the others goes with the transaction.
    """
    found: list[T] = []
    wrong: list[tuple[int, Fault]] = []
    for place, new in enumerate(news):
        try:
            found.append(one(connection, new))
        except Fault as fault:
            wrong.append((place, fault))
    if wrong:
        raise Faults(wrong)
    return found


class Changes:
    """:class:`dialpact.store.ports.changes.Changes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, register: str, *keys: str) -> list[Change]:
        wanted = json.dumps(keys)
        found = await self._database.read(
            lambda connection: list(SQL.history(connection, register=register, keys=wanted))
        )
        return [
            Change(at=instant(at), by=by, action=action, detail=json.loads(detail))
            for at, by, action, detail in found
        ]

    async def made(self, seqs: Sequence[int]) -> list[Made]:
        def work(connection: Connection) -> list[Made]:
            return [
                Made(**{**dict(row), "at": instant(row["at"]), "detail": json.loads(row["detail"])})
                for row in SQL.made(connection, seqs=json.dumps(list(seqs)))
            ]

        return await self._database.read(work)

    async def note(
        self, register: str, action: str, key: str, detail: dict[str, Any], *, by: str, at: datetime
    ) -> None:
        await self._database.transact(
            lambda connection: log(connection, register, action, key, detail, by=by, at=at)
        )


def need_business(connection: Connection, id: str) -> None:
    if SQL.get_business(connection, id=id) is None:
        raise Fault("unknown-business", value=id)


def same(before: Value, new: Value, register: str, key: str) -> Outcome:
    if before != new:
        raise Fault("taken", register=register, entry=key)
    return "already"
