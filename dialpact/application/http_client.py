"""One HTTP request to somebody outside, bounded in everything: time as a whole, bytes of the answer.

Who drips a byte now and then holds nobody up. TLS by the system's trust (``SSL_CERT_FILE`` names another). No
redirect is followed: whoever is asked is the one that was named.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import h11

from dialpact.compliance.errors import DialpactError

MOST_HEAD = 16_384
READ = 65_536
Take = Callable[[bytes], Awaitable[object]]
Headers = Sequence[tuple[str, str]]


class NoAnswer(DialpactError):
    """The other side did not answer."""


class Reply(NamedTuple):
    """``kind``: the media type, without its parameters."""

    status: int
    kind: str
    body: bytes


class Posted(NamedTuple):
    """How a POST was answered. ``retry_after``: as it was said; empty: it was not."""

    status: int
    retry_after: str


class _Place(NamedTuple):
    host: str
    port: int
    secure: bool
    name: str  # as a request says it
    target: str


async def ask(
    url: str,
    body: bytes | None = None,
    *,
    kind: str = "",
    seconds: float,
    most: int,
    take: Take | None = None,
) -> Reply:
    """POST of ``body``, or GET without one. NoAnswer says why there is none.

    ``take`` is given the parts of a body that comes with 200, which is then not in the reply.
    """
    headers = () if body is None else (("Content-Type", kind),)
    async with _connected(url, seconds, None) as (place, reader, writer):
        writer.write(_request(place, body, headers))
        return await _reply(reader, most, take)


async def post(
    url: str, body: bytes, headers: Headers, *, seconds: float, tls: ssl.SSLContext | None = None
) -> Posted:
    """How it was answered, by the head of the answer alone: what comes behind it is not read. NoAnswer.

    ``tls``: whom to trust, where that is not the system's choice.
    """
    async with _connected(url, seconds, tls) as (place, reader, writer):
        writer.write(_request(place, body, headers))
        await writer.drain()
        head = await _head(reader, h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD))
        said = {name: value for name, value in head.headers if name == b"retry-after"}
        return Posted(head.status_code, said.get(b"retry-after", b"").decode("latin-1"))


@asynccontextmanager
async def _connected(
    url: str, seconds: float, tls: ssl.SSLContext | None
) -> AsyncIterator[tuple[_Place, asyncio.StreamReader, asyncio.StreamWriter]]:
    """For so long as a whole; every failure in it is NoAnswer."""
    place = _place(url)
    try:
        async with asyncio.timeout(seconds):
            context = None
            if place.secure:
                context = tls or await asyncio.to_thread(ssl.create_default_context)  # (it reads files)
            name = place.host if context else None
            reader, writer = await asyncio.open_connection(
                place.host, place.port, ssl=context, server_hostname=name, limit=READ
            )
            try:
                yield place, reader, writer
            finally:
                writer.transport.abort()
    except TimeoutError as error:
        raise NoAnswer(f"{url}: no answer within {seconds:g} s") from error
    except (OSError, h11.ProtocolError, ValueError) as error:
        raise NoAnswer(f"{url}: {_said(error)}") from error


def _place(url: str) -> _Place:
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise NoAnswer(f"{url}: no address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise NoAnswer(f"{url}: not an http or https address")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Place(parts.hostname, port, parts.scheme == "https", parts.netloc, target)


def _said(error: Exception) -> str:
    """asyncio repeats the address in its own text; the number of the error says it shorter."""
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and (error.errno or 0) > 0:
        return os.strerror(error.errno or 0)
    return str(error)


def _request(place: _Place, body: bytes | None, further: Headers) -> bytes:
    connection = h11.Connection(h11.CLIENT)
    headers = [("Host", place.name), ("Connection", "close"), ("Accept-Encoding", "identity"), *further]
    if body is not None:
        headers.append(("Content-Length", str(len(body))))
    method = "GET" if body is None else "POST"
    parts = [connection.send(h11.Request(method=method, target=place.target, headers=headers))]
    if body is not None:
        parts.append(connection.send(h11.Data(data=body)))
    parts.append(connection.send(h11.EndOfMessage()))
    return b"".join(part or b"" for part in parts)


async def _head(reader: asyncio.StreamReader, connection: h11.Connection) -> h11.Response:
    # (It must have asked before it is answered.)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    while True:
        match connection.next_event():
            case h11.NEED_DATA:
                if not (data := await reader.read(READ)):
                    raise ValueError("the connection was closed without an answer")
                connection.receive_data(data)
            case h11.Response() as response:
                return response


async def _reply(reader: asyncio.StreamReader, most: int, take: Take | None) -> Reply:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
    response = await _head(reader, connection)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
    if headers.get("content-encoding", "identity") != "identity":
        raise ValueError("the answer is packed, which was not asked for")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    body, size = bytearray(), 0
    while True:
        match connection.next_event():
            case h11.NEED_DATA:
                connection.receive_data(await reader.read(READ))
            case h11.Data(data=data):
                size += len(data)
                if size > most:
                    raise ValueError(f"the answer is too long: more than {most} bytes")
                if take is not None and response.status_code == 200:
                    await take(bytes(data))
                else:
                    body += data
            case h11.EndOfMessage():
                return Reply(response.status_code, kind, bytes(body))
            case h11.ConnectionClosed():
                raise ValueError("the connection was closed")
