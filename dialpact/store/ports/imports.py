"""A file on its way into a register: staged beside it, then applied as one, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec

from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.table import FileRead

T = TypeVar("T")
Batch = Sequence[tuple[int, T]]  # line number and value


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """``clashes``: rows that contradict the register or the file itself, as (line, fault)."""

    applied: int = 0  # rows that changed the register
    already: int = 0  # rows that it held already, and repetitions
    clashes: tuple[tuple[int, Fault], ...] = ()
    unknown: tuple[str, ...] = ()  # businesses and industries nobody has registered, at most 20 of them
    done: bool = False


class Staging(Protocol):
    """The rows of one file."""

    async def stage(self, batch: Batch[Any]) -> None:
        """Locks nothing that a decision waits for: the gate goes on deciding."""

    async def look(self) -> Applied:
        """What ``apply`` would do with the rows that do not clash; nothing is changed."""

    async def apply(self, file: FileRead, *, bad: int, skip_bad: bool, by: str, at: datetime) -> Applied:
        """Nothing is changed if there are ``bad`` rows or clashes, unless ``skip_bad``."""


class Imports(Protocol):
    async def begin(self, register: str, *, to_look: bool = False) -> Staging:
        """Into ``dnc``, ``consent`` or ``caller-id``; what was staged before and not applied is forgotten.
        ``to_look``: for ``look`` alone, by one who can not write.
        """

    async def tidy(self) -> None:
        """Ends what an import that was killed has left: what counts stays, and of the rest nothing does."""
