"""The log of changes that every register has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from dialpact.compliance.registers.change import Change, Made


class Changes(Protocol):
    async def of(self, register: str, *keys: str) -> list[Change]:
        """Every logged change of these entries, oldest first. Imports are logged under their file's name."""

    async def made(self, seqs: Sequence[int]) -> Sequence[Made]:
        """The acts of these numbers, in their order."""

    async def note(
        self, register: str, action: str, key: str, detail: dict[str, Any], *, by: str, at: datetime
    ) -> None:
        """An act that changes no entry, in the log and with its leaf when this returns."""
