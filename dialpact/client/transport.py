"""HTTP to one API: connections that are kept, bounds, and what is asked again.

Asked again is what got no whole answer, and what was answered 429 or 503, as long as the patience lasts. That
is safe: whatever changes something carries an Idempotency-Key, the same each time. No redirect is followed.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple
from urllib.parse import urlencode, urlsplit

from dialpact.client.problem import NoAnswer, problem
from dialpact.compliance.addresses import is_loopback

MOST_ANSWER = 64 << 20  # bytes of an answer that is kept in memory
BLOCK = 1 << 16
AGAIN = (429, 503)
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # seconds, where the answer names none
IDLE_SECONDS = 4.0  # the API closes a connection after 10
TOKEN = re.compile("[!-~]+")
UNDER_WAY = "idempotency-under-way"


class Reply(NamedTuple):
    """``headers``: names in small letters. ``body``: empty where it went into a file."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Request(NamedTuple):
    """``body``: bytes, or a file that can be sought, which is sent from its beginning. ``key``: of a POST
    that changes something. ``accept``: answers beside 2xx that are no problem. ``into``: takes a body.
    """

    method: str
    path: str
    query: Mapping[str, str] = {}
    body: bytes | BinaryIO | None = None
    kind: str = "application/json"
    key: str = ""
    accept: tuple[int, ...] = ()
    into: BinaryIO | None = None
    headers: Mapping[str, str] = {}


@dataclass(kw_only=True)
class Transport:
    """Safe to use from several threads: each request has a connection of its own while it lasts."""

    url: str
    token: str = field(repr=False)
    language: str
    seconds: float  # of silence, until a connection counts as lost
    patience: float  # seconds for one question, with all that is asked again
    ca_file: str | None = None
    pause: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ValueError(f"{self.url}: not an http or https address")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError(f"{self.url}: the key would be read along; https, or a loopback address")
        self.token = self.token.strip()  # of a file, as people keep it
        if not TOKEN.fullmatch(self.token):  # (a header's own complaint would show it)
            raise ValueError("the token is none of `dialpact api-key add`")
        self._host, self._port, self._prefix = parts.hostname, parts.port, parts.path.rstrip("/")
        self._tls = ssl.create_default_context(cafile=self.ca_file) if parts.scheme == "https" else None
        self._idle: list[tuple[float, http.client.HTTPConnection]] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        """Of the connections that are kept; whoever asks again opens one."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def ask(self, request: Request, patience: float | None = None, seconds: float | None = None) -> Reply:
        """The whole answer. ``patience``, ``seconds``: other ones for this question. Raises Problem and
        NoAnswer.
        """
        deadline = self.clock() + (self.patience if patience is None else patience)
        pause = FIRST_PAUSE
        while True:
            wait, failure = pause, None
            try:
                reply = self._once(request, self.seconds if seconds is None else seconds)
            except ssl.SSLCertVerificationError as error:
                raise NoAnswer(f"{self.url}: {error}", request.key) from error
            except (OSError, http.client.HTTPException) as error:
                why, failure = f"{self.url}: {error or type(error).__name__}", error
            else:
                if 200 <= reply.status < 300 or (reply.status in request.accept and _ours(reply)):
                    return reply
                found = problem(reply.status, reply.headers, reply.body)
                if reply.status not in AGAIN and found.code != UNDER_WAY:
                    raise found
                why, wait = f"{self.url}: {found}", max(wait, _retry_after(reply))
            if self.clock() + wait > deadline:
                raise NoAnswer(why, request.key) from failure
            self.pause(wait)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _once(self, request: Request, seconds: float) -> Reply:
        with self._connection(seconds) as connection:
            target = self._prefix + request.path + (f"?{urlencode(request.query)}" if request.query else "")
            body, length = request.body, None
            if body is not None and not isinstance(body, bytes):
                length = body.seek(0, 2)
                body.seek(0)
            try:
                connection.request(request.method, target, body=body, headers=self._headers(request, length))
            except (BrokenPipeError, ConnectionResetError):
                # It may have been refused before it was sent: then there is an answer, and it says why.
                with contextlib.suppress(OSError, http.client.HTTPException):
                    return _read(connection.getresponse(), request)
                raise
            return _read(connection.getresponse(), request)

    def _headers(self, request: Request, length: int | None) -> dict[str, str]:
        found = {
            "Authorization": f"Bearer {self.token}",
            "Accept-Language": self.language,
            "Accept-Encoding": "identity",
            "User-Agent": "dialpact-client",
        }
        if request.body is not None:
            found["Content-Type"] = request.kind
        if length is not None:
            found["Content-Length"] = str(length)
        if request.key:
            found["Idempotency-Key"] = request.key
        return found | dict(request.headers)

    @contextlib.contextmanager
    def _connection(self, seconds: float) -> Iterator[http.client.HTTPConnection]:
        """Kept for the next one only after a whole answer, and not for long."""
        connection = self._kept() or self._new()
        connection.timeout = seconds
        if connection.sock is not None:
            connection.sock.settimeout(seconds)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._idle.append((self.clock(), connection))

    def _kept(self) -> http.client.HTTPConnection | None:
        with self._lock:
            since, connection = self._idle.pop() if self._idle else (0.0, None)
        if connection is not None and self.clock() - since > IDLE_SECONDS:
            connection.close()
            self.close()  # the others have waited even longer
            return None
        return connection

    def _new(self) -> http.client.HTTPConnection:
        host, port = self._host, self._port
        if self._tls is None:
            return http.client.HTTPConnection(host, port, blocksize=BLOCK)
        return http.client.HTTPSConnection(host, port, blocksize=BLOCK, context=self._tls)


def _read(answer: http.client.HTTPResponse, request: Request) -> Reply:
    """HTTPException where it breaks off, or has no end."""
    headers = {name.lower(): value for name, value in answer.getheaders()}
    if request.into is None or not 200 <= answer.status < 300:
        body = answer.read(MOST_ANSWER + 1)
        if len(body) > MOST_ANSWER:
            raise http.client.HTTPException(f"the answer is longer than {MOST_ANSWER} bytes")
        if answer.length:
            raise http.client.IncompleteRead(body, answer.length)
        return Reply(answer.status, headers, body)
    request.into.seek(0)
    request.into.truncate()
    while block := answer.read(BLOCK):
        request.into.write(block)
    if answer.length:
        raise http.client.IncompleteRead(b"", answer.length)
    return Reply(answer.status, headers, b"")


def _ours(reply: Reply) -> bool:
    """Not a problem that happens to have the same status."""
    return reply.headers.get("content-type", "").startswith("application/json")


def _retry_after(reply: Reply) -> float:
    """Seconds; the API names no dates."""
    said = reply.headers.get("retry-after", "")
    return float(said) if said.isdecimal() else 0.0
