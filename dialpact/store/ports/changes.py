"""The log of changes that every register has."""

from __future__ import annotations

from typing import Protocol

from dialpact.compliance.registers.change import Change


class Changes(Protocol):
    async def of(self, register: str, *keys: str) -> list[Change]:
        """Every logged change of these entries, oldest first. Imports are logged under their file's name."""
