"""Whose time counts: the callee's, in every zone in which the number may ring."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from dialpact.compliance import numbers, profile
from dialpact.compliance.config import Trunk
from dialpact.compliance.errors import ProfileError
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import CallAttempt, Facts, Finding, Tally
from dialpact.compliance.policy import evaluate, retry_at
from dialpact.compliance.policy.clocks import opening
from dialpact.compliance.profile import Policy, Profile
from tests.compliance.world import (
    CALENDAR,
    CALLER_ID,
    GOOD,
    HUBEI,
    attempt,
    changed,
    codes,
    consent,
    facts,
    policy,
)

US, FR, AU = (profile.load(name) for name in ("us-federal", "fr", "au"))
NEW_YORK, LOS_ANGELES, HONOLULU = "+12122345678", "+13102345678", "+18082345678"
GARY, OVERLAY, NEWER, BRISBANE = "+12192345678", "+13642345678", "+18612345678", "+61732345678"
TOLL_FREE, PARIS = "+18002345678", "+33142345678"
SYDNEY, PERTH, MOBILE_AU = "+61292345678", "+61892345678", "+61412345678"
OTHERS = ("do_not_call", "consent", "caller_id", "resources", "recording", "attempts", "suspension")


def clock(base: Profile, /, **sections: Any) -> Profile:
    """``base`` with nothing but its hours and days, and these changed."""
    return changed(base, id=f"{base.id}-clock", **dict.fromkeys(OTHERS), **sections)


def call(number: str) -> CallAttempt:
    return attempt(callee=numbers.parse(number, regions=numbers.REGIONS))


def instant(when: str, zone: str) -> datetime:
    return datetime.fromisoformat(when).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def found(number: str, when: datetime, *profiles: Profile) -> list[Finding]:
    return list(evaluate(call(number), facts(), Policy(profiles, CALENDAR), when))


def judged(number: str, when: datetime, *profiles: Profile) -> str:
    return " ".join(codes(found(number, when, *profiles)))


UNITED_STATES, FRANCE, AUSTRALIA = clock(US), clock(FR), clock(AU)
BEFORE, AFTER, SOON = (f"outside-hours/{why}" for why in ("before-opening", "after-closing", "closing-soon"))
BREAK, DAY, SHUT = "outside-hours/in-the-break", "not-a-working-day/day-off", "outside-hours/closed-that-day"
HOLIDAY = "not-a-working-day/public-holiday"

BOUNDS = [
    (UNITED_STATES, NEW_YORK, "2026-06-02 07:59:59", "America/New_York", BEFORE, "a second early"),
    (UNITED_STATES, NEW_YORK, "2026-06-02 08:00:00", "America/New_York", "", "the bound is inside"),
    (UNITED_STATES, NEW_YORK, "2026-06-02 20:58:59", "America/New_York", "", "before the guard"),
    (UNITED_STATES, NEW_YORK, "2026-06-02 20:59:00", "America/New_York", SOON, "it would ring at nine"),
    (UNITED_STATES, NEW_YORK, "2026-06-02 21:00:00", "America/New_York", AFTER, "half-open"),
    (UNITED_STATES, NEW_YORK, "2026-07-05 12:00:00", "America/New_York", "", "a Sunday: no federal rule"),
    (UNITED_STATES, NEW_YORK, "2026-07-04 12:00:00", "America/New_York", "", "a holiday: no federal rule"),
    (UNITED_STATES, LOS_ANGELES, "2026-06-02 08:00:00", "America/New_York", BEFORE, "five in California"),
    (UNITED_STATES, LOS_ANGELES, "2026-06-02 10:59:59", "America/New_York", BEFORE, "a second early there"),
    (UNITED_STATES, LOS_ANGELES, "2026-06-02 11:00:00", "America/New_York", "", "eight in California"),
    (UNITED_STATES, LOS_ANGELES, "2026-06-02 23:58:59", "America/New_York", "", "not yet nine there"),
    (
        UNITED_STATES,
        HONOLULU,
        "2026-01-15 12:59:59",
        "America/New_York",
        BEFORE,
        "Hawaii in winter: five hours",
    ),
    (UNITED_STATES, HONOLULU, "2026-01-15 13:00:00", "America/New_York", "", "eight in Hawaii"),
    (
        UNITED_STATES,
        HONOLULU,
        "2026-06-15 13:59:59",
        "America/New_York",
        BEFORE,
        "in summer six: no DST there",
    ),
    (UNITED_STATES, HONOLULU, "2026-06-15 14:00:00", "America/New_York", "", "eight in Hawaii"),
    # An area in two zones is open when both are.
    (UNITED_STATES, GARY, "2026-06-02 08:05:00", "America/New_York", BEFORE, "five past seven in Gary"),
    (UNITED_STATES, GARY, "2026-06-02 08:59:59", "America/New_York", BEFORE, "a second early there"),
    (UNITED_STATES, GARY, "2026-06-02 09:00:00", "America/New_York", "", "open in both"),
    (UNITED_STATES, GARY, "2026-06-02 20:00:00", "America/Chicago", AFTER, "nine in the area's other part"),
    (UNITED_STATES, OVERLAY, "2026-06-02 08:05:00", "America/New_York", BEFORE, "Kentucky's west by 364"),
    (UNITED_STATES, OVERLAY, "2026-06-02 09:00:00", "America/New_York", "", "open in both"),
    (UNITED_STATES, NEWER, "2026-06-02 08:05:00", "America/New_York", BEFORE, "861 is Illinois"),
    (UNITED_STATES, NEWER, "2026-06-02 08:00:00", "America/Chicago", "", "eight in Peoria"),
    # The clock goes forward on 8 March and back on 1 November.
    (UNITED_STATES, NEW_YORK, "2026-03-07 12:59:59+00:00", "UTC", BEFORE, "the day before: UTC-5"),
    (UNITED_STATES, NEW_YORK, "2026-03-07 13:00:00+00:00", "UTC", "", "the day before: UTC-5"),
    (UNITED_STATES, NEW_YORK, "2026-03-08 11:59:59+00:00", "UTC", BEFORE, "the day itself: UTC-4"),
    (UNITED_STATES, NEW_YORK, "2026-03-08 12:00:00+00:00", "UTC", "", "the day itself: UTC-4"),
    (UNITED_STATES, NEW_YORK, "2026-10-31 12:00:00+00:00", "UTC", "", "the day before: UTC-4"),
    (UNITED_STATES, NEW_YORK, "2026-11-01 12:59:59+00:00", "UTC", BEFORE, "the day itself: UTC-5"),
    (UNITED_STATES, NEW_YORK, "2026-11-01 13:00:00+00:00", "UTC", "", "the day itself: UTC-5"),
    # Toll-free: Guam opens last, Newfoundland closes first.
    (UNITED_STATES, TOLL_FREE, "2026-01-15 16:59:59", "America/New_York", BEFORE, "not yet eight on Guam"),
    (UNITED_STATES, TOLL_FREE, "2026-01-15 17:00:00", "America/New_York", "", "all 42 are open"),
    (UNITED_STATES, TOLL_FREE, "2026-01-15 19:28:59", "America/New_York", "", "20:58:59 in Newfoundland"),
    (UNITED_STATES, TOLL_FREE, "2026-01-15 19:29:00", "America/New_York", SOON, "the guard in Newfoundland"),
    (UNITED_STATES, TOLL_FREE, "2026-01-15 12:00:00", "America/New_York", BEFORE, "seven in Hawaii"),
    (FRANCE, PARIS, "2026-06-02 09:59:59", "Europe/Paris", BEFORE, "a second early"),
    (FRANCE, PARIS, "2026-06-02 10:00:00", "Europe/Paris", "", "the bound is inside"),
    (FRANCE, PARIS, "2026-06-02 12:58:59", "Europe/Paris", "", "before the guard"),
    (FRANCE, PARIS, "2026-06-02 12:59:00", "Europe/Paris", SOON, "guard"),
    (FRANCE, PARIS, "2026-06-02 13:00:00", "Europe/Paris", BREAK, "lunch"),
    (FRANCE, PARIS, "2026-06-02 13:59:59", "Europe/Paris", BREAK, "lunch"),
    (FRANCE, PARIS, "2026-06-02 14:00:00", "Europe/Paris", "", "after lunch"),
    (FRANCE, PARIS, "2026-06-02 20:00:00", "Europe/Paris", AFTER, "half-open"),
    (FRANCE, PARIS, "2026-06-06 11:00:00", "Europe/Paris", DAY, "a Saturday"),
    (FRANCE, PARIS, "2026-07-14 11:00:00", "Europe/Paris", HOLIDAY, "a holiday on a Tuesday"),
    (FRANCE, PARIS, "2026-04-03 11:00:00", "Europe/Paris", "", "Good Friday is one in Alsace alone"),
    (FRANCE, PARIS, "2026-08-15 11:00:00", "Europe/Paris", DAY, "a holiday on a Saturday"),
    (FRANCE, PARIS, "2026-03-27 08:59:59+00:00", "UTC", BEFORE, "before the clock goes forward: UTC+1"),
    (FRANCE, PARIS, "2026-03-27 09:00:00+00:00", "UTC", "", "before the clock goes forward: UTC+1"),
    (FRANCE, PARIS, "2026-03-30 07:59:59+00:00", "UTC", BEFORE, "after: UTC+2"),
    (FRANCE, PARIS, "2026-03-30 08:00:00+00:00", "UTC", "", "after: UTC+2"),
    (FRANCE, PARIS, "2026-10-26 08:59:59+00:00", "UTC", BEFORE, "after it went back: UTC+1"),
    (FRANCE, PARIS, "2026-10-26 09:00:00+00:00", "UTC", "", "after it went back: UTC+1"),
    (AUSTRALIA, SYDNEY, "2026-06-02 08:59:59", "Australia/Sydney", BEFORE, "a second early"),
    (AUSTRALIA, SYDNEY, "2026-06-02 09:00:00", "Australia/Sydney", "", "the bound is inside"),
    (AUSTRALIA, SYDNEY, "2026-06-02 19:58:59", "Australia/Sydney", "", "a Tuesday evening"),
    (AUSTRALIA, SYDNEY, "2026-06-02 20:00:00", "Australia/Sydney", AFTER, "half-open"),
    (AUSTRALIA, SYDNEY, "2026-06-06 16:58:59", "Australia/Sydney", "", "a Saturday"),
    (AUSTRALIA, SYDNEY, "2026-06-06 16:59:00", "Australia/Sydney", SOON, "a Saturday's guard"),
    (AUSTRALIA, SYDNEY, "2026-06-06 17:00:00", "Australia/Sydney", AFTER, "a Saturday is over at five"),
    (AUSTRALIA, SYDNEY, "2026-06-07 12:00:00", "Australia/Sydney", f"{DAY} {SHUT}", "a Sunday has no hours"),
    (AUSTRALIA, SYDNEY, "2026-01-26 12:00:00", "Australia/Sydney", HOLIDAY, "Australia Day"),
    (
        AUSTRALIA,
        SYDNEY,
        "2026-11-03 12:00:00",
        "Australia/Sydney",
        HOLIDAY,
        "Cup Day in Melbourne: any state",
    ),
    (AUSTRALIA, SYDNEY, "2026-04-02 22:00:00+00:00", "UTC", HOLIDAY, "Good Friday there, Thursday in UTC"),
    (AUSTRALIA, SYDNEY, "2026-10-01 22:59:59+00:00", "UTC", BEFORE, "before the clock goes forward: UTC+10"),
    (AUSTRALIA, SYDNEY, "2026-10-01 23:00:00+00:00", "UTC", "", "before the clock goes forward: UTC+10"),
    (AUSTRALIA, SYDNEY, "2026-10-05 21:59:59+00:00", "UTC", BEFORE, "after: UTC+11"),
    (AUSTRALIA, SYDNEY, "2026-10-05 22:00:00+00:00", "UTC", "", "after: UTC+11"),
    (AUSTRALIA, PERTH, "2026-06-02 08:59:59", "Australia/Perth", BEFORE, "Perth opens after Adelaide"),
    (AUSTRALIA, PERTH, "2026-06-02 09:00:00", "Australia/Perth", "", "open in both"),
    (
        AUSTRALIA,
        PERTH,
        "2026-06-02 18:29:00",
        "Australia/Perth",
        SOON,
        "08 may be Adelaide, where it is 19:59",
    ),
    # Queensland has no summer time: nine in Sydney is eight in Brisbane.
    (AUSTRALIA, BRISBANE, "2026-12-01 09:05:00", "Australia/Sydney", BEFORE, "five past eight in Brisbane"),
    (AUSTRALIA, BRISBANE, "2026-12-01 09:00:00", "Australia/Brisbane", "", "open in both"),
    (AUSTRALIA, BRISBANE, "2026-12-01 19:58:59", "Australia/Sydney", "", "18:58:59 in Brisbane"),
    (AUSTRALIA, BRISBANE, "2026-12-01 19:05:00", "Australia/Brisbane", AFTER, "Tweed Heads is in 07, too"),
    (AUSTRALIA, BRISBANE, "2026-06-02 09:00:00", "Australia/Brisbane", "", "in winter they are one"),
    (AUSTRALIA, MOBILE_AU, "2026-06-02 12:29:59", "Australia/Sydney", BEFORE, "8:59:59 on the Cocos Islands"),
    (AUSTRALIA, MOBILE_AU, "2026-06-02 12:30:00", "Australia/Sydney", "", "open in all eight"),
]


@pytest.mark.parametrize(("rules", "number", "when", "zone", "expected", "reason"), BOUNDS)
def test_bounds(rules: Profile, number: str, when: str, zone: str, expected: str, reason: str) -> None:
    moment = datetime.fromisoformat(when) if "+" in when else instant(when, zone)
    assert judged(number, moment, rules) == expected, reason


def test_the_callees_date_counts_in_every_zone() -> None:
    # Sunday 23:00 in Perth is Monday in Adelaide: the one is closed, the other not, so the call is refused.
    days = clock(AU, hours=None)
    assert judged(PERTH, instant("2026-06-14 23:00", "Australia/Perth"), days) == DAY
    assert judged(PERTH, instant("2026-06-15 00:00", "Australia/Perth"), days) == ""
    # Saturday 23:00 in Perth is Sunday in Adelaide.
    assert judged(PERTH, instant("2026-06-13 22:29:59", "Australia/Perth"), days) == ""
    assert judged(PERTH, instant("2026-06-13 22:30:00", "Australia/Perth"), days) == DAY


def test_all_days_but_the_holidays() -> None:
    days = clock(FR, hours=None, days={"kind": "all"})
    assert judged(PARIS, instant("2026-07-13 23:59:59", "Europe/Paris"), days) == ""
    assert judged(PARIS, instant("2026-07-14 00:00", "Europe/Paris"), days) == HOLIDAY
    assert judged(PARIS, instant("2026-07-18 12:00", "Europe/Paris"), days) == ""  # a Saturday


def test_a_finding_tells_which_zone_is_closed() -> None:
    (hours,) = (
        finding
        for finding in found(LOS_ANGELES, instant("2026-06-02 08:00", "America/New_York"), UNITED_STATES)
        if finding.result == "fail"
    )
    assert hours.detail["local"] == "05:00:00 America/Los_Angeles"
    assert hours.detail["zone"] == "America/Los_Angeles"
    assert hours.detail["windows"] == "08:00-21:00"
    sunday = found(SYDNEY, instant("2026-06-07 12:00", "Australia/Sydney"), AUSTRALIA)
    assert [finding.detail["windows"] for finding in sunday if finding.rule == "hours"] == [
        "mon-fri 09:00-20:00, sat 09:00-17:00"
    ]


@pytest.mark.parametrize("zones", [(), ("Mars/Olympus",), ("America/New_York", "Etc/Nowhere"), ("../etc",)])
def test_an_unknown_zone_is_refused(zones: tuple[str, ...]) -> None:
    callee = msgspec.structs.replace(call(NEW_YORK).callee, zones=zones)
    noon = instant("2026-06-02 12:00", "America/New_York")
    for rules, expected in (
        (UNITED_STATES, ["outside-hours/zone-unknown"]),
        (clock(US, hours={"basis": "both"}), ["outside-hours/zone-unknown"]),
        (clock(US, hours=None, days={"kind": ("tue",)}), ["not-a-working-day/zone-unknown"]),
        (clock(US, hours={"basis": "fixed"}, days={"basis": "fixed"}), []),
    ):
        world = (attempt(callee=callee), facts(), Policy((rules,), CALENDAR))
        findings = evaluate(*world, noon)
        assert codes(findings) == expected
        assert retry_at(*world, noon, findings) is None


def test_a_chinese_number_has_no_zone_to_go_by() -> None:
    theirs = changed(HUBEI, hours={"basis": "callee"})
    assert codes(
        evaluate(attempt(), facts(), policy(theirs), instant("2026-06-02 10:00", "Asia/Shanghai"))
    ) == ["outside-hours/zone-unknown"]


def test_no_number_has_no_clock_and_another_rule_says_so() -> None:
    findings = found("911", instant("2026-06-02 12:00", "Europe/Paris"), FRANCE)
    assert [(finding.rule, finding.result) for finding in findings if finding.rule in ("hours", "days")] == [
        ("days", "skip"),
        ("hours", "skip"),
    ]
    assert "invalid-number/length" in codes(findings)


def test_both_asks_the_office_and_the_callee() -> None:
    both = clock(US, hours={"basis": "both"})  # the profile's own zone is New York's
    assert judged(LOS_ANGELES, instant("2026-06-02 10:59:59", "America/New_York"), both) == BEFORE
    assert judged(LOS_ANGELES, instant("2026-06-02 11:00:00", "America/New_York"), both) == ""
    assert judged(LOS_ANGELES, instant("2026-06-02 20:58:59", "America/New_York"), both) == ""
    assert judged(LOS_ANGELES, instant("2026-06-02 21:00:00", "America/New_York"), both) == AFTER


def test_a_year_without_holidays_is_missing() -> None:
    when = instant("2101-06-01 12:00", "Europe/Paris")
    world = (call(PARIS), facts(), Policy((clock(FR, hours=None),), CALENDAR))
    findings = evaluate(*world, when)
    assert codes(findings) == ["calendar-missing/holidays-unknown"]
    assert retry_at(*world, when, findings) is None
    world = (call(PARIS), facts(), Policy((FRANCE,), CALENDAR))
    evening = instant("2100-12-31 21:00", "Europe/Paris")
    assert retry_at(*world, evening, evaluate(*world, evening)) is None


RETRY = [
    (UNITED_STATES, LOS_ANGELES, "2026-06-02 12:00:00", "2026-06-02 15:00:00", "eight in California"),
    (UNITED_STATES, TOLL_FREE, "2026-01-15 03:00:00", "2026-01-15 22:00:00", "when Guam opens"),
    (UNITED_STATES, TOLL_FREE, "2026-03-08 02:00:00", "2026-03-08 22:00:00", "DST in some of the zones"),
    (UNITED_STATES, NEW_YORK, "2026-03-08 03:00:00", "2026-03-08 12:00:00", "the night without two o'clock"),
    (
        UNITED_STATES,
        NEW_YORK,
        "2026-11-01 04:00:00",
        "2026-11-01 13:00:00",
        "the night with two o'clock twice",
    ),
    (FRANCE, PARIS, "2026-05-13 18:00:00", "2026-05-15 08:00:00", "Ascension Day lies between"),
    (FRANCE, PARIS, "2026-10-23 18:00:00", "2026-10-26 09:00:00", "a weekend in which the clock goes back"),
    (AUSTRALIA, SYDNEY, "2026-06-06 07:00:00", "2026-06-08 23:00:00", "Sunday and the King's Birthday"),
    (AUSTRALIA, MOBILE_AU, "2026-06-05 12:00:00", "2026-06-06 02:30:00", "Saturday on the Cocos Islands"),
    (AUSTRALIA, MOBILE_AU, "2026-06-06 06:29:00", "2026-06-09 02:30:00", "Saturday ends on Lord Howe first"),
]


@pytest.mark.parametrize(("rules", "number", "when", "expected", "reason"), RETRY)
def test_retry(rules: Profile, number: str, when: str, expected: str, reason: str) -> None:
    now, then = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (when, expected))
    world = (call(number), facts(), Policy((rules,), CALENDAR))
    assert retry_at(*world, now, evaluate(*world, now)) == then, reason
    assert codes(evaluate(*world, then - timedelta(seconds=1)))
    assert not codes(evaluate(*world, then))


def test_a_day_of_which_nobody_knows_ends_the_search() -> None:
    first = datetime(2026, 6, 1, tzinfo=UTC)

    def permits(local: datetime) -> bool | None:
        return None if local.day == 2 else local.day > 2

    assert opening((first,), permits, lambda day: (0,), 10) is None
    assert opening((first,), lambda local: bool(permits(local)), lambda day: (0,), 10) == datetime(
        2026, 6, 3, tzinfo=UTC
    )


def test_midnight_may_be_skipped() -> None:
    # In Beirut the clock goes from 23:59:59 on 28 March to 01:00.
    beirut = datetime(2026, 3, 28, 20, tzinfo=ZoneInfo("Asia/Beirut"))
    day = opening((beirut,), lambda local: local.day == 29, lambda day: (0,), 3)
    assert day == datetime(2026, 3, 28, 22, tzinfo=UTC)
    half_past = opening(
        (beirut,), lambda local: local.day == 29 and local.time() >= time(0, 30), lambda day: (1800,), 3
    )
    assert half_past == day


def test_hours_that_never_meet() -> None:
    narrow = clock(US, hours={"windows": ("08:00-10:00",)})
    now = instant("2026-01-15 03:00", "UTC")
    hours = [finding for finding in found(TOLL_FREE, now, narrow) if finding.rule == "hours"]
    assert [(finding.code, finding.retry_at) for finding in hours] == [("outside-hours", None)]


@pytest.mark.parametrize(
    ("windows", "now", "expected", "reason"),
    [
        (("01:00-02:30",), "2026-10-25 00:40", "2026-10-25 01:00", "02:40 the first time; 02:00 comes again"),
        (("02:30-05:00",), "2026-03-29 00:30", "2026-03-29 01:00", "02:30 does not come: at 03:00"),
        (("03:00-05:00",), "2026-03-29 00:30", "2026-03-29 01:00", "the bound is where the clock jumps to"),
        (("02:00-03:00",), "2026-03-29 00:30", "2026-03-30 00:00", "the window does not come that night"),
        (("sat 01:00-02:00", "sun 02:30-05:00"), "2026-03-28 12:00", "2026-03-29 01:00", "as a Sunday's"),
    ],
)
def test_retry_where_the_clock_jumps(windows: tuple[str, ...], now: str, expected: str, reason: str) -> None:
    night = clock(FR, hours={"windows": windows, "guard_seconds": 0}, days={"kind": "all", "holidays": ""})
    start, then = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, expected))
    world = (call(PARIS), facts(), Policy((night,), CALENDAR))
    assert retry_at(*world, start, evaluate(*world, start)) == then, reason
    step = start
    while (step := step + timedelta(minutes=5)) < then:
        assert codes(evaluate(*world, step)), step


def abroad() -> list[Finding]:
    """Findings with every key that only a foreign profile has."""
    new_york, zoneless = call(NEW_YORK), msgspec.structs.replace(call(NEW_YORK).callee, zones=())
    unknown = evaluate(attempt(callee=zoneless), facts(), Policy((UNITED_STATES,), CALENDAR), GOOD)
    assert new_york.callee.zones
    return [
        *unknown,
        *found(SYDNEY, instant("2026-06-07 12:00", "Australia/Sydney"), AUSTRALIA),
        *found(PARIS, instant("2026-07-14 12:00", "Europe/Paris"), FRANCE),
        *found(PARIS, instant("2101-06-01 12:00", "Europe/Paris"), FRANCE),
    ]


def judge(rules: Profile) -> Judge:
    trunk = Trunk(endpoint="PJSIP/carrier", dial_format="e164")
    return Judge(Policy((rules,), CALENDAR), {"carrier": trunk}, "pbx1")


def honest(number: str, caller_id: str, when: datetime) -> Facts:
    """World in which every rule of the three profiles passes at ``when``."""
    given = consent(number=number, granted_at=when - timedelta(days=60))
    registered = msgspec.structs.replace(CALLER_ID, number=caller_id)
    return facts(
        consents=(given,),
        caller_id=registered,
        opt_outs_at=when - timedelta(days=20),
        attempts=(Tally(per="callee", limit=4, nth=None),),
    )


@pytest.mark.parametrize(
    ("rules", "given", "dial", "caller_id", "when"),
    [
        (US, "212-234-5678", NEW_YORK, "+12122340000", "2026-06-02 12:00 America/New_York"),
        (FR, "01 42 34 56 78", PARIS, "0948000000", "2026-09-01 11:00 Europe/Paris"),
        (AU, "(02) 9234 5678", SYDNEY, "0292340000", "2026-06-02 11:00 Australia/Sydney"),
    ],
)
def test_from_the_dialled_number_to_the_trunk(
    rules: Profile, given: str, dial: str, caller_id: str, when: str
) -> None:
    clerk = judge(rules)
    asked = clerk.attempt(given, "spring", caller_id)
    text, _, zone = when.rpartition(" ")
    now = instant(text, zone)
    known = honest(dial, caller_id, now)
    allowed = clerk.decide(asked, known, now)
    assert (allowed.verdict, allowed.dial, allowed.reasons) == ("ALLOW", dial, ())
    late = instant(f"{text[:10]} 23:00", zone)
    assert clerk.decide(asked, known, late).reasons == ("outside-hours",)
    stored = msgspec.json.decode(msgspec.json.encode(asked), type=CallAttempt)
    assert evaluate(stored, known, clerk.policy, now) == allowed.findings
    assert clerk.decide(asked, msgspec.structs.replace(known, consents=()), now).reasons == ("no-consent",)


def broken(rules: Profile, dial: str, when: str, caller_id: str = "0292340000", **changes: Any) -> list[str]:
    text, _, zone = when.rpartition(" ")
    now = instant(text, zone)
    known = msgspec.structs.replace(honest(dial, caller_id, now), **changes)
    clerk = judge(rules)
    return list(clerk.decide(clerk.attempt(dial, "spring", caller_id), known, now).reasons)


def test_what_else_the_profiles_ask_for() -> None:
    june, september = "2026-06-02 12:00", "2026-09-01 11:00"
    old = instant("2026-05-01 12:00", "UTC")
    assert broken(US, NEW_YORK, f"{june} America/New_York", opt_outs_at=old) == ["do-not-call"]
    assert broken(AU, SYDNEY, f"{june} Australia/Sydney", opt_outs_at=old) == ["do-not-call"]
    lapsed = (consent(number=SYDNEY, granted_at=instant("2026-03-02 11:00", "Australia/Sydney")),)
    assert broken(AU, SYDNEY, f"{june} Australia/Sydney", consents=lapsed) == ["consent-expired"]
    often = (Tally(per="callee", limit=4, nth=instant("2026-08-20 12:00", "Europe/Paris")),)
    assert broken(FR, PARIS, f"{september} Europe/Paris", attempts=often) == ["too-many-attempts"]
    mobile = broken(FR, PARIS, f"{september} Europe/Paris", caller_id="0612345678")
    assert mobile == ["caller-id-unauthorised"]
    assert broken(FR, PARIS, "2026-08-10 11:00 Europe/Paris", consents=()) == []  # not yet in force
    assert broken(FR, PARIS, "2026-08-11 11:00 Europe/Paris", consents=()) == ["no-consent"]


def test_two_countries_need_two_gates_or_a_common_region() -> None:
    with pytest.raises(ProfileError, match="no region in common"):
        Policy((US, FR), CALENDAR)
