"""``dialpact web``: what it serves, its bounds, who may reach it, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from dialpact.compliance import config as configuration
from dialpact.compliance.addresses import is_loopback
from dialpact.web import process
from dialpact.web.app import application
from dialpact.web.bounds import Bounds
from dialpact.web.process import Tls
from dialpact.web.site import Site
from tests.cli.conftest import Home
from tests.patience import WAIT
from tests.web.asking import Asker, asking, serving, site_of


def pages(_: Site) -> Sequence[BaseRoute]:
    async def echo(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def broken(_: Request) -> Response:
        raise RuntimeError("13800138000")

    return [Route("/echo", echo, methods=["POST"]), Route("/broken", broken)]


async def test_routes_come_from_modules_and_nothing_else_is_there(tmp_path: Path) -> None:
    async with asking(tmp_path / "no.db", (pages,)) as asker:
        assert (await asker.get("/echo", "POST", b"abc")).body == b"3"
        for path, method, status in (("/", "GET", 404), ("/echo", "GET", 405), ("/health/live", "GET", 404)):
            answer = await asker.get(path, method)
            assert answer.status == status and "error" in json.loads(answer.body)
    async with asking(tmp_path / "no.db") as asker:
        assert json.loads((await asker.get("/health/live")).body) == {"live": True}
        assert (await asker.get("/health/live", "HEAD")).body == b""
        for path in ("/health/live/", "/checkpoint/", "/tile"):  # no way to another host by a Host of his own
            assert (await asker.get(path)).status == 404


async def test_what_breaks_is_an_answer_without_a_word_of_ours(tmp_path: Path) -> None:
    async with asking(tmp_path / "no.db", (pages,)) as asker:
        answer = await asker.get("/broken")
        assert (answer.status, answer.body) == (500, b'{"error":"failed"}\n')
        assert "server" not in answer.headers


async def test_a_key_that_can_not_be_read_or_does_not_fit_is_named(tmp_path: Path) -> None:
    tls = certified(tmp_path)
    (tmp_path / "none.pem").write_text("")
    for key in ("missing.pem", "none.pem"):
        wrong = Tls(certificate=tls.certificate, private_key=tmp_path / key)
        with pytest.raises(OSError, match=key):
            await process.serve(
                PlainTextResponse(""), process.bound("127.0.0.1", 0), wrong, asyncio.Event(), lambda: None
            )


def test_an_address_that_can_not_be_had_is_named() -> None:
    taken = process.bound("127.0.0.1", 0)
    port = taken.getsockname()[1]
    taken.listen()
    with taken, pytest.raises(OSError, match=f"127.0.0.1:{port}: Address already in use"):
        process.bound("127.0.0.1", port)


async def test_a_body_has_a_bound(tmp_path: Path) -> None:
    async with asking(tmp_path / "no.db", (pages,)) as asker:
        assert (await asker.get("/echo", "POST", bytes(1 << 20))).body == b"1048576"
        assert (await asker.get("/echo", "POST", bytes((1 << 20) + 1))).status == 413


async def test_an_answer_has_its_time() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    async with serving(Bounds(slow, seconds=0.01)) as port:
        assert (await Asker(port).get("/")).status == 503


async def test_half_an_answer_is_no_answer() -> None:
    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"10")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"12345", "more_body": True})
        await asyncio.Event().wait()

    async with serving(Bounds(half, seconds=0.05)) as port:
        raw = await Asker(port).send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.endswith(b"12345")


@pytest.mark.parametrize(
    ("said", "behind_proxy", "host"),
    [
        ("203.0.113.9", True, "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", True, "203.0.113.9"),
        ("", True, "127.0.0.1"),
        ("203.0.113.9", False, "127.0.0.1"),
    ],
)
async def test_who_asks_is_said_by_a_proxy_that_was_announced(
    said: str, behind_proxy: bool, host: str
) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["client"][0])
        await PlainTextResponse()(scope, receive, send)

    async with serving(app, behind_proxy=behind_proxy) as port:
        head = f"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: {said}\r\n\r\n"
        await Asker(port).send(head.encode())
    assert seen == [host]


async def test_a_proxy_is_known_where_both_kinds_of_addresses_come_in() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["client"][0])
        await PlainTextResponse()(scope, receive, send)

    async with serving(app, behind_proxy=True, host="::") as port:
        head = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"
        await Asker(port).send(head.encode())
    assert seen == ["203.0.113.9"]


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: "], ids=["nothing", "half a head"])
async def test_who_says_nothing_or_half_is_cut(tmp_path: Path, said: bytes) -> None:
    async with serving(application(site_of(tmp_path / "no.db"), (pages,)), head_seconds=0.05) as port:
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            if not await Asker(port).send(said):
                raise ConnectionError
        assert (await Asker(port).get("/")).status == 404


async def test_nobody_is_kept_out_by_many_who_only_connect(tmp_path: Path) -> None:
    """With half a head, or none: whoever asks something has his turn."""
    async with contextlib.AsyncExitStack() as stack:
        port = await stack.enter_async_context(serving(application(site_of(tmp_path / "no.db"), (pages,))))
        for place in range(process.MOST_OPEN + 44):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writer.write(b"GET / HT" if place % 2 else b"")
        for _ in range(3):
            assert (await Asker(port).get("/")).status == 404


@pytest.mark.parametrize(
    "request_", [b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", b"\xff\x00\r\n\r\n", b"GET  \r\n\r\n"]
)
async def test_what_is_no_request_is_refused(tmp_path: Path, request_: bytes) -> None:
    async with asking(tmp_path / "no.db") as asker:
        assert b" 400 " in (await asker.send(request_))[:16]
        assert (await asker.get("/health/live")).status == 200


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *[(host, True) for host in ("127.0.0.1", "127.8.9.1", "::1", "localhost")],
        *[(host, False) for host in ("0.0.0.0", "::", "192.0.2.1", "pbx.example")],
    ],
)
def test_what_reaches_only_this_host(host: str, here: bool) -> None:
    assert is_loopback(host) is here


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('listen = "127.0.0.1:9080"', 'listen = "0.0.0.0:0"', "reached from other hosts"),
        ('listen = "127.0.0.1:9080"', 'listen = "[::]:0"', "reached from other hosts"),
        ('certificate = ""', 'certificate = "c.pem"', "both or none"),
        ('listen = "127.0.0.1:9080"', 'listen = "9080"', "not HOST:PORT"),
        ('base_url = ""', 'base_url = "ftp://x"', "base_url"),
        ('base_url = ""', 'base_url = "https://x/"', "base_url"),
    ],
)
def test_what_it_does_not_start_with(home: Home, old: str, new: str, why: str) -> None:
    text = home.config.read_text("utf-8")
    assert old in text
    home.config.write_text(text.replace(old, new), "utf-8")
    assert why in home("web", code=1)["error"]


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [(None, 0, "No such file"), ("00" * 32, 0o644, "others can read it"), ("00", 0o600, "not of 32 bytes")],
)
def test_it_does_not_start_where_no_question_could_be_answered(
    home: Home, content: str | None, mode: int, why: str
) -> None:
    vkey = home("ledger", "key")["verifier_key"]
    with home.config.open("a", encoding="utf-8") as file:
        file.write(f'\n[supervision]\nurl = "https://x.example"\nvkey = "{vkey}"\n')
    if content is not None:
        (home.path / "supervision.secret").write_text(content)
        (home.path / "supervision.secret").chmod(mode)
    error = home("web", code=1)["error"]
    assert "[supervision] secret_file" in error and why in error


def test_an_address_is_where_others_reach_it(home: Home) -> None:
    for given in ("https://calls.example", "https://calls.example:8443/log/pbx1", "http://127.0.0.1:9080"):
        text = home.config.read_text("utf-8")
        home.config.write_text(text.replace('base_url = ""', f'base_url = "{given}"'), "utf-8")
        assert configuration.load(home.config).web.base_url == given
        home.config.write_text(text, "utf-8")


def certified(folder: Path) -> Tls:
    made = Tls(certificate=folder / "c.pem", private_key=folder / "k.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", made.private_key, "-out", made.certificate),
        ],
        check=True,
        capture_output=True,
    )
    return made


async def test_tls_by_file(tmp_path: Path) -> None:
    tls = await asyncio.to_thread(certified, tmp_path)
    context = ssl.create_default_context(cafile=tls.certificate)
    async with serving(application(site_of(tmp_path / "no.db")), tls) as port:
        assert (await Asker(port, context).get("/health/live")).status == 200
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.load_verify_locations(tls.certificate)
        with pytest.warns(DeprecationWarning):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionResetError)):  # (the alert, or the end that overtook it)
            await Asker(port, old).get("/health/live")


def test_a_real_process_starts_and_stops_in_order(home: Home, tmp_path: Path) -> None:
    """READY when it answers; SIGTERM: STOPPING, exit 0. A new start has the same port at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = home.config.read_text("utf-8")
    home.config.write_text(text.replace("127.0.0.1:9080", f"127.0.0.1:{port}"), "utf-8")
    program = "from dialpact.cli.app import main; main()"
    for _ in range(2):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            place = tmp_path / "notify"
            place.unlink(missing_ok=True)
            line.bind(str(place))
            line.settimeout(WAIT)
            child = subprocess.Popen(
                [sys.executable, "-c", program, "--config", home.config, "web"],
                env={**os.environ, "NOTIFY_SOCKET": str(place)},
                stderr=subprocess.PIPE,
            )
            try:
                assert line.recv(64) == b"READY=1"
                answer = asyncio.run(Asker(port).get("/health/live"))
                assert answer.status == 200
                child.send_signal(signal.SIGTERM)
                assert line.recv(64) == b"STOPPING=1"
                _, log = child.communicate(timeout=WAIT)
            finally:
                child.kill()
                child.wait(WAIT)
                assert child.stderr
                child.stderr.close()
            assert child.returncode == 0, log
            assert b'"event": "stopped"' in log


async def test_what_is_small_is_sent_at_once() -> None:
    """An answer is two writes: with Nagle's algorithm the second waits for the asker's delayed ACK, 40 ms."""
    told: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    class Looking(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            line = transport.get_extra_info("socket")
            told.set_result(line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    listening = process.bound("127.0.0.1", 0)
    server = await asyncio.get_running_loop().create_server(Looking, sock=listening)
    async with server:
        _, writer = await asyncio.open_connection(*listening.getsockname())
        assert await asyncio.wait_for(told, WAIT)
        writer.close()
        await writer.wait_closed()
