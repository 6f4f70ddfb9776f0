"""One request to somebody outside: what comes back, and each bound."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dialpact.application.http_client import NoAnswer, Reply, ask
from tests.patience import WAIT
from tests.web.test_process import certified

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def saying(
    what: bytes | Callable[[asyncio.StreamWriter], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A port where that is answered, and what was asked there."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            if isinstance(what, bytes):
                writer.write(what)
                await writer.drain()
            else:
                await what(writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()


async def test_what_is_asked_and_answered() -> None:
    async with saying(OK) as (port, asked):
        url = f"http://127.0.0.1:{port}/a/b?c=d"
        assert await ask(url, seconds=5, most=10) == Reply(200, "text/plain", b"ok")
        assert await ask(url, b"xyz", kind="text/x", seconds=5, most=10) == Reply(200, "text/plain", b"ok")
    assert asked[0].startswith(b"GET /a/b?c=d HTTP/1.1\r\n") and b"Content-Length" not in asked[0]
    assert asked[1].startswith(b"POST /a/b?c=d HTTP/1.1\r\n")
    for line in (b"\r\nHost: 127.0.0.1:", b"\r\nContent-Length: 3\r\n", b"\r\nContent-Type: text/x\r\n"):
        assert line in asked[1]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", (302, "", b"")),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", (200, "", b"to the end")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", (200, "", b"ok")),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, (200, "text/plain", b"ok")),
    ],
)
async def test_answers(what: bytes, expected: tuple[int, str, bytes]) -> None:
    async with saying(what) as (port, _):
        assert await ask(f"http://127.0.0.1:{port}", seconds=5, most=10) == expected


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (b"", "closed|SEND_RESPONSE"),
        (b"garbage\r\n\r\n", "illegal|status"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world", "too long"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal", "without sending"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"a" * 70_000, "too long"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok", "packed"),
    ],
)
async def test_what_is_no_answer(what: bytes, why: str) -> None:
    async with saying(what) as (port, _):
        with pytest.raises(NoAnswer) as told:
            await ask(f"http://127.0.0.1:{port}", seconds=5, most=10)
    assert any(part in str(told.value) for part in why.split("|")), told.value


async def test_who_drips_is_left() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"H" if not writer.transport.is_closing() else b"")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with saying(drip) as (port, _):
        async with asyncio.timeout(WAIT):
            with pytest.raises(NoAnswer):
                await ask(f"http://127.0.0.1:{port}", seconds=0.2, most=10)


@pytest.mark.parametrize("url", ["ftp://x/", "http://", "//x", "http://x:99999/", "http://u:p@x/", "x"])
async def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(NoAnswer):
        await ask(url, seconds=5, most=10)


async def test_tls_by_the_systems_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = await asyncio.to_thread(certified, tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.private_key)
    async with saying(OK, context) as (port, _):
        with pytest.raises(NoAnswer, match="certificate verify failed"):
            await ask(f"https://127.0.0.1:{port}", seconds=5, most=10)
        monkeypatch.setenv("SSL_CERT_FILE", str(tls.certificate))
        assert (await ask(f"https://127.0.0.1:{port}", seconds=5, most=10)).status == 200
