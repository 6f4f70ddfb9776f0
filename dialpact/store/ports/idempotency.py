"""Requests that may come twice and are done once: what was answered, what was done of one cut off."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from dialpact.compliance.model import Value
from dialpact.store.ports.receipts import Receipt

KEPT = timedelta(hours=24)


def unkeyed(content: bytes) -> str:
    """A hash that anybody can make."""
    return hashlib.sha256(content).hexdigest()


class Request(NamedTuple):
    """``key``: of the API; ``name``: the Idempotency-Key; ``digest``: of method, address and body. ``seal``:
    the hash over what is kept of it; keyed, so that what somebody writes there by hand is told to nobody.
    """

    key: str
    name: str
    digest: str
    seal: Callable[[bytes], str] = unkeyed


class Written(NamedTuple):
    """A record that an act has put in: kind of its leaf (``register-change``, ``decision``), and its key."""

    kind: str
    key: str


class Answered(Value, frozen=True, kw_only=True):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Claimed(Value, frozen=True, kw_only=True):
    """``mine``: the asker is to do it; ``written``: what an earlier try, that was cut off, has done of it.

    ``act``: 32 hex digits, the same at each try. ``answer``: it was done, and this was said. Neither: another
    is at it. Not ``same``: another request came under this name, and nothing else is said.
    """

    same: bool = True
    mine: bool = False
    act: str = ""
    written: tuple[Written, ...] = ()
    answer: Answered | None = None


class Idempotency(Protocol):
    async def claim(
        self, request: Request, *, owner: str, busy: bool, alive: Callable[[str], bool], at: datetime
    ) -> Claimed:
        """``busy``: ``owner`` himself is at it already; ``alive``: whether another owner may still be.

        What is older than ``KEPT`` is deleted, and was never there. StoreError for a row that another hand
        has written.
        """

    def receipt(self, request: Request) -> Receipt:
        """Notes what a transaction has put in."""

    async def answered(self, request: Request, answer: Answered) -> None: ...

    async def clear(self, at: datetime) -> None:
        """Delete what is older than ``KEPT``."""
