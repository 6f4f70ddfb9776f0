"""The tree heads that were cosigned, those that were not, forks and gaps. One transaction a head."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.supervision.model import CosignedHead, Fork, Operator, SeenIn, Stray
from dialpact.compliance.supervision.refusal import Refusal
from dialpact.compliance.supervision.standing import Gap
from dialpact.compliance.supervision.witness import Head
from dialpact.store.ports.supervision import Judge, Judged
from dialpact.store.supervision import operators
from dialpact.store.supervision.connection import SupervisionDatabase, statements

SQL = statements("heads")
MOST_STRAYS = 200  # of one operator; more say nothing new
MOST_FORKS = 1000


class Heads:
    """:class:`dialpact.store.ports.supervision.Heads` on SQLite."""

    def __init__(self, database: SupervisionDatabase) -> None:
        self._database = database

    async def take(
        self, origin: str, head: Checkpoint, note: str, judge: Judge, *, late: timedelta, at: datetime
    ) -> Judged:
        return await self._database.transact(
            lambda connection: _take(connection, origin, head, note, judge, late, at)
        )

    async def follow(
        self,
        origin: str,
        decide: Callable[[Operator, Head | None], tuple[str, Checkpoint, str, str]],
        proof: str,
        *,
        late: timedelta,
        at: datetime,
    ) -> str:
        def work(connection: sqlite3.Connection) -> str:
            operator = operators.of_log(connection, origin)
            if operator is None:
                raise Refusal("unknown-operator", 404)
            vkey, head, note, line = decide(operator, _last(connection, operator.id))
            operators.follow(connection, operator.id, vkey, head.origin, proof, at)
            operators.log(connection, at, operator.id, "operator-key-followed", operator.id, vkey)
            _keep(connection, operator.id, head, note, line, late, at)
            return line

        return await self._database.transact(work)

    async def seen(
        self, operator: str, head: Checkpoint, note: str, seen_in: SeenIn, *, at: datetime
    ) -> bool:
        return await self._database.transact(
            lambda connection: _forks(connection, operator, head, note, seen_in, at)
        )

    async def is_cosigned(self, operator: str, head: Checkpoint) -> bool:
        def work(connection: sqlite3.Connection) -> bool:
            row = SQL.head_of(connection, operator=operator, size=head.size)
            return row is not None and bytes(row["root"]) == head.root

        return await self._database.read(work)

    async def last(self, operator: str) -> CosignedHead | None:
        def work(connection: sqlite3.Connection) -> CosignedHead | None:
            row = SQL.last_head(connection, operator=operator)
            return _head(row) if row else None

        return await self._database.read(work)

    async def newest(self, operator: str, most: int) -> Sequence[CosignedHead]:
        return await self._database.read(
            lambda connection: [
                _head(row) for row in SQL.newest_heads(connection, operator=operator, most=most)
            ]
        )

    async def forks(self, operator: str, most: int) -> Sequence[Fork]:
        def work(connection: sqlite3.Connection) -> list[Fork]:
            return [
                Fork(size=size, one=one, other=other, seen_at=instant(at), seen_in=seen_in)
                for size, one, other, at, seen_in in SQL.forks(connection, operator=operator, most=most)
            ]

        return await self._database.read(work)

    async def strays(self, operator: str, most: int) -> Sequence[Stray]:
        def work(connection: sqlite3.Connection) -> list[Stray]:
            return [
                Stray(size=size, note=note, seen_at=instant(at), why=why)
                for size, note, at, why in SQL.strays(connection, operator=operator, most=most)
            ]

        return await self._database.read(work)

    async def gaps(self, operator: str, most: int) -> Sequence[Gap]:
        def work(connection: sqlite3.Connection) -> list[Gap]:
            return [
                Gap(since=instant(since), until=instant(until))
                for since, until in SQL.gaps(connection, operator=operator, most=most)
            ]

        return await self._database.read(work)


def _take(
    connection: sqlite3.Connection,
    origin: str,
    head: Checkpoint,
    note: str,
    judge: Judge,
    late: timedelta,
    at: datetime,
) -> Judged:
    operator = operators.of_log(connection, origin)
    if operator is None:
        raise Refusal("unknown-operator", 404)
    last = _last(connection, operator.id)
    known = last.size if last else 0
    try:
        line = judge(operator, last)
    except Refusal as refusal:
        if refusal.code in ("unknown-operator", "not-signed", "malformed"):
            raise  # nothing that this operator has signed
        forked = _forks(connection, operator.id, head, note, "witness", at)
        if not forked:
            _stray(connection, operator.id, head, note, known, refusal, at)
        return Judged("", refusal, known, forked)
    forked = _forks(connection, operator.id, head, note, "witness", at)  # of what was only seen elsewhere
    _keep(connection, operator.id, head, note, line, late, at)
    return Judged(line, None, known, forked)


def _keep(
    connection: sqlite3.Connection,
    operator: str,
    head: Checkpoint,
    note: str,
    line: str,
    late: timedelta,
    at: datetime,
) -> None:
    before = SQL.last_head(connection, operator=operator)
    if before and at - (last := instant(before["last_at"])) > late:
        SQL.insert_gap(connection, operator=operator, since=stamp(last), until=stamp(at))
    if before and before["size"] == head.size:
        SQL.seen_again(connection, operator=operator, size=head.size, at=stamp(at))
    else:
        SQL.insert_head(
            connection,
            operator=operator,
            size=head.size,
            root=head.root,
            note=note,
            line=line,
            at=stamp(at),
        )
    SQL.explained(connection, operator=operator, size=head.size, root=head.root)


def _forks(
    connection: sqlite3.Connection,
    operator: str,
    head: Checkpoint,
    note: str,
    seen_in: SeenIn,
    at: datetime,
) -> bool:
    """Whether a signed head of this size with another root is known; then both are kept."""
    known = []
    row = SQL.head_of(connection, operator=operator, size=head.size)
    if row:
        known.append((bytes(row["root"]), row["note"]))
    known += [
        (bytes(root), text) for root, text in SQL.strays_of(connection, operator=operator, size=head.size)
    ]
    others = [text for root, text in known if root != head.root]
    (count,) = SQL.count_forks(connection, operator=operator)
    if others and count < MOST_FORKS:
        SQL.insert_fork(
            connection,
            operator=operator,
            size=head.size,
            one=others[0],
            other=note,
            root=head.root,
            seen_at=stamp(at),
            seen_in=seen_in,
        )
    return bool(others)


def _stray(
    connection: sqlite3.Connection,
    operator: str,
    head: Checkpoint,
    note: str,
    known: int,
    refusal: Refusal,
    at: datetime,
) -> None:
    """Kept until somebody shows how it continues the log. One that is only ahead of us is not."""
    row = SQL.head_of(connection, operator=operator, size=head.size)
    if row and bytes(row["root"]) == head.root:
        return  # an older one of the same log, once more
    if refusal.code == "conflict" and head.size > known:
        return  # the log does not know how far we are: it asks again
    (count,) = SQL.count_strays(connection, operator=operator)
    if count < MOST_STRAYS:
        why = "behind" if head.size < known else "not-continued"
        SQL.insert_stray(
            connection,
            operator=operator,
            size=head.size,
            root=head.root,
            note=note,
            seen_at=stamp(at),
            why=why,
        )


def _last(connection: sqlite3.Connection, operator: str) -> Head | None:
    row = SQL.last_head(connection, operator=operator)
    return Head(row["size"], bytes(row["root"])) if row else None


def _head(row: sqlite3.Row) -> CosignedHead:
    return CosignedHead(
        size=row["size"],
        root=bytes(row["root"]),
        note=row["note"],
        line=row["line"],
        first_at=instant(row["first_at"]),
        last_at=instant(row["last_at"]),
    )
