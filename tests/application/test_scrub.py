"""A scrub as programs ask for it: rights, masked results, forms, progress."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from dialpact.application.actor import Actor, Door, Right
from dialpact.application.context import Context
from dialpact.application.jobs import scrubbing
from dialpact.application.jobs.kinds import Task
from dialpact.application.jobs.scrubbing import ScrubAsked
from dialpact.application.progress import unwatched
from dialpact.application.scrub import Form, Scrubbed, ScrubRequest, scrub
from dialpact.application.scrub.batch import complete, scrub_batch
from dialpact.compliance.config import Config, Trunk
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.jobs import Job
from dialpact.compliance.judge import Judge
from dialpact.compliance.registers.columns import Given
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, create
from dialpact.testing.clock import FixedClock
from tests import registers
from tests.compliance.world import policy

CALLER_ID, NUMBER = "02788880007", "13800138000"
REQUEST = ScrubRequest(campaign="spring", caller_id=CALLER_ID)
JUDGE = Judge(policy(), {"carrier": Trunk(endpoint="c")}, "pbx1")
HOSTILE = [NUMBER, "13800138001/13800138002", "1.38E+10", "13800138003.0", "=13800138004", "13900139000,"]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    registers.fill(tmp_path / "a.db", caller_ids=[CALLER_ID], numbers=[NUMBER])
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


def context(store: Store, *rights: Right) -> Context:
    return Context(store, Actor(name="api:crm", door=Door.API, rights=frozenset(rights)), FixedClock())


def listed(*numbers: str) -> io.BytesIO:
    return io.BytesIO("\n".join(["number", *numbers]).encode())


async def test_who_may(store: Store) -> None:
    with pytest.raises(NotPermitted):
        await scrub(context(store, Right.LEADS), JUDGE, listed(NUMBER), io.BytesIO(), REQUEST)
    for right in (Right.CHECK, Right.LEADS):
        with pytest.raises(NotPermitted):
            await scrub_batch(context(store, right), JUDGE, 1, io.BytesIO(), REQUEST)
    both = context(store, Right.CHECK, Right.LEADS)
    done = await scrub_batch(both, JUDGE, 1, io.BytesIO(), REQUEST)
    with pytest.raises(NotPermitted):
        await complete(context(store, Right.CHECK), JUDGE.policy.versions, 1, REQUEST, done)
    assert (await complete(both, JUDGE.policy.versions, 1, REQUEST, done)).id == 1
    with pytest.raises(Fault):
        await scrub_batch(both, JUDGE, 7, io.BytesIO(), REQUEST)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_a_masked_result_has_no_number(store: Store, form: Form) -> None:
    out = io.BytesIO()
    request = msgspec.structs.replace(REQUEST, numbers=False, form=form)
    done = await scrub(context(store, Right.CHECK), JUDGE, listed(*HOSTILE), out, request)
    assert done.rows == len(HOSTILE) and done.bad == 3
    text = out.getvalue().decode("utf-8-sig")
    without_times = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "", text)
    assert not re.search(r"\d{7}", without_times), text
    assert "+86138****8000" in text and text.count("\n") == done.rows + (form == "csv")
    shown = io.BytesIO()
    await scrub(context(store, Right.CHECK), JUDGE, listed(*HOSTILE), shown, REQUEST)
    assert b"13800138001/13800138002" in shown.getvalue()


async def test_the_result_s_digest_and_the_list_s(store: Store) -> None:

    out, file = io.BytesIO(), listed(NUMBER)
    done = await scrub(context(store, Right.CHECK), JUDGE, file, out, REQUEST)
    assert done.sha256 == hashlib.sha256(out.getvalue()).hexdigest() and done.bytes == len(out.getvalue())
    assert done.list_sha256 == hashlib.sha256(file.getvalue()).hexdigest()
    assert (done.as_of, done.at, done.form) == (FixedClock().now(), FixedClock().now(), "csv")
    assert done.clean and done.callable == 1


async def test_it_goes_from_one_process_to_another_as_json(store: Store) -> None:
    given = Given(mapped={"number": "电话"})
    request = msgspec.structs.replace(REQUEST, given=given, language="zh", sheets=("a",))
    assert msgspec.json.decode(msgspec.json.encode(request), type=ScrubRequest) == request
    done = await scrub(context(store, Right.CHECK), JUDGE, listed(NUMBER, "x"), io.BytesIO(), REQUEST)
    assert msgspec.json.decode(msgspec.json.encode(done), type=Scrubbed) == done


async def test_how_far_it_is(store: Store) -> None:
    told: list[tuple[int, int | None]] = []
    file = listed(*[str(13000000000 + 4999 * place) for place in range(3000)])
    size = len(file.getvalue())
    await scrub(
        context(store, Right.CHECK),
        JUDGE,
        file,
        io.BytesIO(),
        REQUEST,
        lambda done, total: told.append((done, total)),
    )
    assert all(total == size for _, total in told)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[0][0] == 0 and told[-1][0] == size


@pytest.mark.parametrize(("language", "says"), [("en", "cells"), ("zh", "格")])
async def test_a_bad_row_says_why_in_the_language_asked_for(store: Store, language: str, says: str) -> None:
    out = io.BytesIO()
    request = msgspec.structs.replace(REQUEST, language=language, form="jsonl")
    await scrub(context(store, Right.CHECK), JUDGE, listed("1,2,3"), out, request)
    row = json.loads(out.getvalue())
    assert row["fault"] == "cell-count" and says in row["why"]
    assert (row["verdict"], row["reasons"]) == ("BLOCK", ["invalid-number"])


async def test_it_may_rest_at_every_row_and_in_the_midst_of_what_the_database_does(store: Store) -> None:
    rests = 0

    def rest() -> None:
        nonlocal rests
        rests += 1

    numbers = [f"1380013{place:04}" for place in range(2000)]
    many = listed(*numbers)
    out = io.BytesIO()
    done = await scrub(context(store, Right.CHECK), JUDGE, many, out, REQUEST, rest=rest)
    again = io.BytesIO()
    await scrub(context(store, Right.CHECK), JUDGE, listed(*numbers), again, REQUEST)
    assert out.getvalue() == again.getvalue() and done.rows == 2000
    assert rests > 2 * 2000  # (those of the rows are 4,000)


async def test_as_a_job_it_rests_as_the_worker_wants_it(store: Store, tmp_path: Path) -> None:
    rests = 0

    def rest() -> None:
        nonlocal rests
        rests += 1

    (tmp_path / "input").write_bytes(listed(*(f"1380013{place:04}" for place in range(500))).getvalue())
    asked = ScrubAsked(request=REQUEST)
    job = Job(
        id="1" * 32,
        kind="scrub",
        by="api:crm",
        businesses=(),
        detail=msgspec.to_builtins(asked),
        created_at=FixedClock().now(),
    )
    task = Task(
        context=context(store, Right.CHECK, Right.LEADS),
        config=Config(trunks={"carrier": Trunk(endpoint="PJSIP/c")}, origin=str(tmp_path / "c.toml")),
        job=job,
        folder=tmp_path,
        progress=unwatched,
        render=lambda _: pytest.fail("nothing is rendered"),
        printed=lambda *_: pytest.fail("nothing is printed"),
        rest=rest,
    )
    outcome = await scrubbing.work(task)
    assert (tmp_path / outcome.file).stat().st_size == outcome.bytes
    assert rests > 2 * 500
