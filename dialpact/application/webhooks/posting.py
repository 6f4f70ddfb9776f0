"""One sending: signed now, posted, and what came of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from importlib.metadata import version

from dialpact.application import http_client
from dialpact.application.http_client import NoAnswer
from dialpact.compliance.clock import Clock
from dialpact.compliance.config import Config
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.webhooks import secret, signature
from dialpact.compliance.webhooks.retry import Heard, heard
from dialpact.compliance.webhooks.signature import WebhookKey

SECONDS = 15.0  # for a sending as a whole
COMMON = (("Content-Type", "application/json"), ("User-Agent", f"dialpact/{version('dialpact')}"))


class Poster:
    """To one receiver. The keys are read for each sending: a new one needs no restart."""

    def __init__(self, config: Config, name: str, clock: Clock, seconds: float = SECONDS) -> None:
        self._config, self._name, self._clock, self._seconds = config, name, clock, seconds
        self._hook = config.webhooks[name]
        self._tls: ssl.SSLContext | None = None

    async def check(self) -> Sequence[WebhookKey]:
        """The keys that sign now. ConfigError where nothing could be signed, or nobody trusted."""
        found = await asyncio.to_thread(secret.load, self._config, self._name)
        keys = secret.in_force(found, self._hook, self._clock.now())
        if missing := secret.missing(keys, self._hook):
            raise ConfigError(
                f"[webhooks.{self._name}] signing: no key for {', '.join(missing)} in its secret_file"
            )
        if self._tls is None and self._hook.url.startswith("https:"):
            self._tls = await asyncio.to_thread(self._trusted)
        return keys

    async def post(self, id: str, body: bytes) -> Heard:
        """ConfigError as ``check``; whatever else fails is what was heard."""
        keys, now = await self.check(), self._clock.now()
        headers = (*COMMON, *signature.headers(keys, id, now, body))
        url = self._hook.url
        try:
            said = await http_client.post(url, body, headers, seconds=self._seconds, tls=self._tls)
        except NoAnswer as error:
            return Heard("away", str(error).removeprefix(f"{url}: "))
        return heard(said.status, said.retry_after, self._clock.now())

    def _trusted(self) -> ssl.SSLContext:
        file = self._hook.ca_file
        try:
            return ssl.create_default_context(cafile=self._config.path(file) if file else None)
        except OSError as error:
            raise ConfigError(f"[webhooks.{self._name}] ca_file {file}: {error.strerror or error}") from error
