"""A small HTTP server: GET of four paths, one request a connection, everything bounded."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import structlog

from dialpact.accepting import stop_accepting
from dialpact.application.daemon_registry import Role
from dialpact.application.doctor.finding import DoctorFinding
from dialpact.application.health import Look, Looking, Sources
from dialpact.compliance.addresses import is_loopback
from dialpact.compliance.clock import Clock
from dialpact.compliance.config import Config
from dialpact.compliance.errors import StoreError
from dialpact.compliance.jobs import JobsWaiting
from dialpact.compliance.meters import METERS

MOST_HEAD = 8_192  # bytes of a request
MOST_OPEN = 16
HEAD_SECONDS = 2.0
ANSWER_SECONDS = 10.0
JSON = "application/json"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # of the metrics
OK, NOT_READY, NOT_THERE = "200 OK", "503 Service Unavailable", "404 Not Found"
STORE_SECONDS = 2.0  # that the store of `dialpact web` is given to answer
Page = tuple[str, str, bytes]  # status, kind, body
log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What the pages show of gate and listener. ``said``: a problem in words; ``kinds``: every kind of
    incident there can be; ``role``: of this process.
    """

    sources: Sources
    said: Callable[[DoctorFinding], str]
    kinds: Callable[[], Sequence[str]]
    role: Role = "serve"


@dataclass(frozen=True, kw_only=True)
class OutsideOfWeb:
    """What they show of ``dialpact web``. ``waiting``: its jobs; StoreError. ``store_seconds``: that the
    store is given to answer.
    """

    config: Callable[[], Config]
    waiting: Callable[[], Coroutine[Any, Any, JobsWaiting]]
    clock: Clock
    store_seconds: float = STORE_SECONDS


class Pages(Protocol):
    async def page(self, path: str) -> Page: ...

    async def close(self) -> None: ...


@contextlib.asynccontextmanager
async def serving(outside: Outside | OutsideOfWeb, listen: tuple[str, int]) -> AsyncIterator[tuple[str, int]]:
    """Answers inside the block; gives the address in use. OSError when it can not be bound."""
    pages: Pages = NodePages(outside) if isinstance(outside, Outside) else WebPages(outside)
    endpoint = MetricsEndpoint(pages)
    try:
        server = await asyncio.start_server(endpoint.answer, *listen, limit=MOST_HEAD, backlog=MOST_OPEN)
        host, port = server.sockets[0].getsockname()[:2]
        (log.info if is_loopback(host) else log.warning)(
            "metrics listening", host=host, port=port, open_to_the_network=not is_loopback(host)
        )
        try:
            yield host, port
        finally:
            await stop_accepting(server)
            await endpoint.close()
    finally:
        await pages.close()


class MetricsEndpoint:
    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._open: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if len(self._open) <= MOST_OPEN:
                await self._answer(reader, writer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # an asker that says nothing, too much, or leaves is owed nothing
        except Exception:
            log.exception("metrics failed")
        finally:
            self._open.discard(task)
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.partition(b"\r\n")[0].decode("ascii", "replace").partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        async with asyncio.timeout(ANSWER_SECONDS):
            if method not in ("GET", "HEAD"):
                status, kind, body = "405 Method Not Allowed", JSON, b'{"error":"GET only"}\n'
            else:
                status, kind, body = await self._pages.page(path)
            lines = (
                f"HTTP/1.1 {status}",
                f"Content-Type: {kind}",
                f"Content-Length: {len(body)}",
                "Cache-Control: no-store",
                "Connection: close",
            )
            writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii"))
            if method != "HEAD":
                writer.write(body)
            await writer.drain()


class NodePages:
    def __init__(self, outside: Outside) -> None:
        self._outside, self._looking = outside, Looking(outside.sources)

    async def close(self) -> None:
        await self._looking.close()

    async def page(self, path: str) -> Page:
        if path in ("/health", "/health/ready"):
            look = await self._looking.look()
            # (The texts are read from a file the first time.)
            body = await asyncio.to_thread(health, look, self._outside.said)
            return NOT_READY if look.problems else OK, JSON, body
        if path == "/metrics":
            return OK, CONTENT_TYPE, await asyncio.to_thread(self._metrics, await self._looking.look())
        return _common(path)

    def _metrics(self, look: Look) -> bytes:
        from dialpact.web import metrics  # tens of milliseconds of files, the first time

        sources, kinds, role = self._outside.sources, self._outside.kinds(), self._outside.role
        return metrics.page(sources.config(), METERS, look, sources.clock.now(), kinds, role)


class WebPages:
    """No ``/health/ready``: whether calls are made is not this process's to say."""

    def __init__(self, outside: OutsideOfWeb) -> None:
        self._outside = outside
        self._asking: asyncio.Task[JobsWaiting] | None = None

    async def close(self) -> None:
        """The store is its owner's."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def page(self, path: str) -> Page:
        if path != "/metrics":
            return _common(path)
        return OK, CONTENT_TYPE, await asyncio.to_thread(self._metrics, await self._waiting())

    async def _waiting(self) -> JobsWaiting | None:
        """None when the store can not say. A question that hangs is not asked twice."""
        asking = self._asking = self._asking or asyncio.create_task(self._outside.waiting())
        await asyncio.wait({asking}, timeout=self._outside.store_seconds)
        if not asking.done():
            return None
        self._asking = None
        with contextlib.suppress(StoreError):
            return asking.result()
        return None

    def _metrics(self, waiting: JobsWaiting | None) -> bytes:
        from dialpact.web import metrics

        outside = self._outside
        return metrics.page_of_web(outside.config(), METERS, waiting, outside.clock.now())


def _common(path: str) -> Page:
    if path == "/health/live":  # this loop turns: that is all it says
        return OK, JSON, b'{"live":true}\n'
    return NOT_THERE, JSON, b'{"error":"no such page"}\n'


def health(look: Look, said: Callable[[DoctorFinding], str]) -> bytes:
    return msgspec.json.encode(state(look, said)) + b"\n"


def state(look: Look, said: Callable[[DoctorFinding], str]) -> dict[str, object]:
    """For programs: ``ready``, and of every problem its code and text; ``remarks`` stop no call."""
    return {
        "ready": not look.problems,
        "problems": [{"code": item.key, "text": said(item)} for item in look.problems],
        "remarks": [{"code": item.key, "text": said(item)} for item in look.remarks],
    }
