"""Calls of two nodes in one database: what is of a node stays its own, and people see all of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from dialpact.compliance.clock import Uptime
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.trial import Confirmed
from dialpact.compliance.trusted_time import Reading
from dialpact.store.postgres.engine import Store
from dialpact.store.units import ledger
from tests.compliance.store_values import AT, BY, Fixed, Still, attempt, decision, waiting
from tests.postgres.calling import after, no_flaw
from tests.postgres.engines import PATIENT
from tests.postgres.server import Database

ROUNDS = 10


@pytest.fixture
async def nodes(postgres_migrated: Database) -> AsyncIterator[tuple[Store, Store]]:
    open = partial(Store.open, postgres_migrated.url, seconds=PATIENT)
    async with await open("pbx1") as first, await open("pbx2") as second:
        yield first, second


async def decided(store: Store, seconds: float = 0) -> str:
    made = decision(replace(attempt(), node=store.node))
    made = replace(made, decided_at=after(seconds))
    await store.decisions.decide([waiting()], Fixed(made), Still())
    return made.id


async def test_each_numbers_its_own_and_a_clock_of_another_is_none_of_its(nodes: tuple[Store, Store]) -> None:
    first, second = nodes
    ids = [
        await decided(first, 60),
        await decided(second, 0),
        await decided(first, 61),
        await decided(second, 1),
    ]
    listed = (await first.calls.list()).rows
    assert sorted((one.node, one.seq, one.id, one.behind_us) for one in listed) == [
        ("pbx1", 1, ids[0], 0),
        ("pbx1", 2, ids[2], 0),
        ("pbx2", 1, ids[1], 0),
        ("pbx2", 2, ids[3], 0),
    ]
    assert (await second.incidents.list()).rows == []
    for store in nodes:
        leaves = await no_flaw(store)
        assert [key for _, _, key in leaves] == [
            one.id for one in sorted(listed, key=_seq) if one.node == store.node
        ]
        standing = await store.ledger.standing("decision", ids[1])
        assert (standing.leaf, standing.flaw) == (0, "")


def _seq(call: Any) -> int:
    return int(call.seq)


async def test_each_goes_by_its_own_clock(nodes: tuple[Store, Store]) -> None:
    def read(seconds: float, up: float) -> Any:
        return lambda: Reading(after(seconds), Uptime("b", timedelta(seconds=up)))

    first, second = nodes
    assert (await first.clocks.take(read(0, 100), "gate")).time == AT
    assert (await second.clocks.take(read(9000, 5), "gate")).time == after(9000)
    assert (await first.clocks.take(read(9000, 160), "gate")).time == after(60)
    assert (await first.clocks.foretell(read(9000, 170)())).time == after(70)
    assert await second.clocks.take_turn(read(9010, 8), "gate", timedelta(seconds=10)) is False


async def test_a_log_that_was_taken_up_anew_is_one_node_s(nodes: tuple[Store, Store]) -> None:
    first, second = nodes
    act = partial(first.supervised.act, "ledger", "resume", "k", {}, **BY)
    assert [await act(), await act()] == [0, 1]
    assert await first.supervised.rotation_leaf() == 1
    with pytest.raises(LedgerError):
        await second.supervised.rotation_leaf()
    assert await second.supervised.act("supervision", "question", "q", {}, **BY) == 0
    assert await second.supervised.lost(AT - timedelta(1), after(1))


async def test_what_waits_for_its_leaf_waits_in_its_own_log(nodes: tuple[Store, Store]) -> None:
    first, second = nodes
    row = "INSERT INTO incident (at, node, kind, decision, channel, detail) VALUES ('', '', 'x', '', '', '')"
    async with second._writing:  # (past the unit of work, so that nobody seals it)
        await (await second._connection("writing")).execute(row)
    counted = [(await store.installation.counted("pbx1", date(2026, 11, 24))).unsealed for store in nodes]
    assert counted == [0, 1]
    await first.incidents.add(at=AT, node="pbx1", kind="k")
    assert [await store.read(ledger.size) for store in nodes] == [1, 0]
    await second.incidents.add(at=AT, node="pbx2", kind="k")
    assert [len(await no_flaw(store)) for store in nodes] == [1, 2]


async def test_a_log_with_leaves_whose_row_is_gone_is_held_for_forked(postgres_migrated: Database) -> None:
    for leaves in range(2):
        async with await Store.open(postgres_migrated.url, "pbx1", seconds=PATIENT) as store:
            judge = Fixed(decision())
            judge.stops_on_fork, judge.forked = True, judge.too_late  # type: ignore[attr-defined]
            ((made, _),) = await store.decisions.decide([waiting()], judge, Still())
            assert made.allowed == (leaves == 0)
        postgres_migrated.sql(
            "ALTER TABLE ledger_log DISABLE TRIGGER ALL; DELETE FROM ledger_log;"
            " ALTER TABLE ledger_log ENABLE TRIGGER ALL"
        )


async def test_no_more_trials_in_a_day_than_are_allowed(
    nodes: tuple[Store, Store],
) -> None:
    said = {"number": "+8613800138000", "caller_id": "1", "business": "acme", "purpose": "marketing"}

    def confirm(store: Store, place: int) -> Any:
        new = Confirmed(id=f"{place:016x}", ends_at=after(900), wording="mine", **said)
        return store.trials.confirm(new, per_day=ROUNDS, numbers_per_day=1, **BY)

    found = await asyncio.gather(
        *(confirm(nodes[place % 2], place) for place in range(2 * ROUNDS)), return_exceptions=True
    )
    assert sum(isinstance(one, Fault) for one in found) == ROUNDS
    assert sum(one is None for one in found) == ROUNDS
