"""The housekeeping's looks at the registers of people: as far as one comes, and on from there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dialpact.application.ledger.audit.acts import ActCheck
from dialpact.application.ledger.audit.found import Findings
from dialpact.application.ledger.audit.people import KINDS, Round
from dialpact.store.ports.audits import Snapshot
from dialpact.store.ports.people import People

MOST = 2_000_000  # rows of a register in one look
ACTS = 2_000  # in one look: of new ones, and of older ones


class Looks:
    """At one register. The rows are gone round in as many looks as it takes, and so are the acts: new ones
    come first. What a whole round and this one have found is said again at each look.
    """

    def __init__(self, register: str) -> None:
        self._register = register
        self._round: Round | None = None
        self._rows, self._last_rows = Findings(), Findings()
        self._acts, self._last_acts = Findings(), Findings()
        self._newest = self._older = 0  # acts of which the people were looked at
        self._whole = False  # there was a whole round

    def look(self, snapshot: Snapshot, findings: Findings) -> Iterator[int]:
        people, check = snapshot.people(self._register), ActCheck(snapshot)
        if self._round is None:
            self._round, self._rows = Round(self._register, people), Findings()
        try:
            yield from self._round.turn(snapshot, self._rows, MOST, check)
            if self._register != "lead":
                yield from self._acted(people, self._round, snapshot, check)
            if self._round.over:
                self._round.tell(snapshot, self._rows)
                findings.looked(self._register, self._round.rows, self._round.unbound)
                self._last_rows, self._rows = self._rows, Findings()
                self._round, self._whole = None, True
        finally:  # also when it is left
            self._tell(findings)

    def _acted(self, people: People, one: Round, snapshot: Snapshot, check: ActCheck) -> Iterator[int]:
        """The people whom they are about, and whether each act is what its leaf says."""
        new, old = people.acts(self._newest, ACTS), people.acts(self._older, ACTS)
        for person in {person: None for _, person in (*new, *old)}:
            one.person(person, people, snapshot, self._acts, check)
            yield 1
        self._newest = new[-1][0] if new else self._newest
        self._older = old[-1][0] if len(old) == ACTS else 0
        if not self._older:
            self._last_acts, self._acts = self._acts, Findings()

    def _tell(self, findings: Findings) -> None:
        said = set()
        for found in (self._last_rows, self._rows, self._last_acts, self._acts):
            for one in found.listed:
                if (one.code, one.key) not in said:
                    said.add((one.code, one.key))
                    findings.add(one.problem, one.code, one.leaf, one.kind, one.key, **one.values)
        if self._whole:
            findings.rechecked.add(self._register)


def look(snapshot: Snapshot, findings: Findings, memory: dict[str, Any]) -> Iterator[int]:
    """For the housekeeping: as far as it comes, and on from there the next time."""
    registers = tuple(KINDS)
    for _ in registers:
        register = registers[memory.get("next", 0) % len(registers)]
        yield from memory.setdefault(register, Looks(register)).look(snapshot, findings)
        memory["next"] = memory.get("next", 0) + 1
