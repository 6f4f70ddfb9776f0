"""The registers of people, which imports fill: opt-outs, consents, leads. Read in the order of their keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from dialpact.compliance.ledger.bound.lives import PersonsAct, Row

FIRST = -(1 << 63)  # no number is smaller


class PeoplePage(NamedTuple):
    """All rows of the people up to number ``last``, and all acts on them, each person's in their order."""

    rows: Sequence[Row]
    acts: Mapping[int, Sequence[PersonsAct]]
    last: int | None  # None: there are no others


class ImportLine(NamedTuple):
    """``digest``: what it says of its rows, as JSON; None where it says nothing."""

    seq: int
    at: str
    name: str
    digest: str | None


class People(Protocol):
    """One register of people in one snapshot."""

    def page(self, first: int, most: int) -> PeoplePage:
        """From the person ``first`` on, about so many rows: those of a person come together."""

    def person(self, number: int) -> PeoplePage: ...

    def last_act(self) -> int:
        """The newest line about any register; 0: there is none."""

    def imports(self, after: int) -> Sequence[ImportLine]:
        """Those behind the act ``after``, in their order."""

    def digests_since(self) -> int | None:
        """The first act by a program that says what its imports put in; None: there is none."""

    def bound(self) -> Sequence[tuple[int, str]]:
        """(seq, detail as JSON) of what bound the rows of before."""

    def acts(self, after: int, most: int) -> Sequence[tuple[int, int]]:
        """(seq, person) of the next so many acts behind that one, each on one person."""

    def coming(self) -> Collection[int]:
        """Batches of leads that are not all in."""
