"""Opt-outs as they are heard: by a key in a call, or on the opt-out line."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dialpact.compliance.model import OptOut, OptOutWay, Scope


class OptOuts(Protocol):
    async def from_call(
        self, decision: str, *, how: OptOutWay, scope: Scope, node: str, channel: str, at: datetime
    ) -> OptOut | None:
        """Takes an opt-out in the call of ``decision``; None when this node has no such call.

        ``channel``: of whoever pressed the key, which tells one agent from another. What the same person has
        said before stays as it was, time and all. When it returns, the next attempt is blocked.
        """

    async def from_line(self, number: str, *, node: str, channel: str, at: datetime) -> OptOut:
        """Takes an opt-out of everything from whoever called from ``number`` (E.164)."""
