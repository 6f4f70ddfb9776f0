"""``incidents``: each one listed, all of them counted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from compliance.store.sqlite import Store, incidents
from tests.console.conftest import Home

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture
def troubled(home: Home) -> Home:
    """Two of one kind, an hour apart, and then one of another."""

    async def store() -> None:
        async with await Store.open(home.path / "dialpact.db") as store:
            for hour, kind in enumerate(("recording-short", "recording-short", "call-unseen")):
                await incidents.incident(
                    store, at=AT + timedelta(hours=hour), node="pbx1", kind=kind, detail=f"the {hour}th"
                )

    asyncio.run(store())
    return home


def test_list(troubled: Home) -> None:
    assert [row["detail"] for row in troubled("incidents", "list")] == ["the 2th", "the 1th", "the 0th"]
    assert len(troubled("incidents", "list", "--limit", "1")) == 1
    assert len(troubled("incidents", "list", "--kind", "recording-short")) == 2
    since = ("--since", "2026-11-24T11:00:00+08:00")
    assert [row["kind"] for row in troubled("incidents", "list", *since)] == [
        "call-unseen",
        "recording-short",
    ]
    before = ("--until", "2026-11-24T11:00:00+08:00")
    assert [row["detail"] for row in troubled("incidents", "list", *before)] == ["the 0th"]


def test_count(troubled: Home) -> None:
    assert [(row["kind"], row["count"]) for row in troubled("incidents", "count")] == [
        ("recording-short", 2),
        ("call-unseen", 1),
    ]
    assert troubled("incidents", "count", "--since", "2027-01-01") == []


@pytest.mark.parametrize(("language", "heading"), [("en", "Incidents"), ("zh", "事件数")])
def test_for_people(troubled: Home, language: str, heading: str) -> None:
    said = troubled.run("--lang", language, "incidents", "count").stdout
    assert heading in said
    assert "recording-short" in said
    assert "call-unseen" in troubled.run("--lang", language, "incidents", "list").stdout
