"""The tree heads that were cosigned, those that were not, forks and gaps. One transaction a head."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.ledger import merkle
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.supervision.model import (
    CosignedHead,
    EarlierLog,
    Fork,
    Operator,
    SeenIn,
    Stray,
    StrayWhy,
)
from dialpact.compliance.supervision.refusal import Refusal
from dialpact.compliance.supervision.standing import Gap
from dialpact.compliance.supervision.witness import Head
from dialpact.store.ports.supervision import Judge, Judged
from dialpact.store.supervision import operators
from dialpact.store.supervision.connection import SupervisionDatabase, statements

SQL = statements("heads")
MOST_STRAYS = 200  # of one operator; more say nothing new
MOST_FORKS = 1000
UNSIGNED = ("unknown-operator", "not-signed", "malformed")  # nothing that this operator has said


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
            vkey, head, note, line = decide(operator, _last(connection, operator))
            operators.follow(connection, operator.id, vkey, head.origin, proof, at)
            operators.log(connection, at, operator.id, "operator-key-followed", operator.id, vkey)
            _keep(connection, operator.id, head, note, line, late, at)
            return line

        return await self._database.transact(work)

    async def seen(
        self, operator: str, head: Checkpoint, note: str, seen_in: SeenIn, *, at: datetime
    ) -> bool:
        def work(connection: sqlite3.Connection) -> bool:
            forked = _forks(connection, operator, head, note, seen_in, at)
            if not forked:
                _stray(connection, operator, head, note, "elsewhere", at)
            return forked

        return await self._database.transact(work)

    async def is_cosigned(self, operator: str, head: Checkpoint) -> bool:
        return await self._database.read(lambda connection: _is_cosigned(connection, operator, head))

    async def last(self, operator: str) -> CosignedHead | None:
        def work(connection: sqlite3.Connection) -> CosignedHead | None:
            origin = operators.need(connection, operator).origin
            row = SQL.last_head(connection, operator=operator, log=origin)
            return _head(row) if row else None

        return await self._database.read(work)

    async def newest(self, operator: str, most: int) -> Sequence[CosignedHead]:
        def work(connection: sqlite3.Connection) -> list[CosignedHead]:
            origin = operators.need(connection, operator).origin
            found = SQL.newest_heads(connection, operator=operator, log=origin, most=most)
            return [_head(row) for row in found]

        return await self._database.read(work)

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
                Stray(log=log, size=size, root=bytes(root), note=note, seen_at=instant(at), why=why)
                for log, size, root, note, at, why in SQL.strays(connection, operator=operator, most=most)
            ]

        return await self._database.read(work)

    async def explain(self, operator: str, stray: Stray) -> None:
        await self._database.transact(
            lambda connection: SQL.explained(
                connection, operator=operator, log=stray.log, size=stray.size, root=stray.root
            )
        )

    async def earlier(self, operator: str) -> Sequence[EarlierLog]:
        def work(connection: sqlite3.Connection) -> list[EarlierLog]:
            origin = operators.need(connection, operator).origin
            found = SQL.earlier_logs(connection, operator=operator, log=origin)
            return [EarlierLog(log=log, size=size, seen_at=instant(at)) for log, size, at in found]

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
    last = _last(connection, operator)
    known = last.size if last else 0
    try:
        line = judge(operator, last)
    except Refusal as refusal:
        if refusal.code in UNSIGNED:
            raise
        forked = _forks(connection, operator.id, head, note, "witness", at)
        # One that is ahead of an old question is asked for again: the log did not know how far we are.
        if not forked and not (refusal.code == "conflict" and head.size >= known):
            why: StrayWhy = "behind" if head.size < known else "not-continued"
            _stray(connection, operator.id, head, note, why, at)
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
    whose = {"operator": operator, "log": head.origin}
    seen = SQL.last_seen(connection, operator=operator)["at"]
    if seen and at - instant(seen) > late:
        SQL.insert_gap(connection, operator=operator, since=seen, until=stamp(at))
    if SQL.head_of(connection, size=head.size, **whose):
        SQL.seen_again(connection, size=head.size, at=stamp(at), **whose)
    else:
        about = {"root": head.root, "note": note, "line": line}
        SQL.insert_head(connection, size=head.size, at=stamp(at), **about, **whose)
    SQL.explained(connection, size=head.size, root=head.root, **whose)


def _forks(
    connection: sqlite3.Connection,
    operator: str,
    head: Checkpoint,
    note: str,
    seen_in: SeenIn,
    at: datetime,
) -> bool:
    """Whether a signed head of this size with another root is known; then both are kept."""
    whose = {"operator": operator, "log": head.origin, "size": head.size}
    known = []
    row = SQL.head_of(connection, **whose)
    if row:
        known.append((bytes(row["root"]), row["note"]))
    known += [(bytes(root), text) for root, text in SQL.strays_of(connection, **whose)]
    others = [text for root, text in known if root != head.root]
    (count,) = SQL.count_forks(connection, operator=operator)
    if others and count < MOST_FORKS:
        about = {"one": others[0], "other": note, "root": head.root}
        SQL.insert_fork(connection, seen_at=stamp(at), seen_in=seen_in, **about, **whose)
    return bool(others)


def _stray(
    connection: sqlite3.Connection, operator: str, head: Checkpoint, note: str, why: StrayWhy, at: datetime
) -> None:
    """Kept until somebody shows how it continues the log, or the log it. What was cosigned is none, nor the
    head of nothing, which every log begins with.
    """
    if head.size == 0 and head.root == merkle.EMPTY:
        return
    (count,) = SQL.count_strays(connection, operator=operator)
    if count < MOST_STRAYS and not _is_cosigned(connection, operator, head):
        SQL.insert_stray(
            connection,
            operator=operator,
            log=head.origin,
            size=head.size,
            root=head.root,
            note=note,
            seen_at=stamp(at),
            why=why,
        )


def _is_cosigned(connection: sqlite3.Connection, operator: str, head: Checkpoint) -> bool:
    row = SQL.head_of(connection, operator=operator, log=head.origin, size=head.size)
    return row is not None and bytes(row["root"]) == head.root


def _last(connection: sqlite3.Connection, operator: Operator) -> Head | None:
    row = SQL.last_head(connection, operator=operator.id, log=operator.origin)
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
