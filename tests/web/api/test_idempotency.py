"""A POST that comes twice is done once, whatever happens in between."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from typing import Any

import msgspec
import pytest

from dialpact.compliance.errors import StoreBusy
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.fault import Fault
from dialpact.testing.clock import FixedClock
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, Query
from tests.cli.conftest import NUMBER, Home
from tests.patience import WAIT
from tests.web.api.client import Client, api, key
from tests.web.asking import Asker


class Wanted(Body, frozen=True, kw_only=True):
    number: str = ""


class Count(msgspec.Struct, frozen=True):
    count: int
    act: str


class Desk:
    """Counts how often it is asked to do something. ``fails``: with what, once."""

    def __init__(self) -> None:
        self.count = 0
        self.fails: Exception | None = None
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    async def handle(self, asked: Asked[Query, Wanted]) -> Answer:
        self.begun.set()
        await asyncio.to_thread(self.go_on.wait, WAIT)
        self.count += 1
        failing, self.fails = self.fails, None
        if failing:
            raise failing
        return Answer(
            status=201, body=Count(self.count, asked.again.act), headers={"Location": f"/v1/x/{self.count}"}
        )

    def endpoint(self, path: str) -> Endpoint[Query, Wanted]:
        return Endpoint(
            method="POST", path=path, scope=Scope.LEADS, summary="s", handle=self.handle, body=Wanted,
            answers={201: Count},
        )  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return Desk()


def opened(home: Home, desk: Desk) -> Any:
    return api(home, key(home, "crm", "leads"), (desk.endpoint("/v1/x"), desk.endpoint("/v1/y")))


def test_the_same_twice_is_done_once(home: Home, desk: Desk) -> None:
    with opened(home, desk) as client:
        first = client("POST", "/v1/x", {"number": NUMBER}, key="a-1")
        again = client("POST", "/v1/x", {"number": NUMBER}, key='"a-1"', language="zh")
        assert (first.status, first.body, first.headers["location"]) == (
            again.status,
            again.body,
            again.headers["location"],
        )
        assert again.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers
        assert desk.count == 1
        assert client("POST", "/v1/x", {"number": NUMBER}).json["count"] == 2, "nobody asked for that"
        assert client("POST", "/v1/x", {"number": NUMBER}, key="a-2").json["count"] == 3
    database = b"".join(path.read_bytes() for path in home.path.glob("dialpact.db*"))
    assert NUMBER.encode() not in database, "of the request a keyed hash is kept"


def test_another_request_under_the_same_name_is_refused(home: Home, desk: Desk) -> None:
    other = key(home, "other", "leads")
    with opened(home, desk) as client:
        assert client("POST", "/v1/x", {"number": "1"}, key="a").status == 201
        for path, body in (("/v1/x", {"number": "2"}), ("/v1/y", {"number": "1"}), ("/v1/x", {})):
            refused = client("POST", path, body, key="a")
            assert (refused.status, refused.json["code"]) == (422, "idempotency-other")
        assert desk.count == 1
        assert client.by(other)("POST", "/v1/x", {"number": "2"}, key="a").status == 201, (
            "a name is a key's own"
        )
        for bad in ("", " ", '""', "a" * 256, "a b"):
            assert client("POST", "/v1/x", {}, key=bad).json["code"] == "idempotency-key"


def test_one_that_is_under_way(home: Home, desk: Desk) -> None:
    with opened(home, desk) as client:
        desk.go_on.clear()
        told: list[Any] = []
        first = threading.Thread(target=lambda: told.append(client("POST", "/v1/x", {}, key="a")))
        first.start()
        assert desk.begun.wait(WAIT)
        refused = client("POST", "/v1/x", {}, key="a")
        assert (refused.status, refused.json["code"]) == (409, "idempotency-under-way")
        assert refused.headers["retry-after"] == "1"
        desk.go_on.set()
        first.join(WAIT)
        assert told[0].status == 201
        assert client("POST", "/v1/x", {}, key="a").body == told[0].body
    assert desk.count == 1


def test_a_fault_is_an_answer_and_a_failure_is_none(home: Home, desk: Desk) -> None:
    with opened(home, desk) as client:
        desk.fails = Fault("unknown-business", value="x")
        assert client("POST", "/v1/x", {}, key="a").status == 422
        assert client("POST", "/v1/x", {}, key="a").json["code"] == "unknown-business"
        assert desk.count == 1
        for failing, status in ((StoreBusy(), 503), (RuntimeError(), 500)):
            desk.fails = failing
            name = f"b-{status}"
            assert client("POST", "/v1/x", {}, key=name).status == status
            assert client("POST", "/v1/x", {}, key=name).status == 201
        assert client("POST", "/v1/x", raw=b"{", key="c").status == 400
        assert client("POST", "/v1/x", {}, key="c").status == 201, "what is no request was none"


def test_for_a_day(home: Home, desk: Desk) -> None:
    clock = FixedClock()
    home.machine = type(home.machine)(clock=clock)
    with opened(home, desk) as client:
        first = client("POST", "/v1/x", {}, key="a")
        clock.forward(hours=24, seconds=-1)
        assert client("POST", "/v1/x", {}, key="a").body == first.body
        clock.forward(seconds=1)
        assert client("POST", "/v1/x", {"number": "2"}, key="a").json["count"] == 2


def started(home: Home, how: str) -> tuple[subprocess.Popen[str], Asker]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.web.api.cut_off", str(home.config), how],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, Asker(int(process.stdout.readline()))


def test_killed_between_the_act_and_its_answer(home: Home) -> None:
    """By SIGKILL. Who asks again is told what was done; it is not done again, as each try would do."""
    token = key(home, "crm", "leads")
    process, asker = started(home, "die")
    with process, pytest.raises((ConnectionError, ValueError, IndexError)):
        Client(asker, token)("POST", "/v1/added", {"name": "x"}, key="a")
    assert process.wait(WAIT) == -signal.SIGKILL
    (added,) = home("business", "list")
    process, asker = started(home, "live")
    try:
        said = Client(asker, token)("POST", "/v1/added", {"name": "x"}, key="a")
        assert said.status == 201 and added["name"] == "x"
        assert Client(asker, token)("POST", "/v1/added", {"name": "x"}, key="a").body == said.body
        assert home("business", "list") == [added]
        assert Client(asker, token)("POST", "/v1/added", {"name": "x"}, key="b").status == 201
    finally:
        process.kill()
        process.wait(WAIT)
        assert process.stdout is not None
        process.stdout.close()
    assert len(home("business", "list")) == 2


def test_one_that_another_process_is_at(home: Home, desk: Desk) -> None:
    token, found = key(home, "crm", "leads"), (desk.endpoint("/v1/x"),)
    with api(home, token, found) as one, api(home, token, found) as other:
        desk.go_on.clear()
        told: list[Any] = []
        first = threading.Thread(target=lambda: told.append(one("POST", "/v1/x", {}, key="a")))
        first.start()
        assert desk.begun.wait(WAIT)
        assert other("POST", "/v1/x", {}, key="a").json["code"] == "idempotency-under-way"
        desk.go_on.set()
        first.join(WAIT)
        assert other("POST", "/v1/x", {}, key="a").body == told[0].body
    assert desk.count == 1


@pytest.mark.parametrize(
    "forged",
    [
        "UPDATE idempotency SET status = 201, body = x'7b7d'",
        'UPDATE idempotency SET headers = \'{"location": "/v1/elsewhere"}\'',
        'UPDATE idempotency SET status = NULL, written = \'[["register-change", "1"]]\'',
        "UPDATE idempotency SET act = 'ffffffffffffffffffffffffffffffff', status = NULL",
        "UPDATE idempotency SET sealed = ''",
    ],
)
def test_what_another_hand_has_written_is_told_to_nobody(home: Home, desk: Desk, forged: str) -> None:
    with opened(home, desk) as client:
        first = client("POST", "/v1/x", {}, key="a")
        assert client("POST", "/v1/x", {}, key="a").body == first.body
        with closing(sqlite3.connect(home.path / "dialpact.db")) as thief, thief:
            assert thief.execute(forged).rowcount == 1
        refused = client("POST", "/v1/x", {}, key="a")
        assert (refused.status, refused.json["code"]) == (503, "not-now")
        assert client("POST", "/v1/x", {}, key="b").status == 201
    assert desk.count == 2
