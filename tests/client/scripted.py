"""A server that says what a test wrote down, connection by connection, and keeps what it was asked."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Sequence
from types import TracebackType

from tests.patience import WAIT

CLOSES = b""  # instead of an answer


def answer(status: int, body: bytes = b"{}", *headers: str, kind: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", f"Content-Type: {kind}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def problem(status: int, code: str, *headers: str) -> bytes:
    body = b'{"title":"T","status":%d,"detail":"D","code":"%s"}' % (status, code.encode())
    return answer(status, body, *headers, kind="application/problem+json")


class Scripted:
    """``answers``: one for each request; ``CLOSES``, or half of one, ends the connection there."""

    def __init__(self, *answers: bytes, tls: ssl.SSLContext | None = None) -> None:
        self._answers, self._tls = list(answers), tls
        self.requests: list[bytes] = []
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(WAIT)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Scripted:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        self._listening.close()
        if kind is None:
            self._thread.join(WAIT)
            assert not self._answers, f"{len(self._answers)} answers were not asked for"

    @property
    def bodies(self) -> Sequence[bytes]:
        return [request.partition(b"\r\n\r\n")[2] for request in self.requests]

    def header(self, name: str) -> list[str]:
        """Of each request; empty where it has none."""
        found = []
        for request in self.requests:
            lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
            given = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
            found.append(given.get(name.lower(), ""))
        return found

    def _run(self) -> None:
        while self._answers:
            connection, _ = self._listening.accept()
            self.connections += 1
            with connection:
                connection.settimeout(WAIT)
                if self._tls is None:
                    self._answer(connection)
                    continue
                try:
                    with self._tls.wrap_socket(connection, server_side=True) as secured:
                        self._answer(secured)
                except OSError:  # whoever does not trust us has left
                    self._answers.pop(0)

    def _answer(self, connection: socket.socket) -> None:
        while self._answers and self._one(connection):
            pass

    def _one(self, connection: socket.socket) -> bool:
        """Whether the connection goes on."""
        request = b""
        while b"\r\n\r\n" not in request:
            if not (more := connection.recv(65_536)):
                return False
            request += more
        head, _, body = request.partition(b"\r\n\r\n")
        size = next((int(line[15:]) for line in head.split(b"\r\n") if line[:15] == b"Content-Length:"), 0)
        while len(body) < size:
            body += connection.recv(65_536)
        self.requests.append(head + b"\r\n\r\n" + body)
        said = self._answers.pop(0)
        connection.sendall(said)
        head, _, sent = said.partition(b"\r\n\r\n")
        return said != CLOSES and f"Content-Length: {len(sent)}".encode() in head
