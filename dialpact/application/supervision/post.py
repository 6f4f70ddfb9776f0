"""Letters over HTTP: bounded both ways, no redirect followed, nothing secret in an address."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, BinaryIO

from dialpact.compliance.errors import ConfigError
from dialpact.compliance.supervision.config import safe_url
from dialpact.compliance.supervision.refusal import CODES, Refusal

CHUNK = 1 << 16
MOST_ERROR = 1 << 10  # bytes of an answer that says why not

Post = Callable[[str, bytes, int, float], Awaitable[bytes]]
"""Address, body, most bytes of the answer, seconds for all of it. Refusal of the other side's;
Unreachable.
"""


class Unreachable(Exception):
    """The other side can not be asked, or does not answer as it should: in words without its own."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """A letter is for the one whom it is addressed to."""


_opener = urllib.request.build_opener(_NoRedirect())


async def post(url: str, body: bytes, most: int, seconds: float) -> bytes:
    """The answer's body."""
    parts: list[bytes] = []
    await asyncio.to_thread(_send, url, body, most, seconds, parts.append)
    return b"".join(parts)


async def post_to_file(url: str, body: bytes, most: int, seconds: float, target: Path) -> int:
    """The answer as a file that is there and empty; its bytes."""

    def send() -> int:
        with target.open("r+b") as file:
            return _send(url, body, most, seconds, _writer(file))

    return await asyncio.to_thread(send)


def _writer(file: BinaryIO) -> Callable[[bytes], object]:
    return file.write


def _send(url: str, body: bytes, most: int, seconds: float, take: Callable[[bytes], object]) -> int:
    try:
        safe_url(url)
    except ConfigError as error:
        raise Unreachable(str(error)) from error
    kind = {"Content-Type": "application/octet-stream", "Accept-Encoding": "identity"}
    request = urllib.request.Request(url, body, kind)  # noqa: S310 - https, or loopback
    end = time.monotonic() + seconds
    size = 0
    try:
        with _opener.open(request, timeout=min(seconds, 30.0)) as answer:
            while chunk := answer.read1(CHUNK):
                size += len(chunk)
                if size > most:
                    raise Unreachable(f"an answer of more than {most} bytes")
                if time.monotonic() > end:
                    raise Unreachable(f"no whole answer within {seconds:g} s")
                take(chunk)
    except urllib.error.HTTPError as error:
        with error:
            _refused(error.code, error.read(MOST_ERROR), error.headers.get_content_type())
    except (urllib.error.URLError, OSError, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise Unreachable(
            f"{type(why).__name__}: {getattr(why, 'strerror', None) or ''}".strip(": ")
        ) from error
    return size


def _refused(status: int, body: bytes, kind: str) -> None:
    """Raises Refusal with a code that we know, and its status; else Unreachable."""
    if kind == "text/x.tlog.size":
        raise Conflict(body)
    try:
        code = json.loads(body).get("error", "")
    except (ValueError, RecursionError, AttributeError):
        code = ""
    if code in CODES:
        raise Refusal(code, status)
    raise Unreachable(f"HTTP {status}")


class Conflict(Refusal):
    """Another size was cosigned last: ``size``."""

    def __init__(self, body: bytes) -> None:
        super().__init__("conflict", 409)
        text = body.decode("ascii", "replace").removesuffix("\n")
        if not (text.isascii() and text.isdigit() and len(text) < 20 and str(int(text)) == text):
            raise Unreachable("HTTP 409 without a size")
        self.size = int(text)
