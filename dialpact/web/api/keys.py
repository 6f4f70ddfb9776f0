"""Who asks: the key behind ``Authorization: Bearer``, and how often it may."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property

import structlog
from starlette.requests import Request

from dialpact.application import api_keys
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.networks import network
from dialpact.compliance.registers.api_key import ApiKey
from dialpact.web.api.limits import MOST_FAILURES, Quota
from dialpact.web.api.problem import QUOTA, Refusal
from dialpact.web.site import Site

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="dialpact"'}
MOST_AT_ONCE = 192  # requests of one key: whatever it sends, or how slowly, others have their turn
USED = timedelta(minutes=1)  # between two notes of a key's use
log = structlog.get_logger()


class Keys:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._store = site.reads or site.store
        self._asked = Quota("requests", site.config.api.requests_per_minute)
        self._failed = Quota("failures", MOST_FAILURES)
        self._noted: dict[str, datetime] = {}
        self._under_way: Counter[str] = Counter()

    @cached_property
    def secret(self) -> bytes:
        """ConfigError, until it can be read."""
        return self._site.config.api.secret(self._site.config)

    async def of(self, request: Request) -> tuple[ApiKey, Mapping[str, str]]:
        """The key, and what is to be said of its quota; ``end`` must follow. Refusal 401 or 429; StoreError;
        ConfigError.
        """
        now = asyncio.get_running_loop().time()
        found = await self._named(request)
        if found is None:
            taken = self._failed.take(network(request.client.host if request.client else ""), now)
            if taken.allowed:
                raise Refusal(401, "not-authenticated", headers=CHALLENGE)
            headers = {"Retry-After": str(taken.seconds)}
            raise Refusal(429, "too-many-failures", headers=headers, type=QUOTA, seconds=taken.seconds)
        taken = self._asked.take(found.id, now)
        fields = self._asked.fields(taken)
        if not taken.allowed:
            raise Refusal(429, "too-many", headers=fields, type=QUOTA, seconds=taken.seconds)
        if self._under_way[found.id] >= MOST_AT_ONCE:
            raise Refusal(429, "too-many", headers={**fields, "Retry-After": "1"}, type=QUOTA, seconds=1)
        self._under_way[found.id] += 1
        return found, fields

    async def still(self, request: Request) -> None:
        """The key is one now, too: for who took his time to send. As ``of``."""
        if await self._named(request) is None:
            raise Refusal(401, "not-authenticated", headers=CHALLENGE)

    async def _named(self, request: Request) -> ApiKey | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return await api_keys.authenticated(
            self._store, token.strip(), lambda: self.secret, self._site.clock.now()
        )

    def end(self, key: ApiKey) -> None:
        """A request for which ``of`` gave it is over."""
        self._under_way[key.id] -= 1
        if not self._under_way[key.id]:
            del self._under_way[key.id]

    async def note(self, key: ApiKey) -> None:
        """That it was used; after the answer, at most once a minute, and nothing depends on it."""
        now = self._site.clock.now()
        if now - self._noted.get(key.id, now - USED) < USED:
            return
        self._noted[key.id] = now
        try:
            await self._site.store.api_keys.used(key.id, at=now)
        except DialpactError as error:
            log.warning("a key's use was not noted", key=key.id, error=str(error))
