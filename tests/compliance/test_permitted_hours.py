"""The picture of a year: what it shows of a minute is what the gate's rules say of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialpact.compliance import calendars, permitted_hours, profile
from dialpact.compliance.model import PURPOSES, CallAttempt, Callee, Facts, Purpose
from dialpact.compliance.permitted_hours import PermittedDay
from dialpact.compliance.policy.engine import RULES, case_of
from dialpact.compliance.profile import Policy
from dialpact.compliance.zones import ZoneInfo, zone

POLICIES = {
    "hubei": (("cn-hubei-2018",), "Asia/Shanghai"),
    "china": (("cn-hubei-2018", "cn-miit-2020-81"), "Asia/Shanghai"),
    "texas": (("us-federal", "us-tx"), "America/Chicago"),
    "france": (("fr",), "Europe/Paris"),
    "australia": (("au",), "Australia/Sydney"),
}


def policy(name: str) -> Policy:
    return Policy(tuple(profile.load(one) for one in POLICIES[name][0]), calendars.load())


def place(name: str) -> ZoneInfo:
    found = zone(POLICIES[name][1])
    assert found is not None
    return found


YEARS = {
    (name, purpose): permitted_hours.of_year(policy(name), purpose, 2026, place(name))
    for name in POLICIES
    for purpose in PURPOSES[:2]
}


def judged(name: str, purpose: Purpose, at: datetime) -> bool:
    """By the rules themselves, one after the other."""
    rules = policy(name)
    callee = Callee(given="", e164="+0", zones=(POLICIES[name][1],))
    attempt = CallAttempt(callee=callee, campaign="", caller_id="")
    for number in range(len(rules.profiles)):
        case = case_of(attempt, Facts(), rules, number, at, recorder_required=False)
        for rule in ("hours", "days"):
            section = rules.sections[number].get(rule)
            if section is None or not section.binds(purpose) or case.local.date() < section.effective_from:
                continue
            if any(finding.result == "fail" for finding in RULES[rule](case, section)):
                return False
    return True


@given(
    key=st.sampled_from(sorted(YEARS)),
    second=st.integers(0, 365 * 86_400 - 1),
    edge=st.sampled_from((None, 0, 1, 2)),
)
@settings(max_examples=300, deadline=None)
def test_every_second_is_as_the_gate_judges_it(
    key: tuple[str, Purpose], second: int, edge: int | None
) -> None:
    """At random, and a second on either side of each bound of the day."""
    name, purpose = key
    there = place(name)
    at = datetime(2026, 1, 1, tzinfo=there).astimezone(UTC) + timedelta(seconds=second)
    day = next(day for day in YEARS[key] if day.day == at.astimezone(there).date())
    if edge is not None and day.spans:
        opens, closes = day.spans[edge % len(day.spans)]
        wall = (opens - 1, opens, closes - 1, closes)[(second + edge) % 4]
        if not 0 <= wall < 86_400:
            return
        at = datetime.combine(day.day, datetime.min.time(), there) + timedelta(seconds=wall)
    local = at.astimezone(there)
    shown = local.hour * 3600 + local.minute * 60 + local.second
    found = any(opens <= shown < closes for opens, closes in day.spans)
    assert found == judged(name, purpose, at.astimezone(UTC))


def kind(name: str, day: date, purpose: Purpose = "marketing") -> PermittedDay:
    return next(one for one in YEARS[name, purpose] if one.day == day)


@pytest.mark.parametrize(
    ("name", "day", "spans", "why"),
    [
        ("hubei", date(2026, 11, 24), ((28800, 43140), (50400, 66540)), []),  # a Tuesday, with the guard
        ("hubei", date(2026, 11, 28), (), ["day-off"]),  # a Saturday
        ("hubei", date(2026, 1, 4), ((28800, 43140), (50400, 66540)), []),  # a Sunday that is made up
        ("hubei", date(2026, 10, 1), (), ["day-off"]),
        ("hubei", date(2026, 12, 30), (), ["year-provisional"]),
        ("texas", date(2026, 11, 29), ((43200, 75540),), []),  # a Sunday
        ("france", date(2026, 7, 14), (), ["public-holiday"]),
        ("australia", date(2026, 11, 28), ((32400, 61140),), []),  # a Saturday
    ],
)
def test_days(name: str, day: date, spans: tuple[tuple[int, int], ...], why: list[str]) -> None:
    found = kind(name, day)
    assert (found.spans, [one.detail["key"] for one in found.why]) == (spans, why)
    assert found.is_unknown == ("year-provisional" in why)


def test_a_purpose_that_no_clock_binds_is_never_closed() -> None:
    days = YEARS["hubei", "service"]
    assert {day.spans for day in days} == {((0, 86400),)}
    assert permitted_hours.exceptions(days) == ()


def test_a_year_that_nobody_knows_is_not_guessed() -> None:
    days = permitted_hours.of_year(policy("hubei"), "marketing", 2031, place("hubei"))
    assert len(days) == 365 and all(day.is_unknown and not day.spans for day in days)


def test_before_the_first_rule_nothing_is_permitted() -> None:
    days = permitted_hours.of_year(policy("hubei"), "marketing", 2018, place("hubei"))
    assert next(day.day for day in days if day.spans) == date(2018, 12, 14)
    assert days[0].why[0].detail == {"key": "not-effective", "since": "2018-12-14"}


def test_sums() -> None:
    days = YEARS["hubei", "marketing"]
    months, kinds = permitted_hours.months(days), permitted_hours.kinds(days)
    assert [len(month.days) for month in months] == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert sum(month.open for month in months) == kinds[0].times == 245
    assert sum(month.seconds for month in months) == 245 * (43140 - 28800 + 66540 - 50400)
    assert sum(one.times for one in kinds) == 365
    special = {one.day.day for one in permitted_hours.exceptions(days)}
    assert {date(2026, 10, 1), date(2026, 1, 4), date(2026, 12, 30)} <= special and len(special) == 28
    made_up = [one.day.day for one in permitted_hours.exceptions(days) if one.day.spans]
    assert len(made_up) == 6 and all(
        not one.usual.spans for one in permitted_hours.exceptions(days) if one.day.spans
    )


def test_a_day_of_another_length_has_its_true_seconds() -> None:
    """Summer time: the wall's clock shows an hour twice, or not at all."""
    days = {day.day: day for day in YEARS["france", "service"]}
    assert days[date(2026, 10, 25)].seconds == 90_000 and days[date(2026, 3, 29)].seconds == 82_800
