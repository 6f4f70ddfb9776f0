"""Every request is bounded: the bytes of its body, and the time until its answer is out. Plain ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY = 1 << 20  # bytes
ANSWER_SECONDS = 30.0
TOO_LARGE = 413, b'{"error":"too large"}\n'
TOO_LATE = 503, b'{"error":"took too long"}\n'
BROKEN = 500, b'{"error":"failed"}\n'
log = structlog.get_logger()


class _TooLarge(Exception):
    """More than is read."""


class Bounds:
    """Outermost: what fails inside, or takes too long, is an answer without a word of ours in it."""

    def __init__(
        self,
        app: ASGIApp,
        most_body: int = MOST_BODY,
        seconds: float = ANSWER_SECONDS,
        longer: Mapping[str, float] | None = None,
        apart: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """``longer``: seconds of single paths, that have much to make or to send. ``apart``: of a path,
        whether it has bounds of its own.
        """
        self._app, self._most, self._seconds = app, most_body, seconds
        self._longer = longer or {}
        self._apart = apart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if self._apart(scope["path"]):
            await self._app(scope, receive, send)
            return
        begun, read = False, 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most:
                raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with asyncio.timeout(self._longer.get(scope["path"], self._seconds)):
                await self._app(scope, bounded, watched)
            return
        except _TooLarge:
            answer = TOO_LARGE
        except TimeoutError:
            log.warning("a page took too long", path=_shown(scope))
            answer = TOO_LATE
        except Exception:
            log.exception("a page failed", path=_shown(scope))
            answer = BROKEN
        if begun:
            raise ConnectionAbortedError  # half an answer must not look like a whole one
        status, body = answer
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})


def _shown(scope: Scope) -> str:
    """Nobody's text goes into the log at length."""
    return str(scope.get("path", ""))[:80]
