"""Signed tree heads, the proofs that lead to them, and the changes of the key that signs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from dialpact.compliance.ledger.heads import SignedHead
from dialpact.compliance.ledger.note import Signer
from dialpact.compliance.ledger.rotation import Rotation
from dialpact.store.ports.page import Page


class Stored(NamedTuple):
    size: int
    note: str


class DatedHead(NamedTuple):
    """``at``: when it was signed, by this host's clock."""

    size: int
    at: datetime
    note: str


class LogStanding(NamedTuple):
    """``size``: entries now. ``forked``: as in :class:`Log`."""

    size: int
    forked: str


class Log(NamedTuple):
    """The log as it stands. ``links``: leaf and change of the key, in its order. ``signed``: the sizes of its
    checkpoints. ``forked``: what it does not continue, in words, when it was last compared. ``remembered``: a
    head was kept outside of the store since it has this word.
    """

    size: int
    root: bytes
    links: tuple[tuple[int, Rotation], ...]
    signed: frozenset[int]
    forked: str
    remembered: bool


class Checkpoints(Protocol):
    async def sign(
        self,
        signer: Signer,
        at: datetime,
        known: Sequence[SignedHead] = (),
        remember: Callable[[str], Awaitable[None]] | None = None,
    ) -> str:
        """The signed note of the present tree; the last one again when nothing was added since.

        ``known``: heads of this log from elsewhere. ``remember`` is given the note before it is stored, and
        while no lock is held.
        LedgerForked when the log does not continue one of them, or the last checkpoint; LedgerError when
        ``signer`` is not the key in force.
        """

    async def compare(self, known: Sequence[SignedHead]) -> None:
        """LedgerForked when one of them is no beginning of the log."""

    async def continued(self, known: Sequence[SignedHead]) -> Sequence[SignedHead]:
        """Those that are a beginning of the log."""

    async def log(self) -> Log:
        """LedgerError for a change of the key that can not be read, or a log whose hashes do not suffice."""

    async def forked(self, said: str, *, at: datetime, node: str, kind: str) -> None:
        """Keeps what the log does not continue, until it is signed again; an incident, once for each."""

    async def of_sizes(self, sizes: Iterable[int]) -> Sequence[Stored]:
        """Those of these sizes that there are."""

    async def rotate(self, old: Signer | None, done: Rotation, name: str, *, by: str, at: datetime) -> None:
        """Puts a change of the key into the log, after a last checkpoint by ``old``, all or nothing.

        ``name``: of the new key. ``old`` is None where it was lost.
        """

    async def list(self, *, after: str = "", most: int) -> Page[DatedHead]:
        """The largest tree first. Fault for a cursor that is none."""

    async def one(self, size: int, at: datetime) -> DatedHead | None: ...

    async def standing(self) -> LogStanding:
        """In a moment, however many checkpoints there are."""

    async def newest(self, most: int) -> Sequence[Stored]:
        """At most so many, the largest tree first."""

    async def rotations(self) -> tuple[Rotation, ...]:
        """The changes of the key as the log has them, the oldest first. LedgerError for an unreadable one."""

    async def root_of(self, size: int) -> bytes:
        """Of so many leaves. LedgerError where there are fewer."""

    async def inclusion(self, index: int, size: int) -> Sequence[bytes]:
        """The proof that leaf ``index`` is in the tree of ``size`` leaves. LedgerError if there is none."""

    async def consistency(self, old: int, size: int) -> Sequence[bytes]:
        """The proof that the tree of ``size`` leaves continues that of ``old``. LedgerError if none."""
