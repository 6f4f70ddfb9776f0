"""The little web server of ``[metrics] listen``: /metrics, /health/live, /health/ready. It only reads.

In threads of its own, beside the event loop: a scraper that dawdles keeps nobody waiting, and one that comes
too often is turned away.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog

from console.observe import metrics
from console.observe.watch import Watch
from console.texts import text

SECONDS = 5.0  # for a request to come in whole
MOST = 16  # requests at once
PLAIN = [("Content-Type", "application/json; charset=utf-8"), ("Cache-Control", "no-store")]
log = structlog.get_logger()
Start = Callable[..., Any]


def application(watch: Watch) -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
    figures = metrics.application(watch)

    def answer(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _json(start, "405 Method Not Allowed", {"error": "GET only"})
        match environ["PATH_INFO"]:
            case "/metrics":
                return figures(environ, start)  # type: ignore[no-any-return]
            case "/health/live":
                alive = watch.alive()
                return _json(start, "200 OK" if alive else "503 Service Unavailable", {"alive": alive})
            case "/health" | "/health/ready":
                return _ready(watch, start)
        return _json(start, "404 Not Found", {"paths": ["/metrics", "/health/live", "/health/ready"]})

    return answer


def _ready(watch: Watch, start: Start) -> Iterable[bytes]:
    wrong = watch.look.wrong()
    said = [{"code": one.key, "text": text(f"doctor.{one.key}", "en", **one.values)} for one in wrong]
    status = "503 Service Unavailable" if wrong else "200 OK"
    return _json(start, status, {"ready": not wrong, "mode": watch.mode, "wrong": said})


def _json(start: Start, status: str, answer: dict[str, Any]) -> Iterable[bytes]:
    start(status, PLAIN)
    return [json.dumps(answer, ensure_ascii=False).encode() + b"\n"]


class _Handler(WSGIRequestHandler):
    timeout = SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """Not a line for each scrape."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = MOST

    def __init__(self, *given: Any) -> None:
        self._places = threading.BoundedSemaphore(MOST)
        super().__init__(*given)

    def server_bind(self) -> None:
        """Without asking the name service who we are."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        host, port, *_ = self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(host), int(port)
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Somebody broke off."""


class _Server6(_Server):
    address_family = socket.AF_INET6


@contextlib.contextmanager
def serving(address: tuple[str, int], watch: Watch) -> Iterator[tuple[str, int]]:
    """Answers inside the block; gives the address in use. OSError when it can not be bound."""
    host, port = address
    made = make_server(
        host,
        port,
        application(watch),
        server_class=_Server6 if ":" in host else _Server,
        handler_class=_Handler,
    )
    thread = threading.Thread(target=made.serve_forever, name="metrics", daemon=True)
    thread.start()
    bound = made.server_address[:2]
    log.info("metrics listening", host=bound[0], port=bound[1])
    try:
        yield str(bound[0]), int(bound[1])
    finally:
        made.shutdown()
        made.server_close()
        thread.join(SECONDS)
