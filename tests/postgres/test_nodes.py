"""Several nodes on one database: what one of them knows binds the others, and each has its own log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import datetime

import msgspec
import pytest

from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.model import CallAttempt, Decision, DncEntry, Facts
from dialpact.store.postgres.engine import Store
from dialpact.store.units import ledger
from tests.compliance.store_values import AT, BY, NUMBER, Fixed, Still, attempt, decision, waiting
from tests.compliance.test_store_registers import ACME, RENEWAL
from tests.patience import WAIT
from tests.postgres.server import Database

NODES = ("pbx1", "pbx2", "pbx3")
CAP = 3
RACING = 60
ROUNDS = 5


class Capped(Fixed):
    """As a profile with a cap judges: so many calls to a person, and none to whom refused."""

    asked = FactRequirements({"carrier": ""}, caps=(("callee", CAP),))

    def decide(self, attempt: CallAttempt, facts: Facts, now: datetime, *, id: str) -> Decision:
        allowed = not facts.opt_outs and all(tally.nth is None for tally in facts.attempts)
        made = decision(attempt, allowed=allowed)
        facts = msgspec.structs.replace(Facts(), campaign=facts.campaign)
        return msgspec.structs.replace(made, id=id, facts=facts)


@pytest.fixture
async def stores(postgres_database: Database) -> AsyncIterator[Sequence[Store]]:
    async with AsyncExitStack() as stack:
        found = [
            await stack.enter_async_context(await Store.open(postgres_database.url, node, seconds=WAIT))
            for node in NODES
        ]
        await found[0].businesses.add(ACME, **BY)
        await found[0].campaigns.add(RENEWAL, **BY)
        yield found


async def tried(store: Store, asked: CallAttempt) -> Decision:
    """At the gate of its node."""
    theirs = msgspec.structs.replace(asked, node=store.node)
    (decided,) = await store.decisions.decide([waiting(theirs)], Capped(), Still())
    assert decided.failure is None, decided.failure
    return decided.decision


async def test_a_cap_is_never_passed_however_many_race_for_it(stores: Sequence[Store]) -> None:
    for number in range(ROUNDS):
        asked = attempt(f"+8613800138{number:03}")
        made = await asyncio.gather(*(tried(stores[place % 3], asked) for place in range(RACING)))
        assert sum(one.put_through for one in made) == CAP


async def test_a_refusal_at_one_node_binds_the_next_attempt_at_another(stores: Sequence[Store]) -> None:
    first, second, _ = stores
    assert (await tried(second, attempt())).put_through
    entry = DncEntry(number=NUMBER, scope="all", value="", requested_at=AT, source="a person")
    await first.dnc.add(entry, **BY)
    assert not (await tried(second, attempt())).put_through


async def test_each_has_its_own_log_without_a_gap(stores: Sequence[Store]) -> None:
    for store in stores[1:]:
        for place in range(3):
            await tried(store, attempt(f"+861380013800{place}"))
    sizes = {store.node: await store.read(ledger.size) for store in stores}
    assert sizes["pbx2"] == sizes["pbx3"] == 3 < sizes["pbx1"] + 2  # (the registers' acts are the first's)
    for store in stores:
        size = sizes[store.node]
        found = await store.read(lambda connection, size=size: ledger.entries(connection, 0, size + 1))
        assert [one.leaf_index for one in found] == list(range(size))
        for one in found:
            assert (
                await store.read(lambda connection, one=one: ledger.flaw(connection, one.kind, one.key)) == ""
            )
