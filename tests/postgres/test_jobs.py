"""Jobs, and requests that may come twice: both engines say the same, and one job is begun once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.jobs import Job, JobError
from dialpact.store.ports.idempotency import Answered, Request
from dialpact.store.ports.receipts import noting
from dialpact.store.postgres.engine import Store
from tests.compliance.test_store_registers import ACME
from tests.postgres.engines import PATIENT, Engines
from tests.postgres.said import same
from tests.postgres.server import Database

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)
BY = {"by": "chen", "at": AT}


def job(id: str = "a", **given: Any) -> Job:
    return Job(id=id * 32, kind="scrub", by="api:crm", key="crm", created_at=AT, **given)


async def test_from_its_beginning_to_its_end(engines: Engines) -> None:
    first, second = job(businesses=("acme",), detail={"campaign": "春"}, bytes=3), job("b")
    kept = await same(
        engines,
        lambda store: store.jobs.add(first),
        lambda store: store.jobs.add(first),
        lambda store: store.jobs.add(second),
        lambda store: store.jobs.count_waiting("crm"),
        lambda store: store.jobs.waiting(),
        lambda store: store.jobs.take(AT),
        lambda store: store.jobs.running(),
        lambda store: store.jobs.progress(first.id, 7, 10),
        lambda store: store.jobs.progress(second.id, 7, 10),
        lambda store: store.jobs.finish(first.id, {"rows": 10}, LATER),
        lambda store: store.jobs.finish(first.id, {"rows": 10}, LATER),
        lambda store: store.jobs.get(first.id),
        lambda store: store.jobs.take(LATER),
        lambda store: store.jobs.put_back(second.id, blameless=True),
        lambda store: store.jobs.take(LATER),
        lambda store: store.jobs.fail(second.id, JobError(code="no-room", detail={"why": "x"}), LATER),
        lambda store: store.jobs.get(second.id),
        lambda store: store.jobs.take(LATER),
        lambda store: store.jobs.states([first.id, second.id, "c" * 32]),
        lambda store: store.jobs.over_before(LATER + timedelta(seconds=1), 10),
        lambda store: store.jobs.expire(first.id),
        lambda store: store.jobs.get(first.id),
    )
    assert kept[1] is StoreRefused and kept[10] is StoreRefused
    assert kept[11].state == "done" and kept[16].error.code == "no-room"
    assert kept[18] == {first.id: "done", second.id: "failed"}


def adding(new: Job) -> Any:
    return lambda store: store.jobs.add(new)


async def test_they_are_listed_for_those_whose_data_they_are_about(engines: Engines) -> None:
    for id, businesses in (("a", ("acme",)), ("b", ("acme", "rival")), ("c", ()), ("d", ("rival",))):
        new = job(id, businesses=businesses)
        await same(engines, adding(new))
    lists = await same(
        engines,
        lambda store: store.jobs.list("scrub"),
        lambda store: store.jobs.list("scrub", businesses=("acme",)),
        lambda store: store.jobs.list("scrub", businesses=("rival", "acme")),
        lambda store: store.jobs.list("scrub", most=1),
        lambda store: store.jobs.list("scrub", after="3", most=1),
        lambda store: store.jobs.list("scrub", after="nonsense", most=1),
    )
    assert [[one.id[0] for one in found.rows] for found in lists[:5]] == [
        *(list("dcba"), ["a"], list("dba"), ["d"], ["b"]),
    ]


async def test_what_a_job_writes_it_notes(engines: Engines) -> None:
    async def written(store: Any) -> Any:
        await store.jobs.add(job())
        await store.jobs.take(AT)
        with noting(store.jobs.receipt(job().id)):
            await store.businesses.add(ACME, **BY)
        return (await store.jobs.get(job().id)).result

    (result,) = await same(engines, written)
    assert len(result["acts"]) == 1


async def test_two_nodes_never_begin_the_same_job(postgres_migrated: Database) -> None:
    async with (
        await Store.open(postgres_migrated.url, "pbx1", seconds=PATIENT) as one,
        await Store.open(postgres_migrated.url, "pbx2", seconds=PATIENT) as other,
    ):
        for id in "abcdef":
            await one.jobs.add(job(id))
        taken = await asyncio.gather(*(store.jobs.take(AT) for store in (one, other) * 4))
        assert sorted(each.id[0] for each in taken if each) == list("abcdef")


REQUEST = Request("crm", "1", "d" * 64)


def claim(request: Request = REQUEST, *, owner: str = "x", busy: bool = False, at: datetime = AT) -> Any:
    async def asked(store: Any) -> Any:
        claimed = await store.idempotency.claim(request, owner=owner, busy=busy, alive=lambda _: True, at=at)
        return claimed.mine, claimed.same, claimed.answer, claimed.written

    return asked


async def test_a_request_that_comes_twice(engines: Engines) -> None:
    answer = Answered(status=201, headers={"a": "b"}, body=b"\x00\xff")

    async def acted(store: Any) -> Any:
        with noting(store.idempotency.receipt(REQUEST)):
            return await store.businesses.add(ACME, **BY)

    kept = await same(
        engines,
        claim(),
        claim(owner="y"),
        claim(busy=True),
        claim(Request("crm", "1", "e" * 64)),
        acted,
        claim(),
        lambda store: store.idempotency.answered(REQUEST, answer),
        claim(owner="y"),
        claim(at=AT + timedelta(days=2)),
    )
    assert kept[0][0] and not kept[1][0] and not kept[2][0] and not kept[3][1]
    assert kept[5][3][0].kind == "register-change", "it is told what was written before it was cut off"
    assert kept[7][2] == answer
    assert kept[8][0], "of a day before nothing is known"


async def test_of_two_nodes_one_claims_a_request(postgres_migrated: Database) -> None:
    async with (
        await Store.open(postgres_migrated.url, "pbx1", seconds=PATIENT) as one,
        await Store.open(postgres_migrated.url, "pbx2", seconds=PATIENT) as other,
    ):
        for name in map(str, range(5)):
            request = Request("crm", name, "d" * 64)
            claimed = await asyncio.gather(
                *(claim(request, owner=store.node)(store) for store in (one, other))
            )
            assert sorted(mine for mine, *_ in claimed) == [False, True]
