"""What is done while a list comes in, or at the same instant, is of the act that did it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from dialpact.store.sqlite import Store, create
from tests.compliance.store_values import AT, BY
from tests.store import arrivals
from tests.store.arrivals import ROWS, Watched, state
from tests.store.people import Looks, bring, consent, found, number, opt_out


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Watched]:
    create(tmp_path / "a.db")
    async with await Watched.open(tmp_path / "a.db", 10_000) as store:
        await arrivals.ready(store)
        yield store


async def test_two_lists_and_a_person_of_one_instant(store: Watched) -> None:
    for first in (0, 10):
        await bring(store, "dnc", [opt_out(place) for place in range(first, first + 10)], AT)
        await bring(store, "consent", [consent(place) for place in range(first, first + 10)], AT)
    await store.dnc.add(opt_out(30), **BY)
    await store.dnc.remove(number(3), "all", "", reason="r", **BY)
    await store.dnc.add(opt_out(3), **BY)
    assert found(store.path) == []


@pytest.mark.parametrize("when", ["begun", "some", "all", "counts", "moving"])
async def test_what_is_done_while_a_list_comes_in(store: Watched, when: str) -> None:
    async with await Store.open(store.path, 10_000) as other:
        done: list[str] = []

        async def meanwhile() -> None:
            if not done and state(store.path, "dnc") == when:
                done.append(when)
                await other.dnc.add(opt_out(7, source="hotline"), **BY)
                await other.dnc.add(opt_out(ROWS + 7), **BY)
            assert not done or found(store.path) == []

        store.watch(meanwhile)
        await bring(store, "dnc", [opt_out(place) for place in range(ROWS)], AT + timedelta(hours=1))
        assert done
    assert found(store.path) == []


async def test_a_list_that_comes_in_during_a_round_is_the_next_one_s(
    store: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialpact.application.ledger.audit.people_looks.MOST", 3)  # no door leads there
    looks = Looks()
    await bring(store, "dnc", [opt_out(place) for place in range(0, 20, 2)], AT)
    looks.look(store.path)
    await bring(store, "dnc", [opt_out(place) for place in range(1, 20, 2)], AT + timedelta(hours=1))
    assert [looks.look(store.path).listed for _ in range(12)] == [[]] * 12
