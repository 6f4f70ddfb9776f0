"""Letters over HTTP: to safe addresses alone, bounded both ways, and refused by codes that we know."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from dialpact.application import http_client
from dialpact.application.http_client import NoAnswer, Reply, Take
from dialpact.compliance.errors import ConfigError, DialpactError
from dialpact.compliance.ledger.witnessing import SIZE_KIND
from dialpact.compliance.supervision.config import safe_url
from dialpact.compliance.supervision.refusal import CODES, Refusal

KIND = "application/octet-stream"

Post = Callable[[str, bytes, int, float], Awaitable[bytes]]
"""Address, body, most bytes of the answer, seconds for all of it. Refusal of the other side's;
Unreachable.
"""


class Unreachable(DialpactError):
    """The other side can not be asked, or does not answer as it should: in words that are not its own."""


class Conflict(Refusal):
    """Another size was cosigned last."""

    def __init__(self, size: int) -> None:
        super().__init__("conflict", 409)
        self.size = size


async def post(url: str, body: bytes, most: int, seconds: float) -> bytes:
    """The answer's body."""
    return (await _asked(url, body, most, seconds)).body


async def post_to_file(url: str, body: bytes, most: int, seconds: float, target: Path) -> None:
    """The answer into a file that is there and empty."""
    with target.open("r+b") as file:

        async def write(part: bytes) -> None:
            await asyncio.to_thread(file.write, part)

        await _asked(url, body, most, seconds, write)


async def _asked(url: str, body: bytes, most: int, seconds: float, take: Take | None = None) -> Reply:
    try:
        reply = await http_client.ask(safe_url(url), body, kind=KIND, seconds=seconds, most=most, take=take)
    except (NoAnswer, ConfigError) as error:
        raise Unreachable(str(error)) from error
    if reply.status != 200:
        _refused(reply)
    return reply


def _refused(reply: Reply) -> None:
    """Refusal with a code that we know; else Unreachable."""
    text = reply.body.decode("ascii", "replace")
    if reply.kind == SIZE_KIND:
        size = text.removesuffix("\n")
        if size.isascii() and size.isdigit() and len(size) < 20 and f"{int(size)}\n" == text:
            raise Conflict(int(size))
        raise Unreachable("HTTP 409 without a size")
    try:
        code = msgspec.json.decode(reply.body, type=_Error).error
    except (msgspec.MsgspecError, RecursionError):
        code = ""
    if code in CODES:
        raise Refusal(code, reply.status)
    raise Unreachable(f"HTTP {reply.status}")


class _Error(msgspec.Struct):
    error: str
