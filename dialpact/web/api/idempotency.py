"""``Idempotency-Key``: a POST that comes twice is done once (draft-ietf-httpapi-idempotency-key-header).

1. Before the act the request has a row: key, name, a keyed hash of the request, an id (``act``) for what it
   makes. Each transaction of the act notes in that row, itself, what it has put in. After that the answer.
2. So whoever asks again gets the answer; or, where the process was killed between the act and its answer, the
   handler is asked again and told what was done: it makes the answer from that, and does nothing twice.
3. Who is at a request is a process. One that lives no more is no reason to wait.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from functools import cached_property
from pathlib import Path

import structlog

from dialpact.application.presence import Presence
from dialpact.compliance.clock import Clock
from dialpact.compliance.errors import StoreError
from dialpact.store.ports import Store
from dialpact.store.ports.idempotency import Answered, Claimed, Request
from dialpact.web.api.problem import Refusal
from dialpact.web.site import Site

LONGEST = 255  # characters of a name
CLEARED = 3600.0  # seconds between two times
log = structlog.get_logger()


def name(header: str) -> str:
    """With the quotes of a structured field, or as it is. Refusal 400."""
    text = header.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if not 1 <= len(text) <= LONGEST or not all("!" <= one <= "~" for one in text):
        raise Refusal(400, "idempotency-key")
    return text


def digest(secret: bytes, *parts: str) -> str:
    """Of a request. Keyed: what it was of, be it a number, nobody finds by trying."""
    return hmac.digest(secret, "\n".join(parts).encode("utf-8", "backslashreplace"), hashlib.sha256).hex()


def sealed(secret: bytes, content: bytes) -> str:
    """Of what is kept of a request: who writes to the database alone can not make it."""
    return hmac.digest(secret, b"kept\n" + content, hashlib.sha256).hex()


class Once:
    """The requests that this process is at."""

    def __init__(self, store: Store, clock: Clock, folder: Path) -> None:
        """``folder``: the database's."""
        self._store, self._clock, self._folder = store, clock, folder
        self._busy: set[tuple[str, str]] = set()

    @cached_property
    def _presence(self) -> Presence:
        """StoreError where it can not be told that this process lives: beside the database, as its log is."""
        try:
            return Presence(self._folder, "web")
        except OSError as error:
            raise StoreError(f"{self._folder}: {error.strerror}") from error

    async def claim(self, request: Request) -> Claimed:
        """Refusal 409 while another is at it, 422 for another request of this name. ``forget`` must follow
        where it is ours. StoreError.
        """
        mark = request.key, request.name
        busy = mark in self._busy
        self._busy.add(mark)
        claimed = Claimed()
        try:
            claimed = await self._store.idempotency.claim(
                request,
                owner=self._presence.name,
                busy=busy,
                alive=self._presence.alive,
                at=self._clock.now(),
            )
        finally:
            if not busy and not claimed.mine:
                self._busy.discard(mark)
        if not claimed.same:
            raise Refusal(422, "idempotency-other")
        if not claimed.mine and claimed.answer is None:
            raise Refusal(409, "idempotency-under-way", headers={"Retry-After": "1"})
        return claimed

    async def answered(self, request: Request, answer: Answered) -> None:
        await self._store.idempotency.answered(request, answer)

    def forget(self, request: Request) -> None:
        """We are at it no more."""
        self._busy.discard((request.key, request.name))


async def clear(site: Site) -> None:
    """A day later nothing of them is left, also where nobody asks any more. Until it is cancelled."""
    while True:
        try:
            await site.store.idempotency.clear(site.clock.now())
        except StoreError as error:
            log.warning("old requests were not cleared away", error=str(error))
        await asyncio.sleep(CLEARED)
