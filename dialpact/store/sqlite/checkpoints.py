"""Signed tree heads in the store, and the proofs that lead to them. Who may sign is in compliance/ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle, rotation, signing
from dialpact.compliance.ledger.checkpoint import ORIGIN
from dialpact.compliance.ledger.note import Signer
from dialpact.compliance.ledger.rotation import Rotation
from dialpact.store.ports.checkpoints import Stored
from dialpact.store.sqlite import ledger
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.registers import change
from dialpact.store.sqlite.statements import statements

SQL = statements("checkpoints")


class Checkpoints:
    """:class:`dialpact.store.ports.checkpoints.Checkpoints` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sign(self, signer: Signer, at: datetime) -> str:
        return await self._database.transact(lambda connection: _sign(connection, signer, at))

    async def rotate(self, old: Signer | None, done: Rotation, name: str, *, by: str, at: datetime) -> None:
        def work(connection: sqlite3.Connection) -> None:
            if old:
                _sign(connection, old, at)
            change.log(connection, rotation.REGISTER, rotation.ACTION, name, done, by=by, at=at)

        await self._database.transact(work)

    async def newest(self, most: int) -> Sequence[Stored]:
        return await self._database.read(
            lambda connection: [Stored(row["size"], row["note"]) for row in newest(connection, most)]
        )

    async def rotations(self) -> tuple[Rotation, ...]:
        return await self._database.read(lambda connection: tuple(rotations(connection)))

    async def inclusion(self, index: int, size: int) -> Sequence[bytes]:
        return await self._database.read(lambda connection: inclusion_in(connection, index, size))

    async def consistency(self, old: int, size: int) -> Sequence[bytes]:
        return await self._database.read(
            lambda connection: _proof(connection, merkle.consistency_proof, old, size)
        )


def newest(connection: sqlite3.Connection, most: int) -> list[sqlite3.Row]:
    """``size``, ``at`` and ``note`` of at most so many, the largest tree first."""
    return list(SQL.newest_checkpoints(connection, most=most))


def inclusion_in(connection: sqlite3.Connection, index: int, size: int) -> list[bytes]:
    return _proof(connection, merkle.inclusion_proof, index, size)


def root(connection: sqlite3.Connection, size: int) -> bytes:
    try:
        return ledger.root(connection, size)
    except LookupError as error:
        raise LedgerError(f"{error}: `dialpact ledger verify` says more") from error


def rotations(connection: sqlite3.Connection) -> list[Rotation]:
    """The changes of the key as the log has them, the oldest first. LedgerError for an unreadable one."""
    try:
        return [msgspec.json.decode(row["detail"], type=Rotation) for row in SQL.rotations(connection)]
    except msgspec.MsgspecError as error:
        raise LedgerError(f"a change of the key that can not be read: {error}") from error


def _sign(connection: sqlite3.Connection, signer: Signer, at: datetime) -> str:
    tree = _tree(connection)
    text = signing.signed(tree, signer)
    if text != tree.signed:
        SQL.name_log(connection, node=signer.name.removeprefix(ORIGIN))
        SQL.insert_checkpoint(connection, size=tree.size, at=stamp(at), note=text)
    return text


def _tree(connection: sqlite3.Connection) -> signing.Tree:
    size, row = ledger.size(connection), SQL.last_checkpoint(connection)
    last = row["note"] if row else None
    known = signing.stated(last).size if last else 0
    if known > size:  # it was cut: no root is asked of what is left
        return signing.Tree(size, b"", last, b"", ())
    before = root(connection, known) if last else b""
    return signing.Tree(size, root(connection, size), last, before, tuple(rotations(connection)))


def _proof(
    connection: sqlite3.Connection,
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
