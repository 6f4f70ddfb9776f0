"""What every endpoint has: bounds, problems, languages, limits, ETags."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from datetime import date, datetime
from typing import Literal

import msgspec
import pytest

from dialpact.compliance.errors import NotPermitted, StoreBusy, StoreRefused
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.fault import Fault
from dialpact.web.api import answering, keys, problem
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, Paged, Query
from dialpact.web.api.problem import NotFound
from tests.cli.conftest import NUMBER, Home
from tests.cli.test_reload import until
from tests.patience import WAIT
from tests.web.api.client import api, key


class Wanted(Query, frozen=True, kw_only=True):
    since: datetime | None = None
    what: Literal["a", "b"] = "a"
    most: int = 1
    day: date | None = None


class Inner(Body, frozen=True, kw_only=True):
    colour: str


class Thing(Body, frozen=True, kw_only=True):
    name: str
    inner: Inner | None = None


class Said(msgspec.Struct, frozen=True):
    text: str


FAILURES = {
    "fault": Fault("unknown-business", value="x"),
    "conflict": Fault("taken", register="r", entry="x"),
    "unregistered": Fault("not-registered", entry="unregistered"),
    "another": Fault("not-registered", entry="y"),
    "forbidden": NotPermitted("x"),
    "busy": StoreBusy("/secret/path"),
    "refused": StoreRefused(f"UNIQUE {NUMBER}"),
    "missing": NotFound(),
    "disk": OSError(28, "No space left", "/secret/path"),
    "broken": RuntimeError(NUMBER),
    "text": UnicodeError("x"),
    "number": OverflowError("x"),
}


async def look(asked: Asked[Wanted, None]) -> Answer:
    return Answer(body=Said(f"{asked.query.what} {asked.query.most} {asked.number('+8613800138000')}"))


async def make(asked: Asked[Query, Thing]) -> Answer:
    return Answer(status=201, body=Said(asked.body.name), headers={"Location": "/v1/things/1"})


async def fail(asked: Asked[Query, None]) -> Answer:
    raise FAILURES[asked.path["id"]]


async def take(asked: Asked[Query, None]) -> Answer:
    upload = asked.upload
    assert upload is not None
    return Answer(body=Said(f"{upload.bytes} {len(upload.file.read())} {upload.sha256[:8]}"))


async def listed(asked: Asked[Paged, None]) -> Answer:
    return Answer(body=Said(str(asked.query.limit)))


FOUND = (
    Endpoint(
        method="GET", path="/v1/things", scope=Scope.CALLS, summary="s", handle=look, query=Wanted,
        answers={200: Said},
    ),
    Endpoint(
        method="POST", path="/v1/things", scope=Scope.LEADS, summary="s", handle=make, body=Thing,
        answers={201: Said}, most_body=1000,
    ),
    Endpoint(
        method="GET", path="/v1/failures/{id}", scope=Scope.CALLS, summary="s", handle=fail,
        answers={200: Said},
    ),
    Endpoint(
        method="POST", path="/v1/files", scope=Scope.LEADS, summary="s", handle=take, uploads=("text/csv",),
        answers={200: Said}, most_body=3 << 20,
    ),
    Endpoint(
        method="GET", path="/v1/lists", scope=Scope.CALLS, summary="s", handle=listed, query=Paged,
        answers={200: Said},
    ),
)  # fmt: skip


@pytest.fixture
def token(home: Home) -> str:
    return key(home, "crm", "calls", "leads")


def test_what_is_asked_is_read_by_its_types(home: Home, token: str) -> None:
    with api(home, token, FOUND) as client:
        assert client("GET", "/v1/things?what=b&most=7&day=2026-11-24").json == {"text": "b 7 +86138****8000"}
        for query, parameter, code in (
            ("what=c", "what", "bad-value"),
            ("most=x", "most", "bad-type"),
            ("other=1", "other", "unknown-field"),
            ("most=1&most=2", "most", "twice"),
            ("day=2026-13-01", "day", "bad-value"),
            ("since=20261124", "since", "bad-value"),  # (not seconds since 1970)
            ("since=0.5", "since", "bad-value"),
            ("since=24.11.2026", "since", "bad-value"),
        ):
            refused = client("GET", f"/v1/things?{query}")
            assert (refused.status, refused.json["code"]) == (422, "invalid"), query
            (error,) = refused.json["errors"]
            assert (error["parameter"], error["code"]) == (parameter, code), query
        assert client("GET", "/v1/lists?limit=1001").status == 422
        for body, pointer, code in (
            ({}, "#/name", "missing-field"),
            ({"name": 1}, "#/name", "bad-type"),
            ({"name": "x", "number": "1"}, "#/number", "unknown-field"),
            ({"name": "x", "inner": {"colour": None}}, "#/inner/colour", "bad-type"),
            ({"name": "x", "inner": {"colour": "red", "a/b": 1}}, "#/inner/a~1b", "unknown-field"),
            ([], "#", "bad-type"),
        ):
            refused = client("POST", "/v1/things", body)
            (error,) = refused.json["errors"]
            assert (refused.status, error["pointer"], error["code"]) == (422, pointer, code), body
        made = client("POST", "/v1/things", {"name": "x"})
        assert (made.status, made.headers["location"]) == (201, "/v1/things/1")


def test_what_is_no_such_body(home: Home, token: str) -> None:
    with api(home, token, FOUND) as client:
        for raw in (b"", b"{", b'{"name": "\xff"}', b"nul"):
            assert client("POST", "/v1/things", raw=raw).json["code"] == "not-json", raw
        assert client("POST", "/v1/things", raw=b"a" * 1001).status == 413
        assert client("POST", "/v1/things", raw=b"{}", media_type="text/plain").status == 415
        assert client("GET", "/v1/things", raw=b"{}").status == 413
        big = client("POST", "/v1/files", raw=b"a" * (2 << 20), media_type="text/csv; charset=utf-8")
        assert big.json["text"].startswith("2097152 2097152 ")
        assert client("POST", "/v1/files", raw=b"a" * ((3 << 20) + 1), media_type="text/csv").status == 413


def test_nothing_is_there_and_not_so(home: Home, token: str) -> None:
    with api(home, token, FOUND) as client:
        assert client("GET", "/v1/nothing").json["code"] == "not-found"
        refused = client("DELETE", "/v1/things")
        assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, POST")
        assert client("HEAD", "/v1/things").body == b""


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("fault", 422, "unknown-business"),
        ("conflict", 409, "taken"),
        ("unregistered", 404, "not-found"),
        ("another", 422, "not-registered"),
        ("forbidden", 403, "not-permitted"),
        ("busy", 503, "not-now"),
        ("refused", 422, "refused"),
        ("missing", 404, "not-found"),
        ("disk", 503, "not-now"),
        ("broken", 500, "failed"),
        ("text", 422, "refused"),
        ("number", 422, "refused"),
    ],
)
def test_a_failure_is_a_problem(home: Home, token: str, what: str, status: int, code: str) -> None:
    with api(home, token, FOUND) as client:
        english = client("GET", f"/v1/failures/{what}")
        chinese = client("GET", f"/v1/failures/{what}", language="zh-CN,zh;q=0.9")
    for said in (english, chinese):
        assert said.headers["content-type"] == "application/problem+json"
        assert (said.status, said.json["status"], said.json["code"]) == (status, status, code)
        assert NUMBER.encode() not in said.body and b"secret" not in said.body
        assert said.headers["x-content-type-options"] == "nosniff"
    assert english.json["detail"].isascii() and not chinese.json["detail"].isascii()
    assert (english.headers["content-language"], chinese.headers["content-language"]) == ("en", "zh")
    if status == 503:
        assert english.headers["retry-after"] == "1"


def test_so_many_a_minute(home: Home) -> None:
    text = home.config.read_text("utf-8")
    home.config.write_text(text.replace("requests_per_minute = 15000", "requests_per_minute = 3"), "utf-8")
    token, other = key(home, "crm", "calls"), key(home, "other", "calls")
    with api(home, token, FOUND) as client:
        for left in (2, 1, 0):
            said = client("GET", "/v1/key")
            assert said.status == 200
            assert said.headers["ratelimit-policy"] == '"requests";q=3;w=60'
            assert re.fullmatch(rf'"requests";r={left};t=(60|5[0-9])', said.headers["ratelimit"])
        refused = client("GET", "/v1/key")
        assert (refused.status, refused.json["code"]) == (429, "too-many")
        assert 50 <= int(refused.headers["retry-after"]) <= 60
        assert client.by(other)("GET", "/v1/key").status == 200
        for _ in range(60):
            assert client.by("x")("GET", "/v1/key").status == 401
        assert client.by("x")("GET", "/v1/key").json["code"] == "too-many-failures"
        assert client.by(other)("GET", "/v1/key").status == 200, "who has a key is not kept out by others"


def test_one_key_keeps_nobody_out(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """However slowly it sends, and however much of it at a time."""
    monkeypatch.setattr(keys, "MOST_AT_ONCE", 3)
    token, other = key(home, "crm", "calls"), key(home, "other", "calls")
    head = f"POST /v1/calls/search HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
    with api(home, token, FOUND) as client, contextlib.ExitStack() as stack:
        for _ in range(3):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", client.asker.port)))
            slow.settimeout(WAIT)
            slow.sendall(head.encode())
            assert slow.recv(100).startswith(b"HTTP/1.1 100 ")
        refused = client("GET", "/v1/key")
        assert (refused.status, refused.json["code"]) == (429, "too-many")
        assert refused.headers["retry-after"] == "1"
        assert client.by(other)("GET", "/v1/key").status == 200
        stack.close()
        until(lambda: client("GET", "/v1/key").status == 200)


def test_a_key_that_is_revoked_while_it_sends_opens_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it may take for a list to come."""
    monkeypatch.setattr(answering, "SLOW", 0.0)
    token = key(home, "crm", "calls")
    body = json.dumps({"number": NUMBER}).encode()
    head = f"POST /v1/calls/search HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    head += "Connection: close\r\nExpect: 100-continue\r\n\r\n"
    with api(home, token, FOUND) as client:
        assert client("POST", "/v1/calls/search", {"number": NUMBER}).status == 200
        with socket.create_connection(("127.0.0.1", client.asker.port)) as slow:
            slow.settimeout(WAIT)
            slow.sendall(head.encode())
            assert slow.recv(100).startswith(b"HTTP/1.1 100 ")
            home.run("api-key", "revoke", "crm", "--reason", "lost")
            slow.sendall(body)
            with slow.makefile("rb") as said:
                assert said.readline().startswith(b"HTTP/1.1 401 ")


def test_what_one_has_already_is_not_sent_again(home: Home, token: str) -> None:
    with api(home, token, FOUND) as client:
        first = client("GET", "/v1/things")
        tag = first.headers["etag"]
        for wanted in (tag, f'"x", W/{tag}', "*"):
            again = client("GET", "/v1/things", headers={"If-None-Match": wanted})
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert client("GET", "/v1/things?most=2", headers={"If-None-Match": tag}).status == 200


def test_why_a_key_may_not_is_said_in_its_language() -> None:
    limited = problem.response(NotPermitted("crm: of all businesses"), "zh")
    assert "crm: 涉及所有企业" in msgspec.json.decode(limited.body)["detail"]
    other = problem.response(NotPermitted("crm: calls"), "zh")
    assert "crm: calls" in msgspec.json.decode(other.body)["detail"]
