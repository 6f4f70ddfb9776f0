"""A web process in a test, and whoever asks it: bytes over a socket, as any client sends them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from starlette.types import ASGIApp

from dialpact.application.policy import load_policy
from dialpact.cli.command_context import BUSY_MS
from dialpact.cli.web_site import Assembled, assembled
from dialpact.compliance.clock import Clock, SystemClock, host_uptime
from dialpact.compliance.config import Config, StoreConfig, Trunk
from dialpact.web import process
from dialpact.web.api.predial import deciding
from dialpact.web.app import SOURCES, application
from dialpact.web.process import Tls
from dialpact.web.site import RouteSource, Site
from tests.patience import WAIT
from tests.web import ready_worker


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


async def ended(writer: asyncio.StreamWriter) -> None:
    """Closed, and its socket too: TLS has a word to say first."""
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(WAIT):
            await writer.wait_closed()


class Asker:
    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.port, self.tls = port, tls

    async def send(self, request: bytes) -> bytes:
        """All that comes until the other side closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.tls)
        try:
            writer.write(request)
            async with asyncio.timeout(WAIT):
                return await reader.read()
        finally:
            await ended(writer)

    async def get(self, path: str, method: str = "GET", body: bytes = b"") -> Answer:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        raw = await self.send(head.encode() + body)
        first, _, content = raw.partition(b"\r\n\r\n")
        status, *lines = first.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return Answer(int(status.split(" ")[1]), headers, content)


@asynccontextmanager
async def serving(
    app: ASGIApp,
    tls: Tls | None = None,
    head_seconds: float = WAIT,
    *,
    behind_proxy: bool = False,
    host: str = "127.0.0.1",
) -> AsyncIterator[int]:
    """Its port."""
    stop, ready = asyncio.Event(), asyncio.Event()
    listening = process.bound(host, 0)
    port = listening.getsockname()[1]
    given = {"head_seconds": head_seconds, "behind_proxy": behind_proxy}
    serve = process.serve(app, listening, tls, stop, ready.set, **given)
    running = asyncio.create_task(serve)
    waiting = asyncio.create_task(ready.wait())
    try:
        async with asyncio.timeout(WAIT):
            await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        yield port
    finally:
        stop.set()
        waiting.cancel()
        async with asyncio.timeout(WAIT):
            await asyncio.gather(running, return_exceptions=True)


def site_of(database: Path, clock: Clock | None = None) -> Site:
    """Without a configuration: one that has what must be. Its stores are nobody's to close."""
    return made(_config(database), clock or SystemClock()).site


def _config(database: Path) -> Config:
    return Config(
        trunks={"carrier": Trunk(endpoint="PJSIP/carrier")},
        store=StoreConfig(url=f"sqlite:{database}"),
        origin=str(database.parent / "c.toml"),
    )


def made(config: Config, clock: Clock) -> Assembled:
    """As ``dialpact web`` has it."""
    command = partial(ready_worker.command, Path(config.origin))
    return assembled(config, load_policy(config), clock, host_uptime, command, BUSY_MS)


@asynccontextmanager
async def asking(
    database: Path,
    sources: Sequence[RouteSource] = SOURCES,
    config: Config | None = None,
    clock: Clock | None = None,
    *,
    works: bool = False,
) -> AsyncIterator[Asker]:
    """``works``: jobs are done, too."""
    parts = made(config or _config(database), clock or SystemClock())
    stop = asyncio.Event()
    async with parts.opened():
        working = asyncio.create_task(deciding(parts.site))
        running = asyncio.create_task(parts.jobs.run(stop)) if works else None
        try:
            proxied = parts.site.config.web.behind_proxy
            async with serving(application(parts.site, sources), behind_proxy=proxied) as port:
                yield Asker(port)
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            stop.set()
            if running:
                await running
