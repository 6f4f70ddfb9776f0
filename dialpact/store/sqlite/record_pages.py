"""The records of a page of the log, read with one statement a kind and not one a leaf.

1. A page's statement is the record's own (``sql/ledger.sql``) with the page's rows of the log in place of its
   parameter: what is in a record is said once.
2. A record comes out as the very bytes of :func:`ledger.content_of`, or not at all: whatever is odd in a row
   is left to whoever reads that record by itself.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from dialpact.compliance.ledger import record
from dialpact.store.ports.audits import Entry
from dialpact.store.sqlite import ledger

HASHED = {"record": "record_sha256"}  # columns of which a record has the SHA-256, under another name
ODD = (ValueError, TypeError, AttributeError, LookupError, OverflowError)
_BY_KEY = re.compile(r"\bFROM (\w+)\s+WHERE (\w+ = (?:CAST\()?):key\b([^:]*)\Z")
# NOT INDEXED: in the log's own order, and not through the index of all kinds and keys.
_OF_PAGE = (
    r"FROM (SELECT leaf_index AS entry_leaf, key AS entry_key FROM ledger NOT INDEXED"
    r" WHERE leaf_index BETWEEN :first AND :last AND kind = :kind AND version = :version)"
    r" CROSS JOIN \1 WHERE \2entry_key\3"
)
_encode = msgspec.json.Encoder().encode


class _Record(msgspec.Struct, gc=False):
    """A record's outermost fields, in the order of the canonical form."""

    index: int
    kind: str
    row: msgspec.Struct
    version: int


class RecordPages:
    """On a connection whose rows are tuples, and whose text is text or an error.

    ``decisions``: how many of their rows were read, none of them counted twice.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._forms = {
            (kind, version): _Form(connection, kind, version)
            for kind, newest in ledger.VERSIONS.items()
            for version in range(1, newest + 1)
        }
        self.decisions = 0
        self._last = 0  # number of a decision: behind it none was counted

    def contents(self, page: Sequence[Entry]) -> dict[int, bytes]:
        """By leaf; sqlite3.Error where a row is no text."""
        found: dict[int, bytes] = {}
        present = {(entry.kind, entry.version) for entry in page if entry.salt is not None}
        bounds = {"first": page[0].leaf_index, "last": page[-1].leaf_index}
        for kind, version in present & self._forms.keys():
            numbers = self._forms[kind, version].read(self._connection, bounds, found)
            if kind == "decision" and numbers and min(numbers) > self._last:
                self.decisions += len(set(numbers))
                self._last = max(numbers)
        return found


class _Form:
    """One kind of record in one of its versions."""

    def __init__(self, connection: sqlite3.Connection, kind: str, version: int) -> None:
        self._kind, self._version = kind, version
        text = getattr(ledger.SQL, f"{kind.replace('-', '_')}_{version}").sql.strip().rstrip(";")
        columns = [column[0] for column in connection.execute(text, {"key": None}).description]
        fields = sorted((HASHED.get(column, column), column) for column in columns)
        self._fields = [field for field, _ in fields]
        self._hashed = [place for place, (field, column) in enumerate(fields) if field != column]
        self._number = self._fields.index("seq") if "seq" in self._fields else None
        self._row: Callable[..., msgspec.Struct] = msgspec.defstruct("Row", self._fields, gc=False)
        joined, count = _BY_KEY.subn(_OF_PAGE, text.removeprefix("SELECT "))
        if count != 1:
            raise LookupError(f"no record by its key: {text}")
        names = ", ".join(f'"{column}"' for _, column in fields)
        # Nothing in it is from outside: the names are the statement's own.
        self._statement = f"SELECT entry_leaf, {names} FROM (SELECT entry_leaf, {joined})"  # noqa: S608

    def read(
        self, connection: sqlite3.Connection, bounds: Mapping[str, int], found: dict[int, bytes]
    ) -> Sequence[int]:
        """Puts into ``found`` what is not there yet; the rows' numbers, of a kind that has them."""
        kind, version, row_of, number = self._kind, self._version, self._row, self._number
        values: dict[str, Any] = {**bounds, "kind": kind, "version": version}
        numbers = []
        for index, *row in connection.execute(self._statement, values):
            if number is not None:
                numbers.append(row[number])
            try:
                for place in self._hashed:
                    row[place] = hashlib.sha256(row[place].encode()).hexdigest()
                if float in map(type, row):  # its canonical form may be another
                    fields = dict(zip(self._fields, row, strict=True))
                    content = record.canonical(
                        {"index": index, "kind": kind, "row": fields, "version": version}
                    )
                else:
                    content = _encode(_Record(index, kind, row_of(*row), version))
            except ODD:
                continue
            found.setdefault(index, content)
        return numbers
