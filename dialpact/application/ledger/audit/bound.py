"""The registers against the log: each row must be what the acts that the log has of it make of it.

The acts are leaves, which the audit of the log looks at. Here they are replayed, an entry at a time, so that
memory is needed for one entry's acts alone (of caller IDs: for what imports brought).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from dialpact.application.ledger.audit import people, people_looks, retention
from dialpact.application.ledger.audit.acts import ActCheck
from dialpact.application.ledger.audit.counted import counted
from dialpact.application.ledger.audit.found import Findings
from dialpact.compliance import masking
from dialpact.compliance.ledger.bound import BIND, LEDGER, MALFORMED, Act, Beside, Expected, Register, Row
from dialpact.compliance.ledger.bound.accounts import ACCOUNT, ACCOUNT_FACTOR
from dialpact.compliance.ledger.bound.api_keys import API_KEY
from dialpact.compliance.ledger.bound.approvals import APPROVAL
from dialpact.compliance.ledger.bound.caller_ids import CALLER_ID
from dialpact.compliance.ledger.bound.conduct import COMPLAINT, SCRIPT, SUSPENSION
from dialpact.compliance.ledger.bound.difference import COUNTED, SCHEMA
from dialpact.compliance.ledger.bound.holders import BUSINESS, CAMPAIGN, REGISTRATION
from dialpact.compliance.ledger.bound.leads import BATCH
from dialpact.store.ports.audits import Snapshot, Unreadable

SMALL = (
    *(BUSINESS, CAMPAIGN, CALLER_ID, SCRIPT, SUSPENSION, COMPLAINT, REGISTRATION, BATCH),
    *(API_KEY, ACCOUNT, ACCOUNT_FACTOR, APPROVAL),
)
TOGETHER = 500  # acts of a page, and rows between two looks at the clock
SHOWN = 60  # characters of a value
IMPORT = "import"

ODD = {
    "changed": "schema-changed",
    "added": "schema-added",
    "missing": "schema-missing",
    "false": "schema-false",
}
Memory = dict[str, Any]
_seq = attrgetter("seq")


class Part(NamedTuple):
    """``walk`` looks at everything, for ``ledger verify``; ``look`` is cheap, for the housekeeping, and has
    what this process remembers of its last looks. Both yield how many rows they have looked at since they
    last did, and may be left there.
    """

    registers: tuple[str, ...]
    walk: Callable[[Snapshot, Findings], Iterator[int]]
    look: Callable[[Snapshot, Findings, Memory], Iterator[int]]


def bound_registers(snapshot: Snapshot, findings: Findings) -> Iterator[int]:
    """Every part, one after the other. StoreError."""
    for part in PARTS:
        yield from part.walk(snapshot, findings)


def differ(
    snapshot: Snapshot,
    findings: Findings,
    code: str,
    register: str,
    key: str,
    seq: int | None = None,
    **values: Any,
) -> None:
    """``seq``: of the act that says otherwise, or that came last; it names the leaf."""
    entry = snapshot.entry_of("register-change", str(seq)) if seq is not None else None
    findings.add("register", code, entry.leaf_index if entry else None, register, key, **values)


class Walk:
    """Of one register. ``open``: what no act says of rows, by their keys."""

    def __init__(
        self, register: Register, snapshot: Snapshot, findings: Findings, check: ActCheck | None = None
    ) -> None:
        """``check``: looks at the acts as well; None: somebody else does."""
        self._register, self._snapshot, self._findings = register, snapshot, findings
        self._check = check
        self.rows = 0
        self.open: list[tuple[str, Row]] = []

    def run(self) -> Iterator[int]:
        beside = self._beside()
        left = dict(beside.acts)
        since = 0
        for key, acts in self._entries():
            self._entry(key, sorted([*acts, *left.pop(key, ())], key=_seq))
            if (since := since + 1) >= TOGETHER:
                yield since
                since = 0
        for key, more in left.items():
            self._entry(key, more)
        yield since
        yield from self._strangers(beside)
        self._findings.looked(self._register.name, self.rows, len(self.open))

    def _beside(self) -> Beside:
        name, snapshot = self._register.name, self._snapshot
        imports = list(_all_of(snapshot, name, IMPORT)) if self._register.imported else ()
        bound = [act for act in _all_of(snapshot, LEDGER, BIND) if act.key == name]
        try:
            return self._register.beside(imports, bound)
        except MALFORMED as error:
            last = [*imports, *bound][-1]
            self._differ("act-unreadable", last.key, last.seq, error=_shown(error))
            return Beside({})

    def _entries(self) -> Iterator[tuple[str, list[Act]]]:
        def acts() -> Iterator[Act]:
            key, seq = "", -1
            while page := self._snapshot.acts(self._register.name, key=key, seq=seq, most=TOGETHER):
                yield from page
                key, seq = page[-1].key, page[-1].seq

        for key, found in groupby(acts(), attrgetter("key")):
            several = list(found)
            if self._check and (bad := [act for act in several if not self._check.holds(act)]):
                self._differ("act-changed", key, bad[0].seq)
            yield key, several

    def _entry(self, key: str, acts: Sequence[Act]) -> None:
        register = self._register
        try:
            expected = register.replay(key, acts)
            place = register.place(key)
            there = self._snapshot.rows(register.table, place) if place else ()
            rows = [register.seen(row) for row in there]
        except (*MALFORMED, Unreadable) as error:
            self._differ("act-unreadable", key, acts[-1].seq, error=_shown(error))
            return
        self.rows += len(rows)
        for one in expected:
            identity = [one.row[name] for name in register.identity]
            row = next((row for row in rows if [row[name] for name in register.identity] == identity), None)
            if row is None:
                self._differ("row-missing", key, one.seq, logged=_told(one.row, one.row))
                continue
            rows.remove(row)
            self._compare(key, one, row)
        for row in rows:
            self._differ("row-unlogged", key, acts[-1].seq, found=_told(row, row))

    def _compare(self, key: str, one: Expected, row: Row) -> None:
        wrong = [name for name, value in one.row.items() if name not in row or row[name] != value]
        if wrong:
            self._differ("row-changed", key, one.seq, logged=_told(one.row, wrong), found=_told(row, wrong))
        elif unsaid := row.keys() - one.row.keys() - self._register.free:
            self.open.append((key, {name: row[name] for name in sorted(unsaid)}))

    def _strangers(self, beside: Beside) -> Iterator[int]:
        """Rows of which no act has the key."""
        for row in self._snapshot.unlogged(self._register.table):
            key = self._register.key(row)
            if key in beside.acts:
                continue  # an import brought it: it was looked at
            self.rows += 1
            if row.get("created_at") in beside.times:
                self.open.append((key, row))
            else:
                self._differ("row-unlogged", key, None, found=_told(row, row))
            yield 1

    def _differ(self, code: str, key: str, seq: int | None, **values: Any) -> None:
        differ(self._snapshot, self._findings, code, self._register.name, key, seq, **values)


def _all_of(snapshot: Snapshot, register: str, action: str) -> Iterator[Act]:
    seq = -1
    while page := snapshot.acts_of(register, action, seq=seq, most=TOGETHER):
        yield from page
        seq = page[-1].seq


def _told(row: Row, names: Any) -> str:
    return ", ".join(f"{name} = {_shown(row.get(name))}" for name in names)


def _shown(value: object) -> str:
    return "-" if value is None else masking.text(str(value), SHOWN)


def _schema(snapshot: Snapshot, findings: Findings, *, large: bool = True) -> Iterator[int]:
    """What the registers are read by: a view that leaves out a row is as good as the row's deletion."""
    for kind, name, what in snapshot.odd(large=large):
        findings.add("register", ODD[what], None, SCHEMA, name, what=kind)
    findings.looked(SCHEMA, 0)
    yield 0


def _schema_again(snapshot: Snapshot, findings: Findings, memory: Memory) -> Iterator[int]:
    """And whether an act is gone: which register it was of nobody can tell any more."""
    if gone := snapshot.acts_gone():
        findings.add("register", "act-gone", None, SCHEMA, "register_change", count=gone)
    yield from _schema(snapshot, findings, large=False)
    findings.rechecked.add(SCHEMA)


def _count_again(snapshot: Snapshot, findings: Findings, memory: Memory) -> Iterator[int]:
    yield from counted(snapshot, findings)
    findings.rechecked.add(COUNTED)


def _walk(snapshot: Snapshot, findings: Findings) -> Iterator[int]:
    for register in SMALL:
        yield from Walk(register, snapshot, findings).run()


def _look(snapshot: Snapshot, findings: Findings, memory: Memory) -> Iterator[int]:
    """All of them, beginning behind the one with which the last look ended."""
    first, check = memory.get("next", 0), ActCheck(snapshot)
    for place in (*range(first, len(SMALL)), *range(first)):
        walk = Walk(SMALL[place], snapshot, findings, check)
        for _ in walk.run():
            pass  # a look comes to the end of one at least
        findings.rechecked.add(SMALL[place].name)
        memory["next"] = (place + 1) % len(SMALL)
        yield walk.rows


PARTS: tuple[Part, ...] = (
    Part((SCHEMA,), _schema, _schema_again),
    Part(tuple(one.name for one in SMALL), _walk, _look),
    Part((COUNTED,), counted, _count_again),
    Part(tuple(people.KINDS), people.walk, people_looks.look),
    Part(retention.REGISTERS, retention.walk, retention.look),
)
