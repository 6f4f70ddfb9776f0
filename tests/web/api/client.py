"""A program that asks the API of a home's ``dialpact web``, over a socket."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from subprocess import DEVNULL
from typing import Any, NamedTuple

from starlette.routing import BaseRoute

from dialpact.web.api.endpoint import Endpoint
from dialpact.web.api.routing import endpoints, routes_of
from dialpact.web.site import Site
from tests.cli.conftest import Home
from tests.cli.test_reload import until
from tests.patience import WAIT
from tests.web import ready_worker
from tests.web.asking import Asker
from tests.web.served import served


class Said(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """``token``: sent with each request that names no other; ``None``: none is sent."""

    def __init__(self, asker: Asker, token: str | None) -> None:
        self.asker, self.token = asker, token

    def by(self, token: str | None) -> Client:
        return Client(self.asker, token)

    def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        language: str = "en",
        raw: bytes | None = None,
        media_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Said:
        """``key``: the Idempotency-Key; ``raw``: the body as it is, in the place of ``body`` as JSON."""
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        head = {"Host": "x", "Connection": "close", "Accept-Language": language}
        head["Content-Length"] = str(len(content))
        if raw is not None or body is not None:
            head["Content-Type"] = media_type
        if self.token is not None:
            head["Authorization"] = f"Bearer {self.token}"
        if key is not None:
            head["Idempotency-Key"] = key
        lines = [f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in {**head, **(headers or {})}.items())]
        sent = asyncio.run(self.asker.send("\r\n".join([*lines, "", ""]).encode("latin-1") + content))
        first, _, rest = sent.partition(b"\r\n\r\n")
        status, *more = first.decode("latin-1").split("\r\n")
        named = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in more)}
        if named.get("transfer-encoding") == "chunked":
            rest = unchunked(rest)
        return Said(int(status.split(" ")[1]), named, rest)


def unchunked(body: bytes) -> bytes:
    found = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        found, body = found + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return found


def key(home: Home, id: str, *scopes: str, businesses: str = "", expires: str = "2099-12-31") -> str:
    """A new key's token."""
    limited = ("--businesses", businesses) if businesses else ()
    given = home("api-key", "add", id, "--scopes", ",".join(scopes), "--expires", expires, *limited)
    return str(given["token"])


@contextmanager
def api(
    home: Home,
    token: str | None = None,
    found: Sequence[Endpoint[Any, Any]] = (),
    *,
    works: bool = False,
) -> Iterator[Client]:
    """In a thread of its own, so that a test can use the command line beside it. ``found``: endpoints of a
    test, beside the product's; ``works``: jobs are done.
    """

    def source(site: Site) -> Sequence[BaseRoute]:
        return routes_of(site, (*endpoints(), *found))

    with served(home, source, works=works) as asker:
        yield Client(asker, token)


@contextmanager
def serving(home: Home) -> Iterator[int]:
    """A real `dialpact web` with all that goes on beside its answers, but its jobs give no way; its port. It
    ends in order.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    text = home.config.read_text("utf-8").replace("127.0.0.1:9080", f"127.0.0.1:{port}")
    text = re.sub(r"requests_per_minute = \d+", "requests_per_minute = 1000000", text)
    home.config.write_text(text, "utf-8")
    with (home.path / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", ready_worker.__file__, "--config", home.config, "web"],
            stdin=DEVNULL,
            stderr=log,
        )
    try:
        until(lambda: b'"event": "listening"' in (home.path / "web.log").read_bytes())
        yield port
        assert process.poll() is None
    finally:
        process.terminate()
        assert process.wait(WAIT) == 0
