"""Suspensions in the store: one in force at a time, lifted by somebody for a reason, never forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, create
from dialpact.store.units.registers.suspension import last_lifted, suspend
from tests.compliance.store_values import AT, BY
from tests.compliance.test_store_registers import ACME, RENEWAL, SHOWN

LATER = {"by": "chen", "at": AT + timedelta(hours=1)}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        await store.businesses.add(ACME, **BY)
        await store.campaigns.add(RENEWAL, **BY)
        await store.caller_ids.put(SHOWN, **BY)
        yield store


async def test_the_first_cause_stays(store: Store) -> None:
    def twice(connection) -> list[bool]:
        return [
            suspend(connection, "agent", "1001", cause=cause, evidence=["d1", "d2"], **BY)
            for cause in ("50 refused attempts", "51 refused attempts")
        ]

    assert await store.transact(twice) == [True, False]
    (found,) = (await store.suspensions.list()).rows
    assert (found.kind, found.key, found.cause, found.evidence) == (
        "agent",
        "1001",
        "50 refused attempts",
        ("d1", "d2"),
    )
    (change,) = await store.changes.of("suspension", "agent 1001")
    assert (change.action, change.by, change.detail["evidence"]) == ("add", "tester", ["d1", "d2"])


async def test_it_goes_with_its_transaction(store: Store) -> None:
    def work(connection) -> None:
        suspend(connection, "agent", "1001", cause="x", evidence=[], **BY)
        raise Fault("not-registered", entry="x")

    with pytest.raises(Fault):
        await store.transact(work)
    assert (await store.suspensions.list(lifted=True)).rows == []
    assert await store.changes.of("suspension", "agent 1001") == []


@pytest.mark.parametrize(("kind", "key"), [("agent", "1001"), ("campaign", "renewal")])
async def test_lifted_and_suspended_again(store: Store, kind, key: str) -> None:
    assert await store.suspensions.add(kind, key, cause="12321", **BY) == "added"
    assert await store.suspensions.add(kind, key, cause="again", **BY) == "already"
    lifted = await store.suspensions.lift(kind, key, reason="retrained", **LATER)
    assert (lifted.lifted_by, lifted.lifted_at, lifted.lift_reason) == ("chen", LATER["at"], "retrained")
    assert (await store.suspensions.list()).rows == []
    with pytest.raises(Fault, match="not suspended"):
        await store.suspensions.lift(kind, key, reason="again", **LATER)
    assert await store.suspensions.add(kind, key, cause="once more", **LATER) == "added"
    causes = [entry.cause for entry in (await store.suspensions.list(kind=kind, lifted=True)).rows]
    assert causes == ["12321", "once more"]
    history = await store.changes.of("suspension", f"{kind} {key}")
    assert [change.action for change in history] == ["add", "lift", "add"]
    assert history[1].detail["reason"] == "retrained"


async def test_one_kind_is_not_another(store: Store) -> None:
    await store.suspensions.add("agent", "renewal", cause="x", **BY)
    await store.suspensions.add("campaign", "renewal", cause="y", **BY)
    await store.suspensions.lift("agent", "renewal", reason="z", **LATER)
    assert [entry.kind for entry in (await store.suspensions.list()).rows] == ["campaign"]


@pytest.mark.parametrize(("kind", "key"), [("campaign", "renewel"), ("caller-id", "95588")])
async def test_a_slip_of_the_pen_suspends_nothing_and_says_so(store: Store, kind, key: str) -> None:
    with pytest.raises(Fault, match="not registered"):
        await store.suspensions.add(kind, key, cause="x", **BY)


async def test_a_registered_caller_id(store: Store) -> None:
    assert await store.suspensions.add("caller-id", SHOWN.number, cause="x", **BY) == "added"


async def test_the_last_lifting_starts_the_count(store: Store) -> None:
    def last() -> object:
        return store.transact(lambda connection: last_lifted(connection, "agent", "1001"))

    assert await last() == ""
    for hours in (1, 2):
        await store.suspensions.add("agent", "1001", cause="x", **BY)
        at = AT + timedelta(hours=hours)
        await store.suspensions.lift("agent", "1001", reason="y", by="chen", at=at)
    assert await last() == "2026-11-24T04:00:00.000000Z"


async def test_the_database_itself_wants_a_reason(store: Store) -> None:
    await store.suspensions.add("agent", "1001", cause="x", **BY)
    with pytest.raises(StoreRefused):
        await store.suspensions.lift("agent", "1001", reason="", **LATER)
