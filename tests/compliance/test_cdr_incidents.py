"""What a reconciliation found is kept once, and not beside what the listener saw itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialpact.application.reconcile.incidents import write_incidents
from dialpact.compliance.clock import stamp
from dialpact.compliance.reconcile import NOTES, CdrFinding
from dialpact.compliance.reconcile.incidents import LEFT_OUT, LISTENER, NEAR
from dialpact.compliance.reconcile.values import KINDS
from dialpact.store.sqlite import Store, create
from dialpact.store.units import ledger

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    file = tmp_path / "dialpact.db"
    create(file)
    async with await Store.open(file) as store:
        yield store


def found(**changes: Any) -> CdrFinding:
    base = CdrFinding(
        at=AT.timestamp(),
        seq=1,
        kind="without-decision",
        number="13912345678",
        caller_id="02788880007",
        trunk="carrier",
        decision="",
        recording="",
        channel="PJSIP/carrier-00000001",
        uniqueid="1.1",
        file="Master.csv",
        line=7,
        detail={"way": "originated"},
    )
    return base._replace(**changes)


async def test_an_incident_of_the_calls_own_time_with_its_leaf(store: Store) -> None:
    assert await write_incidents(store, [found()], "pbx1") == (1, 0)
    (row,) = (await store.incidents.list()).rows
    assert (row.kind, row.node, row.channel) == ("cdr-without-decision", "pbx1", found().channel)
    assert stamp(row.at) == "2026-11-24T02:00:00.000000Z"
    said = "dialled 13912345678, caller ID 02788880007, trunk carrier, way originated; Master.csv line 7"
    assert row.detail == said
    assert await store.transact(lambda connection: ledger.entry_of(connection, "incident", str(row.seq)))


async def test_once_however_often(store: Store) -> None:
    """Also when the file was rotated, or the lines of the day stand in two files."""
    again = [found(), found(file="Master.csv.1", line=99, seq=5)]
    assert await write_incidents(store, again, "pbx1") == (1, 1)
    assert await write_incidents(store, again, "pbx1") == (0, 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"at": AT.timestamp() + 1},
        {"channel": "PJSIP/carrier-00000002"},
        {"decision": "d" * 32},
        {"kind": "without-recording"},
    ],
)
async def test_another_call_is_another_incident(store: Store, changes: dict[str, Any]) -> None:
    await write_incidents(store, [found()], "pbx1")
    assert await write_incidents(store, [found(**changes)], "pbx1") == (1, 0)


async def test_of_another_pbx_too(store: Store) -> None:
    await write_incidents(store, [found()], "pbx1")
    assert await write_incidents(store, [found()], "pbx2") == (1, 0)


@pytest.mark.parametrize("kind", sorted(LEFT_OUT))
async def test_what_is_no_incident(store: Store, kind: Any) -> None:
    assert await write_incidents(store, [found(kind=kind)], "pbx1") == (0, 0)
    assert (await store.incidents.list()).rows == []


@pytest.mark.parametrize(
    ("kind", "after", "written"),
    [
        ("no-decision", timedelta(0), 0),
        ("no-decision", NEAR - timedelta(seconds=1), 0),
        ("no-decision", -NEAR, 0),
        ("no-decision", NEAR, 1),  # that name of a channel was another call's
        ("no-decision", -NEAR - timedelta(seconds=1), 1),
        ("foreign-number", timedelta(0), 1),  # another thing about it
    ],
)
async def test_what_the_listener_saw_is_not_written_again(
    store: Store, kind: str, after: timedelta, written: int
) -> None:
    await store.incidents.add(at=AT + after, node="pbx1", kind=kind, channel=found().channel)
    assert await write_incidents(store, [found()], "pbx1") == (written, 1 - written)


def test_every_kind_is_one_of_the_lists() -> None:
    assert NOTES <= LEFT_OUT < set(KINDS)
    assert set(LISTENER) <= set(KINDS) - LEFT_OUT


async def test_many(store: Store) -> None:
    many = [found(at=AT.timestamp() + place) for place in range(450)]
    assert await write_incidents(store, many, "pbx1") == (450, 0)
    assert await write_incidents(store, many, "pbx1") == (0, 450)
