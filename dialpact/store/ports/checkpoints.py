"""Signed tree heads, the proofs that lead to them, and the changes of the key that signs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from dialpact.compliance.ledger.note import Signer
from dialpact.compliance.ledger.rotation import Rotation


class Stored(NamedTuple):
    size: int
    note: str


class Checkpoints(Protocol):
    async def sign(self, signer: Signer, at: datetime) -> str:
        """The signed note of the present tree; the last one again when nothing was added since.

        LedgerError when the log does not continue the last checkpoint, or ``signer`` is not the key in force.
        """

    async def rotate(self, old: Signer | None, done: Rotation, name: str, *, by: str, at: datetime) -> None:
        """Puts a change of the key into the log, after a last checkpoint by ``old``, all or nothing.

        ``name``: of the new key. ``old`` is None where it was lost.
        """

    async def newest(self, most: int) -> Sequence[Stored]:
        """At most so many, the largest tree first."""

    async def rotations(self) -> tuple[Rotation, ...]:
        """The changes of the key as the log has them, the oldest first. LedgerError for an unreadable one."""

    async def inclusion(self, index: int, size: int) -> Sequence[bytes]:
        """The proof that leaf ``index`` is in the tree of ``size`` leaves. LedgerError if there is none."""

    async def consistency(self, old: int, size: int) -> Sequence[bytes]:
        """The proof that the tree of ``size`` leaves continues that of ``old``. LedgerError if none."""
