"""A copy of the whole store while it is used, and one that takes its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dialpact.compliance.backup import Restored

if TYPE_CHECKING:
    from collections.abc import Callable


class Copied(NamedTuple):
    """Of the moment that was copied. ``schema``: its version. ``note``: newest checkpoint; empty: none."""

    schema: int
    size: int
    root: bytes
    note: str
    decisions: int
    last_decision: str
    last_decided_at: str
    recordings: int


class Holder(NamedTuple):
    """A process that has the store open. ``command``: as far as it can be seen."""

    pid: int
    command: str


class Since(NamedTuple):
    """Entries of a log behind a size: how many of each kind, and of acts by ``register action``."""

    entries: int
    kinds: Mapping[str, int]
    acts: Mapping[str, int]
    last_at: str


class Backups(Protocol):
    """Nothing but :meth:`restored` needs the store to be open, or of this version."""

    async def copy(self, target: Path, told: Callable[[int, int | None], None]) -> Copied:
        """One moment of it into the empty file ``target``, while others write: nobody waits for it. Ends
        soon when it is cancelled. StoreGone, StoreNewer, StoreError.
        """

    def alone(self) -> AbstractContextManager[None]:
        """Nobody has it open, and nobody can open it, until the end of the block. StoreBusy."""

    def holders(self) -> Sequence[Holder]:
        """Who has it open, as far as the kernel tells."""

    async def since(self, size: int, root: bytes) -> Since | None:
        """What this one has behind so many entries; None: it can not be read, or is another log."""

    async def replace(self, fresh: Path, aside: Path) -> None:
        """``fresh`` takes its place, all of it goes into the folder ``aside``, which is made. After a crash
        it is in its place as it was, or nothing is, and the same again ends it.
        """

    async def restored(self) -> Restored | None:
        """Whether a backup was put back, and what was said of it."""
