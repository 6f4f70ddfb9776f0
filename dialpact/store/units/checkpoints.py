"""Signed tree heads in the store, and the proofs that lead to them. Who may sign is in compliance/ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle, rotation, signing
from dialpact.compliance.ledger.checkpoint import ORIGIN
from dialpact.compliance.ledger.heads import SignedHead, not_continued, refuse, stated
from dialpact.compliance.ledger.note import Signer
from dialpact.compliance.ledger.rotation import Rotation
from dialpact.store.ports.checkpoints import DatedHead, Log, LogStanding, Stored
from dialpact.store.ports.page import Page
from dialpact.store.units import incidents, ledger
from dialpact.store.units.database import Connection, Database, Row
from dialpact.store.units.paging import keyed_page
from dialpact.store.units.registers import change
from dialpact.store.units.statements import statements

SQL = statements("checkpoints")
LAST: dict[str, str | int] = {"size": 1 << 62, "at": ""}  # behind every checkpoint


class Checkpoints:
    """:class:`dialpact.store.ports.checkpoints.Checkpoints`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sign(
        self,
        signer: Signer,
        at: datetime,
        known: Sequence[SignedHead] = (),
        remember: Callable[[str], Awaitable[None]] | None = None,
    ) -> str:
        # No lock meanwhile: a disk that hangs while the head is remembered must hold no call.
        text = await self._database.read(lambda connection: _ready(connection, signer, known))
        if remember:
            await remember(text)
        await self._database.transact(lambda connection: _keep(connection, text, at, remember is not None))
        return text

    async def compare(self, known: Sequence[SignedHead]) -> None:
        await self._database.read(lambda connection: _compare(connection, known))

    async def continued(self, known: Sequence[SignedHead]) -> Sequence[SignedHead]:
        def work(connection: Connection) -> Sequence[SignedHead]:
            odd = set(not_continued(known, ledger.size(connection), lambda size: root(connection, size)))
            return [head for head in known if head not in odd]

        return await self._database.read(work)

    async def log(self) -> Log:
        return await self._database.read(_log)

    async def forked(self, said: str, *, at: datetime, node: str, kind: str) -> None:
        def work(connection: Connection) -> None:
            SQL.set_forked(connection, forked=said)
            told = {"node": node, "kind": kind, "decision": "", "channel": "", "detail": said}
            if incidents.SQL.is_told(connection, **told) is None:
                incidents.write(connection, at=at, **told)

        await self._database.transact(work)

    async def rotate(self, old: Signer | None, done: Rotation, name: str, *, by: str, at: datetime) -> None:
        def work(connection: Connection) -> None:
            if old:
                _keep(connection, _ready(connection, old, ()), at, False)
            action = rotation.RESUME if done.fork else rotation.ACTION
            change.log(connection, rotation.REGISTER, action, name, done, by=by, at=at)

        await self._database.transact(work)

    async def list(self, *, after: str = "", most: int) -> Page[DatedHead]:
        def work(connection: Connection) -> Page[DatedHead]:
            ask = partial(SQL.checkpoints_before, connection)
            return keyed_page(ask, _dated, after=after, most=most, first=LAST)

        return await self._database.read(work)

    async def one(self, size: int, at: datetime) -> DatedHead | None:
        def work(connection: Connection) -> DatedHead | None:
            row = SQL.checkpoint_at(connection, size=size, at=stamp(at))
            return _dated(dict(row)) if row else None

        return await self._database.read(work)

    async def standing(self) -> LogStanding:
        def work(connection: Connection) -> LogStanding:
            row = SQL.log(connection)
            return LogStanding(ledger.size(connection), row["forked"] if row else "")

        return await self._database.read(work)

    async def newest(self, most: int) -> Sequence[Stored]:
        return await self._database.read(
            lambda connection: [Stored(row["size"], row["note"]) for row in newest(connection, most)]
        )

    async def of_sizes(self, sizes: Iterable[int]) -> Sequence[Stored]:
        def work(connection: Connection) -> Sequence[Stored]:
            return [
                Stored(size, row["note"])
                for size in sizes
                for row in SQL.checkpoint_of(connection, size=size)
            ]

        return await self._database.read(work)

    async def rotations(self) -> tuple[Rotation, ...]:
        return await self._database.read(lambda connection: tuple(rotations(connection)))

    async def root_of(self, size: int) -> bytes:
        def work(connection: Connection) -> bytes:
            if size > (present := ledger.size(connection)):
                raise LedgerError(f"the log has {present} entries, not {size}")
            return root(connection, size)

        return await self._database.read(work)

    async def inclusion(self, index: int, size: int) -> Sequence[bytes]:
        return await self._database.read(lambda connection: inclusion_in(connection, index, size))

    async def consistency(self, old: int, size: int) -> Sequence[bytes]:
        return await self._database.read(
            lambda connection: _proof(connection, merkle.consistency_proof, old, size)
        )


def _dated(row: dict[str, Any]) -> DatedHead:
    return DatedHead(row["size"], instant(row["at"]), row["note"])


def newest(connection: Connection, most: int) -> list[Row]:
    """``size``, ``at`` and ``note`` of at most so many, the largest tree first."""
    return list(SQL.newest_checkpoints(connection, most=most))


def inclusion_in(connection: Connection, index: int, size: int) -> list[bytes]:
    return _proof(connection, merkle.inclusion_proof, index, size)


def root(connection: Connection, size: int) -> bytes:
    try:
        return ledger.root(connection, size)
    except LookupError as error:
        raise LedgerError(f"{error}: `dialpact ledger verify` says more") from error


def rotations(connection: Connection) -> list[Rotation]:
    """The changes of the key as the log has them, the oldest first. LedgerError for an unreadable one."""
    try:
        return [msgspec.json.decode(row["detail"], type=Rotation) for row in SQL.rotations(connection)]
    except msgspec.MsgspecError as error:
        raise LedgerError(f"a change of the key that can not be read: {error}") from error


def _ready(connection: Connection, signer: Signer, known: Sequence[SignedHead]) -> str:
    """The note that may be given out. LedgerForked, LedgerError: none may."""
    _compare(connection, known)
    return signing.signed(_tree(connection), signer)


def _compare(connection: Connection, known: Sequence[SignedHead]) -> None:
    present = ledger.size(connection)
    refuse(not_continued(known, present, lambda size: root(connection, size)), present)


def _keep(connection: Connection, text: str, at: datetime, remembered: bool) -> None:
    """Once it was signed, and perhaps remembered outside, it is stored: the log has only grown meanwhile."""
    head = stated(text)
    _compare(connection, [SignedHead(head.size, head.root, "a checkpoint", text)])
    if all(row["note"] != text for row in SQL.checkpoint_of(connection, size=head.size)):
        SQL.name_log(connection, node=head.origin.removeprefix(ORIGIN))
        SQL.insert_checkpoint(connection, size=head.size, at=stamp(at), note=text)
    SQL.set_forked(connection, forked="")
    if remembered:
        SQL.set_remembered(connection)


def _log(connection: Connection) -> Log:
    row, size = SQL.log(connection), ledger.size(connection)
    if row is None:
        raise LedgerError("the log has no row in ledger_log: `dialpact ledger verify` says more")
    try:
        links = [
            (each["leaf_index"], msgspec.json.decode(each["detail"], type=Rotation))
            for each in SQL.links(connection)
        ]
    except msgspec.MsgspecError as error:
        raise LedgerError(f"a change of the key that can not be read: {error}") from error
    sizes = frozenset(each["size"] for each in SQL.sizes(connection))
    return Log(size, root(connection, size), tuple(links), sizes, row["forked"], bool(row["remembered"]))


def _tree(connection: Connection) -> signing.Tree:
    size, row = ledger.size(connection), SQL.last_checkpoint(connection)
    last = row["note"] if row else None
    known = stated(last).size if last else 0
    if known > size:  # it was cut: no root is asked of what is left
        return signing.Tree(size, b"", last, b"", ())
    before = root(connection, known) if last else b""
    return signing.Tree(size, root(connection, size), last, before, tuple(rotations(connection)))


def _proof(
    connection: Connection,
    make: Callable[[merkle.Subtree, int, int], list[bytes]],
    place: int,
    size: int,
) -> list[bytes]:
    if size > (present := ledger.size(connection)):
        raise LedgerError(f"the log has {present} entries, not {size}")
    try:
        return make(ledger.subtree(connection), place, size)
    except (LookupError, ValueError) as error:
        raise LedgerError(str(error)) from error
