"""Every trap that is known, and what must hold for any text at all."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialpact.compliance.model import Callee
from dialpact.compliance.numbers import (
    DIAL_FORMATS,
    SHOWN,
    Flaw,
    dial_string,
    is_area_code,
    masked,
    parse,
    shape,
    warm,
)

MOBILE, WUHAN, BEIJING = "+8613800138000", "+862787654321", "+861062345678"

ACCEPTED = [
    ("13800138000", MOBILE, "13800138000", "mobile", "as people write it"),
    ("013800138000", MOBILE, "13800138000", "mobile", "with the 0 of other cities"),
    ("+86 138 0013 8000", MOBILE, "13800138000", "mobile", "international, in groups"),
    ("+86-138-0013-8000", MOBILE, "13800138000", "mobile", "hyphens"),
    ("008613800138000", MOBILE, "13800138000", "mobile", "international prefix"),
    ("8613800138000", MOBILE, "13800138000", "mobile", "our own e164-digits, from a CDR"),
    (" 13800138000 ", MOBILE, "13800138000", "mobile", "blanks around it, from a spreadsheet"),
    ("(027)87654321", WUHAN, "02787654321", "fixed-line", "area code in brackets"),
    ("027-8765 4321", WUHAN, "02787654321", "fixed-line", "area code, hyphen, groups"),
    ("+86 (27) 87654321", WUHAN, "02787654321", "fixed-line", "international with brackets"),
    ("+86 027 87654321", WUHAN, "02787654321", "fixed-line", "international, 0 not dropped: a common slip"),
    ("862787654321", WUHAN, "02787654321", "fixed-line", "e164-digits"),
    ("０２７－８７６５４３２１", WUHAN, "02787654321", "fixed-line", "full-width"),
    ("＋８６（２７）８７６５４３２１", WUHAN, "02787654321", "fixed-line", "full-width plus and brackets"),
    ("010-62345678", BEIJING, "01062345678", "fixed-line", "Beijing; its digits start like a 106 port"),
    ("+861062345678", BEIJING, "01062345678", "fixed-line", "the same"),
    ("0951-2131234", "+869512131234", "09512131234", "fixed-line", "Yinchuan; starts like a 95 hotline"),
    ("0716-8123456", "+867168123456", "07168123456", "fixed-line", "seven digits behind four"),
]


@pytest.mark.parametrize(("text", "e164", "national", "kind", "reason"), ACCEPTED)
def test_accepted(text: str, e164: str, national: str, kind: str, reason: str) -> None:
    assert parse(text) == Callee(given=text, e164=e164, national=national, kind=kind, region="CN"), reason


REFUSED = [
    ("", Flaw.EMPTY, "nothing dialled"),
    ("   ", Flaw.EMPTY, "only blanks"),
    ("1" * 33, Flaw.TOO_LONG, "no number is as long"),
    ("13800138OOO", Flaw.LETTERS, "phonenumbers makes 666 of OOO"),
    ("13800138000 ext 5", Flaw.LETTERS, "an extension"),
    ("tel:13800138000", Flaw.LETTERS, "a URI"),
    ("13800138000\n", Flaw.CONTROL_CHARACTERS, "$ would let the newline through"),
    ("1380013\x008000", Flaw.CONTROL_CHARACTERS, "NUL"),
    ("13800138000\tx", Flaw.CONTROL_CHARACTERS, "a tab from a spreadsheet"),
    ("13800138000\x85", Flaw.CONTROL_CHARACTERS, "C1 next line"),
    ("13800138000%0A", Flaw.ENCODED, "what the dialplan sends of dangerous text"),
    ("%2B8613800138000", Flaw.ENCODED, "never decoded"),
    ("13800138000?a", Flaw.ENCODED, "a query"),
    ("〇二七87654321", Flaw.CHARACTERS, "Chinese digits: phonenumbers drops them"),
    ("①③⑧⓪⓪①③⑧⓪⓪⓪", Flaw.CHARACTERS, "circled digits"),
    ("١٣٨٠٠١٣٨٠٠٠", Flaw.CHARACTERS, "Arabic-Indic digits"),
    ("\u200b13800138000", Flaw.CHARACTERS, "zero-width space from a web page"),
    ("\u202d13800138000", Flaw.CHARACTERS, "bidi override from a phone's address book"),
    ("138\u00a00013\u00a08000", Flaw.CHARACTERS, "no-break space"),
    ("13800138000.0", Flaw.CHARACTERS, "a spreadsheet's float"),
    ("13800138000,1", Flaw.CHARACTERS, "a pause and a digit"),
    ("13800138000;13900139000", Flaw.CHARACTERS, "two numbers"),
    ("13800138000#", Flaw.CHARACTERS, "a key"),
    ("*6713800138000", Flaw.CHARACTERS, "a feature code"),
    ("138+00138000", Flaw.PUNCTUATION, "plus inside"),
    ("++8613800138000", Flaw.PUNCTUATION, "two plus signs"),
    ("(13800138000", Flaw.PUNCTUATION, "unbalanced"),
    ("13800138000-", Flaw.PUNCTUATION, "ends in a hyphen"),
    ("13800138000 13900139000", Flaw.LENGTH, "two numbers with a blank"),
    ("1380013800", Flaw.LENGTH, "a digit short"),
    ("138001380001", Flaw.LENGTH, "a digit more"),
    ("+86", Flaw.LENGTH, "only the country"),
    ("0", Flaw.LENGTH, "only the trunk prefix"),
    ("110 13800138000", Flaw.LOOK_ALIKE, "phonenumbers makes +86800138000 of it"),
    ("9521312345", Flaw.LOOK_ALIKE, "95213 with digits behind: a hotline's look, valid to phonenumbers"),
    ("+869521312345", Flaw.LOOK_ALIKE, "the same, international"),
    ("96123456789", Flaw.LOOK_ALIKE, "96 with digits behind"),
    ("02712345678", Flaw.LOOK_ALIKE, "no subscriber's number starts with 1"),
    ("02798765432", Flaw.LOOK_ALIKE, "nor with 9"),
    ("1795102787654321", Flaw.CALL_PREFIX, "IP prefix before a number"),
    ("17951", Flaw.CALL_PREFIX, "IP prefix alone"),
    ("1259313800138000", Flaw.CALL_PREFIX, "discount prefix"),
    ("87654321", Flaw.AREA_CODE_MISSING, "local number"),
    ("2787654321", Flaw.TRUNK_PREFIX_MISSING, "the 0 was eaten"),
    ("14412345678", Flaw.UNASSIGNED, "range not assigned"),
    ("0278765432", Flaw.UNASSIGNED, "Wuhan has eight digits"),
    ("+12125551234", Flaw.FOREIGN_REGION, "United States"),
    ("+85221234567", Flaw.FOREIGN_REGION, "Hong Kong has a plan of its own"),
    ("0012125551234", Flaw.FOREIGN_REGION, "with the international prefix"),
    ("027 95588", Flaw.AREA_SERVICE_CODE, "valid FIXED_LINE to phonenumbers"),
    ("02712345", Flaw.AREA_SERVICE_CODE, "the mayor's hotline of Wuhan"),
    ("+86 27 12345", Flaw.AREA_SERVICE_CODE, "the same, international"),
    ("010 10086", Flaw.AREA_SERVICE_CODE, "Beijing's"),
    ("095588", Flaw.AREA_SERVICE_CODE, "0 before a hotline"),
    ("04006123456", Flaw.AREA_SERVICE_CODE, "0 before a 400 number"),
]


@pytest.mark.parametrize(("text", "flaw", "reason"), REFUSED)
def test_invalid(text: str, flaw: Flaw, reason: str) -> None:
    callee = parse(text)
    assert (callee.problem, callee.detail) == ("invalid-number", flaw), reason
    assert not callee.e164 and not callee.national


EMERGENCY = (
    "110 119 120 122 999 12110 +86110 0086110 +86 120 027110 027-119 010 999 0716120 +86 27 110 0110 １１０"
)
EMERGENCIES = re.findall(r"\+86 27 110|\+86 120|010 999|\S+", EMERGENCY)


@pytest.mark.parametrize("text", EMERGENCIES)
def test_emergency(text: str) -> None:
    assert (parse(text).problem, parse(text).detail) == ("emergency-number", "emergency")


def test_the_list_of_emergencies_was_split_as_meant() -> None:
    assert len(EMERGENCIES) == 16 and " ".join(EMERGENCIES) == EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        *("114", "10086", "1008611", "10000", "12306", "12321", "12345", "118114", "12395"),
        *(
            "95119",
            "95588",
            "951688",
            "96315",
            "4006123456",
            "400-612-3456",
            "+86 400 612 3456",
            "8001234567",
        ),
        *("10655", "1065502012345678", "700123456789", "700123456789012", "16800", "+8612345", "+86 95588"),
    ],
)
def test_protected(text: str) -> None:
    assert (parse(text).problem, parse(text).detail) == ("protected-number", "service-code")


def test_every_flaw_is_reached() -> None:
    seen = {flaw for _, flaw, _ in REFUSED} | {Flaw.EMERGENCY, Flaw.SERVICE_CODE}
    assert seen == set(Flaw)


@pytest.mark.parametrize(
    ("text", "area", "expected"),
    [
        ("87654321", "027", WUHAN),
        ("87654321", "27", WUHAN),
        ("8123456", "0716", "+867168123456"),
        ("40012345", "027", "+862740012345"),  # eight digits: a local number, not a 400 hotline
        ("13800138000", "027", MOBILE),
        ("010-62345678", "027", BEIJING),
        ("86543210", "027", "+862786543210"),  # starts like the country code
        ("86110", "027", "length"),
        ("8123456", "027", "unassigned"),  # seven digits are too few in Wuhan
        ("12345678", "027", "look-alike"),
        ("2787654321", "027", "trunk-prefix-missing"),
        ("110", "027", "emergency"),
        ("95588", "027", "service-code"),
    ],
)
def test_area_code_of_the_trunk(text: str, area: str, expected: str) -> None:
    callee = parse(text, area_code=area)
    assert (callee.e164 or callee.detail) == expected


@pytest.mark.parametrize("area", ["026", "0400", "1", "abc", "0", "00", "02７", "027\n"])
def test_a_wrong_area_code_is_a_wrong_setting(area: str) -> None:
    assert not is_area_code(area)
    with pytest.raises(ValueError, match="area code"):
        parse("13800138000", area_code=area)


def test_a_region_without_a_plan_is_a_wrong_setting() -> None:
    with pytest.raises(ValueError, match="numbering plan for CN, DE"):
        parse("13800138000", regions=("CN", "DE"))
    with pytest.raises(ValueError, match="empty"):
        parse("13800138000", regions=())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1\n2", "1\\x0a2"),
        ("1\u202e2", "1\\u202e2"),
        ("1\\x0a", "1\\x5cx0a"),  # an escape that was typed does not look like ours
        ("\U000e0001", "\\U000e0001"),
        ("\udc80", "\\udc80"),
        ("９" * 200, "９" * (SHOWN - 1) + "…"),
        ("\n" * SHOWN, ("\\x0a" * SHOWN)[: SHOWN - 1] + "…"),
    ],
)
def test_what_was_given_is_shown_safely(text: str, shown: str) -> None:
    assert parse(text).given == shown


def test_dial_strings() -> None:
    mobile, fixed = parse("13800138000"), parse("027 87654321")
    assert {name: (dial_string(mobile, name), dial_string(fixed, name)) for name in DIAL_FORMATS} == {
        "national": ("13800138000", "02787654321"),
        "e164": (MOBILE, WUHAN),
        "e164-digits": ("8613800138000", "862787654321"),
        "zero-mobile": ("013800138000", "02787654321"),
    }


def test_dial_string_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="'E164'"):
        dial_string(parse("13800138000"), "E164")
    with pytest.raises(ValueError, match="canonical"):
        dial_string(parse("110"), "national")


@pytest.mark.parametrize(
    "template", ["9{national}", "*8#{e164-digits}", "{zero-mobile}#", "+{e164-digits}", "{e164}"]
)
@pytest.mark.parametrize("e164", [MOBILE, WUHAN, BEIJING])
def test_what_is_dialled_with_a_technical_prefix(template: str, e164: str) -> None:
    dial = dial_string(parse(e164), template)
    wanted = shape(template)
    assert dial == f"{wanted.before}{dial_string(parse(e164), wanted.form)}{wanted.after}"
    assert parse(wanted.bare(dial)).e164 == e164


@pytest.mark.parametrize(
    ("template", "dialled", "bare"),
    [
        ("9{national}", "913800138000", "13800138000"),
        ("9{national}", "13800138000", "13800138000"),  # as it is where it has no prefix
        ("9{national}", "9", "9"),
        ("9{national}#", "9138#", "138"),
        ("9{national}#", "9138", "9138"),
        ("national", "913800138000", "913800138000"),
        ("9{national}", "", ""),
    ],
)
def test_a_number_without_its_prefix(template: str, dialled: str, bare: str) -> None:
    assert shape(template).bare(dialled) == bare


@pytest.mark.parametrize("name", DIAL_FORMATS)
@pytest.mark.parametrize("e164", [MOBILE, WUHAN, BEIJING])
def test_what_is_dialled_is_what_was_checked(name: str, e164: str) -> None:
    assert parse(dial_string(parse(e164), name)).e164 == e164


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800138000", "138****8000"),
        (MOBILE, "+86138****8000"),
        ("02787654321", "027****4321"),
        (WUHAN, "+8627****4321"),
        ("+12125551234", "+121****1234"),
        ("95588", "****"),
        ("87654321", "****"),
        ("", ""),
        ("13800138000\nagi_x: 1", "****"),
        ("１３８００１３８０００", "****"),
    ],
)
def test_masked(number: str, shown: str) -> None:
    assert masked(number) == shown


def test_warm() -> None:
    warm()


TEXTS = st.one_of(
    st.text(max_size=80),
    st.text("0123456789０９+（）() -%?\n.①", max_size=40),
    st.builds(
        lambda prefix, body: prefix + body,
        st.sampled_from(["", "0", "+86", "0086", "86", "027", "+86 27 ", "179510", "110 "]),
        st.text("0123456789 -", max_size=16),
    ),
)


@settings(max_examples=600)
@given(TEXTS)
def test_any_text_is_either_canonical_or_refused(text: str) -> None:
    callee = parse(text)
    assert callee.given.isprintable() and len(callee.given) <= SHOWN
    if callee.problem:
        assert callee.detail in set(Flaw)
        assert (callee.e164, callee.national, callee.kind, callee.region) == ("", "", "", "")
        return
    assert re.fullmatch(r"\+86(1[3-9]\d{9}|[1-9]\d{8,10})", callee.e164)
    # No digit was invented or lost: what was dialled ends in the very digits that are registered.
    wide = str.maketrans("０１２３４５６７８９", "0123456789")
    assert re.sub(r"\D", "", text.translate(wide)).endswith(callee.e164.removeprefix("+86"))
    assert parse(callee.e164).e164 == parse(callee.national).e164 == callee.e164
    assert callee.e164.removeprefix("+86") not in masked(callee.e164)
