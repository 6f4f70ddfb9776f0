"""The server under ``dialpact web``. The only module that uses uvicorn.

uvicorn waits for ever for the head of a first request, and counts connections only when one asks; both are
bounded here. The end is in order: no new connection, what is begun is answered, then the rest is cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_OPEN = 256  # connections
MOST_HEAD = 16_384  # bytes of a request's head
HEAD_SECONDS = 5.0  # until it is there
IDLE_SECONDS = 10  # between two requests of a connection
END_SECONDS = 5  # for what is begun, when the process ends
# Whose word is taken for who asks, where a proxy was announced; the last as a socket for both kinds tells it.
PROXIES = ["127.0.0.1", "::1", "::ffff:127.0.0.1"]


@dataclass(frozen=True, kw_only=True)
class Tls:
    """Files in PEM: the certificate with its chain, and its private key."""

    certificate: Path
    private_key: Path


class _Protocol(H11Protocol):
    """``head_seconds``: see above."""

    head_seconds = HEAD_SECONDS
    _waiting: asyncio.TimerHandle | None = None
    _since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        if len(self.connections) >= MOST_OPEN and not self._made_room():
            transport.abort()
            return
        self._wait()

    def _made_room(self) -> bool:
        """Whoever has asked nothing yet goes first, so that nobody is kept out by many who only connect."""
        idle = [one for one in self.connections if isinstance(one, _Protocol) and one._waiting]
        if not idle:
            return False
        oldest = min(idle, key=lambda one: (one.cycle is not None, one._since))
        self.connections.discard(oldest)
        oldest.transport.abort()
        return True

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self._waiting and self.cycle is not before:
            self._waiting.cancel()
            self._waiting = None

    def on_response_complete(self) -> None:
        before = self.cycle
        super().on_response_complete()
        if self.cycle is before and not self.transport.is_closing():  # else the next one was there already
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting:
            self._waiting.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """For a whole head; uvicorn's own timer ends with its first byte."""
        seconds = self.head_seconds if self.cycle is None else self.head_seconds + IDLE_SECONDS
        self._waiting = self.loop.call_later(seconds, self.transport.abort)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._say = started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """They are the process's, which tells us."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._say()


def bound(host: str, port: int) -> socket.socket:
    """OSError, with the address, when it can not be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, as asyncio lets no other send at once what is small: each answer would wait for 40 ms.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise OSError(error.errno, f"{host}:{port}: {error.strerror or error}") from error
    return opened


async def serve(
    app: ASGIApp,
    listening: socket.socket,
    tls: Tls | None,
    stop: asyncio.Event,
    started: Callable[[], None],
    *,
    head_seconds: float = HEAD_SECONDS,
    behind_proxy: bool = False,
) -> None:
    """Until ``stop``. Closes the socket. OSError, with the file: certificate or key can not be used.

    ``behind_proxy``: who asks is the last address of ``X-Forwarded-For``, of connections from this host.
    """
    given: dict[str, Any] = {}
    if tls is not None:
        given |= {"ssl_certfile": tls.certificate, "ssl_keyfile": tls.private_key}
        given["ssl_context_factory"] = partial(_context, tls)
    config = uvicorn.Config(
        app,
        http=type("Protocol", (_Protocol,), {"head_seconds": head_seconds}),
        ws="none",
        lifespan="off",
        loop="none",
        log_config=None,
        log_level=logging.ERROR,  # (what a stranger sends is no reason for a line)
        access_log=False,
        proxy_headers=behind_proxy,
        forwarded_allow_ips=PROXIES,
        server_header=False,
        limit_concurrency=MOST_OPEN,
        h11_max_incomplete_event_size=MOST_HEAD,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=END_SECONDS,
        **given,
    )
    server = _Server(config, started)
    try:
        running = asyncio.create_task(server.serve([listening]))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        server.should_exit = True
        await running
    finally:
        listening.close()


def _context(tls: Tls, *_: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        for file in (tls.certificate, tls.private_key):
            file.open("rb").close()  # (ssl does not say which of them it is that can not be read)
        context.load_cert_chain(tls.certificate, tls.private_key)
    except ssl.SSLError as error:
        raise OSError(f"{tls.certificate}, {tls.private_key}: {error}") from error
    return context
