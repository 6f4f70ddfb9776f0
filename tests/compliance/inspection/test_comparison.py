"""A period beside the one before: what is compared, by how much, and when nobody judges."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import get_args

import pytest
from msgspec.structs import replace

from dialpact.compliance.inspection.comparison import FIGURES, Change, Why, before, compared
from dialpact.compliance.inspection.figures import Inspection
from dialpact.compliance.inspection.period import period
from dialpact.compliance.texts import LANGUAGES
from dialpact.compliance.zones import ZoneInfo
from dialpact.presentation import texts
from dialpact.presentation.inspection.comparison import rows
from tests.compliance.inspection.world import World

HOME = ZoneInfo("Asia/Shanghai")
NOW = period(date(2026, 11, 1), date(2026, 11, 30), HOME)
THEN = period(date(2026, 10, 1), date(2026, 10, 31), HOME)
LONG_AGO = THEN.since - timedelta(days=365)


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [
        ("2026-11-01", "2026-11-30", ("2026-10-01", "2026-10-31")),
        ("2026-03-01", "2026-03-31", ("2026-02-01", "2026-02-28")),
        ("2026-01-01", "2026-01-31", ("2025-12-01", "2025-12-31")),
        ("2026-11-01", "2026-11-29", ("2026-10-03", "2026-10-31")),
        ("2026-11-24", "2026-11-24", ("2026-11-23", "2026-11-23")),
        ("2026-11-24", "2026-11-30", ("2026-11-17", "2026-11-23")),
    ],
)
def test_the_days_before(first: str, last: str, wanted: tuple[str, str]) -> None:
    found = before(date.fromisoformat(first), date.fromisoformat(last))
    assert tuple(day.isoformat() for day in found) == wanted


@pytest.fixture
async def report(world: World) -> Inspection:
    await world.answered("2026-11-24 10:00")
    return replace(await world.report(), complete=True, period=NOW)


def change(found: tuple[Change, ...], name: str) -> Change:
    (one,) = [one for one in found if one.figure == name]
    return one


async def test_each_figure_with_its_difference(report: Inspection) -> None:
    then = replace(
        report,
        period=THEN,
        calls=replace(report.calls, decisions=5, outside_hours=2, shadow=0),
        conduct=replace(report.conduct, complaints=replace(report.conduct.complaints, received=0)),
    )
    now = replace(
        report,
        calls=replace(report.calls, decisions=3, outside_hours=0),
        conduct=replace(report.conduct, complaints=replace(report.conduct.complaints, received=4)),
    )
    found = compared(now, then, LONG_AGO)
    assert (found.first, found.last, found.why) == (THEN.first, THEN.last, ())
    calls = change(found.changes, "decisions")
    assert (calls.now, calls.before, calls.difference, calls.judgement) == (3, 5, -2, "")
    assert change(found.changes, "outside-hours").judgement == "better"
    assert change(found.changes, "complaints").judgement == "worse"
    assert change(found.changes, "between").judgement == "", "the same"


@pytest.mark.parametrize(
    ("complete", "begun", "why"),
    [
        (True, LONG_AGO, ()),
        (True, THEN.since, ()),
        (True, THEN.since + timedelta(seconds=1), ("before-began-within",)),
        (True, THEN.until - timedelta(seconds=1), ("before-began-within",)),
        (True, THEN.until, ("before-nothing",)),
        (True, NOW.since + timedelta(seconds=1), ("began-within", "before-nothing")),
        (True, None, ("before-nothing",)),
        (False, LONG_AGO, ("not-over",)),
        (False, THEN.since + timedelta(days=3), ("not-over", "before-began-within")),
    ],
)
async def test_two_that_are_not_whole_are_not_judged(
    report: Inspection, complete: bool, begun: datetime | None, why: tuple[Why, ...]
) -> None:
    now = replace(report, complete=complete, calls=replace(report.calls, outside_hours=9))
    found = compared(now, replace(report, period=THEN), begun)
    assert found.why == why
    outside = change(found.changes, "outside-hours")
    assert outside.judgement == ("" if why else "worse")
    if "before-nothing" in why:
        assert (outside.before, outside.difference) == (None, None), "nobody looked: that is no 0"


async def test_what_was_not_asked_has_no_difference(report: Inspection) -> None:
    now = replace(report, calls=replace(report.calls, outside_hours=None))
    outside = change(compared(now, report, LONG_AGO).changes, "outside-hours")
    assert (outside.now, outside.difference, outside.judgement) == (None, None, "")


async def test_as_rows_with_words_and_signs(report: Inspection) -> None:
    then = replace(report, period=THEN, calls=replace(report.calls, decisions=2001))
    kept = replace(report.control.recordings, share=0.5, seconds=7200.0)
    now = replace(report, control=replace(report.control, recordings=kept))
    for language in LANGUAGES:
        found = rows(compared(now, then, LONG_AGO), language)
        assert [*found] == [heading.name for heading in report.headings]
        assert sum(map(len, found.values())) == len(FIGURES)
    said = {row.figure: row for row in found["conduct"] + found["control"]}
    decisions = said[texts.text("inspection-change.decisions", language)]
    assert (decisions.now, decisions.before, decisions.difference) == ("1", "2,001", "−2,000")
    share = said[texts.text("inspection-change.recorded-share", language)]
    assert (share.now, share.before, share.difference, share.judgement) == (
        "50.00 %",
        "100.00 %",
        "−50.00",
        "worse",
    )
    hours = said[texts.text("inspection-figure.hours-of-sound", language)]
    assert hours.now == "2.0" and hours.difference.startswith("+")


async def test_since_when_anything_is_known(world: World) -> None:
    began = await world.store.inspections.begun()
    assert began is not None, "its campaigns are registered"
    await world.call("2020-01-01 10:00")
    earlier = await world.store.inspections.begun()
    assert earlier is not None and earlier < began


def test_every_why_has_its_words() -> None:
    from dialpact.web.console import texts as console

    for language in LANGUAGES:
        assert {f"inspections-why.{why}" for why in get_args(Why)} <= set(console.own(language))
