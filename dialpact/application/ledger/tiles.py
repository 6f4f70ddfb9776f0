"""The log as tiles (C2SP tlog-tiles), for whoever mirrors or watches it: hashes, and nothing that they hide.

1. A tile has up to 256 neighbouring hashes of a level of the tree, which are the hashes that the store keeps.
2. Nothing is shown that no checkpoint has signed yet, so each tile of a number, level and width is for ever
   the same bytes.
3. An entry is the SHA-256 of salt and record, of which the leaf is the hash. Where a record was erased, its
   entry is gone with its salt; its leaf stays, and so does every proof.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from dialpact.application.context import Context
from dialpact.application.ledger import witnesses
from dialpact.compliance.clock import instant
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle
from dialpact.compliance.ledger.heads import stated
from dialpact.store.ports.audits import Entry, Snapshot, StoredHead, Unreadable

WIDTH = 256  # hashes of a full tile
LATELY = timedelta(minutes=35)  # so much older may a checkpoint be that outsiders have cosigned


class NoTile(Exception):
    """There is none, or not yet, or not any more."""


async def checkpoint(context: Context) -> str:
    """The newest one with the lines of its witnesses; one of before, where only that has been cosigned and it
    is hardly older. NoTile: none was signed yet. StoreError.
    """

    def work(snapshot: Snapshot) -> str:
        newest = _newest(snapshot)
        shown = newest
        if not snapshot.cosignatures(newest.size):
            shown = _cosigned(snapshot, newest) or newest
        return witnesses.under(shown.note, snapshot.cosignatures(shown.size))

    return await context.store.audits.inspect(work)


async def tile(context: Context, level: int, number: int, width: int) -> bytes:
    """So many hashes. NoTile, StoreError."""

    def work(snapshot: Snapshot) -> bytes:
        first = number * WIDTH
        _check_signed(snapshot, (first + width) * WIDTH**level)
        hashes = snapshot.hashes(level, first, first + width) if level <= snapshot.levels else ()
        if len(hashes) != width:
            raise NoTile
        return b"".join(hashes)

    return await context.store.audits.inspect(work)


async def entries(context: Context, number: int, width: int) -> bytes:
    """A bundle of so many: each behind its length in two bytes. NoTile, StoreError; LedgerError where a
    record does not lead to its leaf.
    """

    def work(snapshot: Snapshot) -> bytes:
        first = number * WIDTH
        _check_signed(snapshot, first + width)
        page = snapshot.entries(first, first + width, width)
        if len(page) != width:
            raise NoTile
        known = snapshot.contents(page)
        return b"".join(b"\x00\x20" + _entry(snapshot, one, known.get(one.leaf_index)) for one in page)

    return await context.store.audits.inspect(work)


def _entry(snapshot: Snapshot, one: Entry, content: bytes | None) -> bytes:
    if one.salt is None:
        raise NoTile
    try:
        content = content or snapshot.content(one.leaf_index, one.kind, one.key, one.version) or b""
    except Unreadable as error:
        raise LedgerError(f"leaf {one.leaf_index}: {error}") from error
    found = hashlib.sha256(one.salt + content).digest()
    if merkle.leaf_hash(found) != one.leaf:
        raise LedgerError(f"leaf {one.leaf_index}: its record is not the one that was logged")
    return found


def _newest(snapshot: Snapshot) -> StoredHead:
    newest = snapshot.last_checkpoint()
    if newest is None:
        raise NoTile
    return newest


def _check_signed(snapshot: Snapshot, leaves: int) -> None:
    if leaves > _newest(snapshot).size:
        raise NoTile


def _cosigned(snapshot: Snapshot, newest: StoredHead) -> StoredHead | None:
    size = snapshot.cosigned_up_to(newest.size)
    found = next((one for one in snapshot.checkpoints(size, "") if one.size == size), None) if size else None
    if found is None or stated(found.note).origin != stated(newest.note).origin:
        return None
    return found if instant(newest.at) - instant(found.at) <= LATELY else None
