"""The rows of jobs: each step is one transaction, and happens to a job that it can happen to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.jobs import Job, JobError, JobState, JobsWaiting
from dialpact.store.ports.receipts import noting
from dialpact.store.sqlite import Store, create

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


def job(id: str = "a", **given: Any) -> Job:
    return Job(id=id * 32, kind="scrub", by="api:crm", key="crm", created_at=AT, **given)


async def state(store: Store, id: str = "a") -> JobState:
    found = await store.jobs.get(id * 32)
    assert found is not None
    return found.state


async def test_a_job_is_kept_as_it_is(store: Store) -> None:
    new = job(businesses=("acme",), detail={"campaign": "春"}, bytes=3)
    await store.jobs.add(new)
    assert await store.jobs.get(new.id) == new
    assert await store.jobs.get("b" * 32) is None
    with pytest.raises(StoreRefused):
        await store.jobs.add(new)


async def test_from_its_beginning_to_its_end(store: Store) -> None:
    for id in "ab":
        await store.jobs.add(job(id))
    first = await store.jobs.take(AT)
    assert first is not None
    assert (first.id, first.state, first.starts, first.started_at) == ("a" * 32, "running", 1, AT)
    assert await store.jobs.running() == [first]
    assert await store.jobs.progress(first.id, 7, 10)
    assert not await store.jobs.progress("b" * 32, 7, 10)  # it only waits
    await store.jobs.finish(first.id, {"rows": 10}, LATER)
    done = await store.jobs.get(first.id)
    assert done is not None
    assert (done.state, done.rows, done.of, done.result, done.finished_at) == (
        *("done", 10, 10, {"rows": 10}, LATER),
    )
    second = await store.jobs.take(LATER)
    assert second is not None and second.id == "b" * 32
    await store.jobs.fail(second.id, JobError(code="no-room", detail={"why": "x"}), LATER)
    failed = await store.jobs.get(second.id)
    assert failed is not None and failed.error == JobError(code="no-room", detail={"why": "x"})
    assert await store.jobs.take(LATER) is None


async def test_what_does_not_run_has_no_end(store: Store) -> None:
    await store.jobs.add(job())
    with pytest.raises(StoreRefused):
        await store.jobs.finish("a" * 32, {}, AT)
    await store.jobs.fail("a" * 32, JobError(code="x"), AT)
    assert await state(store) == "queued"
    await store.jobs.take(AT)
    cancelled = await store.jobs.cancel("a" * 32, LATER)
    assert cancelled is not None and (cancelled.state, cancelled.finished_at) == ("cancelled", LATER)
    with pytest.raises(StoreRefused):
        await store.jobs.finish("a" * 32, {}, AT)
    assert await store.jobs.cancel("a" * 32, LATER + LATER.resolution) == cancelled
    assert await store.jobs.cancel("b" * 32, LATER) is None


@pytest.mark.parametrize(("blameless", "starts"), [(False, 2), (True, 1)])
async def test_put_back_it_waits_in_its_old_place(store: Store, blameless: bool, starts: int) -> None:
    for id in "ab":
        await store.jobs.add(job(id))
    await store.jobs.take(AT)
    await store.jobs.progress("a" * 32, 3, 4)
    await store.jobs.put_back("a" * 32, blameless=blameless)
    again = await store.jobs.take(LATER)
    assert again is not None
    assert (again.id, again.starts, again.rows, again.of) == ("a" * 32, starts, 0, None)


async def test_a_list_is_of_those_about_nobody_else(store: Store) -> None:
    for id, businesses in {"a": ("acme",), "b": ("acme", "beta"), "c": (), "d": ("beta",)}.items():
        await store.jobs.add(job(id, businesses=businesses))

    async def ids(*businesses: str) -> str:
        page = await store.jobs.list("scrub", businesses=businesses)
        return "".join(one.id[0] for one in page.rows)

    assert [await ids(), await ids("acme"), await ids("acme", "beta"), await ids("gamma")] == [
        *("dcba", "a", "dba", ""),
    ]
    assert (await store.jobs.list("evidence-package")).rows == []
    first = await store.jobs.list("scrub", most=3)
    rest = await store.jobs.list("scrub", most=3, after=first.next)
    assert [one.id[0] for one in (*first.rows, *rest.rows)] == [*"dcba"] and not rest.next


async def test_how_many_of_a_key_are_not_over(store: Store) -> None:
    for id in "abc":
        await store.jobs.add(job(id))
    await store.jobs.cancel((await store.jobs.list("scrub")).rows[0].id, AT)
    await store.jobs.take(AT)
    assert (await store.jobs.count_waiting("crm"), await store.jobs.count_waiting("x")) == (2, 0)
    assert await store.jobs.states(["a" * 32, "d" * 32]) == {"a" * 32: "running"}


async def test_how_many_wait_and_since_when(store: Store) -> None:
    assert await store.jobs.waiting() == JobsWaiting(queued=0, running=0, oldest=None)
    for id in "abc":
        await store.jobs.add(job(id))
    await store.jobs.take(AT)
    assert await store.jobs.waiting() == JobsWaiting(queued=2, running=1, oldest=job("b").created_at)


async def test_what_is_kept_no_longer(store: Store) -> None:
    for id in "abc":
        await store.jobs.add(job(id, detail={"callee": "+8613800138000"}))
    await store.jobs.take(AT)
    await store.jobs.finish("a" * 32, {}, AT)
    await store.jobs.cancel("b" * 32, AT)
    assert await store.jobs.over_before(AT, 10) == []
    over = await store.jobs.over_before(LATER, 10)
    assert [one.id[0] for one in over] == ["a", "b"]
    for id in "abc":
        await store.jobs.expire(id * 32)
    assert [await state(store, id) for id in "abc"] == ["expired", "cancelled", "queued"]
    kept = [found.detail for id in "abc" if (found := await store.jobs.get(id * 32))]
    assert kept == [{}, {}, {"callee": "+8613800138000"}]
    assert await store.jobs.over_before(LATER, 10) == []


async def test_what_a_job_does_is_noted_with_it_or_not_done(store: Store) -> None:
    """An act of a job that runs no more does not happen; one that has acted is not cancelled."""
    await store.jobs.add(job())
    act = partial(store.changes.note, "dnc", "import", "l.csv", {}, by="chen", at=AT)
    with noting(store.jobs.receipt("a" * 32)):
        with pytest.raises(StoreRefused):
            await act()  # it only waits
        assert not await store.changes.of("dnc", "l.csv")
        await store.jobs.take(AT)
        await act()
        await act()
    running = await store.jobs.get("a" * 32)
    assert running is not None and running.result is not None
    made = await store.changes.made(running.result["acts"])
    assert [(one.register, one.key) for one in made] == [("dnc", "l.csv")] * 2
    kept = await store.jobs.cancel("a" * 32, LATER)
    assert kept is not None and kept.state == "running"
    await store.jobs.put_back("a" * 32, blameless=False)
    again = await store.jobs.take(LATER)
    assert again is not None and again.result == running.result
