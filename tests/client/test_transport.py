"""What the client asks again, what it does not, and what it says then."""

from __future__ import annotations

import contextlib
import io
import itertools
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from dialpact.client.problem import NoAnswer, Problem
from dialpact.client.transport import FIRST_PAUSE, Request, Transport
from tests.client.scripted import CLOSES, Scripted, answer, problem
from tests.web.test_process import certified

POST = Request("POST", "/v1/opt-outs", body=b'{"a":1}', key="k-1")


class Opens(Protocol):
    def __call__(self, url: str, **given: Any) -> Transport: ...


@pytest.fixture
def transport() -> Iterator[Opens]:
    """Opened ones, which wait for nothing."""
    with contextlib.ExitStack() as stack:

        def opened(url: str, **given: Any) -> Transport:
            usual = {"token": "dpk_x_y", "language": "en", "seconds": 10.0, "patience": 20.0}
            made = Transport(url=url, **{**usual, "pause": list[float]().append, **given})
            stack.callback(made.close)
            return made

        yield opened


@pytest.mark.parametrize(
    "first",
    [
        CLOSES,
        answer(201, b'{"id":1}')[:-3],
        problem(503, "not-now", "Retry-After: 0"),
        problem(429, "too-many", "Retry-After: 0"),
        problem(409, "idempotency-under-way", "Retry-After: 0"),
        answer(503, b"<html>", kind="text/html"),
    ],
    ids=["closed", "half an answer", "503", "429", "under way", "a proxy's 503"],
)
def test_what_is_asked_again_has_the_same_key_and_the_same_body(transport: Opens, first: bytes) -> None:
    with Scripted(first, answer(201, b'{"id":1}')) as server:
        assert transport(server.url).ask(POST).body == b'{"id":1}'
    assert server.header("idempotency-key") == ["k-1", "k-1"]
    assert server.bodies == [POST.body, POST.body]


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (problem(422, "invalid"), 422, "invalid"),
        (problem(401, "not-authenticated"), 401, "not-authenticated"),
        (problem(409, "batch-exists"), 409, "batch-exists"),
        (problem(500, "failed"), 500, "failed"),
        (answer(302, b"", "Location: http://127.0.0.1:1/"), 302, ""),
        (answer(413, b"<html>", kind="text/html"), 413, ""),
    ],
)
def test_what_is_not_asked_again(transport: Opens, said: bytes, status: int, code: str) -> None:
    with Scripted(said) as server, pytest.raises(Problem) as raised:
        transport(server.url).ask(POST)
    assert (raised.value.status, raised.value.code) == (status, code)


def test_a_409_that_is_an_answer_is_one(transport: Opens) -> None:
    """Of ``predial``: do not dial. The problem of the same status is none."""
    with Scripted(answer(409, b'{"dial":""}'), problem(409, "taken")) as server:
        one = transport(server.url)
        asked = POST._replace(accept=(409,))
        assert one.ask(asked).status == 409
        with pytest.raises(Problem, match="taken"):
            one.ask(asked)


def test_it_waits_as_long_as_it_is_told_and_else_a_little_longer_each_time(transport: Opens) -> None:
    pauses: list[float] = []
    told = problem(503, "not-now", "Retry-After: 3")
    with Scripted(CLOSES, CLOSES, told, answer(201)) as server:
        transport(server.url, pause=pauses.append).ask(POST)
    assert pauses == [FIRST_PAUSE, 2 * FIRST_PAUSE, 3.0]


def test_its_patience_ends(transport: Opens) -> None:
    with Scripted(problem(503, "not-now", "Retry-After: 30")) as server, pytest.raises(NoAnswer) as raised:
        transport(server.url, patience=29).ask(POST)
    assert raised.value.key == "k-1" and "not-now" in str(raised.value)
    with Scripted(CLOSES) as server, pytest.raises(NoAnswer):
        transport(server.url).ask(POST, patience=0)


def test_whoever_says_nothing_is_not_waited_for(transport: Opens) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        one = transport(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(NoAnswer, match="timed out"):
            one.ask(POST, patience=0, seconds=0.05)


def test_a_token_out_of_a_file(transport: Opens) -> None:
    with Scripted(answer(200)) as server:
        transport(server.url, token="dpk_x_y\n").ask(Request("GET", "/v1/key"))
    assert server.header("authorization") == ["Bearer dpk_x_y"]


def test_nobody_there(transport: Opens) -> None:
    with Scripted() as server:
        pass
    with pytest.raises(NoAnswer, match="refused"):
        transport(server.url, patience=0).ask(POST)


def test_a_file_is_sent_from_its_beginning_each_time(transport: Opens) -> None:
    file = io.BytesIO(bytes(range(256)) * 2000)
    with Scripted(CLOSES, answer(202)) as server:
        transport(server.url).ask(Request("POST", "/v1/scrubs", body=file, kind="text/csv", key="k"))
    assert server.bodies == [file.getvalue()] * 2
    assert server.header("content-type") == ["text/csv"] * 2


def test_what_comes_into_a_file_is_whole_or_comes_again(transport: Opens) -> None:
    into, whole = io.BytesIO(b"what was there before, and longer"), answer(200, b"RIFF1234", kind="audio/wav")
    with Scripted(whole[:-2], whole) as server:
        transport(server.url).ask(Request("GET", "/v1/recordings/1/audio", into=into))
    assert into.getvalue() == b"RIFF1234"


def test_a_refusal_does_not_go_into_the_file(transport: Opens) -> None:
    into = io.BytesIO()
    with Scripted(problem(404, "not-found")) as server, pytest.raises(Problem):
        transport(server.url).ask(Request("GET", "/v1/recordings/1/audio", into=into))
    assert into.getvalue() == b""


def test_a_connection_is_kept_and_says_who_asks(transport: Opens) -> None:
    with Scripted(answer(200), answer(200)) as server:
        one = transport(server.url + "/log/")
        for _ in range(2):
            one.ask(Request("GET", "/v1/calls", {"after": "a b"}))
        assert server.connections == 1
    assert server.requests[0].startswith(b"GET /log/v1/calls?after=a+b HTTP/1.1\r\n")
    assert server.header("authorization") == ["Bearer dpk_x_y"] * 2
    assert server.header("accept-language") == ["en", "en"]
    assert server.header("idempotency-key") == ["", ""]


def test_one_that_was_kept_too_long_is_not_used(transport: Opens) -> None:
    hours = itertools.count(step=3600)
    with Scripted(answer(200), answer(200)) as server:
        one = transport(server.url, patience=99_999, clock=lambda: float(next(hours)))
        one.ask(Request("GET", "/v1/key"))
        one.ask(Request("GET", "/v1/key"))
    assert server.connections == 2


@pytest.mark.parametrize("url", ["http://calls.example", "ftp://127.0.0.1", "127.0.0.1:9080", "https://u@x"])
def test_where_a_key_is_not_sent(transport: Opens, url: str) -> None:
    with pytest.raises(ValueError, match=r"http|key"):
        transport(url)


def test_a_token_that_can_be_none_is_not_shown(transport: Opens) -> None:
    for token in ("", "dpk x", "dpk_é"):
        with pytest.raises(ValueError, match="the token is none") as raised:
            transport("https://calls.example", token=token)
        assert "dpk" not in str(raised.value)


def test_the_key_is_not_shown(transport: Opens) -> None:
    assert "dpk" not in repr(transport("https://calls.example"))


def test_a_certificate_that_nobody_knows_is_not_asked_twice(transport: Opens, tmp_path: Path) -> None:
    files = certified(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(files.certificate, files.private_key)
    pauses: list[float] = []
    asked = Request("GET", "/v1/key")
    with Scripted(CLOSES, tls=tls) as server, pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
        transport(server.url, pause=pauses.append).ask(asked)
    assert pauses == []
    with Scripted(answer(200), tls=tls) as server:
        one = transport(server.url, ca_file=str(files.certificate))
        assert one.ask(asked).status == 200
