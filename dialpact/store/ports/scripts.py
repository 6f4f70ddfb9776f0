"""The register of scripts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.model import Script
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.script import ScriptVersion
from dialpact.store.ports.page import ALL, Page


class Scripts(Protocol):
    async def add(self, id: str, text: str, *, by: str, at: datetime) -> tuple[Outcome, ScriptVersion]:
        """Another text than the newest version's is a new version, which nobody has approved."""

    async def approve(
        self,
        id: str,
        *,
        sha256: str,
        checked: Sequence[str],
        expires_at: datetime | None,
        by: str,
        at: datetime,
    ) -> ScriptVersion:
        """Approves the newest version. Fault when its text is no longer the one of that ``sha256``."""

    async def revoke(self, id: str, *, reason: str, by: str, at: datetime) -> ScriptVersion:
        """Takes the newest version's approval back; the log keeps it. Fault when there is none."""

    async def newest(self, id: str) -> ScriptVersion | None:
        """The newest version."""

    async def list(self, *, after: str = "", most: int = ALL) -> Page[Script]:
        """The newest version of each, by their ids. ``after``: a page's ``next``."""

    async def versions(self, id: str) -> Sequence[ScriptVersion]:
        """All of one, the oldest first."""
