"""``POST /v1/predial``: 200 dials, 409 does not, and each is the gate's own decision."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dialpact.testing.clock import FixedClock
from dialpact.web.api.predial import OcsRecord
from tests.cli.conftest import NUMBER, Home
from tests.patience import WAIT
from tests.web.api.client import Client, api, key
from tests.web.api.ready import CALL, ready, recorder, sql
from tests.web.asking import Asker

ROOT = Path(__file__).parents[3]
ASKED = {"number": NUMBER, **CALL}
REFUSED = ["do-not-call", "no-consent"]  # a no ends the consents before it


@pytest.fixture
def clock(stocked: Home) -> FixedClock:
    return ready(stocked)


@pytest.fixture
def client(stocked: Home, clock: FixedClock) -> Iterator[Client]:
    with api(stocked, key(stocked, "crm", "check")) as client:
        yield client


def rows(home: Home) -> list[tuple[object, ...]]:
    return sql(home, "SELECT id, verdict, reasons, channel FROM decision ORDER BY seq")


def undelivered(home: Home) -> list[tuple[object, ...]]:
    return sql(home, "SELECT decision, reason FROM undelivered")


def test_dial(stocked: Home, client: Client) -> None:
    said = client("POST", "/v1/predial", ASKED)
    told = said.json
    assert (said.status, told["verdict"], told["dial"], told["number"]) == (
        200,
        "ALLOW",
        NUMBER,
        f"+86{NUMBER}",
    )
    assert (told["dial_by"], told["holds_until"]) == ("2026-11-24T02:02:00Z", "2026-11-24T03:59:00Z")
    assert rows(stocked) == [(told["decision"], "ALLOW", "[]", "API/crm")]
    assert undelivered(stocked) == []
    (call,) = stocked("calls", "list")
    assert (call["id"], call["verdict"]) == (told["decision"], "ALLOW")
    assert stocked("ledger", "verify")


def test_do_not(stocked: Home, client: Client) -> None:
    stocked.run("dnc", "add", NUMBER, "--scope", "all")
    said = client("POST", "/v1/predial", ASKED, language="zh")
    told = said.json
    assert (said.status, told["verdict"], told["reasons"], told["dial"]) == (
        409,
        "BLOCK",
        REFUSED,
        "",
    )
    assert said.headers["content-type"] == "application/json"
    (refused,) = [one for one in told["findings"] if one["code"] == "do-not-call"]
    assert "拒" in refused["text"] and refused["clause"] == "cn-hubei-2018 do_not_call"
    assert rows(stocked) == [(told["decision"], "BLOCK", json.dumps(REFUSED), "API/crm")]


@pytest.mark.parametrize(
    ("number", "reason"),
    [("110", "emergency-number"), ("95588", "protected-number"), ("x", "invalid-number")],
)
def test_what_nobody_dials(stocked: Home, client: Client, number: str, reason: str) -> None:
    said = client("POST", "/v1/predial", {**ASKED, "number": number})
    assert (said.status, said.json["reasons"], said.json["dial"]) == (409, [reason], "")
    assert len(rows(stocked)) == 1


def test_no_recorder_no_call(stocked: Home, client: Client) -> None:
    recorder(stocked, ready=False)
    said = client("POST", "/v1/predial", ASKED)
    assert (said.status, said.json["reasons"]) == (409, ["recording-unavailable"])


def test_the_same_question_is_no_second_attempt(stocked: Home, client: Client, clock: FixedClock) -> None:
    first = client("POST", "/v1/predial", ASKED, key="call-1")
    again = client("POST", "/v1/predial", ASKED, key="call-1", language="zh")
    assert (first.status, again.status) == (200, 200)
    assert again.json["decision"] == first.json["decision"]
    assert len(rows(stocked)) == 1
    other = client("POST", "/v1/predial", {**ASKED, "agent": "1001"}, key="call-1")
    assert (other.status, other.json["code"]) == (422, "idempotency-other")
    assert client("POST", "/v1/predial", ASKED, key="call-2").json["decision"] != first.json["decision"]
    assert client("POST", "/v1/predial", ASKED).status == 200
    assert len(rows(stocked)) == 3
    clock.forward(seconds=120)
    late = client("POST", "/v1/predial", ASKED, key="call-1")
    assert (late.status, late.json["reasons"], late.json["dial"]) == (409, ["deadline"], "")
    assert late.json["decision"] == first.json["decision"]
    assert len(rows(stocked)) == 3


@pytest.mark.parametrize("other", ["number", "agent", "key"])
def test_an_id_that_was_exchanged_in_the_database_allows_nothing(
    stocked: Home, client: Client, other: str
) -> None:
    """Whoever writes the database has nobody told another question's ALLOW."""
    words = {"number": "13800138001", "agent": "1002"}
    asker = client.by(key(stocked, "rival", "check")) if other == "key" else client
    asked = {**ASKED, "agent": "1001"}
    theirs = asker("POST", "/v1/predial", {**asked, other: words[other]} if other in words else asked)
    assert client("POST", "/v1/predial", asked, key="call-1").status == 200
    sql(stocked, "UPDATE idempotency SET act = ? WHERE name = 'call-1'", theirs.json["decision"])
    said = client("POST", "/v1/predial", asked, key="call-1")
    assert (said.status, said.json["code"]) == (409, "not-now")
    assert "dial" not in said.json


def test_a_clock_that_was_set_back_makes_no_old_answer_a_new_one(client: Client, clock: FixedClock) -> None:
    clock.forward(hours=1)
    first = client("POST", "/v1/predial", ASKED, key="call-1")
    clock.forward(seconds=-4)
    assert client("POST", "/v1/predial", ASKED, key="call-1").status == first.status == 200
    clock.forward(seconds=-60)
    late = client("POST", "/v1/predial", ASKED, key="call-1")
    assert (late.status, late.json["reasons"], late.json["dial"]) == (409, ["deadline"], "")


def test_a_block_that_comes_again_is_the_same(stocked: Home, client: Client) -> None:
    stocked.run("dnc", "add", NUMBER, "--scope", "all")
    first, again = (client("POST", "/v1/predial", ASKED, key="call-1") for _ in range(2))
    assert (first.status, first.json) == (again.status, again.json)
    assert len(rows(stocked)) == 1


def test_a_locked_database_dials_nothing(stocked: Home, client: Client) -> None:
    client("POST", "/v1/predial", ASKED)
    database = sqlite3.connect(stocked.path / "dialpact.db", isolation_level=None)
    with contextlib.closing(database) as db:
        db.execute("BEGIN IMMEDIATE")
        said = client("POST", "/v1/predial", ASKED)
        db.execute("ROLLBACK")
    assert (said.status, said.json["verdict"], said.json["dial"]) == (409, "BLOCK", "")
    assert said.json["reasons"] in (["gate-error"], ["deadline"])
    assert client("POST", "/v1/predial", ASKED).status == 200
    kept = {id: verdict for id, verdict, *_ in rows(stocked)}
    assert kept[said.json["decision"]] == "BLOCK", "it is stored as soon as it can be"


def test_a_database_that_is_gone(stocked: Home, client: Client) -> None:
    client("POST", "/v1/predial", ASKED)
    (stocked.path / "dialpact.db").rename(stocked.path / "elsewhere.db")
    said = client("POST", "/v1/predial", ASKED)
    assert said.status == 409, "whatever goes wrong: do not"
    assert said.json["code"] == "not-now"


def test_who_leaves_before_his_answer_has_none(stocked: Home, client: Client) -> None:
    """His decision is made all the same; its ALLOW is nobody's."""
    client("POST", "/v1/predial", ASKED)
    body = json.dumps(ASKED).encode()
    head = (
        f"POST /v1/predial HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {client.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    for _ in range(5):  # where a busy machine holds the lock for so long that he is blocked, once more
        before = len(rows(stocked))
        database = sqlite3.connect(stocked.path / "dialpact.db", isolation_level=None)
        with contextlib.closing(database) as db:
            db.execute("BEGIN IMMEDIATE")  # so that he is gone before it is decided
            with socket.create_connection(("127.0.0.1", client.asker.port)) as asker:
                asker.sendall(head.encode() + body)
                until_waiting(client)
            db.execute("ROLLBACK")
        while len(rows(stocked)) == before or (rows(stocked)[-1][1] == "ALLOW" and not undelivered(stocked)):
            assert client("GET", "/v1/key").status == 200  # (each is a turn of its loop)
        if undelivered(stocked):
            break
    ((decision, reason),) = undelivered(stocked)
    assert reason == "gate-error"
    assert [verdict for id, verdict, *_ in rows(stocked) if id == decision] == ["ALLOW"]
    (call,) = [one for one in stocked("calls", "list") if one["id"] == decision]
    assert (call["verdict"], call["reasons"]) == ("BLOCK", ["gate-error"])


def until_waiting(client: Client) -> None:
    """His request was read: another one, that came after it, is answered."""
    assert client("GET", "/v1/key").status == 200
    assert client("POST", "/v1/check", ASKED).status == 200


def test_another_business(stocked: Home, clock: FixedClock) -> None:
    token = key(stocked, "theirs", "check", businesses="other") if business(stocked) else ""
    with api(stocked, token) as client:
        for path in ("/v1/predial", "/v1/check"):
            said = client("POST", path, ASKED)
            assert (said.status, said.json["code"]) == (403, "not-permitted")
    assert rows(stocked) == []


def business(home: Home) -> bool:
    home.run("business", "add", "other", "--name", "O", "--actor", "own-business")
    return True


# Genesys' Outbound Contact Server

RECORD: dict[str, Any] = {
    "GSW_PHONE": NUMBER,
    "GSW_CAMPAIGN_NAME": "renewal",
    "GSW_CALLING_LIST": "CallingList1",
    "GSW_CHAIN_ID": 12,
    "GSW_ATTEMPTS": 0,
    "InteractionType": "Outbound",
    "custom": {"anything": [1, None]},
    "dialpact_caller_id": "02787654321",
}


def test_its_record(stocked: Home, client: Client) -> None:
    said = client("POST", "/v1/predial/ocs", RECORD)
    assert (said.status, said.json["verdict"], said.json["dial"]) == (200, "ALLOW", NUMBER)
    renamed = {**RECORD, "GSW_CAMPAIGN_NAME": "Autumn@Group", "dialpact_campaign": "renewal"}
    assert client("POST", "/v1/predial/ocs", renamed).status == 200
    assert client("POST", "/v1/predial/ocs", {**RECORD, "GSW_PHONE": int(NUMBER)}).status == 200
    stocked.run("dnc", "add", NUMBER, "--scope", "all")
    said = client("POST", "/v1/predial/ocs", RECORD)
    assert (said.status, said.json["reasons"]) == (409, REFUSED)
    nothing = client("POST", "/v1/predial/ocs", {})
    assert (nothing.status, nothing.json["verdict"]) == (409, "BLOCK")
    assert len(rows(stocked)) == 5


# Killed


@pytest.mark.parametrize(
    ("function", "when", "made"),
    [("decide.Deciding.decide", "before", 0), ("decide.Deciding.decide", "after", 1)],
)
def test_killed_before_the_answer(stocked: Home, function: str, when: str, made: int) -> None:
    """kill -9. Who asks again under his key is told the decision that was made, and no second one is."""
    text = stocked.config.read_text("utf-8").replace('["cn-hubei-2018"]', '["cn-miit-2020-81"]')
    stocked.config.write_text(text.replace("127.0.0.1:9080", "127.0.0.1:0"), "utf-8")
    recorder(stocked, ready=True)
    token = key(stocked, "crm", "check")
    point = (f"dialpact.application.{function}", when)
    command = [sys.executable, "-m", "tests.web.api.web_cut", str(stocked.config), *point]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stderr is not None
            log = ""
            while '"event": "listening"' not in log:
                log = child.stderr.readline()
                assert log, child.wait(WAIT)
            with pytest.raises((ConnectionError, IndexError)):
                Client(Asker(json.loads(log)["port"]), token)("POST", "/v1/predial", ASKED, key="call-1")
            assert child.wait(WAIT) == -signal.SIGKILL
        finally:
            child.kill()
    before = rows(stocked)
    assert [verdict for _, verdict, *_ in before] == ["ALLOW"] * made
    with api(stocked, token) as client:
        said, again = (client("POST", "/v1/predial", ASKED, key="call-1") for _ in range(2))
    assert (said.status, said.json["dial"]) == (200, NUMBER)
    assert again.json == said.json
    assert [id for id, *_ in rows(stocked)] == [said.json["decision"]]
    assert rows(stocked)[:made] == before


# Its page


@pytest.mark.parametrize("page", ["predial.md", "predial.zh-CN.md"])
def test_the_page_says_what_is_so(stocked: Home, client: Client, page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    (line,) = re.findall(r"^```sh\ncurl (.*?)^```$", text, re.DOTALL | re.MULTILINE)
    words = shlex.split(line.replace("\\\n", " "))
    heads = dict(words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H")
    body = json.loads(words[words.index("-d") + 1])
    assert heads["Authorization"] == "Bearer $KEY" and words[words.index("-X") + 1] == "POST"
    (address,) = [word for word in words if word.startswith("http://127.0.0.1:9080/")]
    path = address.removeprefix("http://127.0.0.1:9080")
    said = client("POST", path, {**body, **CALL}, key=heads["Idempotency-Key"])
    assert (said.status, said.json["dial"]) == (200, body["number"])
    assert re.search(rf"^Channel: PJSIP/{body['number']}@{body['trunk']} ", text, re.MULTILINE)
    assert re.search(r"^Variable: __DIALPACT_ID=[0-9a-f]{32}$", text, re.MULTILINE)
    for field in msgspec.structs.fields(OcsRecord):
        assert f"`{field.encode_name}`" in text, "a field of Genesys' record"
