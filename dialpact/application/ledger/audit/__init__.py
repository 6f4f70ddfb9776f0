"""The whole log, or a part of it, against itself and against what was signed, and the registers against it.

One snapshot, read only: the audit changes nothing, not even by giving a leaf to what waits for one, holds no
lock that the gate would wait for, and needs memory for a few thousand rows whatever the log's length.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec

from dialpact.application.ledger.audit.bound import bound_registers
from dialpact.application.ledger.audit.found import Findings
from dialpact.application.ledger.audit.intact import intact
from dialpact.application.ledger.audit.own import own
from dialpact.application.ledger.audit.part import Part
from dialpact.application.ledger.audit.records import Records
from dialpact.application.ledger.audit.retention import NOTHING, replay
from dialpact.application.ledger.audit.tree import AuditTree
from dialpact.application.ledger.copies import SUFFIX
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger.chain import Chain
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.ledger.rotation import Rotation
from dialpact.store.ports.audits import Entry, Snapshot

BATCH = 512  # leaves: a page that stays in the processor's cache is 8 % faster than one of 2000


class Audit:
    """``trusted``: keys that are believed. ``given``: (name, note) of checkpoints from elsewhere.

    ``first`` and ``last`` are leaves; without them the whole log is looked at. :meth:`run` does it, ``batch``
    leaves at a time. ``around``: (name, text) of what lies beside the log; what of it is no head of this log
    is named in ``strangers``. ``given_up``: names of heads that the log itself says it does not continue, of
    which there are ``forks``. ``kinds``: of the records that are looked at, with every leaf of the tree, but
    with the newest checkpoint alone, with no word about keys and none about registers: what purge and erase
    need; none: all, as ``ledger verify`` does.
    """

    def __init__(
        self,
        trusted: Collection[Verifier],
        given: Sequence[tuple[str, str]] = (),
        first: int | None = None,
        last: int | None = None,
        *,
        around: Sequence[tuple[str, str]] = (),
        batch: int = BATCH,
        kinds: Collection[str] = (),
    ) -> None:
        self._kinds = kinds
        self._trusted = trusted
        self._given, self._around = list(given), around
        self._copied: list[tuple[str, str]] = []
        self._whole = first is None and last is None
        self._first, self._last = first or 0, last
        self._batch = batch
        self.found = Findings()
        self.followed = NOTHING  # what trusted time comes to
        self.size = self.checked = self.erased = self.unproven = self.checkpoints = self.forks = 0
        self.given_up: list[str] = []
        self.strangers: list[str] = []

    @property
    def total(self) -> int:
        """How many leaves there are to look at; known once :meth:`run` has begun."""
        end = self.size if self._last is None else self._last + 1
        return max(0, end - self._first)

    def run(self, snapshot: Snapshot) -> Iterator[int]:
        """Yields how many leaves were looked at, every now and then. StoreError, LedgerError."""
        self.size = snapshot.size()
        last = self.size - 1 if self._last is None else self._last
        if not self._whole and not 0 <= self._first <= last < self.size:
            raise LedgerError(f"the log has {self.size} entries, numbered from 0")
        yield 0
        chain = Chain(list(_links(snapshot, self.found)), self._trusted)
        for leaf, error in () if self._kinds else chain.broken.items():
            self.found.add("key", "link-broken", leaf, "register-change", error=error)
        self.forks = chain.forks
        self._sort(snapshot, chain)
        yield from self._walk(snapshot, chain)

    def _sort(self, snapshot: Snapshot, chain: Chain) -> None:
        """What the log is to be compared with: what was given, but for what it has given up itself, and what
        of that around it is its own and not in the store.
        """
        given, self._given = self._given, []
        for name, text in given:
            if _gave_up(chain, text):
                self.given_up.append(name)
            else:
                self._given.append((name, text))
        stored = set(_notes(snapshot)) if self._around else set()
        for name, text in self._around:
            if text in stored:
                continue
            if _gave_up(chain, text):
                self.given_up.append(name)
                continue
            try:
                chain.open(text)
            except LedgerError:
                self.strangers.append(name)
            else:
                self._given.append((name, text))
                if name.endswith(SUFFIX):
                    self._copied.append((name, text))

    def _walk(self, snapshot: Snapshot, chain: Chain) -> Iterator[int]:
        records = Records(snapshot, self.found)
        if self._whole:
            given, stored = self._given, True
            if self._kinds:
                given, stored = [*given, *_newest(snapshot, self._trusted)], False
            tree: AuditTree | Part = AuditTree(snapshot, self.found, chain, given, stored=stored)
            for odd in snapshot.negative():
                self.found.add("inserted", "leaf-odd", *odd)
        else:
            tree = Part(snapshot, self.found, chain, self._given, self._first, self._first + self.total - 1)
        expected, end = self._first, self._first + self.total
        while page := snapshot.entries(expected, end, self._batch):
            looked_at = self._of_kinds(page)
            contents = snapshot.contents(looked_at) if looked_at else {}
            for run in _runs(page, tree):
                if run[0].leaf_index != expected:
                    last = run[0].leaf_index - 1
                    self.found.add("removed", "leaf-missing", expected, last=last)
                    tree.tear()
                expected = run[-1].leaf_index + 1
                records.check(self._of_kinds(run), contents)
                tree.extend([entry.leaf for entry in run])
            self.checked += len(page)
            yield self.checked
        if expected < end:
            self.found.add("removed", "leaf-missing", expected, last=end - 1)
            tree.tear()
        records.finish()
        if self._whole:
            records.kept()
            records.strangers(self._kinds)
            if self._kinds:
                self.followed = replay(snapshot, self.found, guards=True)
        tree.finish(self.size)
        if self._whole and not self._kinds:
            own(snapshot, self.found, self._copied, self.size)
            for _ in bound_registers(snapshot, self.found):
                yield self.checked  # (their rows are no leaves: it says only that the work goes on)
        self.erased, self.unproven, self.checkpoints = records.erased, records.unproven, tree.heads

    def _of_kinds(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        return [one for one in entries if one.kind in self._kinds] if self._kinds else entries


def _newest(snapshot: Snapshot, trusted: Collection[Verifier]) -> Sequence[tuple[str, str]]:
    last = snapshot.last_checkpoint() if trusted else None
    return [("", last.note)] if last else []


def _gave_up(chain: Chain, text: str) -> bool:
    try:
        return chain.gave_up(text)
    except LedgerError:
        return False


def _notes(snapshot: Snapshot) -> Iterator[str]:
    size, at = -1, ""
    while page := snapshot.checkpoints(size, at):
        for one in page:
            size, at = one.size, one.at
            yield one.note


def _runs(page: Sequence[Entry], tree: AuditTree | Part) -> Iterator[Sequence[Entry]]:
    """Entries without a gap, and each run ends where the tree is next looked at."""
    start = 0
    while start < len(page):
        run = page[start : start + tree.room]
        first = run[0].leaf_index
        if run[-1].leaf_index - first >= len(run):  # a gap: up to there
            run = [entry for place, entry in enumerate(run, first) if entry.leaf_index == place]
        yield run
        start += len(run)


def _links(snapshot: Snapshot, findings: Findings) -> Iterator[tuple[int, Rotation]]:
    """The changes of the key. One that is not what its leaf says is no change, and is named elsewhere."""
    for said in snapshot.key_changes():
        if not intact(snapshot, "register-change", str(said.seq)):
            findings.add("key", "link-changed", said.leaf_index, "register-change", str(said.seq))
            continue
        try:
            yield said.leaf_index, msgspec.json.decode(said.detail, type=Rotation)
        except msgspec.MsgspecError as error:
            findings.add(
                "key", "link-broken", said.leaf_index, "register-change", str(said.seq), error=str(error)
            )
