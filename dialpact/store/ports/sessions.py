"""The sessions of who has signed in to the console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from dialpact.compliance.registers.session import Session
from dialpact.store.ports.accounts import KeptAccount


class KeptSession(NamedTuple):
    """``mac``: over its token and itself; empty: it has ended. ``whose``: None where there is no such
    account.
    """

    session: Session
    mac: str
    whose: KeptAccount | None


class Sessions(Protocol):
    async def open(self, session: Session, mac: str) -> None:
        """Of somebody who signs in: an act. The oldest of too many sessions of an account end."""

    async def find(self, id: str) -> KeptSession | None: ...

    async def running(self, account: str, now: datetime) -> Sequence[Session]:
        """Those that have not ended and are not over, the newest first. ``account`` empty: everybody's."""

    async def seen(self, id: str, at: datetime) -> None:
        """The last use of a session, which is no evidence of anything."""

    async def end(
        self, account: str, ids: Sequence[str] = (), *, but: str = "", reason: str, by: str, at: datetime
    ) -> int:
        """Sessions of an account: those named, or all, ``but`` one. How many ended; an act for each."""

    async def note(self, account: str, action: str, detail: dict[str, str], *, by: str, at: datetime) -> None:
        """An act of signing in, or of what was opened, which changes no row."""
