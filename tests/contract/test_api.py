"""The kit's API and a real ``dialpact web`` on the same database: the same request, the same answer."""

from __future__ import annotations

import http.client
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from dialpact.testing import Api
from dialpact.testing.api import EVERYTHING
from tests.patience import WAIT
from tests.web.program import free_address, program, web

CONFIG = """
[store]
url = "sqlite:{database}"
[trunks.carrier]
endpoint = "carrier"
[ledger]
key_file = "{key}"
[recording]
directory = "{recordings}"
min_free_mb = 1
[api]
secret_file = "{secret}"
[web]
listen = "{listen}"
"""
CALL = {"campaign": "loans", "caller_id": "02788880007"}
JSON = {"Content-Type": "application/json"}


class Request(NamedTuple):
    method: str
    path: str
    body: object = None
    headers: Mapping[str, str] = {}
    token: str = "all"  # the name of a key; empty: none


REQUESTS = (
    Request("GET", "/v1/openapi.json", token=""),
    Request("GET", "/v1/key"),
    Request("GET", "/v1/key", token=""),
    Request("GET", "/v1/nowhere"),
    Request("DELETE", "/v1/key"),
    Request("POST", "/v1/check", {"number": "13800138000", **CALL}),
    Request("POST", "/v1/check", {"number": "13800138000", **CALL}, {"Accept-Language": "zh"}),
    Request("POST", "/v1/check", {"number": "13800138000", **CALL, "at": "2026-11-24T12:00:00+08:00"}),
    Request("POST", "/v1/check", {"number": "13800138000", "kampagne": "x"}, {"Accept-Language": "zh"}),
    Request("POST", "/v1/check", b"{", JSON),
    Request("POST", "/v1/check", b"number=1", {"Content-Type": "application/x-www-form-urlencoded"}),
    Request("POST", "/v1/check", {"number": "13800138000", **CALL}, token="calls"),
    Request("POST", "/v1/predial", {"number": "13800138000", **CALL}),
    Request("POST", "/v1/predial", {"number": "13900139000", **CALL}, {"Idempotency-Key": "a"}),
    Request("POST", "/v1/predial", {"number": "13900139000", **CALL}, {"Idempotency-Key": "a"}),
    Request("GET", "/v1/calls?verdict=BLOCK&limit=1", token="calls"),
    Request("POST", "/v1/calls/search", {"number": "13800138000"}),
    Request("POST", "/v1/opt-outs", {"number": "13800138000"}, {"Idempotency-Key": "b"}, "limited"),
    Request("POST", "/v1/opt-outs", {"number": "13800138000"}, {"Idempotency-Key": "b"}, "limited"),
    Request("POST", "/v1/opt-outs", {"number": "13800138001"}, {"Idempotency-Key": "b"}, "limited"),
    Request("POST", "/v1/opt-outs", {"number": "1", "scope": "business", "value": "other"}, token="limited"),
    Request("POST", "/v1/check", {"number": "13800138000", **CALL}),
    Request("POST", "/v1/consents", {"number": "13900139000", "business": "acme", "industry": "loans"}),
    Request("POST", "/v1/consents/evidence", b"%PDF-1.4", {"Content-Type": "application/pdf"}),
    Request(
        "POST",
        "/v1/leads",
        {"campaign": "loans", "partner": "p", "contract": "k", "basis": "b", "numbers": ["13900139000"]},
    ),
    Request("GET", "/v1/leads/2"),
    Request("POST", "/v1/scripts", {"id": "pitch-2", "text": "Good day."}),
    Request("GET", "/v1/recordings"),
    Request("GET", "/v1/incidents"),
    Request("GET", "/v1/inspections?from=2026-11", token="limited"),
    Request("GET", "/v1/scrubs"),
    Request("GET", "/v1/evidence-packages/0"),
    Request("GET", "/v1/webhooks"),
)


class Said(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: object


@pytest.fixture
def tokens(dialpact_api: Api) -> Mapping[str, str]:
    return {
        "": "",
        "all": dialpact_api.key("all", scopes=EVERYTHING),
        "calls": dialpact_api.key("calls", scopes=["calls"]),
        "limited": dialpact_api.key("limited", scopes=["opt-out", "calls"], businesses=["acme"]),
    }


@pytest.fixture
def real(dialpact_api: Api, tokens: Mapping[str, str], tmp_path: Path) -> Iterator[str]:
    """The address of a process that has a copy of the story's database, and its secrets."""
    config = dialpact_api.site.config
    dialpact_api.stops()  # nobody writes while it is copied
    listen = free_address()
    written = CONFIG.format(
        database=shutil.copy(config.database, tmp_path / "copy.db"),
        key=shutil.copy(config.path(config.ledger.key_file), tmp_path / "copy.key"),
        secret=shutil.copy(config.path(config.api.secret_file), tmp_path / "copy.secret"),
        recordings=config.recording.directory,
        listen=listen,
    )
    (tmp_path / "dialpact.toml").write_text(written, "utf-8")
    dialpact_api.starts()
    with web(program(tmp_path), tmp_path):
        yield f"http://{listen}"


def ask(url: str, request: Request, token: str) -> Said:
    content = request.body if isinstance(request.body, bytes) else json.dumps(request.body).encode()
    headers = {**(JSON if isinstance(request.body, dict) else {}), **request.headers}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=WAIT)
    try:
        connection.request(request.method, request.path, None if request.body is None else content, headers)
        answer = connection.getresponse()
        body = answer.read().decode("utf-8")
    finally:
        connection.close()
    # What is made anew each time: ids, hashes, cursors; and how much is left of a minute.
    body = re.sub(r"[0-9a-f]{32,64}", "…", body)
    body = re.sub(r'"next":"[^"]+"', '"next":"…"', body)
    found = {name.lower(): value for name, value in answer.getheaders()}
    kept = {
        name: found[name]
        for name in sorted(found.keys() - {"date", "content-length", "ratelimit", "etag", "location"})
    }
    return Said(answer.status, kept, json.loads(body) if body else None)


def test_each_request_has_the_same_answer_of_both(
    dialpact_api: Api, real: str, tokens: Mapping[str, str]
) -> None:
    for request in REQUESTS:
        token = tokens[request.token]
        assert ask(dialpact_api.url, request, token) == ask(real, request, token), request
    assert dialpact_api.refused(), "some are refused"
    statuses = {one.status for one in dialpact_api.asked}
    assert {200, 201, 400, 401, 403, 404, 405, 409, 415, 422} <= statuses
