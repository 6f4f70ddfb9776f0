"""The registers of people against the log: opt-outs, consents, leads. A row is of the act that made it.

1. A register is gone through once, in the order of its key. A single act has its row whole. An import has a
   digest of all rows that it put in: what later acts took out or changed is put back, and each import has its
   digest again.
2. Rows that came in before imports said so are bound together, some numbers at a time, by acts ``bind``.
3. It can be done in turns, each on a snapshot of its own: what an import put in stays what it was, whatever
   is done meanwhile. What came in after the first turn is the next round's.
4. Memory is needed for a page of rows, and for some hundred bytes an import.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from dialpact.application.ledger.audit.acts import ActCheck
from dialpact.application.ledger.audit.found import Findings
from dialpact.application.ledger.audit.people_places import Places
from dialpact.compliance import masking
from dialpact.compliance.ledger.bound import BIND, consents, opt_outs
from dialpact.compliance.ledger.bound.lives import Births, Difference, Life, PersonsAct, Row
from dialpact.compliance.ledger.bound.row_digest import Digested, RowDigest
from dialpact.store.ports.audits import Snapshot
from dialpact.store.ports.people import FIRST, People

PAGE = 4096  # rows
BLOCK = 65_536  # rows of a block of those of before
LOCATED = 8  # imports of which it is said where their rows differ
LAST = (1 << 63) - 1  # no number is larger
NOBODY: Mapping[int, Sequence[PersonsAct]] = {}
Replay = Callable[[int, Sequence[Row], Sequence[PersonsAct], Births, int], Iterator[Life | Difference]]


class Kind(NamedTuple):
    """``number``: its place in a row; ``put``: what an import's digest has of rows; ``plain``: whether a row
    may be so where no act is on the person.
    """

    number: int
    put: Callable[[Sequence[Row]], Sequence[Any]]
    replay: Replay
    plain: Callable[[Row], bool] = lambda row: True


def _no_acts(*_: Any) -> Iterator[Life | Difference]:
    """Of leads: nobody is taken out of a batch."""
    yield from ()


KINDS = {
    "dnc": Kind(1, lambda rows: [row[1:] for row in rows], opt_outs.replay),
    "consent": Kind(2, lambda rows: [row[2:] for row in rows], consents.replay, lambda row: row[1] is None),
    "lead": Kind(1, lambda rows: [row[1:] for row in rows], _no_acts),
}


class Bound(msgspec.Struct, frozen=True):
    """What an act ``bind`` says: how the rows of the people ``first`` to ``last`` were after the act
    ``as_of``.
    """

    as_of: int
    rows: int
    digest: str
    block: int
    first: int
    last: int


class _Import:
    """The rows that one has put in. ``digest``: of those that were seen; None where nothing says what they
    were.
    """

    def __init__(self, seq: int, name: str, said: Digested | None, places: Places | None) -> None:
        self.seq, self.name, self.said, self._places = seq, name, said, places
        self.digest = RowDigest(said.block) if said else None

    def take(self, rows: Sequence[Any]) -> None:
        if self.digest:
            self.digest.add(rows)
        if self._places:
            self._places.add(rows)


class Base:
    """The rows of before of some people."""

    def __init__(self, seq: int, bound: Bound) -> None:
        self.seq, self.bound = seq, bound
        self.digest = RowDigest(bound.block)


class Round:
    """One way through a register, in as many turns as it takes."""

    def __init__(self, register: str, people: People) -> None:
        self.register, self._kind = register, KINDS[register]
        self.next, self.over = FIRST, False
        self.rows = self._loose = 0  # loose: of imports that say nothing of their rows
        self._based = 0  # rows that only a base binds
        self._last_act, self._known = people.last_act(), 0  # imports behind it are left to the next round
        self.differing: dict[int, tuple[str, Digested, int]] = {}  # by act: name, what it says, rows found
        self.places: dict[int, Places] = {}  # of imports of which it is asked where their rows differ
        self._imports: dict[int, _Import] = {}
        self._births: dict[Any, int] = {}
        self._coming: Any = ()
        self._bases = sorted(self._read_bases(people), key=lambda base: base.bound.first)
        self._digests_since = people.digests_since()

    def turn(
        self, snapshot: Snapshot, findings: Findings, most: int | None = None, check: ActCheck | None = None
    ) -> Iterator[int]:
        """As many rows as ``most`` and a page, or all that are left; yields how many of each page. ``check``:
        where nobody else looks whether the imports' lines in the log are what they were.
        """
        people = snapshot.people(self.register)
        self._look_at_imports(people, snapshot, findings, check)
        self._coming = people.coming()
        until = None if most is None else self.rows + most
        while not self.over and (until is None or self.rows < until):
            page = people.page(self.next, min(PAGE, most or PAGE))
            self._take(page.rows, page.acts, snapshot, findings)
            self.rows += len(page.rows)
            self.over = page.last is None
            self.next = 0 if page.last is None else page.last + 1
            yield len(page.rows)
        if self.over:
            self._finish()

    def stretch(self, snapshot: Snapshot, first: int, most: int) -> tuple[Bound, int]:
        """How the rows of the people from ``first`` on stand, about so many of them; and how many of
        them nothing else binds. One that is bound already: that.
        """
        last = LAST
        for known in (base.bound for base in self._bases):
            if known.first <= first <= known.last:
                return known, 0
            if first < known.first:
                last = min(last, known.first - 1)
        base = Base(0, Bound(self._last_act, 0, "", BLOCK, first, last))
        self._bases, self.next = [base], first
        for _ in self.turn(snapshot, Findings(), most):
            pass
        made = base.digest.end()
        last = last if self.over else min(last, self.next - 1)
        return Bound(self._last_act, made.rows, made.sha256, BLOCK, first, last), self._based

    @property
    def unbound(self) -> int:
        """Rows that nothing binds."""
        return self._loose - self._based

    def _read_bases(self, people: People) -> Iterator[Base]:
        """No second word about the same people counts, nor one that can not be read: its leaf tells that."""
        known: list[Bound] = []
        for seq, detail in people.bound():
            with contextlib.suppress(msgspec.MsgspecError):
                new = msgspec.json.decode(detail, type=Bound)
                if all(new.last < one.first or one.last < new.first for one in known):
                    known.append(new)
                    yield Base(seq, new)

    def _look_at_imports(
        self, people: People, snapshot: Snapshot, findings: Findings, check: ActCheck | None
    ) -> None:
        for seq, at, name, digest in people.imports(self._known):
            self._known = seq
            if check and not check.stands(seq):
                self._differ(snapshot, findings, Difference("act-changed", seq), name)
            said = None
            try:
                said = msgspec.json.decode(digest, type=Digested) if digest else None
            except msgspec.MsgspecError:
                digest = None
            if digest is None and self._digests_since is not None and seq > self._digests_since:
                self._differ(snapshot, findings, Difference("act-unreadable", seq), name)
            birth: Any = _batch(name) if self.register == "lead" else at
            before = self._imports.get(self._births.get(birth, 0))
            if before and before.said:
                if said and said.rows:
                    self._differ(snapshot, findings, Difference("act-unreadable", seq), name)
                continue
            self._births[birth] = seq
            self._imports[seq] = _Import(seq, name, said, self.places.get(seq))

    def _take(
        self,
        rows: Sequence[Row],
        acts: Mapping[int, Sequence[PersonsAct]],
        snapshot: Snapshot,
        findings: Findings,
    ) -> None:
        start, number = 0, itemgetter(self._kind.number)
        for person in sorted(acts):
            at = bisect_left(rows, person, start, key=number)
            end = bisect_right(rows, person, at, key=number)
            self._untouched(rows[start:at], snapshot, findings)
            self._touched(person, rows[at:end], acts[person], snapshot, findings)
            start = end
        self._untouched(rows[start:] if start else rows, snapshot, findings)

    def _untouched(self, rows: Sequence[Row], snapshot: Snapshot, findings: Findings) -> None:
        """Of people whom no single act is about."""
        by_birth = defaultdict(list)
        for row in rows:
            by_birth[row[0]].append(row)
        plain = self._kind.plain
        for birth, some in by_birth.items():
            seq = self._births.get(birth)
            if seq is None:
                if birth not in self._coming:
                    for row in some:
                        self._differ(snapshot, findings, Difference("row-unlogged", found=row))
                continue
            one = self._imports[seq]
            one.take(self._kind.put(some))
            if not one.digest:
                self._loose += len(some)
            if self.register == "consent":
                for row in some:
                    if not plain(row):
                        expected = (row[0], None, *row[2:])
                        self._differ(snapshot, findings, Difference("row-changed", seq, expected, row))
        if self._bases:
            self._untouched_bases(rows)

    def _untouched_bases(self, rows: Sequence[Row]) -> None:
        number, start = itemgetter(self._kind.number), 0
        for base in self._bases:
            if start == len(rows):
                return
            start = bisect_left(rows, base.bound.first, start, key=number)
            end = bisect_right(rows, base.bound.last, start, key=number)
            if start < end:
                born, as_of = self._births, base.bound.as_of
                some = [row for row in rows[start:end] if born.get(row[0], as_of + 1) <= as_of]
                base.digest.add(some)
                self._based += sum(1 for row in some if not self._imports[born[row[0]]].digest)
            start = end

    def _base_of(self, person: int) -> Base | None:
        for base in self._bases:
            if base.bound.first <= person <= base.bound.last:
                return base
        return None

    def _touched(
        self,
        person: int,
        rows: Sequence[Row],
        acts: Sequence[PersonsAct],
        snapshot: Snapshot,
        findings: Findings,
    ) -> None:
        base = self._base_of(person)
        as_of = base.bound.as_of if base else -1
        for one in self._kind.replay(person, rows, acts, self._birth, as_of):
            if isinstance(one, Difference):
                self._differ(snapshot, findings, one, f"+{person}")
                continue
            if one.based and base:
                base.digest.add([one.based])
            if one.put and (born := self._imports.get(one.born)):
                born.take([one.put])
                if one.there and not born.digest:
                    self._loose += 1
                    self._based += one.based is not None

    def person(
        self, person: int, people: People, snapshot: Snapshot, findings: Findings, check: ActCheck
    ) -> None:
        """One alone: whether the acts on him are what they were, and what they say of his rows."""
        page = people.person(person)
        acts = page.acts.get(person, ())
        for act in acts:
            if not check.stands(act.seq):
                self._differ(snapshot, findings, Difference("act-changed", act.seq), f"+{person}")
        for one in self._kind.replay(person, page.rows, acts, self._birth, -1):
            if isinstance(one, Difference):
                self._differ(snapshot, findings, one, f"+{person}")

    def _birth(self, at: str) -> int:
        return self._births.get(at, 0)

    def _finish(self) -> None:
        for one in self._imports.values():
            if one.said and one.digest and one.seq <= self._last_act:
                made = one.digest.end()
                if (made.rows, made.sha256) != (one.said.rows, one.said.sha256):
                    self.differing[one.seq] = one.name, one.said, made.rows
        for base in self._bases:
            made, bound = base.digest.end(), base.bound
            if (made.rows, made.sha256) != (bound.rows, bound.digest):
                said = Digested(bound.rows, bound.digest, bound.block)
                self.differing[base.seq] = BIND, said, made.rows

    def tell(self, snapshot: Snapshot, findings: Findings) -> None:
        """Which acts' rows differ, and where, if that was asked."""
        for seq, (name, said, found) in self.differing.items():
            between = self.places[seq].between() if seq in self.places else None
            shown = f"{found}, +{between[0]} ... +{between[1]}" if between else str(found)
            leaf = _leaf(snapshot, seq)
            findings.add(
                "register", "act-rows", leaf, self.register, name, logged=str(said.rows), found=shown
            )

    def locate(self, snapshot: Snapshot) -> Iterator[int]:
        """Goes through all again, and asks where the rows of some imports differ."""
        wanted = dict(islice(self.differing.items(), LOCATED))
        again = Round(self.register, snapshot.people(self.register))
        again.places = {seq: Places(said, found) for seq, (_, said, found) in wanted.items() if said.blocks}
        if again.places:
            yield from again.turn(snapshot, Findings())
            self.places = again.places

    def _differ(self, snapshot: Snapshot, findings: Findings, one: Difference, key: str = "") -> None:
        shown: dict[str, Any] = {
            name: _told(row) for name, row in (("logged", one.logged), ("found", one.found)) if row
        }
        if one.code == "act-unreadable":
            shown["error"] = "?"
        findings.add(
            "register",
            one.code,
            _leaf(snapshot, one.seq) if one.seq else None,
            self.register,
            key or self._key(one.found or one.logged),
            **shown,
        )

    def _key(self, row: Row | None) -> str:
        if row is None:
            return ""
        return f"{row[0]}/+{row[1]}" if self.register == "lead" else f"+{row[self._kind.number]}"


def _batch(key: str) -> int:
    return int(key) if key.isascii() and key.isdigit() and len(key) < 19 else -1


def _leaf(snapshot: Snapshot, seq: int) -> int | None:
    entry = snapshot.entry_of("register-change", str(seq))
    return entry.leaf_index if entry else None


def _told(row: Row) -> str:
    return masking.text(", ".join("-" if value is None else str(value) for value in row), 200)


def walk(snapshot: Snapshot, findings: Findings) -> Iterator[int]:
    """Everything, for ``ledger verify``; and where lists differ, once more for the places."""
    for register in KINDS:
        one = Round(register, snapshot.people(register))
        yield from one.turn(snapshot, findings)
        yield from one.locate(snapshot)
        one.tell(snapshot, findings)
        findings.looked(register, one.rows, one.unbound)
