"""Each leaf against the record that it was made of, and each record against its leaf."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence

from dialpact.application.ledger.audit.erased import NOT_NOTED, Erasures
from dialpact.application.ledger.audit.found import Findings
from dialpact.application.ledger.audit.intact import BROKEN, fits
from dialpact.store.ports.audits import Entry, Snapshot

KEPT = 256  # entries that do not fit and are compared with each other: were they put into another order?
NEAR = 4  # places on either side at which a record that moved is looked for


class Records:
    def __init__(self, snapshot: Snapshot, findings: Findings) -> None:
        self._snapshot = snapshot
        self._findings = findings
        self._odd: list[Entry] = []
        self._erasures = Erasures(snapshot)
        self.erased = self.unproven = 0

    def check(self, entries: Sequence[Entry], contents: Mapping[int, bytes]) -> None:
        """``contents``: what could be read of them at once. Only a right hash needs no second look."""
        sha256 = hashlib.sha256
        for entry in entries:
            index, _, _, _, salt, leaf = entry
            try:
                # record.leaf, without a call for each
                inner = sha256(salt + contents[index]).digest()  # type: ignore[operator]
                if sha256(b"\x00" + inner).digest() == leaf:
                    continue
            except BROKEN:
                pass
            self._check(entry)

    def _check(self, entry: Entry) -> None:
        if not 1 <= entry.version <= self._snapshot.versions.get(entry.kind, 0):
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
            content = self._snapshot.content(*_place(entry), entry.version)
            if content is None:
                return "record-missing"
            return "" if fits(entry, content) else "record-changed"
        except BROKEN:
            return "record-unreadable"

    def _check_erased(self, entry: Entry) -> None:
        self.erased += 1
        index, kind, key = _place(entry)
        remains = self._erasures.remains(index) if kind in self._snapshot.erasable else None
        if remains is None:
            self._findings.add("erased", "erased-unlogged", index, kind, key)
            return
        try:
            blank = self._snapshot.blank(kind, key)
        except BROKEN:
            blank = False
        if blank is None:
            self._findings.add("removed", "record-missing", index, kind, key)
        elif not blank:
            self._findings.add("erased", "erased-not-blank", index, kind, key)
        elif remains == NOT_NOTED:
            self.unproven += 1
        elif not self._remains(entry, remains):
            self._findings.add("changed", "erased-changed", index, kind, key)

    def _remains(self, entry: Entry, digest: bytes) -> bool:
        try:
            return self._snapshot.remains(*_place(entry)) == digest
        except BROKEN:
            return False

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
                content = self._snapshot.content(index, kind, key, entry.version)
            except BROKEN:
                continue
            if content is not None and fits(entry, content):
                return int(index)
        return None

    def kept(self) -> None:
        """Recordings that are kept until, or were disposed of at, another time than the log says."""
        try:
            for leaf, key in self._snapshot.kept_otherwise():
                self._findings.add("changed", "record-changed", leaf, "recording", key)
        except BROKEN:
            return  # a record that is no JSON: it is named as changed itself

    def strangers(self, kinds: Collection[str] = ()) -> None:
        """Records that have no leaf: put in by other means. ``kinds``: of these alone; none: all."""
        waiting = set(self._snapshot.waiting())
        for kind, key in sorted(waiting, key=str):
            self._findings.add("inserted", "record-waiting", None, kind, key)
        for kind in kinds or self._snapshot.kinds:
            for key in self._snapshot.leafless(kind):
                if (kind, key) not in waiting:
                    self._findings.add("inserted", "record-leafless", None, kind, key)
        if kinds:
            return
        first = self._snapshot.first_decision()
        if first is not None and first != 1:
            self._findings.add("removed", "decision-gap", None, "decision", first=1, last=first - 1)
        for start, end in self._snapshot.missing_decisions():
            self._findings.add("removed", "decision-gap", None, "decision", first=start, last=end)


def _place(entry: Entry) -> tuple[int, str, str]:
    return entry.leaf_index, entry.kind, entry.key
