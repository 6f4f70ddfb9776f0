"""The log's entries for people: listed, and one with its proof. Who writes them is in ``ledger``."""

from __future__ import annotations

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger.entry import Leaf, Proof, Standing
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units import checkpoints, ledger
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.remains import remains

MOST = 2**31


class Ledger:
    """:class:`dialpact.store.ports.ledger.Ledger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, first: int | None = None, *, after: str = "", most: int = ALL) -> Page[Leaf]:
        if after and not (after.isascii() and after.isdigit() and len(after) < 19):
            raise Fault("cursor", value=after[:40])
        limit = MOST if most == ALL else most

        def work(connection: Connection) -> Page[Leaf]:
            size = ledger.size(connection)
            start = int(after) + 1 if after else max(0, size - limit) if first is None else first
            found = ledger.entries(connection, start, limit)
            left = bool(found) and found[-1].leaf_index + 1 < size
            return Page([_leaf(one) for one in found], str(found[-1].leaf_index) if left else "")

        return await self._database.read(work)

    async def prove(self, leaf: int) -> Proof:
        return await self._database.read(lambda connection: _proof(connection, leaf))

    async def standing(self, kind: str, key: str) -> Standing:
        return await self._database.read(lambda connection: standing(connection, kind, key))


def standing(connection: Connection, kind: str, key: str) -> Standing:
    entry = ledger.entry_of(connection, kind, key)
    left = remains(connection, kind, key)
    flaw = "not-its-leaf" if left == "changed" else ledger.flaw(connection, kind, key)
    return Standing(entry.leaf_index if entry else None, flaw, left)


def _proof(connection: Connection, leaf: int) -> Proof:
    found = ledger.entries(connection, leaf, 1)
    if not found or found[0].leaf_index != leaf:
        raise LedgerError(f"the log has {ledger.size(connection)} entries, numbered from 0")
    entry, row = found[0], checkpoints.SQL.last_checkpoint(connection)
    content = None
    if entry.salt:
        content = ledger.content_of(connection, leaf, entry.kind, entry.key, entry.version)
    size = row["size"] if row else 0
    signed = leaf < size
    return Proof(
        entry=_leaf(entry),
        record=content or None,
        salt=entry.salt,
        size=size,
        steps=tuple(checkpoints.inclusion_in(connection, leaf, size)) if signed else (),
        checkpoint=row["note"] if signed else None,
    )


def _leaf(entry: ledger.LedgerRow) -> Leaf:
    return Leaf(
        leaf=entry.leaf_index, kind=entry.kind, key=entry.key, erased=entry.salt is None, hash=entry.leaf
    )
