"""``dialpact incidents``, and that every kind of incident is explained wherever it has to be."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest

from ami_listener.legs.leg_policy import Kind
from ami_listener.legs.states import Action
from dialpact.application.incidents import kinds
from dialpact.compliance.reconcile import incidents as cdr_incidents
from dialpact.presentation import texts
from dialpact.store.sqlite import Store
from dialpact.store.units import disposals
from tests.cli.conftest import Home

DETAIL = "cut; by PJSIP/agent1001-00000000 linkedid=1795624418.1; dialled 13900139000"
ROOT = Path(__file__).parents[2]
WRITES = re.compile(r'(?:\breport\(|\b_report\(|\bProblem\(|\bkind=)\s*"([a-z]+(?:-[a-z]+)+)"', re.MULTILINE)


def written() -> set[str]:
    """Every kind that the code can write."""
    found = {kind for kind in get_args(Kind) if kind not in ("", "emergency")}
    found |= {action.value for action in Action if action.name.startswith("REPORT_")}
    for room in ("agi", "ami_listener", "dialpact"):
        for path in (ROOT / room).rglob("*.py"):
            if path.name in ("carrier_list.py", "moments.py"):
                continue  # their kinds are of differences between two lists, of places in a sound
            found |= set(WRITES.findall(path.read_text("utf-8")))
    return found | {"busy-caller-id", "busy-callee", disposals.INCIDENT}  # two are made of a cap's name


def test_every_kind_has_its_words_and_its_line_on_both_pages() -> None:
    assert set(kinds()) == written() | set(cdr_incidents.WRITTEN)
    for kind in cdr_incidents.WRITTEN:
        assert f"cdr-kind.{kind.removeprefix(cdr_incidents.PREFIX)}" in texts.catalogue("en"), kind
    for page in ("incidents.md", "incidents.zh-CN.md"):
        explained = re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs" / page).read_text("utf-8"), re.MULTILINE)
        assert sorted(explained) == sorted(written()), page


@pytest.fixture
def some(home: Home) -> Home:
    async def write() -> None:
        async with await Store.open(home.path / "dialpact.db") as store:
            for day, kind, detail in (
                (24, "no-decision", DETAIL),
                (25, "recording-muted", ""),
                (26, "of-another-version", "x"),
            ):
                at = datetime.fromisoformat(f"2026-11-{day}T10:00:00+08:00")
                await store.incidents.add(at=at, node="pbx1", kind=kind, channel="c", detail=detail)

    asyncio.run(write())
    return home


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ((), ["of-another-version", "recording-muted", "no-decision"]),
        (("--limit", "1"), ["of-another-version"]),
        (("--limit", "0"), ["of-another-version", "recording-muted", "no-decision"]),
        (("--kind", "no-decision"), ["no-decision"]),
        (("--kind", "recording-lost"), []),
        (("--since", "2026-11-25 10:00:00"), ["of-another-version", "recording-muted"]),  # that instant too
        (("--since", "2026-11-25 10:00:01"), ["of-another-version"]),
        (("--until", "2026-11-25 10:00:00"), ["no-decision"]),
        (("--until", "2026-11-25 10:00:01"), ["recording-muted", "no-decision"]),
        (("--until", "2026-11-24"), ["no-decision"]),  # a bare date includes its day
    ],
)
def test_which(some: Home, arguments: tuple[str, ...], found: list[str]) -> None:
    assert [row["kind"] for row in some("incidents", "list", *arguments)] == found


def test_a_list_that_was_cut_goes_on_behind_its_cursor(some: Home) -> None:
    told = some.run("incidents", "list", "--limit", "2").output
    assert "2 rows; the list goes on: --after 2" in told
    assert [row["kind"] for row in some("incidents", "list", "--after", "2")] == ["no-decision"]
    assert some("incidents", "list", "--after", "x", code=1)["error"]


def test_numbers_are_masked_unless_asked_for(some: Home) -> None:
    (masked,) = some("incidents", "list", "--kind", "no-decision")
    assert masked["detail"] == "cut; by PJSIP/agent1001-00000000 linkedid=1795624418.1; dialled 139****9000"
    (full,) = some("incidents", "list", "--kind", "no-decision", "--full")
    assert full["detail"].endswith("dialled 13900139000")
    assert masked["meaning"] == "A call without a decision"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--kind", "nonsense"), "no such kind of incident: nonsense (known: no-decision, "),
        (("--since", "soon"), "soon"),
    ],
)
def test_what_is_refused(some: Home, arguments: tuple[str, ...], says: str) -> None:
    assert says in some("incidents", "list", *arguments, code=1)["error"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_for_people(some: Home, language: str) -> None:
    said = some.run("incidents", "list", "--lang", language).stdout
    catalogue = texts.catalogue("zh" if language == "zh" else "en")
    assert catalogue["incident.recording-muted"] in said
    assert catalogue["column.meaning"] in said
    assert "of-another-version" in said
    assert "13900139000" not in said


def test_count(some: Home) -> None:
    assert {row["kind"]: row["count"] for row in some("incidents", "count")} == {
        "of-another-version": 1,
        "recording-muted": 1,
        "no-decision": 1,
    }
    assert some("incidents", "count", "--since", "2027-01-01") == []
    assert "事件数" in some.run("--lang", "zh", "incidents", "count").stdout
