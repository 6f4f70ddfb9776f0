"""Evidence packages over HTTP: made by a worker, given whole or in parts, to whom the calls belong."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest

from dialpact.application.evidence import check
from tests.cli.conftest import NUMBER, Home
from tests.cli.evidence.packages import judged, recorded, signer
from tests.patience import WAIT
from tests.web.api import job_made
from tests.web.api.client import Client, api, key
from tests.web.api.job_made import CONTENT

ID = "ab" * 16
PACKAGE = f"/v1/evidence-packages/{ID}"
FILE = f"{PACKAGE}/file"
TAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'


def over(client: Client, path: str) -> Any:
    """What it is when it is over."""
    until = time.monotonic() + WAIT
    while (said := client("GET", path).json)["state"] in ("queued", "running"):
        assert time.monotonic() < until
        time.sleep(0.05)
    return said


@pytest.fixture
def call(stocked: Home) -> str:
    made = judged(stocked)
    recorded(stocked, made, "a")
    return made


def test_it_is_made_and_verifies(stocked: Home, call: str) -> None:
    token = key(stocked, "crm", "evidence", businesses="acme")
    with api(stocked, token, works=True) as client:
        asked = {"callee": NUMBER, "reason": "12321"}
        first = client("POST", "/v1/evidence-packages", asked, key="k-1")
        assert (first.status, first.json["calls"]) == (202, [call])
        path = first.headers["location"]
        assert path == f"/v1/evidence-packages/{first.json['id']}"
        assert client("POST", "/v1/evidence-packages", asked, key="k-1").json["id"] == first.json["id"]
        done = over(client, path)
        assert (done["state"], done["error"]) == ("done", None)
        assert (done["progress"], done["result"]["findings"]) == ({"done": 1, "of": 1}, [])
        assert done["result_until"] > done["finished_at"] > done["started_at"]
        given = client("GET", f"{path}/file")
        (listed,) = client("GET", "/v1/evidence-packages").json["items"]
        assert listed == done
    assert given.headers["content-type"] == "application/zip"
    assert hashlib.sha256(given.body).hexdigest() == done["result"]["sha256"]
    (stocked.path / "given.zip").write_bytes(given.body)
    verdict = check.examine(stocked.path / "given.zip", signer(stocked).verifier)
    assert verdict.valid and verdict.made_by == "api:crm"


def test_what_can_not_be_asked(stocked: Home, call: str) -> None:
    stocked.run("business", "add", "beta", "--name", "Beta", "--actor", "own-business")
    token, other = key(stocked, "crm", "evidence"), key(stocked, "o", "evidence", businesses="beta")
    with api(stocked, token) as client:
        for body, code in (
            ({}, "evidence-of-what"),
            ({"call": call, "callee": NUMBER}, "evidence-of-what"),
            ({"call": call, "caller_id": "1"}, "evidence-callee-only"),
            ({"callee": NUMBER, "within": 5}, "evidence-within-what"),
            ({"call": "f" * 32}, "not-registered"),
            ({"callee": "13900139000"}, "evidence-no-call"),
            ({"complaint": 7}, "not-registered"),
        ):
            refused = client("POST", "/v1/evidence-packages", body, language="zh")
            assert (refused.status, refused.json["code"]) == (422, code), body
            assert not refused.json["detail"].isascii(), body  # in words, of the asked language
        for body, code in (({"call": call}, "not-registered"), ({"callee": NUMBER}, "evidence-no-call")):
            refused = client.by(other)("POST", "/v1/evidence-packages", body)
            assert (refused.status, refused.json["code"]) == (422, code), body
        assert client("GET", "/v1/evidence-packages").json == {"items": [], "next": ""}


def test_whole_a_range_or_nothing_new(stocked: Home) -> None:
    job_made.package(stocked, ID, "f" * 32, ("acme",))
    with api(stocked, key(stocked, "crm", "evidence")) as client:

        def get(method: str = "GET", **headers: str) -> Any:
            return client(method, FILE, headers={name.replace("_", "-"): v for name, v in headers.items()})

        whole = get()
        assert (whole.status, whole.body, whole.headers["etag"]) == (200, CONTENT, TAG)
        assert whole.headers["accept-ranges"] == "bytes"
        part = get(Range="bytes=10-19")
        assert (part.status, part.body) == (206, CONTENT[10:20])
        assert part.headers["content-range"] == f"bytes 10-19/{len(CONTENT)}"
        assert get(Range="bytes=-5").body == CONTENT[-5:]
        assert get(Range="bytes=1-2,4-5").status == 200
        assert get(Range="bytes=5000-").status == 416
        assert get(Range="bytes=0-1", If_Range='"x"').status == 200
        unchanged = get(If_None_Match=TAG)
        assert (unchanged.status, unchanged.body) == (304, b"")
        assert get(If_Match='"x"').status == 412
        head = get("HEAD")
        assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(CONTENT)))


def test_what_is_there_no_more_and_not_yet(stocked: Home, call: str) -> None:
    job_made.package(stocked, ID, call, ("acme",))
    with api(stocked, key(stocked, "crm", "evidence")) as client:
        waiting = client("POST", "/v1/evidence-packages", {"call": call}).headers["location"]
        refused = client("GET", f"{waiting}/file")
        assert (refused.status, refused.json["code"]) == (409, "job-not-done")
        cancelled = client("DELETE", waiting)
        assert (cancelled.status, cancelled.json["state"]) == (200, "cancelled")
        assert client("DELETE", waiting).json == cancelled.json
        gone = client("DELETE", PACKAGE)
        assert (gone.status, gone.json["state"], gone.json["result_until"]) == (200, "expired", None)
        refused = client("GET", FILE, language="zh")
        assert (refused.status, refused.json["code"]) == (410, "job-expired")
        assert "不再保存" in refused.json["detail"]
        for unknown in ("f" * 32, "x", "%00", "..%2f"):
            assert client("GET", f"/v1/evidence-packages/{unknown}").status == 404


def test_it_is_not_asked_for_without_end(stocked: Home, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialpact.application.jobs.queue.MOST_WAITING", 1)
    with api(stocked, key(stocked, "crm", "evidence")) as client:
        assert client("POST", "/v1/evidence-packages", {"call": call}).status == 202
        refused = client("POST", "/v1/evidence-packages", {"call": call})
        assert (refused.status, refused.json["code"]) == (409, "jobs-waiting")
