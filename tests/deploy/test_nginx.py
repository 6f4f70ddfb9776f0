"""The documented nginx in front of ``dialpact web``: Debian's own, started with the documented file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from dialpact.compliance.config import ApiConfig
from dialpact.web.api.routing import endpoints
from dialpact.web.app import application
from dialpact.web.process import Tls
from tests.deploy.proxied import SNIPPET, TEMPORARY, proxied
from tests.patience import WAIT
from tests.web.asking import Asker, ended, serving, site_of
from tests.web.test_process import certified

ROOT = Path(__file__).parents[2]
Through = Callable[[int], Asker]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return certified(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def through(tls: Tls, tmp_path: Path) -> Iterator[Through]:
    """Asks the app on this port through an nginx of its own."""
    with contextlib.ExitStack() as stack:
        context = ssl.create_default_context(cafile=tls.certificate)
        yield lambda upstream: Asker(stack.enter_context(proxied(tmp_path, upstream, tls)), context)


async def read(receive: Receive) -> int:
    """Bytes of a request's body."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    return size


async def say(send: Send, body: bytes, status: int = 200) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def headers_of(scope: Scope) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in scope["headers"]}


async def test_the_product_is_reached_by_tls(through: Through, tls: Tls, tmp_path: Path) -> None:
    async with serving(application(site_of(tmp_path / "no.db"))) as port:
        asker = through(port)
        answer = await asker.get("/health/live")
        assert (answer.status, json.loads(answer.body)) == (200, {"live": True})
        assert re.fullmatch("nginx", answer.headers["server"]), "no version is told"
        assert (await Asker(asker.port).get("/health/live")).status == 400, "nothing without TLS"
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.load_verify_locations(tls.certificate)
        with pytest.warns(DeprecationWarning):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            await Asker(asker.port, old).get("/health/live")


async def test_the_product_learns_who_asks_and_no_client_says_it_for_him(through: Through) -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await say(send, b"{}")

    async with serving(app, behind_proxy=True) as port:
        asker = through(port)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", asker.port, ssl=asker.tls, local_addr=("127.0.0.7", 0)
        )
        writer.write(
            b"GET /v1/key HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer t\r\n"
            b"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: http\r\n\r\n"
        )
        await reader.read()
        await ended(writer)
    (asked,) = seen
    assert (asked["client"][0], asked["scheme"]) == ("127.0.0.7", "https")
    headers = headers_of(asked)
    assert (headers["authorization"], headers["host"]) == ("Bearer t", "localhost")


async def test_a_big_upload_passes_through_and_is_written_nowhere(through: Through, tmp_path: Path) -> None:
    """The second half is sent when the first has come: a proxy that gathers it all would wait for ever."""
    half, first, written = bytes(4 << 20), asyncio.Event(), list[Path]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        first.set()
        size = len(message["body"]) + (await read(receive) if message["more_body"] else 0)
        written.extend(file for name in TEMPORARY for file in (tmp_path / name).rglob("*") if file.is_file())
        await say(send, b"%d" % size)

    async with serving(app) as port, asyncio.timeout(WAIT):
        asker = through(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", asker.port, ssl=asker.tls)
        writer.write(
            b"POST /v1/scrubs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: text/csv\r\nContent-Length: %d\r\n\r\n" % (2 * len(half)) + half
        )
        await first.wait()
        writer.write(half)
        answer = await reader.read()
        await ended(writer)
    assert answer.endswith(b"\r\n\r\n%d" % (2 * len(half))), answer[:200]
    assert written == []


async def test_a_long_answer_passes_through_and_is_written_nowhere(through: Through, tmp_path: Path) -> None:
    """Its second half is sent when the first is there; a Range goes through, and its 206 comes back."""
    half, arrived, asked = bytes(4 << 20), asyncio.Event(), list[str]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(headers_of(scope)["range"])
        headers = [
            (b"content-length", b"%d" % (2 * len(half))),
            (b"content-range", b"bytes 0-8388607/9000000"),
        ]
        await send({"type": "http.response.start", "status": 206, "headers": headers})
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await arrived.wait()
        await send({"type": "http.response.body", "body": half})

    async with serving(app) as port, asyncio.timeout(WAIT):
        asker = through(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", asker.port, ssl=asker.tls)
        writer.write(
            b"GET /v1/recordings/1/audio HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Range: bytes=0-8388607\r\n\r\n"
        )
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(half))
        arrived.set()
        assert len(await reader.read()) == len(half)
        await ended(writer)
    assert b" 206 " in head and b"content-range: bytes 0-8388607/9000000" in head.lower()
    assert asked == ["bytes=0-8388607"]
    assert [file for name in TEMPORARY for file in (tmp_path / name).rglob("*") if file.is_file()] == []


async def test_what_the_product_says_of_a_body_that_is_too_large_is_what_is_heard(through: Through) -> None:
    """413 in its own words, not in nginx's."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await read(receive)
        await say(send, b'{"code":"too-large"}', 413)

    async with serving(app) as port:
        answer = await through(port).get("/v1/check", "POST", bytes(3 << 20))
    assert (answer.status, answer.body) == (413, b'{"code":"too-large"}')


async def test_a_product_that_is_down_is_a_503_that_a_program_can_read(through: Through) -> None:
    async with serving(nobody) as port:
        pass
    answer = await through(port).get("/v1/check", "POST", b"{}")
    assert answer.status == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    assert json.loads(answer.body)["code"] == "not-now"


async def test_a_dialler_is_told_not_to_dial_by_a_product_that_is_down(through: Through) -> None:
    async with serving(nobody) as port:
        pass
    asker = through(port)
    for path in ("/v1/predial", "/v1/predial/ocs"):
        answer = await asker.get(path, "POST", b"{}")
        assert (answer.status, json.loads(answer.body)["code"]) == (409, "not-now")


async def test_nothing_is_asked_twice(through: Through) -> None:
    """What breaks off is asked again by whoever asked, with his Idempotency-Key; not by a proxy."""
    asked: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
        raise ConnectionAbortedError

    async with serving(app) as port:
        asker = through(port)
        await asker.send(
            b"POST /v1/opt-outs HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
        )
    assert asked == ["/v1/opt-outs"]


async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
    await say(send, b"")


def test_no_body_that_the_product_takes_is_too_large_for_it() -> None:
    (most,) = re.findall(r"^ +client_max_body_size (\d+)g;$", SNIPPET.read_text("utf-8"), re.MULTILINE)
    bounds = [one.most_body for one in endpoints() if isinstance(one.most_body, int)]
    assert int(most) << 30 > max(*bounds, ApiConfig().most_upload_mb << 20)


@pytest.mark.parametrize("page", ["web.md", "web.zh-CN.md"])
def test_the_page_names_the_file(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    assert "deploy/nginx/dialpact.conf" in text
    for setting in re.findall(r"^#     (\w+ = .*)$", SNIPPET.read_text("utf-8"), re.MULTILINE):
        assert setting in text, setting
