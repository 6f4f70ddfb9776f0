"""Known dates, the operator's files, and the years that nobody knows yet."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import chinese_calendar
import pytest

from dialpact.compliance.calendars import Day, WorkingDays, Year, days_left, load
from dialpact.compliance.errors import CalendarError

LIBRARY = load()
NOTICE_2027 = """
year = 2027
source = "国务院办公厅"
document = "国办发明电〔2026〕9号"
off = [
  2027-01-01, 2027-02-05, 2027-02-06, 2027-02-07, 2027-02-08, 2027-02-09, 2027-02-10, 2027-02-11,
  2027-04-05, 2027-05-01, 2027-06-09, 2027-09-15, 2027-10-01, 2027-10-02, 2027-10-03,
]
working = [2027-02-13]
"""


def days(text: str) -> list[date]:
    return [date.fromisoformat(f"2026-{day}") for day in text.split()]


@pytest.mark.parametrize("day", days("01-04 02-14 02-28 05-09 09-20 10-10"))
def test_make_up_days_of_2026_are_working_days(day: date) -> None:
    assert day.weekday() >= 5
    assert LIBRARY.day(day).kind == "working"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("01-01", "01-03"),
        ("02-15", "02-23"),
        ("04-04", "04-06"),
        ("05-01", "05-05"),
        ("06-19", "06-21"),
        ("09-25", "09-27"),
        ("10-01", "10-07"),
    ],
)
def test_holidays_of_2026(first: str, last: str) -> None:
    day, end = days(f"{first} {last}")
    while day <= end:
        assert LIBRARY.day(day).kind == "off", day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "kind", "reason"),
    [
        ("2026-02-16", "off", "Spring Festival, a Monday"),
        ("2026-10-08", "working", "the day after National Day"),
        ("2026-11-21", "off", "a plain Saturday"),
        ("2026-11-24", "working", "a plain Tuesday"),
        ("2026-12-28", "working", "the last day that is certain"),
        ("2026-12-29", "provisional", "the notice for 2027 can move it"),
        ("2026-12-31", "provisional", "the same"),
        ("2025-12-31", "working", "2026 is known, so it is settled"),
        ("2022-12-31", "off", "moved by the notice for 2023"),
        ("2018-12-29", "working", "a Saturday, moved by the notice for 2019"),
        ("2027-01-04", "missing", "no data, no guess"),
        ("2003-12-31", "missing", "before the library begins"),
    ],
)
def test_days(day: str, kind: str, reason: str) -> None:
    assert LIBRARY.day(date.fromisoformat(day)).kind == kind, reason


def test_the_december_trap_can_be_switched_off() -> None:
    assert LIBRARY.day(date(2026, 12, 31), december_trap=False).kind == "working"


def test_it_agrees_with_the_library_on_every_day_that_both_know() -> None:
    day = date(2004, 1, 1)
    while day <= LIBRARY.last_known:
        assert (LIBRARY.day(day).kind == "working") == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_a_datetime_is_refused_because_its_date_depends_on_the_zone() -> None:
    with pytest.raises(TypeError):
        LIBRARY.day(datetime(2026, 11, 24, 10, tzinfo=UTC))


def test_version_and_reach() -> None:
    assert LIBRARY.version == f"chinesecalendar {chinese_calendar.__version__}"
    assert LIBRARY.last_known == date(2026, 12, 28)
    assert days_left(LIBRARY, date(2026, 12, 1)) == 27
    assert days_left(LIBRARY, date(2027, 3, 1)) == 0


def test_last_known_stops_at_the_first_gap() -> None:
    known = {2025: Year("x"), 2026: Year("x"), 2028: Year("x")}
    calendar = WorkingDays(known, "test")
    assert calendar.last_known == date(2026, 12, 28)
    assert calendar.day(date(2028, 3, 1)) == Day("working", "x")
    with pytest.raises(CalendarError):
        WorkingDays({}, "test")


def test_an_operators_file_adds_a_year(tmp_path: Path) -> None:
    (tmp_path / "2027.toml").write_text(NOTICE_2027)
    calendar = load(tmp_path)
    assert calendar.day(date(2027, 2, 8)) == Day("off", "国务院办公厅 国办发明电〔2026〕9号 (2027.toml)")
    assert calendar.day(date(2027, 2, 13)).kind == "working"
    assert calendar.day(date(2027, 2, 14)).kind == "off"
    assert calendar.day(date(2026, 12, 31)).kind == "working", "2027 is known now"
    assert calendar.last_known == date(2027, 12, 28)


def test_an_operators_file_corrects_single_days_and_keeps_the_rest(tmp_path: Path) -> None:
    (tmp_path / "2026.toml").write_text(
        'year = 2026\nsource = "x"\ndocument = "y"\n'
        "off = [2026-11-24, 2026-10-10]\nworking = [2026-10-07, 2026-11-28]\n"
    )
    calendar = load(tmp_path)
    kinds = {day: calendar.day(date.fromisoformat(day)).kind for day in ("2026-11-24", "2026-10-10")}
    assert set(kinds.values()) == {"off"}
    assert calendar.day(date(2026, 10, 7)).kind == "working"
    assert calendar.day(date(2026, 11, 28)).kind == "working"
    assert calendar.day(date(2026, 2, 16)).kind == "off", "an incomplete list never opens a holiday"


def test_the_version_names_the_content_of_the_files(tmp_path: Path) -> None:
    assert load(tmp_path).version == LIBRARY.version, "an empty folder changes nothing"
    (tmp_path / "2027.toml").write_text(NOTICE_2027)
    first = load(tmp_path).version
    (tmp_path / "2027.toml").write_text(NOTICE_2027 + "# seen\n")
    assert len({LIBRARY.version, first, load(tmp_path).version}) == 3
    assert first.startswith(f"{LIBRARY.version} + ")


HEAD = 'year = 2027\nsource = "x"\ndocument = "y"\n'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (HEAD, "an empty year is not data"),
        (HEAD + "off = []\nworking = []\n", "an empty year is not data"),
        (NOTICE_2027.replace("2027-04-05", "2026-04-05"), "2026-04-05 is not in 2027"),
        (NOTICE_2027.replace("2027-02-13", "2028-02-12"), "2028-02-12 is not in 2027"),
        (NOTICE_2027.replace("2027-02-13", "2027-02-11"), "2027-02-11 is listed as off and as working"),
        (NOTICE_2027.replace("2027-02-13", "2027-02-12"), "2027-02-12 is a Friday"),
        (NOTICE_2027.replace("2027-10-01, ", ""), "incomplete year: 2027-10-01"),
        (
            HEAD + "off = [2027-01-01, 2027-05-01, 2027-10-01, 2027-10-02, 2027-10-03]",
            "incomplete year: 5 days",
        ),
        (NOTICE_2027.replace("国办发明电〔2026〕9号", " "), "source and document"),
        (NOTICE_2027 + "holidays = []\n", "unknown field `holidays`"),
        (NOTICE_2027.replace("year = 2027\n", ""), "missing required field `year`"),
        (NOTICE_2027.replace("2027-02-13", "2027-02-30"), "line"),
        (NOTICE_2027.replace("2027-02-13", "2027-02-13T00:00:00"), r"\$\.working"),
        ("year = 2027\nyear = 2027\n", "line 2"),
    ],
)
def test_a_file_that_is_no_data_refuses_to_load(tmp_path: Path, content: str, reason: str) -> None:
    file = tmp_path / "2027.toml"
    file.write_text(content)
    with pytest.raises(CalendarError, match=f"^{file}: .*{reason}"):
        load(tmp_path)


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "2027.toml").write_bytes(NOTICE_2027.encode("gb18030"))
    with pytest.raises(CalendarError, match="utf-8"):
        load(tmp_path)


def test_a_year_is_given_once(tmp_path: Path) -> None:
    (tmp_path / "2027.toml").write_text(NOTICE_2027)
    (tmp_path / "copy.toml").write_text(NOTICE_2027)
    with pytest.raises(CalendarError, match=r"copy\.toml: 2027 is already given by 2027\.toml"):
        load(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CalendarError, match="no such directory"):
        load(tmp_path / "calendars")


def test_a_pipe_that_nobody_writes_to_holds_up_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "2027.toml")
    with pytest.raises(CalendarError, match=r"2027\.toml: not a file"):
        load(tmp_path)
