"""The registers of people with the acts on them, page by page, as they are in a snapshot.

A page is of whole people. Rows that count and are yet to be moved are among them (``arriving``). Text that is
none was written by hand: it is read as what it would be, and fits no act.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from operator import itemgetter
from typing import Any

import msgspec

from dialpact.compliance.ledger.bound.lives import PersonsAct, Row
from dialpact.store.ports.people import ImportLine, PeoplePage
from dialpact.store.units.statements import statements

SQL = statements("people")
LAST = (1 << 63) - 1
MOST_ACTS = 20_000  # on the people of a page, unless they are of one
PLACES = {"dnc": 1, "consent": 2, "lead": 1}  # of the number in a row
KEYS: dict[str, Callable[[Row], Any]] = {
    "dnc": itemgetter(1, 2, 3),
    "consent": itemgetter(2, 3, 4, 5),
    "lead": itemgetter(1, 0),
}
LONGEST = 19  # digits of a number


class People:
    """:class:`dialpact.store.ports.people.People` on SQLite."""

    def __init__(self, connection: sqlite3.Connection, register: str, look: Callable[[], None]) -> None:
        """``look`` is called for each page, and may raise."""
        self._connection, self._register, self._look = connection, register, look
        self._place, self._key = PLACES[register], KEYS[register]
        self._acted = register != "lead"
        self._logged_as = register if self._acted else "leads"
        if self._acted:
            SQL.drop_said(connection)
            SQL.create_said(connection)
            SQL.fill_said(connection, register=register)
            found = SQL.counting(connection, register=register)
            self._counting = dict(found) if found else None

    def page(self, first: int, most: int) -> PeoplePage:
        self._look()
        with _tuples(self._connection):
            return self._page(first, most)

    def _page(self, first: int, most: int) -> PeoplePage:
        rows, last = self._rows(first, most)
        if not self._acted:
            return PeoplePage(rows, {}, last)
        acts, until = self._acts(first, LAST if last is None else last)
        if until is not None:
            rows = [row for row in rows if row[self._place] <= until]
            last = until
        return PeoplePage(rows, acts, last)

    def person(self, number: int) -> PeoplePage:
        with _tuples(self._connection):
            return self._person(number)

    def _person(self, number: int) -> PeoplePage:
        most = 100
        while True:
            rows, last = self._rows(number, most)
            if last is None or last >= number:
                break
            most *= 10
        own = [row for row in rows if row[self._place] == number]
        acts, _ = self._acts(number, number)
        return PeoplePage(own, acts, number)

    def last_act(self) -> int:
        return int(SQL.last_act(self._connection)[0])

    def imports(self, after: int) -> Sequence[ImportLine]:
        return [
            ImportLine(*row) for row in SQL.imports(self._connection, register=self._logged_as, after=after)
        ]

    def digests_since(self) -> int | None:
        (seq,) = SQL.digests_since(self._connection)
        return None if seq is None else int(seq)

    def bound(self) -> Sequence[tuple[int, str]]:
        return [(row[0], row[1]) for row in SQL.bound(self._connection, register=self._register)]

    def acts(self, after: int, most: int) -> Sequence[tuple[int, int]]:
        found = SQL.acts(self._connection, register=self._register, after=after, most=most)
        return [(row[0], row[1]) for row in found]

    def coming(self) -> Collection[int]:
        return {row[0] for row in SQL.coming(self._connection)}

    def _rows(self, first: int, most: int) -> tuple[Sequence[Row], int | None]:
        """Those of whole people, and the last of them; None: there are no others."""
        while True:
            found, cut = self._some(f"rows_{self._register}", {}, first, most)
            if self._acted and self._counting:
                new, cut_new = self._some(f"arrived_{self._register}", self._counting, first, most)
                found, cut = self._merged(found, new), min(cut, cut_new)
            if cut == LAST:
                return found, None
            end = len(found)
            while end and found[end - 1][self._place] >= cut:
                end -= 1
            if end:
                return found[:end], cut - 1
            most *= 2  # so many of one person

    def _some(self, name: str, wanted: Mapping[str, Any], first: int, most: int) -> tuple[list[Row], int]:
        """And the number of which, and behind which, there may be more."""
        ask = partial(getattr(SQL, name), self._connection, first=first, most=most, **wanted)
        try:
            found = list(ask())
        except sqlite3.OperationalError:
            with _any_text(self._connection):
                found = list(ask())
        return found, found[-1][self._place] if len(found) == most else LAST

    def _merged(self, old: list[Row], new: list[Row]) -> list[Row]:
        """What is there already stays as it is; a consent comes in shortened."""
        if not new:
            return old
        first, second = (new, old) if self._register == "dnc" else (old, new)
        by_key = {self._key(row): row for row in first} | {self._key(row): row for row in second}
        return sorted(by_key.values(), key=self._key)

    def _acts(self, first: int, last: int) -> tuple[Mapping[int, Sequence[PersonsAct]], int | None]:
        """By person; and until whom, if not until the last."""
        found: dict[int, list[PersonsAct]] = defaultdict(list)
        for count, (number, *act) in enumerate(self._logged(max(first, 0), last)):
            if count >= MOST_ACTS and number not in found:
                until = number - 1
                self._add_said(found, first, until)
                return found, until
            found[number].append(_act(*act))
        self._add_said(found, first, last)
        return found, None

    def _logged(self, first: int, last: int) -> Iterator[Sequence[Any]]:
        """In the order of their numbers, which are those of texts of one length."""
        for length in range(len(str(first)), min(len(str(last)), LONGEST) + 1):
            low, high = max(first, 10 ** (length - 1)), min(last, 10**length - 1)
            yield from SQL.persons_acts(
                self._connection,
                register=self._register,
                low=f"+{low}",
                high=f"+{high}",
                length=length + 1,
                most=-1,
            )

    def _add_said(self, found: dict[int, list[PersonsAct]], first: int, last: int) -> None:
        for number, *act in SQL.persons_said(self._connection, first=first, last=last):
            found[number].append(_act(*act))
            found[number].sort(key=itemgetter(0))


@contextmanager
def _tuples(connection: sqlite3.Connection) -> Iterator[None]:
    """Rows are tuples and text is text, for speed; sqlite3.OperationalError where it is not."""
    rows, text = connection.row_factory, connection.text_factory
    connection.row_factory, connection.text_factory = None, str
    try:
        yield
    finally:
        connection.row_factory, connection.text_factory = rows, text


@contextmanager
def _any_text(connection: sqlite3.Connection) -> Iterator[None]:
    text = connection.text_factory
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        connection.text_factory = text


def _act(seq: int, at: str, action: str, detail: str) -> PersonsAct:
    try:
        said = msgspec.json.decode(detail)
    except msgspec.MsgspecError:
        said = None  # no act that can be replayed
    return PersonsAct(seq, at, action, said if isinstance(said, dict) else {})
