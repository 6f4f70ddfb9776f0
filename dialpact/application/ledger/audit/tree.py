"""The leaves against the hashes that are kept of them, and against what was signed."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dialpact.application.ledger.audit.found import Findings
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle
from dialpact.compliance.ledger.chain import Chain
from dialpact.store.ports.audits import Snapshot

ANY = sys.maxsize  # leaves


class Head(NamedTuple):
    """A signed tree head; ``name`` says where it comes from, nothing: the store."""

    size: int
    root: bytes
    name: str


def stored_name(size: int) -> str:
    """Of a checkpoint in the store, where one from elsewhere has its file's name."""
    return f"checkpoint/{size}"


class AuditTree:
    def __init__(
        self,
        snapshot: Snapshot,
        findings: Findings,
        chain: Chain,
        given: Sequence[tuple[str, str]],
        *,
        stored: bool = True,
    ) -> None:
        """``stored``: with every checkpoint of the store."""
        self._snapshot = snapshot
        self._findings = findings
        self._chain = chain
        self.heads = 0
        self._why = ""
        self._heads = heapq.merge(self._stored() if stored else (), sorted(self._given(given)))
        self._next = next(self._heads, None)
        self._good = 0  # the largest size whose root was confirmed
        self._bad: list[Head] = []
        self._growing = merkle.GrowingTree()
        self._size = 0
        self._torn = False
        self._pass_heads()

    @property
    def room(self) -> int:
        """How many leaves may be added until the tree is compared with what is kept or signed."""
        if self._torn:
            return ANY
        room = self._snapshot.width - self._size % self._snapshot.width
        return min(room, self._next.size - self._size) if self._next else room

    def extend(self, leaves: Sequence[bytes]) -> None:
        """In order, at most :attr:`room`; nothing more after :meth:`tear`."""
        if self._torn:
            return
        completed = self._growing.extend(leaves)
        self._size += len(leaves)
        for level in range(1, self._snapshot.levels + 1):
            below = self._snapshot.width**level
            if self._size % below == 0:
                made = completed[below.bit_length() - 1][-1]
                compare(self._snapshot, self._findings, level, self._size // below - 1, made)
        self._pass_heads()

    def tear(self) -> None:
        """A leaf is missing: from here on no hash can be computed."""
        self._torn = True

    def _pass_heads(self) -> None:
        while self._next and self._next.size <= self._size:
            if self._next.root == self._growing.root():
                self._good = self._next.size
            else:
                self._bad.append(self._next)
            self._next = next(self._heads, None)

    def finish(self, present: int) -> None:
        """``present``: how many leaves the log has."""
        beyond: list[Head] = []
        while self._next:
            (self._bad if self._next.size <= present else beyond).append(self._next)
            self._next = next(self._heads, None)
        report(self._findings, self._bad, self._good)
        cut(self._findings, beyond, present)
        for level, number in self._snapshot.nodes_beyond(present):
            self._findings.add("node", "node-beyond", level=level, number=number)

    def _stored(self) -> Iterator[Head]:
        size, at = -1, ""
        while page := self._snapshot.checkpoints(size, at):
            for one in page:
                size, at = one.size, one.at
                head, name = self._opened(one.note, ""), stored_name(size)
                if head and head.size != size:
                    self._findings.add("checkpoint", "checkpoint-size", key=name, stated=head.size)
                elif head:
                    yield head
                else:
                    self._findings.add("checkpoint", "checkpoint-bad", key=name, error=self._why)

    def _given(self, given: Sequence[tuple[str, str]]) -> Iterator[Head]:
        for name, text in given:
            if head := self._opened(text, name):
                yield head
            else:
                self._findings.add("checkpoint", "checkpoint-bad", key=name, error=self._why)

    def _opened(self, text: str, name: str) -> Head | None:
        self.heads += 1
        try:
            found = self._chain.open(text)
        except LedgerError as error:
            self._why = str(error)
            return None
        return Head(found.size, found.root, name)


def compare(snapshot: Snapshot, findings: Findings, level: int, number: int, made: bytes) -> None:
    """A kept hash against the one that the leaves give."""
    kept = snapshot.node(level, number)
    if kept != made:
        leaves = snapshot.width**level
        first = number * leaves
        code = "node-missing" if kept is None else "node-wrong"
        findings.add("node", code, first, key=f"{level}/{number}", last=first + leaves - 1)


def report(findings: Findings, bad: Sequence[Head], good: int) -> None:
    """The first that the log does not lead to says most; of the stored ones the others are only counted."""
    stored = [head for head in bad if not head.name]
    for head in [*stored[:1], *(head for head in bad if head.name)]:
        more = 0 if head.name else len(stored) - 1
        key, last = head.name or stored_name(head.size), head.size - 1
        findings.add("checkpoint", "checkpoint-root", good, key=key, size=head.size, last=last, more=more)


def cut(findings: Findings, beyond: Sequence[Head], present: int) -> None:
    stored = [head for head in beyond if not head.name]
    for head in [*stored[-1:], *(head for head in beyond if head.name)]:
        key, last = head.name or stored_name(head.size), head.size - 1
        findings.add("truncated", "log-cut", present, key=key, size=head.size, last=last, present=present)
