"""What programs send: the fields of a request, its query, its body. An input is these, a line each."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request

from dialpact.compliance.registers import api_key
from dialpact.compliance.texts import LANGUAGES
from dialpact.web.api import idempotency, problem, reading
from dialpact.web.api.endpoint import NoQuery
from dialpact.web.api.language import language
from dialpact.web.api.problem import Problem, Refusal
from dialpact.web.api.reading import Sent
from dialpact.web.api.routing import endpoints
from tests.fuzz.engine import Target

SAMPLE = b'zh-CN,zh;q=0.9\n"a-1"\n' + api_key.new_token("crm").encode() + b"\nlimit=10&after=WzFd\n{}"


def request(data: bytes) -> None:
    """Each field is taken, or refused as a problem that can be said in both languages."""
    accepted, name, token, asked, body = (*data.split(b"\n", 4), *[b""] * 5)[:5]
    assert language(accepted.decode("latin-1")) in LANGUAGES
    assert api_key.named(token.decode("latin-1")).isascii()
    _tried(lambda: idempotency.name(name.decode("latin-1")))
    sent = Sent(body, None, reading.JSON, "")
    for endpoint in endpoints():
        scope = {"type": "http", "method": endpoint.method, "headers": [], "query_string": _ascii(asked)}
        _tried(lambda: reading.query(Request(scope), endpoint.query or NoQuery, "en"))  # noqa: B023
        if endpoint.body is not None:
            _tried(lambda: reading.body(sent, endpoint.body, "zh"))  # noqa: B023


def _ascii(text: bytes) -> bytes:
    """A server hands on no other."""
    return bytes(byte for byte in text if 0x21 <= byte < 0x7F)


def _tried(what: Any) -> None:
    try:
        what()
    except Refusal as refusal:
        for said in LANGUAGES:
            answer = problem.response(refusal, said)
            told = msgspec.json.decode(answer.body, type=Problem)
            assert 400 <= told.status < 500 and told.status == answer.status_code and told.detail


PROGRAMS = {
    "api-request": Target(
        "api-request",
        [SAMPLE],
        request,
        (b"%00", b"%ff", b"&", b"=", b";q=", b"\\ud800", b"[[[[", b"true", b"2026-11-24T10:00:00+08:00"),
        examples=150,
    )
}
