"""kill -9 of ``dialpact web`` in an intake: nothing half, nothing twice; who asks again is told the same."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli.conftest import Home
from tests.patience import WAIT
from tests.web.api.client import Client, Said, api, key
from tests.web.api.furnished import NUMBER, furnish
from tests.web.asking import Asker

OTHER = "13800138001"
STORE = "dialpact.store.units"
LIST = {"campaign": "jianghan-1", "partner": "bank", "contract": "K-1", "basis": "consent"}
CONSENT = {"number": OTHER, "business": "jianghan", "industry": "保险", "evidence": "form 7"}
MANY = [f"1{30 + place % 10}{place * 7919 % 10**8:08}" for place in range(3_000)]  # more than go in at once


class Post(NamedTuple):
    path: str
    body: object
    registers: Mapping[str, int]  # rows that are there afterwards


POSTS = {
    "opt-out": Post("opt-outs", {"number": OTHER}, {"do_not_call": 1, "opt_out": 1}),
    "opt-outs": Post(
        "opt-outs/batch",
        {"entries": [{"number": OTHER}, {"number": NUMBER}, {"number": OTHER}]},
        {"do_not_call": 2, "opt_out": 2},
    ),
    "consent": Post("consents", CONSENT, {"consent": 2}),
    "withdrawal": Post("consents/withdrawals", {"number": NUMBER, "business": "jianghan"}, {"consent": 1}),
    "proof": Post("consents/evidence", b"%PDF- I agree", {}),
    "leads": Post("leads", LIST | {"numbers": [OTHER, "12"], "skip_bad": True}, {"batch": 2, "lead": 2}),
    "many leads": Post("leads", LIST | {"numbers": MANY, "skip_bad": True}, {"batch": 2}),
    "complaint": Post(
        "complaints",
        {"number": OTHER, "called_at": "2026-01-05T10:00:00+08:00"},
        {"complaint": 1, "do_not_call": 1},
    ),
    "script": Post("scripts", {"id": "new", "text": "您好"}, {"script": 2}),
}
ANSWERED = f"{STORE}.idempotency.Idempotency.answered"
POINTS = {
    "it is known, and nothing done": (f"{STORE}.idempotency.Idempotency.claim", "after", 0),
    "it has its leaf, and no commit": (f"{STORE}.ledger.seal", "made", 0),
    "it is done, and no answer kept": (ANSWERED, "before", 1),
    "its answer is kept, and not said": (ANSWERED, "after", 1),
    "the file has its name, the log knows nothing": (
        "dialpact.application.evidence_folder.Arrived.settle",
        "after",
        0,
    ),
    "all numbers are there, and none counts": (f"{STORE}.arriving.Arrival.fill", "after", 0),
}
EACH = ("it has its leaf, and no commit", "it is done, and no answer kept")
CASES = [
    *[("opt-out", point) for point in list(POINTS)[:4]],
    *[(post, point) for post in POSTS if post != "opt-out" for point in EACH],
    ("proof", "the file has its name, the log knows nothing"),
    ("many leads", "all numbers are there, and none counts"),
]


def post(client: Client, what: str) -> Said:
    path, body, _ = POSTS[what]
    if isinstance(body, bytes):
        return client("POST", f"/v1/{path}", raw=body, media_type="application/pdf", key="k-1")
    return client("POST", f"/v1/{path}", body, key="k-1")


def cut(home: Home, token: str, what: str, function: str, when: str) -> str:
    """Posts, and is told nothing. What the process has logged."""
    command = [sys.executable, "-m", "tests.web.api.web_cut", str(home.config), function, when]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr
        try:
            log = ""
            while '"event": "listening"' not in log:
                log = child.stderr.readline()
                assert log, child.wait(WAIT)
            with pytest.raises((ConnectionError, IndexError)):  # (IndexError: not even a status)
                post(Client(Asker(json.loads(log)["port"]), token), what)
            assert child.wait(WAIT) == -signal.SIGKILL
            return log + child.stderr.read()
        finally:
            child.kill()


def counted(home: Home, *tables: str) -> list[int]:
    with closing(sqlite3.connect(home.path / "dialpact.db")) as database:
        return [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]


def timeless(said: Said) -> Any:
    """Without times, and the number of a batch: those that came to nothing have had theirs."""
    text = re.sub(r'"[0-9-]{10}T[0-9:.]+Z"', '"then"', said.body.decode())
    return json.loads(re.sub(r'^\{"id":[0-9]+,"campaign"', '{"id":0,"campaign"', text))


@pytest.fixture
def office(home: Home) -> Home:
    furnish(home)
    text = home.config.read_text("utf-8").replace("127.0.0.1:9080", "127.0.0.1:0")
    home.config.write_text(text, "utf-8")
    return home


@pytest.mark.parametrize(("what", "point"), CASES)
def test_killed_and_asked_again(
    office: Home, tmp_path_factory: pytest.TempPathFactory, what: str, point: str
) -> None:
    token = key(office, "crm", "opt-out", "consent", "leads", "registers")
    spare = tmp_path_factory.mktemp("twin") / "home"
    twin = Home(Path(shutil.copytree(office.path, spare)))  # where nobody is killed
    with api(twin, token) as client:
        expected = post(client, what)
    assert expected.status == 201
    (before,) = counted(office, "ledger")
    function, when, done = POINTS[point]
    log = cut(office, token, what, function, when)
    assert not re.search(r"1[0-9]{10}", log), "no number in a log"
    (after,) = counted(office, "ledger")
    (whole,) = counted(twin, "ledger")
    assert after == (whole if done else before), "done as a whole, or nothing of it"
    with api(office, token) as client:
        again = post(client, what)
        assert (again.status, timeless(again)) == (201, timeless(expected)), "as if nobody had been killed"
        assert counted(office, "ledger") == [whole], "and done once"
        third = post(client, what)
    assert (third.status, third.body, third.headers["idempotency-replayed"]) == (201, again.body, "true")
    _, _, rows = POSTS[what]
    assert counted(office, *rows) == list(rows.values())
    assert counted(office, "lead") == counted(twin, "lead")
    office.run("ledger", "verify")
    office.run("consent", "verify")
