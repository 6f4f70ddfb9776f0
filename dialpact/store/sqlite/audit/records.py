"""Each leaf against the record that it was made of, and each record against its leaf."""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path

import aiosql
import msgspec

from dialpact.compliance.ledger import record
from dialpact.store.sqlite import ledger
from dialpact.store.sqlite.audit.found import Findings
from dialpact.store.sqlite.ledger import Entry

SQL = aiosql.from_path(Path(__file__).parents[1] / "sql" / "audit.sql", "sqlite3")
KEPT = 256  # entries that do not fit and are compared with each other: were they put into another order?
NEAR = 4  # places on either side at which a record that moved is looked for
# What a row that someone wrote by hand may raise on its way to a record.
BROKEN = (ValueError, TypeError, AttributeError, LookupError, OverflowError, sqlite3.Error)


class Records:
    def __init__(self, connection: sqlite3.Connection, findings: Findings) -> None:
        self._connection = connection
        self._findings = findings
        self._odd: list[Entry] = []
        self._firsts, self._lasts = _ranges(connection)
        self.erased = 0

    def check(self, entry: Entry) -> None:
        if not 1 <= entry.version <= ledger.VERSIONS.get(entry.kind, 0):
            self._findings.add("changed", "kind-unknown", entry.leaf_index, entry.kind, entry.key)
        elif entry.salt is None:
            self._check_erased(entry)
        elif (problem := self._problem(entry)) == "record-changed" and len(self._odd) < KEPT:
            self._odd.append(entry)
        elif problem:
            what = "removed" if problem == "record-missing" else "changed"
            self._findings.add(what, problem, entry.leaf_index, entry.kind, entry.key)  # type: ignore[arg-type]

    def _problem(self, entry: Entry) -> str:
        try:
            content = ledger.content_of(self._connection, *_place(entry), entry.version)
            if content is None:
                return "record-missing"
            return "" if _fits(entry, content) else "record-changed"
        except BROKEN:
            return "record-unreadable"

    def _check_erased(self, entry: Entry) -> None:
        self.erased += 1
        index, kind, key = _place(entry)
        if kind not in ledger.ERASABLE or not self._logged(index):
            self._findings.add("erased", "erased-unlogged", index, kind, key)
            return
        try:
            row = getattr(SQL, f"blank_{kind.replace('-', '_')}")(self._connection, key=key)
            blank = row and row[0]
        except BROKEN:
            row = blank = False
        if row is None:
            self._findings.add("removed", "record-missing", index, kind, key)
        elif not blank:
            self._findings.add("erased", "erased-not-blank", index, kind, key)

    def _logged(self, index: int) -> bool:
        place = bisect_right(self._firsts, index) - 1
        return place >= 0 and index <= self._lasts[place]

    def finish(self) -> None:
        """What did not fit: changed, or only moved to another place?"""
        for entry in self._odd:
            index, kind, key = _place(entry)
            if (other := self._moved(entry)) is None:
                self._findings.add("changed", "record-changed", index, kind, key)
            else:
                self._findings.add("reordered", "record-moved", index, kind, key, other=other)
        self._odd.clear()

    def _moved(self, entry: Entry) -> int | None:
        """The place that the entry's leaf was made for."""
        near = range(max(0, entry.leaf_index - NEAR), entry.leaf_index + NEAR + 1)
        numbers = {*near, *(odd.leaf_index for odd in self._odd)}
        places = [(number, entry.kind, entry.key) for number in numbers]
        for index, kind, key in places + [_place(odd) for odd in self._odd]:
            try:
                content = ledger.content_of(self._connection, index, kind, key, entry.version)
            except BROKEN:
                continue
            if content is not None and _fits(entry, content):
                return int(index)
        return None

    def kept(self) -> None:
        """Recordings that are kept until, or were disposed of at, another time than the log says."""
        try:
            for row in SQL.kept_otherwise(self._connection):
                self._findings.add("changed", "record-changed", row["leaf_index"], "recording", row["key"])
        except BROKEN:
            return  # a record that is no JSON: it is named as changed itself

    def strangers(self) -> None:
        """Records that have no leaf: put in by other means."""
        waiting = {(row["kind"], str(row["key"])) for row in SQL.waiting(self._connection)}
        for kind, key in sorted(waiting, key=str):
            self._findings.add("inserted", "record-waiting", None, kind, key)
        for kind in ledger.KINDS:
            for row in getattr(SQL, f"leafless_{kind.replace('-', '_')}")(self._connection):
                if (kind, row["key"]) not in waiting:
                    self._findings.add("inserted", "record-leafless", None, kind, row["key"])
        (first,) = SQL.first_seq(self._connection)
        if first is not None and first != 1:
            self._findings.add("removed", "decision-gap", None, "decision", first=1, last=first - 1)
        for row in SQL.missing_seqs(self._connection):
            self._findings.add(
                "removed", "decision-gap", None, "decision", first=row["first"], last=row["last"]
            )


def intact(connection: sqlite3.Connection, kind: str, key: str) -> bool:
    """Whether a record is what its leaf was made of."""
    try:
        entry = ledger.entry_of(connection, kind, key)
        content = entry and ledger.content_of(connection, entry.leaf_index, kind, key, entry.version)
        return bool(entry and content and _fits(entry, content))
    except BROKEN:
        return False


def _ranges(connection: sqlite3.Connection) -> tuple[array[int], array[int]]:
    """First and last of each run of leaves that the log says were erased, sorted, none within another.

    Only records that are intact say anything.
    """
    found: list[tuple[int, int]] = []
    for row in SQL.erasures(connection):
        if intact(connection, "register-change", str(row["seq"])):
            found += _leaves_of(row["detail"])
    firsts, lasts = array("q"), array("q")
    for first, last in sorted(found):
        if lasts and first <= lasts[-1] + 1:
            lasts[-1] = max(lasts[-1], last)
        else:
            firsts.append(first)
            lasts.append(last)
    return firsts, lasts


def _leaves_of(detail: str) -> Iterable[tuple[int, int]]:
    try:
        return msgspec.json.decode(detail, type=ledger.Erasure).leaves
    except msgspec.MsgspecError:
        return ()


def _place(entry: Entry) -> tuple[int, str, str]:
    return entry.leaf_index, entry.kind, entry.key


def _fits(entry: Entry, content: bytes) -> bool:
    return entry.salt is not None and record.leaf(entry.salt, content) == entry.leaf
