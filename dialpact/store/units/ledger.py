"""The ledger in the store: a leaf for each row that must be provable, and the hashes of the tree over them.

1. Triggers note each such row in ``unsealed``; :func:`seal` gives it its leaf before the transaction that
   made it commits. So no writer can forget it, and what fails to get a leaf has not happened.
2. A record is the row's columns (``sql/ledger.sql``, one query a kind and version) with its place in the log;
   it is not stored twice. Of a decision's JSON the record has the SHA-256, so that the JSON can be handed out
   as a file.
3. Hashes of complete subtrees of 256 and 65,536 leaves are kept, so that a root or a proof reads a few
   hundred rows and not all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.ledger import merkle, record
from dialpact.compliance.ledger.erasure import ErasureRecord as ErasureRecord
from dialpact.store.units.database import Connection, Key
from dialpact.store.units.statements import statements

SQL = statements("ledger")
WIDTH = 256  # children of a kept node
LEVELS = {WIDTH**level: level for level in (1, 2, 3)}  # leaves below a kept node: its level
ERASABLE = ("decision", "recording", "carrier-leg")  # kinds whose content goes when its time is over
KINDS = (
    *("decision", "undelivered", "recording", "carrier-leg"),
    *("register-change", "incident", "opt-out", "clock"),
)
VERSIONS = dict.fromkeys(KINDS, 1) | {
    "decision": 2,
    "recording": 2,
    "carrier-leg": 3,
}  # of the records that are made today
DAYS = 3700  # after a call that are tried for the last one on which its recording was to be kept: ten years
REMAINS = 1  # the form of what stays of an erased row
Columns = dict[str, Any]  # that are in its record
NOTHING: Mapping[Key, Columns] = {}


class LedgerRow(msgspec.Struct, frozen=True):
    """A row of the log. ``salt`` is None once the record was erased."""

    leaf_index: int
    kind: str
    key: str
    version: int
    salt: bytes | None
    leaf: bytes


def seal(connection: Connection, most: int = -1, written: Mapping[Key, Columns] = NOTHING) -> int:
    """Gives what waits its leaf, in order; how many. ``most``: -1 for all. ``written``: the rows that this
    very transaction has put in; they are sealed as they were meant, and not read back.
    """
    waiting = list(SQL.unsealed(connection, most=most))
    if not waiting:
        return 0
    for index, (_, kind, key) in enumerate(waiting, size(connection)):
        columns = written.get((kind, key))
        content = (
            _record(index, kind, columns, VERSIONS[kind])
            if columns
            else content_of(connection, index, kind, key)
        )
        if content is None:
            raise StoreRefused(f"no {kind} {key} to put into the ledger")
        salt, version = record.new_salt(), VERSIONS[kind]
        SQL.insert_leaf(
            connection,
            leaf_index=index,
            kind=kind,
            key=key,
            version=version,
            salt=salt,
            leaf=record.leaf(salt, content),
        )
        _keep_nodes(connection, index + 1)
    SQL.forget_unsealed(connection, seq=waiting[-1]["seq"])
    return len(waiting)


def content_of(connection: Connection, index: int, kind: str, key: str, version: int = 0) -> bytes | None:
    """The canonical record of a row at its place in the log; None when the row is not there.

    ``version``: of its form, 0 for the one that is made today.
    """
    version = version or VERSIONS[kind]
    row = getattr(SQL, f"{kind.replace('-', '_')}_{version}")(connection, key=key)
    if row is None:
        return None
    return _record(index, kind, dict(row), version)


def _record(index: int, kind: str, columns: Columns, version: int) -> bytes:
    if "record" in columns:
        columns = dict(columns)
        columns["record_sha256"] = hashlib.sha256(columns.pop("record").encode()).hexdigest()
    return record.canonical({"index": index, "kind": kind, "row": columns, "version": version})


def remains_of(connection: Connection, index: int, kind: str, key: str) -> bytes | None:
    """The digest of what stays of a row when its record is erased; None when the row is not there."""
    row = getattr(SQL, f"remains_{kind.replace('-', '_')}_{REMAINS}")(connection, key=key)
    if row is None:
        return None
    whole = {"form": REMAINS, "index": index, "kind": kind, "row": dict(row)}
    return hashlib.sha256(record.canonical(whole)).digest()


def entry_of(connection: Connection, kind: str, key: str) -> LedgerRow | None:
    row = SQL.entry_of(connection, kind=kind, key=key)
    return LedgerRow(**row) if row else None


def flaw(connection: Connection, kind: str, key: str) -> str:
    """How a row fails its leaf: ``no-leaf``, ``not-its-leaf``; empty when it fits or was erased."""
    entry = entry_of(connection, kind, key)
    if entry is None:
        return "no-leaf"
    if entry.salt is None:
        return ""
    content = content_of(connection, entry.leaf_index, kind, key, entry.version)
    fits = content is not None and record.leaf(entry.salt, content) == entry.leaf
    return "" if fits else "not-its-leaf"


def fits_with_other_day(connection: Connection, recording: str) -> bool:
    """Whether a recording's leaf was made of its row, but for the day until which it is kept."""
    kind = "recording"
    entry = entry_of(connection, kind, recording)
    if entry is None or entry.salt is None:
        return False
    row = getattr(SQL, f"recording_{entry.version}")(connection, key=recording)
    if row is None or not row["ended_at"]:
        return False
    try:
        first = date.fromisoformat(row["ended_at"][:10]) - timedelta(days=1)
    except ValueError:
        return False
    days = (first + timedelta(days=more) for more in range(DAYS))
    for day in (None, *(day.isoformat() for day in days)):
        content = _record(entry.leaf_index, kind, {**dict(row), "keep_until": day}, entry.version)
        if record.leaf(entry.salt, content) == entry.leaf:
            return True
    return False


def entries(connection: Connection, first: int, most: int) -> list[LedgerRow]:
    """At most ``most`` from leaf ``first`` on."""
    return [LedgerRow(**row) for row in SQL.entries(connection, first=first, most=most)]


def size(connection: Connection) -> int:
    """How many leaves there are."""
    return int(SQL.size(connection)[0])


def root(connection: Connection, size: int) -> bytes:
    """The hash of the tree of the first ``size`` leaves."""
    return subtree(connection)(0, size)


def subtree(connection: Connection) -> merkle.Subtree:
    """The stored tree, for :mod:`dialpact.compliance.ledger.merkle`. LookupError where hashes are missing."""

    def hash_of(first: int, end: int) -> bytes:
        count = end - first
        level = LEVELS.get(count)
        if level and first % count == 0:
            (found,) = stored(connection, level, first // count, first // count + 1)
            return found
        if count <= WIDTH:
            return merkle.over(stored(connection, 0, first, end))(0, count)
        middle = first + merkle.split(count)
        return merkle.node_hash(hash_of(first, middle), hash_of(middle, end))

    return hash_of


def _keep_nodes(connection: Connection, size: int) -> None:
    """After each leaf: the subtrees that it has completed."""
    for leaves, level in LEVELS.items():
        if size % leaves:
            return
        number = size // leaves - 1
        below = stored(connection, level - 1, number * WIDTH, (number + 1) * WIDTH)
        SQL.insert_node(connection, level=level, number=number, hash=merkle.over(below)(0, WIDTH))


def stored(connection: Connection, level: int, first: int, end: int) -> list[bytes]:
    found = (
        SQL.nodes(connection, level=level, first=first, end=end)
        if level
        else SQL.leaves(connection, first=first, end=end)
    )
    hashes = [row[0] for row in found]
    if len(hashes) != end - first:
        raise LookupError(f"the ledger lacks hashes of level {level} between {first} and {end}")
    return hashes
