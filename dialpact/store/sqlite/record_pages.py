"""The records of a page of the log, read with one statement a kind and not one a leaf.

1. A page's statement is made of the record's own (``sql/ledger.sql``): what is in a record is said once. In
   place of its parameter it has the page's rows of the log, or of decisions, which lie in the log's order, a
   run of numbers.
2. SQLite makes the JSON, but of kinds with measured numbers: their digits depend on its version.
3. A record comes out as the very bytes of :func:`ledger.content_of`, or is read by itself: whatever is odd in
   a row, and whatever does not lead to its leaf, has a second look.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from dialpact.compliance.ledger import record
from dialpact.store.ports.audits import Entry
from dialpact.store.units import ledger

HASHED = {"record": "record_sha256"}  # columns of which a record has the SHA-256, under another name
ODD = (ValueError, TypeError, AttributeError, LookupError, OverflowError)
_BY_KEY = re.compile(r"\bFROM (\w+)\s+WHERE (\w+ = (?:CAST\()*):key\b([^:]*)\Z")
# NOT INDEXED: in the log's own order, and not through the index of all kinds and keys.
_OF_PAGE = (
    r"FROM (SELECT leaf_index AS entry_leaf, key AS entry_key FROM ledger NOT INDEXED"
    r" WHERE leaf_index BETWEEN :first AND :last AND kind = :kind AND version = :version)"
    r" CROSS JOIN \1 WHERE \2entry_key\3"
)


class RecordPages:
    """On a connection whose rows are tuples, and whose text is text or an error.

    ``decisions``: how many of their rows were read by their leaves, none of them counted twice.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._forms = {
            (kind, version): (_Decisions if kind == "decision" else _Form)(connection, kind, version)
            for kind, newest in ledger.VERSIONS.items()
            for version in range(1, newest + 1)
        }
        self.decisions = 0
        self._last = 0  # number of a decision: behind it none was counted

    def contents(self, page: Sequence[Entry]) -> dict[int, bytes]:
        """By leaf; sqlite3.Error where a row is no text."""
        found: dict[int, bytes] = {}
        present = {(entry.kind, entry.version) for entry in page if entry.salt is not None}
        for each in present & self._forms.keys():
            numbers = self._forms[each].read(self._connection, page, found)
            if numbers and min(numbers) > self._last:
                self.decisions += len(set(numbers))
                self._last = max(numbers)
        return found


class _Form:
    """One kind of record in one of its versions."""

    def __init__(self, connection: sqlite3.Connection, kind: str, version: int) -> None:
        self._kind, self._version = kind, version
        text = getattr(ledger.SQL, f"{kind.replace('-', '_')}_{version}").sql.strip().rstrip(";")
        columns = [column[0] for column in connection.execute(text, {"key": None}).description]
        own = text.removeprefix("SELECT ")
        if (by_key := _BY_KEY.search(own)) is None:
            raise LookupError(f"no record by its key: {text}")
        joined = own[: by_key.start()] + by_key.expand(_OF_PAGE)
        measured = "SELECT count(*) FROM pragma_table_info(?) WHERE type = 'REAL'"
        self._fields = sorted(columns)
        (self._measured,) = connection.execute(measured, (by_key[1],)).fetchone()
        wanted = ", ".join(f'"{name}"' for name in self._fields) if self._measured else _json(self._fields)
        # Nothing in it is from outside: the names are the statement's own.
        self._statement = f"SELECT entry_leaf, {wanted} FROM (SELECT entry_leaf, {joined})"  # noqa: S608

    def read(
        self, connection: sqlite3.Connection, page: Sequence[Entry], found: dict[int, bytes]
    ) -> Sequence[int]:
        """Puts into ``found`` what is not there yet; the numbers of what are decisions."""
        kind, version = self._kind, self._version
        bounds: dict[str, Any] = {"first": page[0].leaf_index, "last": page[-1].leaf_index}
        rows = connection.execute(self._statement, bounds | {"kind": kind, "version": version})
        if self._measured:
            for index, *row in rows:
                fields = dict(zip(self._fields, row, strict=True))
                whole = {"index": index, "kind": kind, "row": fields, "version": version}
                with contextlib.suppress(*ODD):
                    found.setdefault(index, record.canonical(whole))
        else:
            for index, fields in rows:
                content = f'{{"index":{index},"kind":"{kind}","row":{fields},"version":{version}}}'
                found.setdefault(index, content.encode())
        return ()


class _Decisions:
    """One version of them, by a run of their numbers: their ids lie anywhere."""

    def __init__(self, connection: sqlite3.Connection, kind: str, version: int) -> None:
        self._kind, self._version = kind, version
        text = getattr(ledger.SQL, f"{kind}_{version}").sql
        columns = [column[0] for column in connection.execute(text, {"key": None}).description]
        fields = sorted(HASHED.get(column, column) for column in columns)
        place = fields.index(HASHED["record"])
        before, behind = _json(fields[:place]), _json(fields[place + 1 :])
        self._statement = (  # Nothing in it is from outside: the names are the statement's own.
            f"SELECT id, seq, CAST(record AS BLOB), {before}, {behind} FROM decision"  # noqa: S608
            " WHERE seq BETWEEN :first AND :last"
        )

    def read(
        self, connection: sqlite3.Connection, page: Sequence[Entry], found: dict[int, bytes]
    ) -> Sequence[int]:
        """As of any form."""
        kind, version = self._kind, self._version
        leaves = {
            entry.key: entry.leaf_index
            for entry in page
            if entry.kind == kind and entry.version == version and entry.salt is not None
        }
        numbers: list[int] = []
        with contextlib.suppress(*ODD):  # a key that is no text, a record that is none
            self._run(connection, leaves, found, numbers)
        return numbers

    def _run(
        self,
        connection: sqlite3.Connection,
        leaves: Mapping[str, int],
        found: dict[int, bytes],
        numbers: list[int],
    ) -> None:
        begin = connection.execute("SELECT seq FROM decision WHERE id = ?", (next(iter(leaves)),)).fetchone()
        if begin is None:
            return
        run = {"first": begin[0], "last": begin[0] + len(leaves) - 1}
        version, sha256 = self._version, hashlib.sha256
        for key, number, text, before, behind in connection.execute(self._statement, run):
            if (index := leaves.get(key)) is not None:
                found[index] = (
                    f'{{"index":{index},"kind":"decision","row":{before[:-1]},'
                    f'"record_sha256":"{sha256(text).hexdigest()}",{behind[1:]},"version":{version}}}'
                ).encode()
                numbers.append(number)


def _json(names: Sequence[str]) -> str:
    """An object of these columns, in their order."""
    pairs = ", ".join(f"'{name}', \"{name}\"" for name in names)
    return f"json_object({pairs})"
