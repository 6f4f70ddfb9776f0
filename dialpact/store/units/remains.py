"""Is what stays of an erased row what stayed when it was erased? Of one record; the audit asks of all."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import msgspec

from dialpact.compliance.ledger.erasure import ErasureRecord, Remains
from dialpact.store.units import ledger
from dialpact.store.units.database import Connection
from dialpact.store.units.statements import statements

SQL = statements("evidence")
ORDER: tuple[Remains, ...] = ("", "proven", "unproven", "changed")  # the worst last


def remains(connection: Connection, kind: str, key: str) -> Remains:
    """Empty: it was not erased, or has no leaf."""
    entry = ledger.entry_of(connection, kind, key)
    if entry is None or entry.salt is not None:
        return ""
    act = SQL.erasure(connection, leaf_index=entry.leaf_index)
    if act is None or ledger.flaw(connection, "register-change", str(act["seq"])):
        return "changed"
    said = msgspec.json.decode(act["detail"], type=ErasureRecord)
    if not said.remains:
        return "unproven"
    digest = ledger.remains_of(connection, entry.leaf_index, kind, key)
    noted = said.remains_of(entry.leaf_index)
    return "proven" if digest and base64.b64encode(digest).decode() == noted else "changed"


def worst(connection: Connection, records: Iterable[tuple[str, str]]) -> Remains:
    """Of several records."""
    return max((remains(connection, *record) for record in records), key=ORDER.index, default="")
