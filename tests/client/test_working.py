"""The client waits for what takes its time, and fetches it."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest

from dialpact.client import Client, Problem
from dialpact.testing import Api, FixedClock
from dialpact.testing.registers import CALLER_ID, CAMPAIGN, NUMBER
from tests.client.scripted import Scripted, answer

CALL = {"campaign": CAMPAIGN, "caller_id": CALLER_ID}
PACKAGE = (
    b'{"id":"a","state":"%s","created_at":"2026-11-24T02:00:00Z","started_at":null,"finished_at":null,'
    b'"result_until":null,"progress":{"done":%d,"of":2},"error":null,"calls":[],"result":null}'
)


def test_a_package_is_made_and_fetched(dialpact_api: Api, dialpact_clock: FixedClock, tmp_path: Path) -> None:
    crm = dialpact_api.client()
    decision = crm.predial(NUMBER, **CALL).decision
    dialpact_clock.forward(minutes=1)
    asked = crm.package(call=decision, reason="a question")
    done = crm.wait(asked, seconds=60)
    assert (done.state, list(done.calls)) == ("done", [decision])
    assert done.result is not None and done.result.calls == 1
    assert done.finished_at == dialpact_clock.now(), "the story's clock is the worker's"
    crm.package_file(done, tmp_path / "p.zip")
    assert zipfile.is_zipfile(tmp_path / "p.zip")
    assert [one.id for one in crm.packages()] == [asked.id]
    assert crm.cancel(done).state == "expired"
    with pytest.raises(Problem) as raised:
        crm.package_file(done, tmp_path / "again.zip")
    assert raised.value.status == 410
    assert dialpact_api.refused() == [raised.value.code]


def test_a_list_is_scrubbed(dialpact_api: Api, tmp_path: Path) -> None:
    crm = dialpact_api.client()
    listed, result = tmp_path / "list.csv", tmp_path / "result.csv"
    listed.write_text(f"number\n{NUMBER}\n13900139000\n12\n")
    dialpact_api.drops()  # whoever asks again has one job, not two
    done = crm.wait(crm.scrub(listed, **CALL), seconds=60)
    assert done.result is not None and done.error is None
    assert (done.result.rows, done.result.callable) == (3, 1)
    crm.scrub_result(done, result)
    rows = list(csv.DictReader(result.read_text("utf-8-sig").splitlines()))
    assert [(row["number"], row["verdict"]) for row in rows][:2] == [
        ("+8613800138000", "ALLOW"),
        ("+8613900139000", "BLOCK"),
    ]
    assert [one.id for one in crm.scrubs()] == [done.id]


def test_a_batch_of_leads_is_scrubbed(dialpact_api: Api) -> None:
    crm = dialpact_api.client()
    done = crm.wait(crm.scrub_batch(1, caller_id=CALLER_ID), seconds=60)
    assert (done.state, done.batch, done.campaign) == ("done", 1, CAMPAIGN)
    assert done.result is not None and done.result.callable == 1


def test_it_looks_less_and_less_often_until_it_is_over() -> None:
    pauses: list[float] = []
    answers = [answer(202, PACKAGE % (b"queued", 0)), answer(200, PACKAGE % (b"queued", 0))]
    answers += [answer(200, PACKAGE % (b"running", 1)), answer(200, PACKAGE % (b"failed", 1))]
    seen: list[int] = []
    with Scripted(*answers) as server, Client(server.url, "dpk_x_y", pause=pauses.append) as crm:
        over = crm.wait(crm.package(call="x"), progress=lambda job: seen.append(job.progress.done))
    assert (over.state, seen) == ("failed", [0, 1, 1])
    assert len(pauses) == 2 and pauses[0] < pauses[1]


def test_it_is_not_waited_for_for_ever() -> None:
    answers = [answer(202, PACKAGE % (b"queued", 0)), answer(200, PACKAGE % (b"running", 0))]
    with Scripted(*answers) as server, Client(server.url, "dpk_x_y") as crm, pytest.raises(TimeoutError):
        crm.wait(crm.package(call="x"), seconds=0)
