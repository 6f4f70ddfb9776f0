"""Signed tree heads in the store, and the proofs that lead to them.

1. A checkpoint is never of a smaller tree than the last one, and never of a tree that does not continue it:
   a log that was cut or rewritten is not signed again.
2. Only the key in force signs: the one that signed last, or the one that the log names as its successor.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

import aiosql
import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer, Verifier
from dialpact.compliance.ledger.rotation import Rotation
from dialpact.store.sqlite import ledger
from dialpact.store.sqlite.connection import Database

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "checkpoints.sql", "sqlite3")


async def checkpoint(store: Database, signer: Signer, at: datetime) -> str:
    """The signed note of the present tree; the last one again when nothing was added since.

    LedgerError when the log does not continue the last checkpoint, or ``signer`` is not the key in force.
    """
    return await store.transact(lambda connection: sign(connection, signer, at))


async def last(store: Database) -> str | None:
    """The note of the largest tree that was signed."""
    row = await store.transact(SQL.last_checkpoint)
    return row["note"] if row else None


def newest(connection: sqlite3.Connection, most: int) -> list[sqlite3.Row]:
    """``size``, ``at`` and ``note`` of at most so many, the largest tree first."""
    return list(SQL.newest_checkpoints(connection, most=most))


async def inclusion(store: Database, index: int, size: int) -> list[bytes]:
    """The proof that leaf ``index`` is in the tree of ``size`` leaves. LedgerError if there is none."""
    return await store.transact(lambda connection: inclusion_in(connection, index, size))


async def consistency(store: Database, old: int, size: int) -> list[bytes]:
    """The proof that the tree of ``size`` leaves continues that of ``old``. LedgerError if there is none."""

    def work(connection: sqlite3.Connection) -> list[bytes]:
        _check_size(connection, size)
        try:
            return merkle.consistency_proof(ledger.subtree(connection), old, size)
        except (LookupError, ValueError) as error:
            raise LedgerError(str(error)) from error

    return await store.transact(work)


def inclusion_in(connection: sqlite3.Connection, index: int, size: int) -> list[bytes]:
    _check_size(connection, size)
    try:
        return merkle.inclusion_proof(ledger.subtree(connection), index, size)
    except (LookupError, ValueError) as error:
        raise LedgerError(str(error)) from error


def sign(connection: sqlite3.Connection, signer: Signer, at: datetime) -> str:
    """Within a transaction."""
    size, row = ledger.size(connection), SQL.last_checkpoint(connection)
    before = continued(connection, row["note"]) if row else None
    mine = bool(row and _signed_by(row["note"], signer))
    _check_in_force(connection, signer, before, mine=mine)
    if row and mine and row["size"] == size:
        return str(row["note"])
    text = signer.sign(Checkpoint(signer.name, size, root(connection, size)).body())
    SQL.insert_checkpoint(connection, size=size, at=stamp(at), note=text)
    return text


def continued(connection: sqlite3.Connection, text: str) -> Checkpoint:
    """A checkpoint that the log is found to continue, else LedgerError. Its signature is not looked at."""
    known = Checkpoint.parse(note.split(text)[0])
    size = ledger.size(connection)
    if size < known.size:
        raise LedgerError(
            f"the log was cut: a checkpoint has {known.size} entries, now there are {size}; nothing is signed"
        )
    if root(connection, known.size) != known.root:
        raise LedgerError(f"the first {known.size} entries are not those that a checkpoint has signed")
    return known


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


def _check_in_force(
    connection: sqlite3.Connection, signer: Signer, before: Checkpoint | None, *, mine: bool
) -> None:
    known = rotations(connection)
    name = Verifier.parse(known[-1].new).name if known else before.origin if before else signer.name
    if name != signer.name:
        raise LedgerError(
            f"the log is {name}, the configuration names {signer.name}: a node that was given another name "
            "needs `dialpact ledger rotate`"
        )
    if known and known[-1].new != signer.vkey:
        raise LedgerError("[ledger] key_file is not the key in force: the log names its successor")
    if not known and before and not mine:
        raise LedgerError(
            "[ledger] key_file is not the key that signed before: restore it, or use `dialpact ledger rotate`"
        )


def signed_last(connection: sqlite3.Connection, signer: Signer) -> bool:
    """Whether the newest checkpoint is by ``signer``; true where there is none yet."""
    row = SQL.last_checkpoint(connection)
    return row is None or _signed_by(row["note"], signer)


def _signed_by(text: str, signer: Signer) -> bool:
    try:
        note.verify(text, [signer.verifier])
    except LedgerError:
        return False
    return True


def _check_size(connection: sqlite3.Connection, size: int) -> None:
    if size > (present := ledger.size(connection)):
        raise LedgerError(f"the log has {present} entries, not {size}")
