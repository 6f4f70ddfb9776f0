"""Hours and days as data: what a profile may say, and what it may not mean."""

from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import files

import pytest

from dialpact.compliance import profile
from dialpact.compliance.errors import ProfileError
from dialpact.compliance.sections import WEEKDAYS

TEXT = files("dialpact.compliance").joinpath("profiles", "au.toml").read_text(encoding="utf-8")
WINDOWS = '["mon-fri 09:00-20:00", "sat 09:00-17:00"]'


def week(windows: str) -> str:
    """What each day of a week has, in the order of the days."""
    hours = profile.parse(TEXT.replace(WINDOWS, windows).encode(), "ours.toml").hours
    assert hours is not None
    monday = date(2026, 6, 1)
    days = [hours.on(monday + timedelta(days=ahead)) for ahead in range(7)]
    return " ".join(
        "+".join(f"{span.opens // 3600}-{span.closes // 3600}" for span in day) or "." for day in days
    )


@pytest.mark.parametrize(
    ("windows", "expected", "reason"),
    [
        (WINDOWS, "9-20 9-20 9-20 9-20 9-20 9-17 .", "as shipped: no hours on Sunday"),
        ('["08:00-12:00"]', "8-12 8-12 8-12 8-12 8-12 8-12 8-12", "no day: every day"),
        ('["sun 08:00-12:00"]', ". . . . . . 8-12", "one day"),
        ('["mon-sun 08:00-12:00"]', "8-12 8-12 8-12 8-12 8-12 8-12 8-12", "the whole week"),
        ('["08:00-12:00", "sat 14:00-18:00"]', "8-12 8-12 8-12 8-12 8-12 8-12+14-18 8-12", "one more"),
        ('["sat 14:00-18:00", "mon 08:00-12:00"]', "8-12 . . . . 14-18 .", "days in any order"),
    ],
)
def test_windows(windows: str, expected: str, reason: str) -> None:
    assert week(windows) == expected, reason


BROKEN = [
    (WINDOWS, "[]", "must not be empty", "windows"),
    (WINDOWS, '["sat-mon 09:00-17:00"]', "names its days backwards", "windows"),
    (WINDOWS, '["Sat 09:00-17:00"]', "not of the form", "windows"),
    (WINDOWS, '["saturday 09:00-17:00"]', "not of the form", "windows"),
    (WINDOWS, '["mon,tue 09:00-17:00"]', "not of the form", "windows"),
    (WINDOWS, '["sat"]', "not of the form", "windows"),
    (WINDOWS, '["sat  09:00-17:00"]', "not of the form", "windows"),
    (WINDOWS, '["mon-fri 09:00-20:00", "fri 19:00-21:00"]', "overlap", "windows"),
    (WINDOWS, '["09:00-20:00", "sat 09:00-17:00"]', "sat 09:00-17:00 overlap", "windows"),
    (WINDOWS, '["mon 14:00-18:00", "09:00-12:00"]', "not in order", "windows"),
    (WINDOWS, '["sat 17:00-09:00"]', "ends before it starts", "windows"),
    (WINDOWS, '["sat 09:00-09:01"]', "leaves nothing of sat 09:00-09:01", "guard_seconds"),
    ('basis = "callee"', 'basis = "caller"', "Invalid enum value 'caller'", "basis"),
    ('basis = "callee"', 'zone = "callee"', "unknown field `zone`", "zone"),
    ('holidays = "AU"', 'holidays = "CN"', "unknown 'CN'; known: FR, AU", "holidays"),
    ('holidays = "AU"', "holidays = true", "Expected `str`", "holidays"),
    ('["mon", "tue", "wed", "thu", "fri", "sat"]', '"working"', "working days are China's", "holidays"),
    ('["mon", "tue", "wed", "thu", "fri", "sat"]', '["mon", "sat", "mon"]', "twice", "kind"),
    ('["mon", "tue", "wed", "thu", "fri", "sat"]', "[]", "must not be empty", "kind"),
]


@pytest.mark.parametrize(("old", "new", "reason", "key"), BROKEN)
def test_it_refuses_with_file_line_and_reason(old: str, new: str, reason: str, key: str) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if row.startswith(f"{key} ="))
    with pytest.raises(ProfileError) as error:
        profile.parse(text.encode(), "ours.toml")
    assert reason in str(error.value)
    assert str(error.value).startswith(f"ours.toml, line {line}: ")


@pytest.mark.parametrize("name", ["us-federal", "fr", "au"])
def test_the_shipped_foreign_profiles(name: str) -> None:
    shipped = profile.load(name)
    assert shipped.hours is not None and shipped.hours.basis == "callee"
    assert shipped.days is not None and shipped.days.basis == "callee"
    assert shipped.numbers.regions[0] in name.upper() or name == "us-federal"
    text = files("dialpact.compliance").joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8")
    assert "not legal advice" in text and "Not covered" in text
    for section in shipped.__struct_fields__:
        if rule := shipped.section(section):
            assert rule.source and (rule.clause or section == "numbers")


def test_what_the_foreign_profiles_say() -> None:
    american, french, australian = (profile.load(name) for name in ("us-federal", "fr", "au"))
    assert american.days is not None and american.days.kind == "all"
    assert american.recording is not None and american.recording.retention_months == 60
    assert american.do_not_call is not None and american.do_not_call.max_list_age_days == 31
    assert french.consent is not None and french.consent.effective_from == date(2026, 8, 11)
    assert french.days is not None and (french.days.kind, french.days.holidays) == (WEEKDAYS[:5], "FR")
    assert french.attempts is not None
    assert [(cap.per, cap.limit, cap.hours) for cap in french.attempts.caps] == [("callee", 4, 720)]
    assert french.caller_id is not None
    assert french.caller_id.forbidden_prefixes == ("06", "07", "+336", "+337")
    assert australian.days is not None and (australian.days.kind, australian.days.holidays) == (
        WEEKDAYS[:6],
        "AU",
    )
    assert australian.consent is not None and australian.consent.valid_months == 3
