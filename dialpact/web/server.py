"""A small HTTP server: GET of four paths, one request a connection, everything bounded."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator

import msgspec
import structlog

from dialpact.cli import texts
from dialpact.cli.doctor.found import Found
from dialpact.cli.session import Session
from dialpact.compliance import masking
from dialpact.compliance.meters import METERS
from dialpact.compliance.texts import Language
from dialpact.web.look import Look, Looking

MOST_HEAD = 8_192  # bytes of a request
MOST_OPEN = 16
HEAD_SECONDS = 2.0
ANSWER_SECONDS = 10.0
JSON = "application/json"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # of the metrics
log = structlog.get_logger()


@contextlib.asynccontextmanager
async def serving(session: Session, listen: tuple[str, int]) -> AsyncIterator[tuple[str, int]]:
    """Answers inside the block; gives the address in use. OSError when it can not be bound."""
    looking = Looking(session)
    endpoint = Endpoint(session, looking)
    try:
        server = await asyncio.start_server(endpoint.answer, *listen, limit=MOST_HEAD, backlog=MOST_OPEN)
        host, port = server.sockets[0].getsockname()[:2]
        (log.info if _is_loopback(host) else log.warning)(
            "metrics listening", host=host, port=port, open_to_the_network=not _is_loopback(host)
        )
        try:
            yield host, port
        finally:
            server.close()
            await endpoint.close()
    finally:
        await looking.close()


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host.partition("%")[0]).is_loopback


class Endpoint:
    def __init__(self, session: Session, looking: Looking) -> None:
        self._session, self._looking = session, looking
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
                status, kind, body = await self._page(path)
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

    async def _page(self, path: str) -> tuple[str, str, bytes]:
        if path == "/health/live":  # this loop turns: that is all it says
            return "200 OK", JSON, b'{"live":true}\n'
        if path in ("/health", "/health/ready"):
            look = await self._looking.look()
            body = await asyncio.to_thread(health, look)  # (its texts are read from a file the first time)
            return "503 Service Unavailable" if look.problems else "200 OK", JSON, body
        if path == "/metrics":
            return "200 OK", CONTENT_TYPE, await asyncio.to_thread(self._metrics, await self._looking.look())
        return "404 Not Found", JSON, b'{"error":"no such page"}\n'

    def _metrics(self, look: Look) -> bytes:
        from dialpact.web import metrics  # tens of milliseconds of files, the first time

        return metrics.page(self._session.config, METERS, look, self._session.clock.now())


def health(look: Look) -> bytes:
    return msgspec.json.encode(state(look)) + b"\n"


def state(look: Look) -> dict[str, object]:
    """For programs: codes, and texts in English."""
    return {
        "ready": not look.problems,
        "problems": [{"code": item.key, "text": said(item, "en")} for item in look.problems],
    }


def said(item: Found, language: Language) -> str:
    """Without a number: an error's text may quote what it was about."""
    table = "status" if f"status.{item.key}" in texts.catalogue(language) else "doctor"
    return masking.text(texts.text(f"{table}.{item.key}", language, **item.values))
