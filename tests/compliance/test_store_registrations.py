"""Registrations in the store: entered, renewed, taken away, and read with the facts of a decision."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.model import Registration
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, create
from tests.compliance.store_values import AT, BY
from tests.compliance.test_store_registers import ACME, RENEWAL
from tests.compliance.world import attempt


def entry(**changes: Any) -> Registration:
    year = {"valid_from": date(2026, 1, 1), "valid_to": date(2026, 12, 31), "number": "7"}
    return Registration(**{"holder": "business", "id": ACME.id, "kind": "us-tx"} | year | changes)


FIRST, NEXT = entry(), entry(valid_from=date(2027, 1, 1), valid_to=None, number="8")
OWN = entry(holder="campaign", id=RENEWAL.id)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        await store.businesses.add(ACME, **BY)
        await store.campaigns.add(RENEWAL, **BY)
        yield store


async def test_entered_once_and_renewed(store: Store) -> None:
    assert await store.registrations.add(FIRST, **BY) == "added"
    assert await store.registrations.add(FIRST, **BY) == "already"
    with pytest.raises(Fault, match="taken"):
        await store.registrations.add(entry(valid_to=None), **BY)
    assert await store.registrations.add(NEXT, **BY) == "added"
    assert await store.registrations.add(OWN, **BY) == "added"
    assert (await store.registrations.list()).rows == [FIRST, NEXT, OWN]
    assert (await store.registrations.list(holder="campaign")).rows == [OWN]
    page = await store.registrations.list(most=2)
    assert page.rows == [FIRST, NEXT]
    assert (await store.registrations.list(after=page.next)).rows == [OWN]
    changes = await store.changes.of("registration", f"business {ACME.id}")
    assert [(change.action, change.detail["number"]) for change in changes] == [("add", "7"), ("add", "8")]


async def test_its_holder_is_registered_here(store: Store) -> None:
    with pytest.raises(Fault, match="unknown business"):
        await store.registrations.add(entry(id="acne"), **BY)
    with pytest.raises(Fault, match="unknown campaign"):
        await store.registrations.add(entry(holder="campaign", id=ACME.id), **BY)
    assert await store.changes.of("registration", "business acne") == []


async def test_taken_away(store: Store) -> None:
    gone: dict[str, Any] = {"reason": "revoked", **BY}
    with pytest.raises(Fault, match="not registered"):
        await store.registrations.remove("business", ACME.id, "us-tx", None, **gone)
    for one in (FIRST, NEXT):
        await store.registrations.add(one, **BY)
    with pytest.raises(Fault, match=r"several registrations.*2026-01-01, 2027-01-01"):
        await store.registrations.remove("business", ACME.id, "us-tx", None, **gone)
    with pytest.raises(Fault, match="not registered"):
        await store.registrations.remove("business", ACME.id, "us-tx", date(2026, 1, 2), **gone)
    assert await store.registrations.remove("business", ACME.id, "us-tx", date(2026, 1, 1), **gone) == FIRST
    assert await store.registrations.remove("business", ACME.id, "us-tx", None, **gone) == NEXT
    assert (await store.registrations.list()).rows == []
    changes = await store.changes.of("registration", f"business {ACME.id}")
    assert [change.action for change in changes] == ["add", "add", "remove", "remove"]
    assert changes[-1].detail["reason"] == "revoked"
    leaves = [leaf for leaf in (await store.ledger.list()).rows if leaf.kind == "register-change"]
    assert len(leaves) >= len(changes), "each is an act in the log"


async def test_a_decision_reads_them_where_a_profile_asks(store: Store) -> None:
    for one in (FIRST, NEXT, OWN, entry(kind="other")):
        await store.registrations.add(one, **BY)
    call = attempt(campaign=RENEWAL.id)
    asked = FactRequirements(holders={}, registrations=True)
    found = (await store.calls.look(call, asked, AT)).facts
    assert set(found.registrations) == {FIRST, NEXT, OWN, entry(kind="other")}
    assert (await store.calls.look(call, FactRequirements(holders={}), AT)).facts.registrations == ()
    nobody = (await store.calls.look(attempt(campaign="mystery"), asked, AT)).facts
    assert (nobody.campaign, nobody.registrations) == (None, ())
