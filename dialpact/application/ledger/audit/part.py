"""A range of the log: its leaves against the kept hashes above them, these against what was signed."""

from __future__ import annotations

from collections.abc import Sequence

from dialpact.application.ledger.audit.found import Findings
from dialpact.application.ledger.audit.tree import ANY, Head, cut, report, stored_name
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle
from dialpact.compliance.ledger.chain import Chain
from dialpact.store.ports.audits import Snapshot


class Part:
    """Leaves ``first`` to ``last``. What lies outside the range is believed as its kept hashes say."""

    def __init__(
        self,
        snapshot: Snapshot,
        findings: Findings,
        chain: Chain,
        given: Sequence[tuple[str, str]],
        first: int,
        last: int,
    ) -> None:
        self._snapshot = snapshot
        self._findings = findings
        self._chain = chain
        self._given = list(given)
        self._first, self._last = first, last
        self.heads = 0

    @property
    def room(self) -> int:
        """Nothing is looked at before the end."""
        return ANY

    def extend(self, leaves: Sequence[bytes]) -> None:
        """The leaves are read again, by whole blocks."""

    def tear(self) -> None:
        """The missing leaf is missed again in its block."""

    def finish(self, present: int) -> None:
        for level in range(1, self._snapshot.levels + 1):
            leaves = self._snapshot.width**level
            for number in range(self._first // leaves, self._last // leaves + 1):
                if (number + 1) * leaves <= present:
                    self._check(level, number)
        last = self._snapshot.last_checkpoint()
        if last:
            self._given.append(("", last.note))
        bad, beyond = [], []
        for name, text in self._given:
            self.heads += 1
            try:
                found = self._chain.open(text)
            except LedgerError as error:
                key = name or stored_name(last.size if last else 0)
                self._findings.add("checkpoint", "checkpoint-bad", key=key, error=str(error))
                continue
            head = Head(found.size, found.root, name)
            if found.size > present:
                beyond.append(head)
            elif self._snapshot.root(found.size) != found.root:
                bad.append(head)
        report(self._findings, bad, 0)
        cut(self._findings, beyond, present)

    def _check(self, level: int, number: int) -> None:
        width, leaves = self._snapshot.width, self._snapshot.width**level
        kept = self._snapshot.node(level, number)
        below = self._snapshot.hashes(level - 1, number * width, (number + 1) * width)
        if kept is None or not below or merkle.over(below)(0, width) != kept:
            code, start = ("node-missing" if kept is None else "node-wrong"), number * leaves
            self._findings.add("node", code, start, key=f"{level}/{number}", last=start + leaves - 1)
