"""What takes two officers: who asked for what, and who confirmed it or did not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from dialpact.compliance.registers.approval import About, Approval, Ended
from dialpact.store.ports.page import ALL, Page


class Approvals(Protocol):
    async def ask(self, about: About, *, reason: str, by: str, at: datetime, lapses_at: datetime) -> Approval:
        """How what it is about stands is noted with it. Fault when that is not in force; ``approval-asked``
        when the same is asked already and can still be confirmed.
        """

    async def confirm(self, asked: Approval, *, by: str, at: datetime) -> None:
        """For the transaction of the act itself: nobody's where anything of it is not as it was asked, or
        not as whoever confirms has ``asked`` before him.

        Fault ``not-registered``; ``approval-closed``, ``approval-lapsed``, ``approval-own``,
        ``approval-changed``; ``approval-unproven`` for a row that is not as the acts in the log made it;
        ``approval-no-officer`` where one of the two is none (any more), ``approval-new-account`` where
        another than himself has had a hand in the account of who confirms since it was asked.
        """

    async def close(self, id: int, how: Ended, *, reason: str, by: str, at: datetime) -> Approval:
        """``withdrawn`` is for who asked, ``declined`` for anybody else. Fault as ``confirm``, but for one
        that has changed.
        """

    async def done(self, id: int, came: Mapping[str, int], *, by: str, at: datetime) -> None:
        """Of an erasure that was confirmed: what it took. Fault when it is not under way."""

    async def get(self, id: int) -> Approval:
        """With ``changed``, while it is open. Fault ``not-registered``."""

    async def waiting(self, now: datetime, *, after: str = "", most: int = ALL) -> Page[Approval]:
        """Those that can still be confirmed or declined, the oldest first; with ``changed``."""

    async def list(self, *, after: str = "", most: int = ALL) -> Page[Approval]:
        """All that there were, the newest first."""

    async def count(self, now: datetime, besides: str) -> int:
        """Those that wait, without what ``besides`` himself has asked."""
