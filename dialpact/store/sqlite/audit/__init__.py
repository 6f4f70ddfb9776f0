"""The whole log, or a part of it, against itself and against what was signed.

One snapshot, read only: the audit changes nothing, not even by giving a leaf to what waits for one, holds no
lock that the gate would wait for, and needs memory for a few thousand rows whatever the log's length.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from dialpact.compliance.errors import LedgerError, StoreError, StoreGone
from dialpact.compliance.ledger.chain import Chain
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.ledger.rotation import Rotation
from dialpact.store.sqlite import ledger, migrate
from dialpact.store.sqlite.audit.found import Finding, Findings
from dialpact.store.sqlite.audit.part import Part
from dialpact.store.sqlite.audit.records import SQL, Records, intact
from dialpact.store.sqlite.audit.tree import Tree
from dialpact.store.sqlite.ledger import Entry

__all__ = ["Audit", "Finding"]
BATCH = 2000


class Audit:
    """``trusted``: keys that are believed. ``given``: (name, note) of checkpoints from elsewhere.

    ``first`` and ``last`` are leaves; without them the whole log is looked at. :meth:`run` does it.
    """

    def __init__(
        self,
        path: Path,
        trusted: Collection[Verifier],
        given: Sequence[tuple[str, str]] = (),
        first: int | None = None,
        last: int | None = None,
    ) -> None:
        self._path = path
        self._trusted = trusted
        self._given = given
        self._whole = first is None and last is None
        self._first, self._last = first or 0, last
        self.found = Findings()
        self.size = self.checked = self.erased = self.checkpoints = 0

    @property
    def total(self) -> int:
        """How many leaves there are to look at; known once :meth:`run` has begun."""
        end = self.size if self._last is None else self._last + 1
        return max(0, end - self._first)

    def run(self) -> Iterator[int]:
        """Yields how many leaves were looked at, every now and then. StoreError, LedgerError."""
        with closing(_open(self._path)) as connection:
            try:
                connection.execute("BEGIN")
                self.size = ledger.size(connection)
                last = self.size - 1 if self._last is None else self._last
                if not self._whole and not 0 <= self._first <= last < self.size:
                    raise LedgerError(f"the log has {self.size} entries, numbered from 0")
                yield 0
                chain = Chain(list(_links(connection, self.found)), self._trusted)
                for leaf, error in chain.broken.items():
                    self.found.add("key", "link-broken", leaf, "register-change", error=error)
                yield from self._walk(connection, chain)
            except sqlite3.Error as error:
                raise StoreError(f"{self._path}: {error}") from error

    def _walk(self, connection: sqlite3.Connection, chain: Chain) -> Iterator[int]:
        records = Records(connection, self.found)
        if self._whole:
            tree: Tree | Part = Tree(connection, self.found, chain, self._given)
            for row in SQL.negative(connection):
                self.found.add("inserted", "leaf-odd", row["leaf_index"], row["kind"], row["key"])
        else:
            tree = Part(connection, self.found, chain, self._given, self._first, self._first + self.total - 1)
        expected, end = self._first, self._first + self.total
        while page := list(SQL.entries_from(connection, first=expected, end=min(end, expected + BATCH))) or (
            self._gap(connection, expected, end)
        ):
            for row in page:
                entry = Entry(**row)
                if entry.leaf_index != expected:
                    last = entry.leaf_index - 1
                    self.found.add("removed", "leaf-missing", expected, last=last)
                    tree.tear()
                expected = entry.leaf_index + 1
                records.check(entry)
                tree.add(entry.leaf)
                self.checked += 1
            yield self.checked
        if expected < end:
            self.found.add("removed", "leaf-missing", expected, last=end - 1)
            tree.tear()
        records.finish()
        if self._whole:
            records.kept()
            records.strangers()
        tree.finish(self.size)
        self.erased, self.checkpoints = records.erased, tree.heads

    @staticmethod
    def _gap(connection: sqlite3.Connection, expected: int, end: int) -> list[sqlite3.Row]:
        """The next entry after a gap that is longer than a page."""
        return list(SQL.next_entry(connection, first=expected, end=end))


def _links(connection: sqlite3.Connection, findings: Findings) -> Iterator[tuple[int, Rotation]]:
    """The changes of the key. One that is not what its leaf says is no change, and is named elsewhere."""
    for row in SQL.key_changes(connection):
        if not intact(connection, "register-change", str(row["seq"])):
            findings.add("key", "link-changed", row["leaf_index"], "register-change", str(row["seq"]))
            continue
        try:
            yield row["leaf_index"], msgspec.json.decode(row["detail"], type=Rotation)
        except msgspec.MsgspecError as error:
            findings.add(
                "key", "link-broken", row["leaf_index"], "register-change", str(row["seq"]), error=str(error)
            )


def _open(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise StoreGone(f"{path}: {error}") from error
    try:
        connection.row_factory = sqlite3.Row
        # A byte that was changed by hand may be no text: it must be found, not break the audit.
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        connection.execute("PRAGMA cache_size = -65536")  # KiB
        present = migrate.version(connection)
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{path}: {error}") from error
    if present != migrate.latest():
        connection.close()
        raise StoreError(f"{path}: of another version; any command that writes brings it up to date")
    return connection
