"""What a cell may hold, and why it may not: a table with a reason per row."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dialpact.compliance import numbers
from dialpact.compliance.model import Callee
from dialpact.compliance.registers import caller_id, consent, dnc
from dialpact.compliance.registers.business import business
from dialpact.compliance.registers.campaign import campaign
from dialpact.compliance.registers.cell import choice, free_text, identifier, several, yes_or_no
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.guarded import ascii_like, unguarded, unguarded_text
from dialpact.compliance.registers.moment import PLAIN, day, moment
from dialpact.compliance.registers.number import PLAIN_MOBILE, callee, dialled, plain_fixed
from dialpact.compliance.registers.number import caller_id as exact
from dialpact.compliance.registers.sheet import NumberCell

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def key(function, *arguments, **named) -> str:
    with pytest.raises(Fault) as caught:
        function(*arguments, **named)
    return caught.value.key


# Numbers


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("13800138000", "+8613800138000"),
        ("+8613800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        (" 13800138000 ", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("02787654321", "+862787654321"),
        ("(027)87654321", "+862787654321"),
        ("０２７－８７６５４３２１", "+862787654321"),
        # guarded for Excel, or copied from a page
        ("'13800138000", "+8613800138000"),
        ("'13800138000'", "+8613800138000"),
        ("\u201913800138000", "+8613800138000"),
        ('="13800138000"', "+8613800138000"),
        ('\'="02787654321"', "+862787654321"),
        ("\t13800138000\t", "+8613800138000"),
        ("\u202d13800138000\u202c", "+8613800138000"),
        ("\u200b138\u200b0013\ufeff8000", "+8613800138000"),
        ("138\u00a00013\u00a08000", "+8613800138000"),
        ("\u3000138\u30000013\u20098000", "+8613800138000"),
        ("027\u201387654321", "+862787654321"),
        ("027\u221287654321", "+862787654321"),
        ("(+86)13800138000", "+8613800138000"),
        ("（＋86）138 0013 8000", "+8613800138000"),
        ("(+86)-27-87654321", "+862787654321"),
        ("(86)13800138000", "+8613800138000"),
        ("+33.1.42.34.56.78", "+33142345678"),
        (NumberCell("13800138000", "13800138000"), "+8613800138000"),
        (NumberCell("8613800138000", "8613800138000"), "+8613800138000"),
        (NumberCell("02787654321", "2787654321"), "+862787654321"),
    ],
)
def test_a_callee_is_registered_in_e164(text: str, e164: str) -> None:
    assert callee(text) == e164


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1.38E+10", "excel-exponent"),
        ("1.38001E10", "excel-exponent"),
        ("1,38E+10", "excel-exponent"),
        ("13800138000.0", "excel-decimal"),
        ("13800138000.00", "excel-decimal"),
        ("", "number"),
        ("110", "number"),
        ("95588", "number"),
        ("1380013800", "number"),
        ("13800138OOO", "number"),
        ("13800138000\n13800138001", "two-numbers"),
        ("13800138000/13900139000", "two-numbers"),
        ("13800138000、02787654321", "two-numbers"),
        ("138 0013 8000; 139 0013 9000", "two-numbers"),
        ("13800138000 13900139000", "two-numbers"),
        ("13800138000-13900139000", "two-numbers"),
        ("+8613800138000+8613900139000", "two-numbers"),
        ("027-87654321-8001", "number"),
        ("13800138000/1", "number"),
        ("2787654321", "number"),
        (NumberCell("2787654321", "2787654321"), "zero-lost"),
        (NumberCell("1087654321", "1087654321"), "zero-lost"),
        (NumberCell("13800000000", "13800000000"), "zeros-at-end"),
        (NumberCell("1380013800", "1380013800"), "number"),
        (NumberCell("13800138000.5", "13800138000.5"), "number"),
        ("13800138000,1", "number"),
        ("12000000000", "number"),
        ("87654321", "number"),
        ("+1 212 555 0100", "number"),
        ("=13800138000", "number"),
        ('="1380013800', "number"),
    ],
)
def test_what_is_no_callee_is_refused(text: str, fault: str) -> None:
    assert key(callee, text) == fault


def test_a_refused_number_says_what_is_wrong() -> None:
    with pytest.raises(Fault) as caught:
        callee("110")
    assert caught.value.detail == {"value": "'110'", "problem": "emergency-number", "flaw": "emergency"}


def agrees(text: str) -> bool:
    """Whether the short way says what numbers.parse says; where it does not match, nothing is claimed."""
    quick = PLAIN_MOBILE.fullmatch(text) or plain_fixed().fullmatch(text)
    if quick is None:
        return True
    found = numbers.parse(text)
    return found.e164 == "+86" + quick[1] and dialled(text, ("CN",), never) == found


def never(text: str) -> Callee:
    raise AssertionError(f"{text} went the long way")


@pytest.mark.parametrize("area", ["", "027"])
@pytest.mark.parametrize("text", ["13800138000", "+8613800138000", "02787654321", "110", "87654321", "x", ""])
def test_who_is_called_when_a_cell_is_dialled(text: str, area: str) -> None:
    """As the gate knows it, the trunk's own area code included."""
    parse = partial(numbers.parse, area_code=area)
    assert dialled(text, ("CN",), parse) == parse(text)
    if text.startswith("138"):
        assert dialled(NumberCell(text, text), ("CN",), never) == parse(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (NumberCell("13800000000", "13800000000"), "zeros-at-end"),
        (NumberCell("2787654321", "2787654321"), "zero-lost"),
        ("1.38E+10", "excel-exponent"),
        ("13800138000.0", "excel-decimal"),
        ("13800138000/13800138001", "two-numbers"),
    ],
)
def test_a_cell_of_which_nobody_knows_what_would_be_dialled(text: str, fault: str) -> None:
    with pytest.raises(Fault) as caught:
        dialled(text, ("CN",), numbers.parse)
    assert caught.value.key == fault


def test_the_short_way_equals_the_long_way_for_every_range() -> None:
    """Every six-digit start of a mobile number; ranges are never assigned in smaller blocks than that."""
    taken = 0
    for start in range(130000, 200000):
        text = f"{start}{start * 7 % 100000:05}"
        found = numbers.parse(text)
        quick = PLAIN_MOBILE.fullmatch(text)
        assert bool(quick) == (not found.problem), text
        taken += bool(quick)
    assert 30_000 < taken < 70_000


def test_the_short_way_of_a_fixed_line_equals_the_long_way_for_every_area() -> None:
    taken = refused = 0
    for start in range(100, 1000):
        for place in range(2, 9):
            for digits in (9, 10, 11):
                text = f"0{start}{place}" + f"{start * 7919 * place % 10**7:07}"[: digits - 4]
                found = numbers.parse(text)
                quick = plain_fixed().fullmatch(text)
                assert bool(quick) == (found.kind == "fixed-line"), text
                taken, refused = taken + bool(quick), refused + bool(found.problem)
    assert taken > 2000 and refused > 2000


@given(some.from_regex(r"(\+?86|0|00|\+)?(10|2[0-9]|[3-9][0-9]{2})[0-9]{6,9}", fullmatch=True))
def test_the_short_way_of_a_fixed_line_equals_the_long_way_for_every_form(text: str) -> None:
    assert agrees(text)


@given(some.from_regex(r"(\+?86|0|00|\+)?1[0-9]{9,11}", fullmatch=True))
def test_the_short_way_equals_the_long_way_for_every_form(text: str) -> None:
    assert agrees(text)


@given(some.text(alphabet="0123456789+-() ８６１.eE\n", max_size=16))
def test_no_text_takes_the_short_way_wrongly(text: str) -> None:
    assert agrees(text)


@pytest.mark.parametrize("text", ["2787654321", "1087654321", "75582345678"])
def test_a_caller_id_that_could_have_lost_its_zero_is_asked_about(text: str) -> None:
    assert key(exact, text, as_written=False) == "zero-missing"
    assert exact(text, as_written=True) == exact(text) == text
    assert key(caller_id.read, [text, *CALLER_ID[1:]], NOW) == "zero-missing"
    assert caller_id.read([text, *CALLER_ID[1:]], NOW, as_written=True).number == text


@pytest.mark.parametrize(
    "text", ["95588", "4008001234", "13800138000", "+862787654321", "02787654321", "123"]
)
def test_no_other_caller_id_is_asked_about(text: str) -> None:
    assert exact(f"'{text}", as_written=False) == text


@pytest.mark.parametrize("text", ["95588", "4008001234", "+862787654321", "02787654321", "123", "1" * 20])
def test_a_caller_id_is_an_exact_string(text: str) -> None:
    assert exact(f" {text} ") == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "bad-caller-id"),
        ("12", "bad-caller-id"),
        ("1" * 21, "bad-caller-id"),
        ("++8613800138000", "bad-caller-id"),
        ("027-87654321", "bad-caller-id"),
        ("９５５８８", "bad-caller-id"),
        ("2.79E+10", "excel-exponent"),
        ("02787654321/02787654322", "two-numbers"),
        (NumberCell("02700000000", "27000000000"), "zeros-at-end"),
        ("95588.0", "excel-decimal"),
    ],
)
def test_what_is_no_caller_id_is_refused(text: str, fault: str) -> None:
    assert key(exact, text) == fault


# Times


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-24T10:00:00+08:00", "2026-11-24T02:00:00+00:00"),
        ("2026-11-24T10:00:00+0800", "2026-11-24T02:00:00+00:00"),
        ("2026-11-24T10:00:00-05:30", "2026-11-24T15:30:00+00:00"),
        ("2026-11-24T10:00:00Z", "2026-11-24T10:00:00+00:00"),
        ("2026-11-24T10:00:00.25Z", "2026-11-24T10:00:00.250000+00:00"),
        ("2026-11-24 10:00", "2026-11-24T02:00:00+00:00"),
        ("2026-11-24 10:00:00", "2026-11-24T02:00:00+00:00"),
        ("2026/11/24 9:05", "2026-11-24T01:05:00+00:00"),
        ("2026/1/4", "2026-01-03T16:00:00+00:00"),
        ("2026-11-24", "2026-11-23T16:00:00+00:00"),
        (" 2026-11-24 ", "2026-11-23T16:00:00+00:00"),
    ],
)
def test_times(text: str, utc: str) -> None:
    assert moment(text, "at").isoformat() == utc


def test_a_bare_end_is_the_end_of_that_day() -> None:
    end = moment("2026-11-24", "expires_at", end_of_day=True)
    assert end == datetime(2026, 11, 24, 15, 59, 59, 999999, tzinfo=UTC)
    assert moment("2026-11-24 10:00", "expires_at", end_of_day=True) == datetime(2026, 11, 24, 2, tzinfo=UTC)


def test_what_stands_for_never_is_a_time() -> None:
    assert moment("9999-12-31", "expires_at", end_of_day=True).year == 9999


def said(text: str, column: str = "at") -> datetime | str:
    try:
        return moment(text, column)
    except Fault as fault:
        return fault.key


@given(some.from_regex(PLAIN, fullmatch=True))
def test_the_short_way_of_a_time_equals_the_long_way(text: str) -> None:
    assert said(text) == said(f" {text}")  # with a blank before it a text goes the long way


@given(some.text(alphabet="0123456789-/:T .Z+", max_size=20))
def test_no_text_takes_the_short_way_of_a_time_wrongly(text: str) -> None:
    assert said(text) == said(f" {text}")


def test_a_time_in_many_blanks_is_one() -> None:
    assert moment("2026-11-24 10:00" + " " * 100, "at") == datetime(2026, 11, 24, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11/24",
        "2026-11-24T25:00",
        "2026-11-24T10",
        "2026-11-24+08:00",
        "2026-11-24T10:00+08:0",
        "2026-11-24T10:00:00+25:00",
        "2026-11-24T10:00:00+08:75",
        "202611241",
        "2026-11-24 10:00+08:00 UTC",
        "北京时间 2026-11-24 10:00Z",
        "1/5/2026",
        "5/1/26",
        "1. 5. 2026",
        "5.1.2026",
        "31/1-2026",
        "32/1/2026",
        "2026年11月",
        "2026-11-24 13:00 PM",
        "Sept 2026",
        "2026-W48-2",
        "46350",
        "tomorrow",
        "2026-11-24T10:00 CST",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    assert key(moment, text, "at") == "bad-time"


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-13-01", "0001-01-01", "1969-12-31", "2026-11-24 10:00", ""]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    assert key(day, text, "valid_from") == "bad-date"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026年1月5日", "2026-01-04T16:00"),
        ("2026 年 1 月 5 日 星期一 10 时 30 分", "2026-01-05T02:30"),
        ("2026年1月5日10时30分20秒", "2026-01-05T02:30:20"),
        ("2026年1月5日 下午3:05", "2026-01-05T07:05"),
        ("2026.1.5 10:30", "2026-01-05T02:30"),
        ("20260105", "2026-01-04T16:00"),
        ("20260105103000", "2026-01-05T02:30"),
        ("20260105T103000Z", "2026-01-05T10:30"),
        ("2026-01-05T10:00:00+08", "2026-01-05T02:00"),
        ("2026-01-05 10:00 +8", "2026-01-05T02:00"),
        ("2026-01-05 10:00 UTC", "2026-01-05T10:00"),
        ("2026-01-05 10:00 GMT+08:00", "2026-01-05T02:00"),
        ("2026-01-05 10:00 (北京时间)", "2026-01-05T02:00"),
        ("2026-01-05 10:00:00,250", "2026-01-05T02:00:00.250"),
        ("2026-01-05T02:00:00.1234567Z", "2026-01-05T02:00:00.123456"),
        ("Mon, 5 Jan 2026 10:00:00 +0100", "2026-01-05T09:00"),
        ("January 5, 2026 3:05 PM", "2026-01-05T07:05"),
        ("5-Jan-2026", "2026-01-04T16:00"),
        ("31/1/2026", "2026-01-30T16:00"),  # there is no 31st month
        ("1/31/2026 3:05 PM", "2026-01-31T07:05"),
        ("5/5/2026", "2026-05-04T16:00"),
        ("24.11.2026", "2026-11-23T16:00"),
        ("24. 11. 2026", "2026-11-23T16:00"),
        ("13-05-2026 09:05:06", "2026-05-13T01:05:06"),
        ("２０２６／１／５　１０：３０", "2026-01-05T02:30"),
        ('="2026-01-05"', "2026-01-04T16:00"),
        ("'2026-01-05\u200b", "2026-01-04T16:00"),
        (NumberCell("46027", "46027"), "2026-01-04T16:00"),
        (NumberCell("46027.4375", "46027.4375"), "2026-01-05T02:30"),
        (NumberCell("44565", "44565", since_1904=True), "2026-01-04T16:00"),
        (NumberCell("20260105", "20260105"), "2026-01-04T16:00"),
    ],
)
def test_times_that_can_mean_one_instant_alone(text: str, at: str) -> None:
    assert moment(text, "at") == datetime.fromisoformat(at).replace(tzinfo=UTC)


def test_a_number_is_a_day_in_a_workbook_alone() -> None:
    assert day(NumberCell("46027", "46027"), "d") == day("2026年1月5日", "d") == date(2026, 1, 5)
    assert moment(NumberCell("46350", "46350"), "at") and key(moment, "46350", "at") == "bad-time"
    assert key(day, NumberCell("2026", "2026"), "d") == "bad-date"


@given(some.datetimes(datetime(1970, 1, 2), datetime(2099, 1, 1)))  # noqa: DTZ001
def test_a_day_in_other_words_is_the_same_day(at: datetime) -> None:
    words = f"{at:%Y}年{at.month}月{at.day}日 {at:%H}时{at:%M}分{at:%S}秒"
    compact, named = f"{at:%Y%m%d%H%M%S}", f"{at:%d %B %Y %H:%M:%S}"
    wanted = moment(f"{at:%Y-%m-%d %H:%M:%S}", "at")
    assert moment(words, "at") == moment(compact, "at") == moment(named, "at") == wanted


def test_dates() -> None:
    assert day("2026-11-24", "d") == day(" 2026/11/24 ", "d") == date(2026, 11, 24)


# Names and texts


@pytest.mark.parametrize("text", ["acme", "续保-2026", "a.b_c-d", "x" * 64, "é", "1"])
def test_identifiers(text: str) -> None:
    assert identifier(f" {text} ", "id") == text


def test_guards_are_no_part_of_a_name_or_a_text() -> None:
    assert identifier("\u200b'acme\u00a0", "id") == identifier('="acme"', "id") == "acme"
    assert yes_or_no("'是", "a") and yes_or_no('="yes"', "a")
    assert choice("\u202dall\u202c", "scope", ("all",)) == "all"
    assert several(["'a;\u200bb"], "trunks") == ("a", "b")
    assert free_text("广州\u3000张\u200b三", "source") == "广州 张三"
    assert free_text("'+86 hotline", "source") == free_text('="+86 hotline"', "source") == "+86 hotline"
    assert free_text("'t Hooft", "source") == "'t Hooft"


@given(some.text(max_size=12))
def test_what_has_no_guard_is_left_alone(text: str) -> None:
    if text.isascii() and text.strip()[:1] not in ("'", "="):
        assert unguarded(text) == unguarded_text(text) == ascii_like(text) == text.strip()
    assert unguarded(unguarded(text)) == unguarded(text) or text.count("'") > 3


def test_an_identifier_is_composed() -> None:
    assert identifier("e\u0301", "id") == "é"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("a b", "bad-id"),
        ("x" * 65, "bad-id"),
        ("a/b", "bad-id"),
        ("a\n", None),
    ],
)
def test_bad_identifiers(text: str, fault: str | None) -> None:
    if fault is None:
        assert identifier(text, "id") == "a"
    else:
        assert key(identifier, text, "id") == fault


def test_free_text() -> None:
    assert free_text(" 表单 7 ", "evidence") == "表单 7"
    assert free_text("", "source", needed=False) == ""
    assert key(free_text, "", "evidence") == "empty"
    assert key(free_text, "x" * 501, "evidence") == "too-long"
    assert key(free_text, "a\x1b[31mb", "evidence") == "unprintable"


def test_choices() -> None:
    assert choice(" Business ", "scope", ("all", "business")) == "business"
    assert key(choice, "", "scope", ("all",)) == "empty"
    assert key(choice, "some", "scope", ("all",)) == "unknown-value"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("TRUE", True),
        ("1", True),
        ("是", True),
        ("No", False),
        ("false", False),
        ("0", False),
        ("否", False),
    ],
)
def test_yes_or_no(text: str, value: bool) -> None:
    assert yes_or_no(text, "authenticated") is value


@pytest.mark.parametrize("text", ["", "ja", "对", "2"])
def test_neither_yes_nor_no(text: str) -> None:
    assert key(yes_or_no, text, "authenticated") == "yes-or-no"


@pytest.mark.parametrize("text", ["a;b", "a|b", "a b", "a,b", "a; b;a;", "a；b", "a、b"])
def test_lists(text: str) -> None:
    assert several([text], "trunks") == ("a", "b")


def test_bad_lists() -> None:
    assert key(several, [" ; "], "trunks") == "name-one"
    assert key(several, [], "trunks") == "name-one"
    assert key(several, ["*", "a"], "trunks") == "any-alone"


def test_shown_is_bounded_and_harmless() -> None:
    assert "\x1b" not in shown("\x1b[31m")
    assert len(shown("x" * 1000)) < 50


# Rows


def test_a_business_and_a_campaign() -> None:
    assert business("acme", "某某公司", "own-business").actor == "own-business"
    assert key(business, "acme", "", "own-business") == "empty"
    assert key(business, "acme", "x", "somebody") == "unknown-value"
    assert campaign("c", "acme", "保险", "marketing").script == ""
    assert key(campaign, "c", "acme", "保险", "fun") == "unknown-value"


CALLER_ID = ["02787654321", "acme", "L-1", "电信", "是", "carrier", "marketing;survey", "2026-01-01", "", ""]


def test_a_caller_id_row() -> None:
    found = caller_id.read(CALLER_ID, NOW)
    assert found.purposes == ("marketing", "survey")
    assert (found.valid_from, found.valid_to) == (date(2026, 1, 1), None)


@pytest.mark.parametrize(
    ("column", "text", "fault"),
    [
        ("number", "", "bad-caller-id"),
        ("business", "", "empty"),
        ("licence", "", "empty"),
        ("carrier", " ", "empty"),
        ("authenticated", "", "yes-or-no"),
        ("trunks", "", "name-one"),
        ("trunks", "a/b", "bad-trunk"),
        ("purposes", "", "name-one"),
        ("purposes", "fun", "unknown-value"),
        ("purposes", "*;survey", "any-alone"),
        ("valid_from", "", "empty"),
        ("valid_from", "2026-11-24 10:00", "bad-date"),
        ("valid_to", "2025-12-31", "ends-before-start"),
        ("sent_as", "02712345678", "sent-as-another"),
    ],
)
def test_bad_caller_id_rows(column: str, text: str, fault: str) -> None:
    cells = list(CALLER_ID)
    cells[(*caller_id.COLUMNS, *caller_id.OPTIONAL).index(column)] = text
    assert key(caller_id.read, cells, NOW) == fault


@pytest.mark.parametrize(
    ("number", "form"),
    [
        ("02787654321", "+862787654321"),
        ("02787654321", "00862787654321"),
        ("02787654321", "862787654321"),
        ("02787654321", "2787654321"),
        ("02787654321", "87654321"),
        ("02787654321", "02787654321"),
        ("+862787654321", "02787654321"),
        ("13800138000", "013800138000"),
        ("4001234567", "+864001234567"),
        ("95588", "02795588"),
        ("95588", "95588"),
        ("02787654321", "line-77.wuhan"),
    ],
)
def test_a_form_of_the_same_number(number: str, form: str) -> None:
    assert caller_id.read([number, *CALLER_ID[1:-1], form], NOW).sent_as == (form,)


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ("02787654322", "sent-as-another"),
        ("13800138000", "sent-as-another"),
        ("4321", "sent-as-another"),  # an end of it
        ("1234502787654321", "sent-as-another"),
        ("+862787654321x", "bad-sent-as"),
        ("anonymous", "bad-sent-as"),
        ("*", "bad-sent-as"),
        ("sip:02787654321@x", "bad-sent-as"),
        ("２７８７６５４３２１", "bad-sent-as"),
    ],
)
def test_what_is_no_form_of_it(form: str, fault: str) -> None:
    assert key(caller_id.read, [*CALLER_ID[:-1], form], NOW) == fault


def test_a_short_number_is_the_end_of_many() -> None:
    assert key(caller_id.read, ["9558", *CALLER_ID[1:-1], "0279558"], NOW) == "sent-as-another"


def test_several_forms() -> None:
    found = caller_id.read([*CALLER_ID[:-1], "+862787654321; 87654321"], NOW)
    assert found.sent_as == ("+862787654321", "87654321")


CONSENT = ["13800138000", "acme", "保险", "2026-11-01", "2026-12-31", "form 7"]


def test_a_consent_row() -> None:
    found = consent.read(CONSENT, NOW)
    assert found.expires_at == datetime(2026, 12, 31, 15, 59, 59, 999999, tzinfo=UTC)
    assert consent.read([*CONSENT[:4], "", "x"], NOW).expires_at is None


@pytest.mark.parametrize(
    ("column", "text", "fault"),
    [
        ("number", "110", "number"),
        ("business", "", "empty"),
        ("industry", "a b", "bad-id"),
        ("granted_at", "", "empty"),
        ("granted_at", "soon", "bad-time"),
        ("expires_at", "2026-10-31", "ends-before-start"),
        ("evidence", "", "empty"),
    ],
)
def test_bad_consent_rows(column: str, text: str, fault: str) -> None:
    cells = list(CONSENT)
    cells[consent.COLUMNS.index(column)] = text
    assert key(consent.read, cells, NOW) == fault


@pytest.mark.parametrize(
    ("cells", "scope", "value"),
    [
        (["13800138000", "all", "", "", ""], "all", ""),
        (["13800138000", "ALL", "*", "", ""], "all", ""),
        (["13800138000", "industry", "保险", "2026-11-24", "12321"], "industry", "保险"),
        (["13800138000", "business", "acme", "", ""], "business", "acme"),
    ],
)
def test_refusal_rows(cells: list[str], scope: str, value: str) -> None:
    found = dnc.read(cells, NOW)
    assert (found.scope, found.value) == (scope, value)
    assert found.requested_at == (moment(cells[3], "") if cells[3] else NOW)


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        (["13800138000", "", "", "", ""], "empty"),
        (["13800138000", "everything", "", "", ""], "unknown-value"),
        (["13800138000", "all", "acme", "", ""], "value-with-all"),
        (["13800138000", "industry", "", "", ""], "empty"),
        (["13800138000", "business", "", "", ""], "empty"),
        (["13800138000", "all", "", "24.11.", ""], "bad-time"),
        (["95588", "all", "", "", ""], "number"),
    ],
)
def test_bad_refusal_rows(cells: list[str], fault: str) -> None:
    assert key(dnc.read, cells, NOW) == fault
