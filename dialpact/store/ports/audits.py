"""The whole log at one moment, for whoever checks it. Nothing is changed, not even what an open store would
do at once: no migration, no leaf for what waits for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from dialpact.compliance.ledger.bound import Act, Row
from dialpact.store.ports.people import People
from dialpact.store.ports.retention_rows import RetentionRows
from dialpact.store.ports.witnesses import Cosignature

T = TypeVar("T")


class Unreadable(Exception):
    """There may be anything in it: it can not be read as a record."""


class Entry(NamedTuple):
    """A row of the log. ``salt`` is None once the record was erased."""

    leaf_index: int
    kind: str
    key: str
    version: int
    salt: bytes | None
    leaf: bytes


class LeafPlace(NamedTuple):
    leaf_index: int
    kind: str
    key: str


class Odd(NamedTuple):
    """A table, view, index or trigger that is not as it was made: ``changed``, ``added``, ``missing``; or an
    index that lacks rows of its table: ``false``.
    """

    kind: str
    name: str
    what: str


class LedgerLine(NamedTuple):
    """A line of the log about the log itself, of number ``seq``; ``detail``: JSON."""

    leaf_index: int
    seq: int
    detail: str


class StoredHead(NamedTuple):
    """A checkpoint as it is stored."""

    size: int
    at: str
    note: str


class LogRow(NamedTuple):
    """What the log says of itself. ``remembered``: a head was kept beside the key when it was stored."""

    node: str
    remembered: bool


class Snapshot(Protocol):
    """Every answer is bounded. StoreError where the database can not be read."""

    @property
    def kinds(self) -> Sequence[str]:
        """Of records."""

    @property
    def versions(self) -> Mapping[str, int]:
        """The newest form of each kind's records; forms count from 1."""

    @property
    def erasable(self) -> Sequence[str]:
        """Kinds whose content goes when its time is over."""

    @property
    def width(self) -> int:
        """How many children a kept node has; a node of level ``n`` is above ``width ** n`` leaves."""

    @property
    def levels(self) -> int:
        """Kept above the leaves."""

    @property
    def retention(self) -> RetentionRows:
        """What decides what may go."""

    def size(self) -> int: ...

    def entries(self, first: int, end: int, most: int) -> Sequence[Entry]:
        """In order, from ``first`` on and before ``end``."""

    def entry_of(self, kind: str, key: str) -> Entry | None: ...

    def content(self, leaf_index: int, kind: str, key: str, version: int) -> bytes | None:
        """The record of a row as it is hashed at that place; None: no such row. Unreadable."""

    def contents(self, page: Sequence[Entry]) -> Mapping[int, bytes]:
        """By leaf, what :meth:`content` says of entries that :meth:`entries` gave, faster.

        One that is not in it (odd, erased, missing) is to be asked for by itself.
        """

    def blank(self, kind: str, key: str) -> bool | None:
        """Whether nothing is left of what erasing takes; None: no such row. Unreadable."""

    def negative(self) -> Sequence[LeafPlace]:
        """Leaves with a number that no leaf has."""

    def hashes(self, level: int, first: int, end: int) -> Sequence[bytes]:
        """Kept ones, of level 0: the leaves. Empty where one of them is missing."""

    def node(self, level: int, number: int) -> bytes | None: ...

    def nodes_beyond(self, size: int) -> Sequence[tuple[int, int]]:
        """(level, number) of kept hashes that a log of so many leaves does not have."""

    def root(self, size: int) -> bytes:
        """From the kept hashes; empty where they do not suffice."""

    def checkpoints(self, size: int, at: str) -> Sequence[StoredHead]:
        """The next few behind that one, in this order."""

    def last_checkpoint(self) -> StoredHead | None: ...

    def log_row(self) -> LogRow | None:
        """None: it is gone."""

    def cosignatures(self, size: int) -> Sequence[Cosignature]:
        """Of the checkpoints of so many leaves, the earliest first."""

    def cosigned_up_to(self, size: int) -> int:
        """The largest tree of at most so many leaves that a witness has cosigned; 0: none."""

    def key_changes(self) -> Sequence[LedgerLine]:
        """What the log says of each change of the ledger's key, in its order."""

    def erasures(self) -> Iterator[LedgerLine]:
        """What the log says of each erasure, in its order."""

    def erasure(self, seq: int) -> str | None:
        """What it says of one."""

    def remains(self, leaf_index: int, kind: str, key: str) -> bytes | None:
        """The digest of what stays of a row when its record is erased; None: no such row."""

    def kept_otherwise(self) -> Sequence[tuple[int, str]]:
        """(leaf, id) of recordings whose day, or disposal, is not what the log says. Unreadable."""

    def waiting(self) -> Sequence[tuple[str, str]]:
        """(kind, key) of rows that wait for their leaf."""

    def leafless(self, kind: str) -> Sequence[str]:
        """Keys of rows that should have a leaf and have none."""

    def first_decision(self) -> int | None:
        """The first number."""

    def acts(self, register: str, *, key: str, seq: int, most: int) -> Sequence[Act]:
        """Lines about a register behind that key and line, by key, those of one as they were written."""

    def acts_of(self, register: str, action: str, *, seq: int, most: int) -> Sequence[Act]:
        """Lines of one action behind that line, as they were written."""

    def acts_gone(self) -> int:
        """How many lines about registers are missing between others, or at the end."""

    def last_act(self) -> int:
        """The newest line about a register; 0: there is none."""

    def rows(self, table: str, place: Mapping[str, Any]) -> Sequence[Row]:
        """A register's rows at a place, with all columns: what the log has under one key. Unreadable."""

    def unlogged(self, table: str) -> Iterator[Row]:
        """A register's rows, with all columns, of whose key the log has no line."""

    def people(self, register: str) -> People:
        """Of the registers that imports fill: ``dnc``, ``consent`` or ``lead``."""

    def differences(self, register: str) -> Sequence[str]:
        """Keys of what was found different at an earlier look."""

    def last_decided(self) -> str:
        """The latest time of a decision; empty: there is none."""

    def blocked(self, since: str) -> Iterator[tuple[str, str, str]]:
        """Id, time and record of each block since then that was enforced, in the order of time."""

    def counted(self, since: str) -> Iterator[tuple[str, str, str, str]]:
        """Kind, key, time and decision of each block since then that counts towards a suspension."""

    def odd(self, *, large: bool) -> Sequence[Odd]:
        """What a decision's facts are read by and is not as it was made. A trigger that is missing is not
        among it: without its guard nothing has changed yet. ``large``: the indexes of the decisions, too.
        """

    def missing_decisions(self) -> Sequence[tuple[int, int]]:
        """Runs of numbers that no decision has, between others."""


class Audits(Protocol):
    async def inspect(self, work: Callable[[Snapshot], T]) -> T:
        """Runs ``work`` on one snapshot in a thread of its own, as long as it takes; no call waits for it.

        StoreGone, StoreError; what ``work`` raises.
        """
