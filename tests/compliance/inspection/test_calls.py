"""Calls by day, hour, reason, caller ID and holder: each figure counted anew by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from ami_listener.legs import leg_policy
from dialpact.compliance import calendars, profile
from dialpact.compliance.inspection.figures import BYPASSES, NUMBERS, Count, ReasonCount
from dialpact.compliance.inspection.period import LONGEST, period
from dialpact.compliance.model import PolicyVersion
from dialpact.compliance.profile import Policy
from dialpact.compliance.reasons import Reason
from dialpact.compliance.registers.carrier_list import ListedNumber
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, create
from tests.compliance.inspection.world import SHANGHAI, World, finding, local, slots, verdict


async def test_each_call_is_one_of_four(world: World) -> None:
    await world.call("2026-11-24 10:00")
    await world.call("2026-11-24 10:10")
    await world.call("2026-11-24 10:20", Reason.NO_CONSENT)
    await world.call("2026-11-24 15:00", Reason.NO_CONSENT, shadow=True)
    await world.call("2026-11-24 15:10", undelivered=True)
    await world.call("2026-11-24 15:20", Reason.NO_CONSENT, shadow=True, undelivered=True)
    calls = (await world.report()).calls
    assert (calls.decisions, calls.passed, calls.blocked, calls.shadow, calls.undelivered) == (6, 2, 1, 1, 2)
    assert slots(calls.days) == {"2026-11-24": (2, 1, 1, 2)}
    assert slots(calls.hours) == {"10": (2, 1, 0, 0), "15": (0, 0, 1, 2)}


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        ("2026-11-23 23:59:59.999999", False),
        ("2026-11-24 00:00:00", True),
        ("2026-11-25 23:59:59.999999", True),
        ("2026-11-26 00:00:00", False),
    ],
    ids=["a microsecond before", "the first", "the last", "a microsecond after"],
)
async def test_both_days_are_included(world: World, at: str, counts: bool) -> None:
    await world.call(at)
    assert (await world.report("2026-11-24", "2026-11-25")).calls.decisions == counts


async def test_a_local_day_is_not_a_day_of_utc(world: World) -> None:
    """07:00 in Shanghai is 23:00 UTC of the day before: the period begins in the middle of a UTC day."""
    await world.call(datetime(2026, 11, 23, 23, 0, tzinfo=UTC))
    report = await world.report()
    assert report.period.since == datetime(2026, 11, 23, 16, tzinfo=UTC)
    assert slots(report.calls.days) == {"2026-11-24": (1, 0, 0, 0)}
    assert slots(report.calls.hours) == {"07": (1, 0, 0, 0)}


async def test_over_a_year_boundary(world: World) -> None:
    await world.call("2026-12-31 23:30")
    await world.call("2027-01-01 00:10")
    report = await world.report("2026-12-31", "2027-01-01", now="2027-02-01 10:00")
    assert slots(report.calls.days) == {"2026-12-31": (1, 0, 0, 0), "2027-01-01": (1, 0, 0, 0)}
    # Nobody knows whether these are working days: nobody was permitted to call.
    assert [slot.permitted for slot in report.calls.days] == [False, False]
    assert report.calls.outside_hours == 2


async def test_a_zone_with_summer_time(tmp_path: Path) -> None:
    """The night of 25 October 2026 has 25 hours in Paris; what happens in both hours of two is in it."""
    france = Policy((profile.load("fr"),), calendars.load())
    world = await World.made(tmp_path, france)
    for hour in range(22, 48):  # UTC, from 24 October 22:00 = 00:00 in Paris
        await world.call(datetime(2026, 10, 24, tzinfo=UTC) + timedelta(hours=hour, minutes=30))
    calls = (await world.report("2026-10-25", "2026-10-25")).calls
    await world.store.close()
    assert calls.decisions == 25
    assert {at: figures[0] for at, figures in slots(calls.hours).items()} == {
        f"{hour:02}": 2 if hour == 2 else 1 for hour in range(24)
    }


def test_a_period_has_two_ends_and_an_end() -> None:
    with pytest.raises(Fault):
        period(date(2026, 11, 2), date(2026, 11, 1), SHANGHAI)
    period(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=LONGEST - 1), SHANGHAI)
    with pytest.raises(Fault) as refused:
        period(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=LONGEST), SHANGHAI)
    assert refused.value.key == "period-too-long"
    assert len(period(date(2026, 1, 1), date(2026, 12, 31), ZoneInfo("Europe/Paris")).days) == 365


async def test_reasons_first_and_any(world: World) -> None:
    await world.call("2026-11-24 10:00", Reason.OUTSIDE_HOURS, Reason.NO_CONSENT)
    await world.call("2026-11-24 10:01", Reason.NO_CONSENT)
    await world.call("2026-11-24 10:02", Reason.NO_CONSENT)
    await world.call("2026-11-24 10:03", Reason.DO_NOT_CALL, shadow=True)  # not blocked in the end
    await world.call("2026-11-24 10:04", undelivered=True)  # told too late: that is why it was not made
    assert (await world.report()).calls.reasons == (
        ReasonCount(code="no-consent", first=2, any=3),
        ReasonCount(code="deadline", first=1, any=1),
        ReasonCount(code="outside-hours", first=1, any=1),
    )


@pytest.mark.parametrize(
    ("at", "outside"),
    [
        ("2026-11-24 07:59:59", 1),
        ("2026-11-24 08:00:00", 0),
        ("2026-11-24 11:59:59", 0),  # the guard is the gate's caution, not the covenant's text
        ("2026-11-24 12:00:00", 1),
        ("2026-11-24 13:59:59", 1),
        ("2026-11-24 14:00:00", 0),
        ("2026-11-24 18:29:59", 0),
        ("2026-11-24 18:30:00", 1),
        ("2026-11-21 10:00:00", 1),  # a Saturday
        ("2026-10-10 10:00:00", 0),  # a make-up working day, though a Saturday
        ("2026-10-05 10:00:00", 1),  # a holiday, though a Monday
    ],
)
async def test_calls_outside_the_hours(world: World, at: str, outside: int) -> None:
    await world.call(at)
    day = at[:10]
    report = await world.report(day, day)
    assert report.calls.outside_hours == outside
    assert (finding(report, "conduct-outside-hours") is not None) == bool(outside)


async def test_hours_bind_by_the_purpose_at_the_time(world: World) -> None:
    await world.call("2026-11-24 12:30", campaign="repair", purpose="service")
    await world.call("2026-11-24 12:31", campaign="nobody-knows-it", purpose="")  # then it is marketing
    await world.call("2026-11-24 12:32", Reason.OUTSIDE_HOURS)  # blocked: not put through
    await world.call("2026-11-24 12:33", undelivered=True)  # nor this
    await world.call("2026-11-24 12:34", Reason.OUTSIDE_HOURS, shadow=True)
    assert (await world.report()).calls.outside_hours == 2
    # Renaming the purpose later does not make a marketing call a service call.
    await world.store.campaigns.change(
        "renewal", {"purpose": "service"}, reason="x", by="li", at=local("2026-11-25 10:00")
    )
    assert (await world.report()).calls.outside_hours == 2


async def test_permitted_days_and_hours_are_marked(world: World) -> None:
    calls = (await world.report("2026-11-20", "2026-11-23")).calls
    assert [slot.permitted for slot in calls.days] == [True, False, False, True]  # a weekend between
    assert [slot.at for slot in calls.hours if slot.permitted] == [
        *("08", "09", "10", "11", "14", "15", "16", "17", "18")
    ]
    assert calls.windows == ("cn-hubei-2018: 08:00-12:00, 14:00-18:30",)


async def test_on_the_callees_clock_nothing_can_be_told(tmp_path: Path) -> None:
    world = await World.made(tmp_path, Policy((profile.load("us-federal"),), calendars.load()))
    report = await world.report()
    await world.store.close()
    assert report.calls.outside_hours is None
    assert finding(report, "conduct-hours-unknown") is not None


async def test_caller_ids_beside_register_and_list(world: World) -> None:
    await world.caller_id("95555", authenticated=False)
    await world.caller_id("02799999999", business="other", valid_to=date(2026, 12, 20))
    await world.call("2026-11-24 10:00")
    await world.call("2026-11-24 10:01", Reason.CALLER_ID_EXPIRED, Reason.CALLER_ID_SUBLET)
    await world.call("2026-11-24 10:02", caller_id="95555")
    await world.call("2026-11-24 10:03", caller_id="02799999999")
    await world.call("2026-11-24 10:04", Reason.CALLER_ID_UNAUTHORISED, caller_id="13912345678", shadow=True)
    report = await world.report(listed={"02787654321": ListedNumber(number="02787654321")}, lists="a.csv")
    numbers = report.numbers
    uses = {use.number: use for use in numbers.uses}
    assert {n: (u.attempts, u.put_through, u.blocked_for_it, u.by_others) for n, u in uses.items()} == {
        "02787654321": (2, 1, 1, 0),
        "95555": (1, 1, 0, 0),
        "02799999999": (1, 1, 0, 1),
        "139****5678": (1, 1, 0, 0),  # in no register: perhaps a person's
    }
    assert uses["139****5678"].registered is False
    assert {n for n, u in uses.items() if u.listed} == {"02787654321"}
    assert (numbers.registered, numbers.valid, numbers.unauthenticated, numbers.ending) == (3, 3, 1, 1)
    assert (numbers.used, numbers.used_unregistered, numbers.used_unauthenticated) == (4, 1, 1)
    assert numbers.used_unlisted == 3
    assert (await world.report()).numbers.used_unlisted is None
    assert numbers.blocks == (Count(key="caller-id-expired", count=1),)
    assert finding(report, "use-unlisted") == {"count": 3}
    compared = numbers.carrier_list
    assert compared is not None and (compared.at, compared.source, compared.listed) == (None, "a.csv", 1)
    assert {(one.kind, one.number, one.calls) for one in compared.list} == {
        ("not-listed", "95555", 1),
        ("not-listed", "02799999999", 1),
        ("used-not-listed", "95555", 1),
        ("used-not-listed", "02799999999", 1),
        ("used-not-listed", "139****5678", 1),
    }
    assert compared.differences == (
        Count(key="not-listed", count=2),
        Count(key="used-not-listed", count=3),
    )
    assert finding(report, "filing-unregistered") == {"count": 1}
    assert {verdict(report, name) for name in ("filing", "use")} == {"violation"}


@pytest.mark.parametrize(
    ("valid_to", "figures"),
    [
        (None, (1, 0, 0)),
        (date(2026, 11, 30), (0, 1, 0)),  # over yesterday
        (date(2026, 12, 1), (1, 0, 1)),  # today still
        (date(2026, 12, 30), (1, 0, 1)),
        (date(2026, 12, 31), (1, 0, 0)),  # in thirty days still
    ],
)
async def test_validity_is_of_the_day_of_the_report(
    world: World, valid_to: date | None, figures: tuple[int, int, int]
) -> None:
    await world.caller_id("02787654321", valid_to=valid_to)
    numbers = (await world.report(now="2026-12-01 10:00")).numbers
    assert (numbers.valid, numbers.expired, numbers.ending) == figures


async def test_calls_over_what_another_business_holds(world: World) -> None:
    await world.caller_id("02799999999", business="other")
    await world.call("2026-11-24 10:00", trunk="theirs")
    await world.call("2026-11-24 10:01", caller_id="02799999999")
    await world.call("2026-11-24 10:02", caller_id="02799999999", trunk="theirs")  # both at once is one call
    await world.call("2026-11-24 10:03")
    await world.call("2026-11-24 10:04", Reason.CALLER_ID_SUBLET, trunk="theirs")
    report = await world.report(holders={"theirs": "other", "carrier": ""})
    resources = report.resources
    assert (resources.by_others, resources.sublet_blocks) == (3, 1)
    assert resources.free_trunks == ("carrier",)
    assert {h.business: (h.caller_ids, h.trunks, h.campaigns, h.put_through) for h in resources.holders} == {
        "acme": (1, (), 2, 4),
        "other": (1, ("theirs",), 0, 0),
    }
    assert verdict(report, "renting") == "violation"


async def test_profiles_of_then_and_now(world: World) -> None:
    old = (PolicyVersion(profile="cn-hubei-2018", version="0", sha256="0" * 64),)
    await world.call("2026-11-24 09:00", policy=old)
    assert finding(await world.report(), "control-rules-changed") is not None
    await world.call("2026-11-25 09:00")
    report = await world.report("2026-11-25", "2026-11-25")
    assert finding(report, "control-rules-changed") is None
    report = await world.report("2026-11-24", "2026-11-25")
    assert report.installation.rules_then[0] == f"cn-hubei-2018 0 {'0' * 64}"
    assert len(report.installation.rules_then) == 2


async def test_an_empty_installation(tmp_path: Path) -> None:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        report = await World(store).report()
    assert report.calls.decisions == 0
    assert report.control.recordings.share is None
    assert "violation" not in {heading.verdict for heading in report.headings}
    assert finding(report, "no-calls") == {}
    assert finding(report, "filing-none") == {}
    assert finding(report, "consent-none") == {}


def test_the_listeners_bypasses_are_the_reports() -> None:
    not_judged = {"", "emergency", "emergency-unusual", "store-unavailable", "leg-not-judged"}
    assert set(get_args(leg_policy.Kind)) - not_judged == {*BYPASSES, *NUMBERS}
