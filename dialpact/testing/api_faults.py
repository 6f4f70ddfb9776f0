"""What a network and a busy server do to whoever asks the API, and what was asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What any program may meet, whatever it does right.
INNOCENT = (429, 500, 502, 503, 504)


class Asked(NamedTuple):
    """One request and the status of its answer (0: it was dropped), and the code of a problem."""

    method: str
    path: str
    status: int
    code: str = ""

    @property
    def refused(self) -> bool:
        return bool(self.code) and self.status not in INNOCENT


@dataclass(frozen=True, kw_only=True)
class Fault:
    """``status``: 0, the answer is dropped. ``done``: what was asked is done all the same."""

    status: int
    done: bool = False
    retry_after: int = 0


class Faults:
    """Stands in front of ``app``, which is the API while there is one."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self.before: Callable[[], object] = lambda: None  # is called before each question
        self.asked: list[Asked] = []
        self._waiting: deque[Fault] = deque()
        self._seen = 0

    def next(self, fault: Fault, times: int) -> None:
        self._waiting.extend([fault] * times)

    def refused(self) -> list[str]:
        found = [one.code for one in self.asked if one.refused]
        self._seen = len(self.asked)
        return found

    def complaints(self) -> list[str]:
        found = [
            f"{one.method} {one.path} was refused ({one.status} {one.code}), and the test does not look at it"
            for one in self.asked[self._seen :]
            if one.refused
        ]
        if self._waiting:
            found.append(f"{len(self._waiting)} of the API's faults never came to pass: nobody asked")
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        if scope["type"] != "http":
            return
        self.before()
        fault = self._waiting.popleft() if self._waiting else None
        if fault is None:
            await self.app(scope, receive, _Told(scope, send, self.asked.append).send)
            return
        if fault.done:
            await self.app(scope, receive, _nowhere)
        self.asked.append(Asked(scope["method"], scope["path"], fault.status))
        await _failed(fault, send)


class _Told:
    """Looks at an answer while it goes out. It is told before whoever asked can have all of it."""

    def __init__(self, scope: Scope, send: Send, tell: Callable[[Asked], None]) -> None:
        self._scope, self._send, self._tell = scope, send, tell
        self._status = 0
        self._problem = False
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = int(message["status"])
            kinds = [value for name, value in message["headers"] if name.lower() == b"content-type"]
            self._problem = any(kind.startswith(b"application/problem+json") for kind in kinds)
        else:
            if self._problem:
                self._body += message.get("body", b"")
            if not message.get("more_body"):
                code = str(msgspec.json.decode(self._body)["code"]) if self._body else ""
                self._tell(Asked(self._scope["method"], self._scope["path"], self._status, code))
        await self._send(message)


async def _nowhere(_: Message) -> None:
    """An answer that nobody gets."""


async def _failed(fault: Fault, send: Send) -> None:
    if not fault.status:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"99")]})
        raise ConnectionAbortedError  # half an answer: the connection is cut
    body = msgspec.json.encode({"title": "a fault of the test", "status": fault.status, "code": "not-now"})
    headers = {
        b"content-type": b"application/problem+json",
        b"content-length": b"%d" % len(body),
        b"retry-after": b"%d" % fault.retry_after,
    }
    await send({"type": "http.response.start", "status": fault.status, "headers": list(headers.items())})
    await send({"type": "http.response.body", "body": body})
