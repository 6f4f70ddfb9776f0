"""Writes that wait at the same time are one transaction, and each is as if it had been alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ami_listener.outbox import MOST, Outbox
from ami_listener.timings import OutboxTimings
from dialpact.compliance.errors import StoreError, StoreGone, StoreRefused
from dialpact.store.ports.together import Write, together
from dialpact.store.sqlite import Store, create
from dialpact.store.units import incidents, ledger
from tests.compliance.store_values import AT
from tests.patience import WAIT


class Counted(Store):
    """``units``: transactions that were begun."""

    units = 0

    def _within(self, work: Callable[[Any], Any], connection: Any) -> Any:
        self.units += 1
        return super()._within(work, connection)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Counted]:
    create(tmp_path / "a.db")
    async with await Counted.open(tmp_path / "a.db", 10_000) as store:
        yield store


def incident(store: Store, detail: Any) -> Write:
    return partial(store.incidents.add, at=AT, node="a", kind="listener-error", detail=detail)


async def told(store: Store) -> list[str]:
    return [one.detail for one in reversed((await store.incidents.list()).rows)]


async def leaves(store: Store) -> int:
    return await store.read(ledger.size)


def nothing_more(error: Exception) -> None:
    raise AssertionError(error)


BAD: Any = {"no": "text"}  # that no column takes


async def test_they_are_one_transaction_and_each_has_its_leaf(store: Counted) -> None:
    outcomes = await together([incident(store, str(n)) for n in range(20)], nothing_more)
    assert outcomes == [None] * 20
    assert store.units == 1
    assert await told(store) == [str(n) for n in range(20)]
    assert await leaves(store) == 20


async def test_where_one_is_refused_nothing_of_them_has_happened(store: Counted) -> None:
    writes = [incident(store, "a"), incident(store, BAD), incident(store, "b")]
    assert await together(writes, nothing_more) == []
    assert (await told(store), await leaves(store)) == ([], 0)


async def test_what_is_behind_one_that_fails_by_itself_is_not_begun(store: Counted) -> None:
    begun: list[str] = []

    async def write(name: str) -> None:
        begun.append(name)
        if name == "bad":
            raise StoreError("the disk is full")
        await incident(store, name)()

    outcomes = await together([partial(write, name) for name in ("a", "bad", "b")], nothing_more)
    assert [str(outcome) for outcome in outcomes] == ["None", "the disk is full"]
    assert (begun, await told(store)) == (["a", "bad"], ["a"])


async def test_one_that_waits_for_something_else_is_left_out(store: Counted) -> None:
    ended: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("slow")

    assert await together([incident(store, "a"), slow, incident(store, "b")], nothing_more) == [None]
    assert await together([slow, incident(store, "b")], nothing_more) == []
    assert (await told(store), ended) == (["a"], ["slow", "slow"])


async def test_what_fails_once_it_is_written_is_told_and_is_written(store: Counted) -> None:
    async def write() -> None:
        await incident(store, "a")()
        raise RuntimeError("afterwards")

    async def greedy() -> None:
        await incident(store, "b")()
        await incident(store, "c")()

    surprises: list[str] = []
    outcomes = await together([write, greedy], lambda error: surprises.append(str(error)))
    assert outcomes == [None, None]
    assert surprises == ["afterwards", "it wants more than its transaction"]
    assert await told(store) == ["a", "b"]


async def test_an_outbox_writes_what_waits_as_one_and_sets_aside_the_bad_one_alone(store: Counted) -> None:
    refused: list[str] = []
    outbox = Outbox(lambda waiting, why: refused.append(waiting.what), OutboxTimings(retry=0.001))
    for name, detail in {"a": "a", "b": "b", "bad": BAD, "c": "c"}.items():
        outbox.put(name, incident(store, detail))
    running = asyncio.create_task(outbox.run())
    async with asyncio.timeout(WAIT):
        await outbox.drained()
    assert (await told(store), refused, await leaves(store)) == (["a", "b", "c"], ["bad"], 3)
    before = store.units
    for name in "defg":
        outbox.put(name, incident(store, name))
    async with asyncio.timeout(WAIT):
        await outbox.drained()
    assert store.units == before + 1
    assert await told(store) == [*"abcdefg"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_comes_within_a_moment_is_written_with_the_first_and_whoever_waits_hurries_it(
    store: Counted,
) -> None:
    outbox = Outbox(timings=OutboxTimings(gather=600.0))
    running = asyncio.create_task(outbox.run())
    for name in "abc":
        outbox.put(name, incident(store, name))
        await asyncio.sleep(0)
        await store.read(ledger.size)
    assert (store.units, len(outbox)) == (0, 3)
    async with asyncio.timeout(WAIT):
        await outbox.drained()
    assert (store.units, await told(store)) == (1, [*"abc"])
    for number in range(MOST):  # so many are enough
        outbox.put("n", incident(store, str(number)))
    async with asyncio.timeout(WAIT):
        while len(outbox):
            await asyncio.sleep(0)
    assert store.units == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_one_that_comes_alone_is_written_after_a_moment(store: Counted) -> None:
    outbox = Outbox(timings=OutboxTimings(gather=0.001))
    running = asyncio.create_task(outbox.run())
    outbox.put("a", incident(store, "a"))
    async with asyncio.timeout(WAIT):
        while len(outbox):
            await asyncio.sleep(0)
    assert await told(store) == ["a"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def note(name: str) -> Callable[[Any], str]:
    def work(connection: Any) -> str:
        if name == "odd":
            raise LookupError(name)
        incidents.write(
            connection, at=AT, node="a", kind="listener-error", detail=BAD if name == "bad" else name
        )
        return name

    return work


async def test_what_is_shared_in_one_turn_is_one_transaction(store: Counted) -> None:
    found = await asyncio.gather(*(store.share(note(str(n))) for n in range(20)))
    assert found == [str(n) for n in range(20)]
    assert store.units == 1
    assert await told(store) == found
    assert await leaves(store) == 20


@pytest.mark.parametrize(("name", "failure"), [("bad", StoreRefused), ("odd", LookupError)])
async def test_who_fails_alone_of_those_that_share_is_told_so_alone(
    store: Counted, name: str, failure: type[Exception]
) -> None:
    sharing = (store.share(note(one)) for one in ("a", name, "b"))
    a, failed, b = await asyncio.gather(*sharing, return_exceptions=True)
    assert (a, b) == ("a", "b")
    assert isinstance(failed, failure)
    assert (await told(store), await leaves(store)) == (["a", "b"], 2)


async def test_a_database_that_is_gone_is_told_to_all_who_share(store: Counted) -> None:
    store.path.rename(store.path.with_suffix(".away"))
    found = await asyncio.gather(*(store.share(note(str(n))) for n in range(3)), return_exceptions=True)
    assert all(isinstance(one, StoreGone) for one in found)
    store.path.with_suffix(".away").rename(store.path)
    assert await store.share(note("a")) == "a"
    assert await told(store) == ["a"]


async def test_who_waits_no_longer_costs_the_others_nothing(store: Counted) -> None:
    first, other = (asyncio.create_task(store.share(note(one))) for one in "ab")
    await asyncio.sleep(0)
    first.cancel()
    assert await other == "b"
    assert "b" in await told(store)
