"""Logs: no telephone number survives, and nothing harmless is changed."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialpact.compliance import masking

MOBILE = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
LANDLINE = st.from_regex(r"0(10|2[0-9]|[3-9][1-9][0-9])[2-8][0-9]{6,7}", fullmatch=True).filter(
    lambda number: len(number) >= 10
)
FOREIGN = st.from_regex(r"(\+|00)(33[1-9][0-9]{8}|1[2-9][0-9]{9}|61[2-478][0-9]{8})", fullmatch=True)
PREFIX = st.sampled_from(["", "+86", "0086", "86", "0"])
AROUND = [
    "{}",
    "sip:{}@10.0.0.1:5060",
    "<sip:{}@carrier;user=phone>",
    "Local/{}@dialpact-outbound-0000002a;1",
    "PJSIP/{}@carrier,30,tT",
    "PJSIP/carrier/sip:{}@192.0.2.1",
    "number={} at 2026-11-24T10:00:00.123456Z",
    "abc{}def",
    "1764100000.12 {} 1764100000.13",
    "5060 {}",
    '"{}" <x>',
    "a\n{}\r\nb",
    "tel:{};ext=1",
    "2026-11-24 {}",
    "2026-11-24-{}",
]
SCRIPTS = ["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९"]


def digits(text: str) -> str:
    return "".join(str(int(c)) for c in text if c.isdecimal())


@given(PREFIX, MOBILE | LANDLINE, st.sampled_from(AROUND), st.sampled_from(SCRIPTS))
def test_no_number_survives(prefix: str, number: str, around: str, script: str) -> None:
    written = (prefix + number).translate(str.maketrans("0123456789", script))
    inside(around, masking.text(around.format(written)))


def inside(around: str, shown: str) -> None:
    """What stands around is left, and what stands inside shows seven digits and its country at most."""
    head, _, tail = (part.replace("\n", "\\x0a").replace("\r", "\\x0d") for part in around.partition("{}"))
    assert shown.startswith(head) and shown.endswith(tail)
    assert re.fullmatch(r"(\+86|\+)?[0-9]{0,3}\*{4}[0-9]{0,4}", shown[len(head) : len(shown) - len(tail)]), (
        shown
    )


@given(FOREIGN, st.sampled_from(AROUND))
def test_nor_a_foreign_one(number: str, around: str) -> None:
    inside(around.replace("2026-11-24-", ""), masking.text(around.replace("2026-11-24-", "").format(number)))


@given(
    MOBILE, st.sampled_from([" ", "-", ".", "\u00a0", " - "]), st.sampled_from([(3, 7), (3, 6), (5,), (4, 7)])
)
def test_nor_one_in_groups(number: str, between: str, cuts: tuple[int, ...]) -> None:
    edges = [0, *cuts, 11]
    written = between.join(number[a:b] for a, b in itertools.pairwise(edges))
    for text in (written, f"+86 {written}", f"(0086) {written}", f"call 17 {written} now"):
        assert number not in digits(masking.text(text)), text


@pytest.mark.parametrize(
    "written", ["010-8888 6666", "(010) 88886666", "0755-83901234", "400-810-8888", "+86 (0)10 8888 6666"]
)
def test_nor_a_landline_in_groups(written: str) -> None:
    assert len(digits(masking.text(written))) <= 7


@pytest.mark.parametrize("written", ["sip:62345678@10.0.0.1", "Local/6234567@out", "tel:62345678"])
def test_seven_digits_are_a_number_where_they_are_called(written: str) -> None:
    assert "6234567" not in masking.text(written)


HARMLESS = (
    st.from_regex(r"[0-9a-f]{32}", fullmatch=True).filter(lambda hexa: re.search("[a-f]", hexa) is not None)
    | st.datetimes()
    .filter(lambda at: at.year >= 1900 and at.year < 2100)
    .map(lambda at: at.isoformat() + "Z")
    | st.from_regex(r"1[4-9][0-9]{8}\.[0-9]{1,6}", fullmatch=True)
    | st.ip_addresses(v=4).map(str)
    | st.tuples(st.ip_addresses(v=4), st.integers(0, 65535)).map("{0[0]}:{0[1]}".format)
    | st.integers(0, 999_999_999).map(str)
    | st.integers(0, 2**63).map("{} bytes".format)
    | st.floats(0, 0.999).map("{:.9f}".format)
    | st.from_regex(r"2026/1[0-2]/[0-2][0-9]/[0-9a-f]{31}a-[1-9](-agent|-callee)?\.wav", fullmatch=True)
    | st.from_regex(r"PJSIP/carrier-[0-9a-f]{8}", fullmatch=True)
)


@given(HARMLESS, st.sampled_from(["{}", "took {}", "({})", "x={}, y", "at {} {}"]))
def test_nothing_harmless_is_changed(harmless: str, around: str) -> None:
    given = around.format(harmless, "end")
    assert masking.text(given) == given


@given(st.text() | st.text("0123456789+-. ()"))
def test_masked_text_is_printable_bounded_and_stays(given: str) -> None:
    shown = masking.text(given)
    assert shown.isprintable()
    assert masking.text(shown) == shown


@given(
    st.text()
    | st.text("0123456789+-. ()*af")
    | st.text("٠1２+( -").map("tel:{}".format)
    | st.from_regex(r"[0-9a-f]{31,33}", fullmatch=True)
    | st.from_regex(r"1[0-9]{8,10}\.?[0-9]{0,8}@?", fullmatch=True)
    | st.from_regex(r"\+?[0-9]{0,11}\*{3,5}[0-9]{0,11}", fullmatch=True)
    | st.tuples(st.sampled_from(["sip:", "Local/", "+", ""]), st.text("0123456789", min_size=5, max_size=10))
    .map("".join)
    .map("{}@x".format)
)
@example("+123456 7")
@example("Local/6234567@x")
def test_a_glance_says_what_the_search_would(given: str) -> None:
    shown = masking.text(given)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(masking, "_holds_none", lambda _: False)
        assert masking.text(given) == shown


def test_a_secret_hidden_later_is_hidden_in_names_that_were_seen() -> None:
    name = "key-of-a-later-test"
    assert masking.value({name: 1}) == {name: 1}
    masking.hide(name)
    assert masking.value({name: 1}) == {masking.HIDDEN: 1}


def test_a_long_value_is_cut_and_no_number_with_it() -> None:
    for before in range(7_980, 8_001):
        shown = masking.text("x" * before + " 13800138000" * 3)
        assert len(shown) == masking.MAX_TEXT + 1
        shown = masking.text("1" * before + " 13800138000" * 3)
        assert "1380013" not in shown, before


def test_values_of_every_kind() -> None:
    class Thing:
        def __str__(self) -> str:
            return "thing 13800138000"

    given = {
        "deep": [{"a": ("13800138000", {"13900139000": b"13700137000"})}],
        "thing": Thing(),
        "error": ValueError("13600136000\nforged"),
        "number": 13800138000,
        "free_bytes": 13800138000,
        "seconds": 1.5,
        "ok": True,
        "none": None,
    }
    shown = masking.value(given)
    assert "0138000" not in str(shown).replace("13800138000", "", 1)
    assert shown["free_bytes"] == 13800138000
    assert shown["number"] == "138****8000"
    assert shown["error"] == "ValueError: 136****6000\\x0aforged"
    assert (shown["seconds"], shown["ok"], shown["none"]) == (1.5, True, None)
    for number in ("13900139000", "13700137000", "13600136000"):
        assert number not in str(shown)


def test_what_is_nested_without_end_is_bounded() -> None:
    endless: list[object] = ["13800138000"]
    endless.append(endless)
    assert "13800138000" not in str(masking.value(endless))


def test_secrets_never() -> None:
    masking.hide("s3cr3t-of-this-test")  # and of no other: it stays hidden in this process
    masking.hide("s3cr3t-of-this-test-word")
    assert masking.text("login s3cr3t-of-this-test-word failed") == "login **** failed"
    assert masking.value({"secret": "a", "Password": "b", "secret_file": "ami.secret"}) == {
        "secret": "****",
        "Password": "****",
        "secret_file": "ami.secret",
    }


def test_a_traceback_can_not_pass_for_lines_of_the_log() -> None:
    try:
        raise ValueError('13800138000\n{"event": "forged"}\x1b[2J')
    except ValueError as error:
        shown = masking.trace(error)
    assert "13800138000" not in shown and "\x1b" not in shown
    assert all(line.startswith("  | ") for line in shown.split("\n"))
