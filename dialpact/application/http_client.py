"""One HTTP request to somebody outside, bounded in everything: time as a whole, bytes of the answer.

Who drips a byte now and then holds nobody up. TLS by the system's trust (``SSL_CERT_FILE`` names another). No
redirect is followed: whoever is asked is the one that was named.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import urlsplit

import h11

from dialpact.compliance.errors import DialpactError

MOST_HEAD = 16_384
READ = 65_536
Take = Callable[[bytes], Awaitable[object]]


class NoAnswer(DialpactError):
    """The other side did not answer."""


class Reply(NamedTuple):
    """``kind``: the media type, without its parameters."""

    status: int
    kind: str
    body: bytes


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
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise NoAnswer(f"{url}: no address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise NoAnswer(f"{url}: not an http or https address")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        async with asyncio.timeout(seconds):
            context = None
            if parts.scheme == "https":
                context = await asyncio.to_thread(ssl.create_default_context)  # (it reads files)
            name = parts.hostname if context else None
            reader, writer = await asyncio.open_connection(
                parts.hostname, port, ssl=context, server_hostname=name, limit=READ
            )
            try:
                writer.write(_request(parts.netloc, target, body, kind))
                return await _reply(reader, most, take)
            finally:
                writer.transport.abort()
    except TimeoutError as error:
        raise NoAnswer(f"{url}: no answer within {seconds:g} s") from error
    except (OSError, h11.ProtocolError, ValueError) as error:
        raise NoAnswer(f"{url}: {_said(error)}") from error


def _said(error: Exception) -> str:
    """asyncio repeats the address in its own text; the number of the error says it shorter."""
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and (error.errno or 0) > 0:
        return os.strerror(error.errno or 0)
    return str(error)


def _request(host: str, target: str, body: bytes | None, kind: str) -> bytes:
    connection = h11.Connection(h11.CLIENT)
    headers = [("Host", host), ("Connection", "close"), ("Accept-Encoding", "identity")]
    if body is not None:
        headers += [("Content-Length", str(len(body))), ("Content-Type", kind)]
    method = "GET" if body is None else "POST"
    parts = [connection.send(h11.Request(method=method, target=target, headers=headers))]
    if body is not None:
        parts.append(connection.send(h11.Data(data=body)))
    parts.append(connection.send(h11.EndOfMessage()))
    return b"".join(part or b"" for part in parts)


async def _reply(reader: asyncio.StreamReader, most: int, take: Take | None) -> Reply:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
    # (It must have asked before it is answered.)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    status, kind, body, size = 0, "", bytearray(), 0
    while True:
        match connection.next_event():
            case h11.NEED_DATA:
                connection.receive_data(await reader.read(READ))
            case h11.Response() as response:
                status = response.status_code
                headers = {
                    name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers
                }
                kind = headers.get("content-type", "").partition(";")[0].strip().lower()
                if headers.get("content-encoding", "identity") != "identity":
                    raise ValueError("the answer is packed, which was not asked for")
            case h11.Data(data=data):
                size += len(data)
                if size > most:
                    raise ValueError(f"the answer is too long: more than {most} bytes")
                if take is not None and status == 200:
                    await take(bytes(data))
                else:
                    body += data
            case h11.EndOfMessage():
                return Reply(status, kind, bytes(body))
            case h11.ConnectionClosed():
                raise ValueError("the connection was closed")
