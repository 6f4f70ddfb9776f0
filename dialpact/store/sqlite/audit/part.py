"""A range of the log: its leaves against the kept hashes above them, these against what was signed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle
from dialpact.compliance.ledger.chain import Chain
from dialpact.store.sqlite import checkpoints, ledger
from dialpact.store.sqlite.audit.found import Findings
from dialpact.store.sqlite.audit.tree import HEADS, SQL, Head, cut, report, stored_name


class Part:
    """Leaves ``first`` to ``last``. What lies outside the range is believed as its kept hashes say."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        findings: Findings,
        chain: Chain,
        given: Sequence[tuple[str, str]],
        first: int,
        last: int,
    ) -> None:
        self._connection = connection
        self._findings = findings
        self._chain = chain
        self._given = list(given)
        self._first, self._last = first, last
        self.heads = 0

    def add(self, leaf: bytes) -> None:
        """The leaves are read again, by whole blocks."""

    def tear(self) -> None:
        """The missing leaf is missed again in its block."""

    def finish(self, present: int) -> None:
        for level, leaves in enumerate(ledger.LEVELS, 1):
            for number in range(self._first // leaves, self._last // leaves + 1):
                if (number + 1) * leaves <= present:
                    self._check(level, number)
        row = HEADS.last_checkpoint(self._connection)
        if row:
            self._given.append(("", row["note"]))
        bad, beyond = [], []
        for name, text in self._given:
            self.heads += 1
            try:
                found = self._chain.open(text)
            except LedgerError as error:
                key = name or stored_name(row["size"])
                self._findings.add("checkpoint", "checkpoint-bad", key=key, error=str(error))
                continue
            head = Head(found.size, found.root, name)
            if found.size > present:
                beyond.append(head)
            elif self._root(found.size) != found.root:
                bad.append(head)
        report(self._findings, bad, 0)
        cut(self._findings, beyond, present)

    def _root(self, size: int) -> bytes:
        try:
            return checkpoints.root(self._connection, size)
        except LedgerError:
            return b""

    def _check(self, level: int, number: int) -> None:
        first, leaves = number * ledger.WIDTH, ledger.WIDTH**level
        row = SQL.node(self._connection, level=level, number=number)
        kept = row and row[0]
        try:
            below = ledger.stored(self._connection, level - 1, first, first + ledger.WIDTH)
        except LookupError:
            below = []
        if kept is None or not below or merkle.over(below)(0, ledger.WIDTH) != kept:
            code, start = ("node-missing" if kept is None else "node-wrong"), number * leaves
            self._findings.add("node", code, start, key=f"{level}/{number}", last=start + leaves - 1)
