"""The plans of the United States, France and Australia: what is a callee there, and what never is."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialpact.compliance.numbers import (
    DIAL_FORMATS,
    REGIONS,
    Flaw,
    anybody,
    dial_string,
    masked,
    parse,
    read,
    warm,
)
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.number import callee
from tests.compliance.test_numbers import ACCEPTED

NEW_YORK, TOLL_FREE, PARIS, MOBILE_FR = "+12122345678", "+18002345678", "+33142345678", "+33612345678"
SYDNEY, PERTH, MOBILE_AU = "+61292345678", "+61892345678", "+61412345678"
BRISBANE = "+61732345678"
WEST = {f"Australia/{place}" for place in ("Adelaide", "Broken_Hill", "Darwin", "Eucla", "Perth")}

CALLEES = [
    ("US", "2122345678", NEW_YORK, "2122345678", "fixed-or-mobile", "ten digits"),
    ("US", "(212) 234-5678", NEW_YORK, "2122345678", "fixed-or-mobile", "as people write it"),
    ("US", "1-212-234-5678", NEW_YORK, "2122345678", "fixed-or-mobile", "trunk prefix"),
    ("US", "12122345678", NEW_YORK, "2122345678", "fixed-or-mobile", "our own e164-digits, from a CDR"),
    ("US", "+1 (212) 234-5678", NEW_YORK, "2122345678", "fixed-or-mobile", "international"),
    ("US", "01112122345678", NEW_YORK, "2122345678", "fixed-or-mobile", "with the prefix of calls abroad"),
    ("US", "800-234-5678", TOLL_FREE, "8002345678", "toll-free", "toll-free, a business in any zone"),
    ("FR", "01 42 34 56 78", PARIS, "0142345678", "fixed-line", "in pairs"),
    ("FR", "+33 (0)6 12 34 56 78", MOBILE_FR, "0612345678", "mobile", "a common slip, harmless"),
    ("FR", "0033612345678", MOBILE_FR, "0612345678", "mobile", "international prefix"),
    ("FR", "33612345678", MOBILE_FR, "0612345678", "mobile", "e164-digits"),
    ("FR", "09 12 34 56 78", "+33912345678", "0912345678", "voip", "the box of an internet provider"),
    ("AU", "(02) 9234 5678", SYDNEY, "0292345678", "fixed-line", "area code in brackets"),
    ("AU", "0412 345 678", MOBILE_AU, "0412345678", "mobile", "mobile"),
    ("AU", "+61 412 345 678", MOBILE_AU, "0412345678", "mobile", "international"),
    ("AU", "001161412345678", MOBILE_AU, "0412345678", "mobile", "with the prefix of calls abroad"),
    ("AU", "61412345678", MOBILE_AU, "0412345678", "mobile", "e164-digits"),
]


@pytest.mark.parametrize(("region", "text", "e164", "national", "kind", "reason"), CALLEES)
def test_a_callee(region: str, text: str, e164: str, national: str, kind: str, reason: str) -> None:
    found = parse(text, regions=(region,))
    assert (found.e164, found.national, found.kind, found.region) == (e164, national, kind, region), reason
    assert found.given == text and not found.problem and found.zones


NEVER = [
    ("US", "911", Flaw.EMERGENCY, "emergency"),
    ("US", "1911", Flaw.EMERGENCY, "with the trunk prefix"),
    ("US", "+1911", Flaw.EMERGENCY, "international"),
    ("US", "112", Flaw.EMERGENCY, "a mobile's emergency number"),
    ("US", "933", Flaw.EMERGENCY, "the test of 911"),
    ("US", "988", Flaw.SERVICE_CODE, "the crisis line"),
    ("US", "411", Flaw.SERVICE_CODE, "directory assistance"),
    ("US", "811", Flaw.SERVICE_CODE, "before you dig"),
    ("US", "72345", Flaw.SERVICE_CODE, "a short code of messages"),
    ("US", "2125551212", Flaw.SERVICE_CODE, "directory assistance of Manhattan"),
    ("US", "2125550100", Flaw.SERVICE_CODE, "a telephone of the films: valid to phonenumbers"),
    ("US", "8005551212", Flaw.SERVICE_CODE, "toll-free directory assistance"),
    ("US", "9002345678", Flaw.SERVICE_CODE, "premium rate"),
    ("US", "5002345678", Flaw.SERVICE_CODE, "personal number"),
    ("US", "2129112345", Flaw.LOOK_ALIKE, "911 behind an area code: valid to phonenumbers"),
    ("US", "2124112345", Flaw.LOOK_ALIKE, "the same with 411"),
    ("US", "2345678", Flaw.AREA_CODE_MISSING, "seven digits"),
    ("US", "212234567", Flaw.LENGTH, "a digit short"),
    ("US", "21223456789", Flaw.LENGTH, "a digit more"),
    ("US", "1122345678", Flaw.LENGTH, "no area code begins with 1"),
    ("US", "+14162345678", Flaw.FOREIGN_REGION, "Toronto"),
    ("US", "4162345678", Flaw.FOREIGN_REGION, "Toronto, dialled as at home"),
    ("US", "+18762345678", Flaw.FOREIGN_REGION, "Jamaica"),
    ("US", "+17872345678", Flaw.FOREIGN_REGION, "Puerto Rico"),
    ("US", "+13792345678", Flaw.UNASSIGNED, "no such area code"),
    ("US", "01133142345678", Flaw.FOREIGN_REGION, "Paris"),
    ("US", "+8613800138000", Flaw.FOREIGN_REGION, "China"),
    ("US", "1-800-FLOWERS", Flaw.LETTERS, "letters on the keys"),
    ("FR", "15", Flaw.EMERGENCY, "ambulance"),
    ("FR", "17", Flaw.EMERGENCY, "police"),
    ("FR", "18", Flaw.EMERGENCY, "fire brigade"),
    ("FR", "112", Flaw.EMERGENCY, "all of Europe"),
    ("FR", "114", Flaw.EMERGENCY, "for the deaf"),
    ("FR", "115", Flaw.EMERGENCY, "the homeless"),
    ("FR", "119", Flaw.EMERGENCY, "children in danger"),
    ("FR", "196", Flaw.EMERGENCY, "rescue at sea"),
    ("FR", "+33 112", Flaw.EMERGENCY, "international"),
    ("FR", "0 17", Flaw.EMERGENCY, "with a 0"),
    ("FR", "116000", Flaw.EMERGENCY, "missing children"),
    ("FR", "118712", Flaw.SERVICE_CODE, "directory assistance"),
    ("FR", "3639", Flaw.SERVICE_CODE, "a hotline of four digits"),
    ("FR", "0 3639", Flaw.AREA_SERVICE_CODE, "the same behind a 0"),
    ("FR", "0800 123 456", Flaw.SERVICE_CODE, "free of charge"),
    ("FR", "0892 34 56 78", Flaw.SERVICE_CODE, "premium rate"),
    ("FR", "612345678", Flaw.TRUNK_PREFIX_MISSING, "a spreadsheet ate the 0"),
    ("FR", "061234567", Flaw.LENGTH, "a digit short"),
    ("FR", "0700123456", Flaw.UNASSIGNED, "range of another territory"),
    ("FR", "+262692123456", Flaw.FOREIGN_REGION, "La Réunion has a code of its own"),
    ("FR", "0692123456", Flaw.FOREIGN_REGION, "La Réunion, dialled as in France"),
    ("FR", "+33596123456", Flaw.FOREIGN_REGION, "Martinique behind the code of France"),
    ("FR", "06.12.34.56.78", Flaw.CHARACTERS, "dots are no part of a number here"),
    ("AU", "000", Flaw.EMERGENCY, "emergency"),
    ("AU", "+61 000", Flaw.EMERGENCY, "international"),
    ("AU", "106", Flaw.EMERGENCY, "for the deaf"),
    ("AU", "112", Flaw.EMERGENCY, "from mobiles"),
    ("AU", "131234", Flaw.SERVICE_CODE, "six digits"),
    ("AU", "1300 123 456", Flaw.SERVICE_CODE, "shared cost"),
    ("AU", "+61 1800 123 456", Flaw.SERVICE_CODE, "free of charge"),
    ("AU", "1900 123 456", Flaw.SERVICE_CODE, "premium rate"),
    ("AU", "0 1300 123 456", Flaw.AREA_SERVICE_CODE, "behind a 0"),
    ("AU", "9234 5678", Flaw.AREA_CODE_MISSING, "local"),
    ("AU", "412345678", Flaw.TRUNK_PREFIX_MISSING, "a spreadsheet ate the 0"),
    ("AU", "04123456789", Flaw.LENGTH, "a digit more"),
    ("AU", "0591234567", Flaw.UNASSIGNED, "range not assigned"),
    ("AU", "08 9164 1234", Flaw.FOREIGN_REGION, "Christmas Island"),
    ("AU", "08 9162 1234", Flaw.FOREIGN_REGION, "Cocos Islands"),
    ("AU", "+64 21 234 567", Flaw.FOREIGN_REGION, "New Zealand"),
]
PROBLEMS = {Flaw.EMERGENCY: "emergency-number", Flaw.SERVICE_CODE: "protected-number"}


@pytest.mark.parametrize(("region", "text", "flaw", "reason"), NEVER)
def test_never_a_callee(region: str, text: str, flaw: Flaw, reason: str) -> None:
    found = parse(text, regions=(region,))
    assert (found.problem, found.detail) == (PROBLEMS.get(flaw, "invalid-number"), flaw), reason
    assert not (found.e164 or found.national or found.kind or found.region or found.zones)


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        (NEW_YORK, {"America/New_York"}),
        ("+18082345678", {"Pacific/Honolulu"}),
        (
            "+12192345678",
            {"America/Chicago", "America/New_York"},
        ),  # an exchange that the library does not list
        ("+13642345678", {"America/Chicago", "America/New_York"}),  # an overlay of 270
        ("+19072345678", {"America/Anchorage", "America/Adak", "America/Juneau", "Pacific/Honolulu"}),
        (PARIS, {"Europe/Paris"}),
        (SYDNEY, {"Australia/Sydney"}),
        ("+61265001234", {"Australia/Sydney", "Australia/Lord_Howe"}),
        ("+61260001234", {"Australia/Sydney", "Australia/Melbourne"}),
        ("+61392345678", {"Australia/Sydney", "Australia/Melbourne", "Australia/Hobart"}),
        (BRISBANE, {"Australia/Brisbane", "Australia/Sydney"}),
        ("+61721001234", {"Australia/Brisbane", "Australia/Sydney"}),  # one that the library knows
        (PERTH, WEST),
        ("+61889501234", WEST),  # Alice Springs
        ("+61890391234", WEST),  # Eucla
        ("+61891641234", set()),  # Christmas Island, a region of its own
    ],
)
def test_the_zones_of_a_number(number: str, zones: set[str]) -> None:
    assert set(parse(number, regions=REGIONS).zones) == zones


def test_a_toll_free_number_and_a_mobile_ring_anywhere() -> None:
    everywhere = parse(TOLL_FREE, regions=("US",)).zones
    assert len(everywhere) >= 42 and set(everywhere) <= available_timezones()
    assert {"Pacific/Honolulu", "America/St_Johns", "Pacific/Guam"} <= set(everywhere)
    assert {"Australia/Perth", "Australia/Sydney"} < set(parse(MOBILE_AU, regions=("AU",)).zones)


def test_an_unknown_zone_is_no_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "dialpact.compliance.numbers.metadata.time_zones_for_number", lambda _: ("Etc/Unknown",)
    )
    assert parse(SYDNEY, regions=("AU",)).zones == ()


@pytest.mark.parametrize(("text", "e164", "national", "kind", "reason"), ACCEPTED)
def test_a_chinese_number_is_the_same_where_more_is_permitted(
    text: str, e164: str, national: str, kind: str, reason: str
) -> None:
    assert parse(text, regions=REGIONS) == parse(text), reason


def test_home_is_the_first_region() -> None:
    assert parse("0612345678", regions=("FR", "AU")).e164 == MOBILE_FR
    assert parse("0412345678", regions=("AU", "FR")).e164 == MOBILE_AU
    assert parse(MOBILE_FR, regions=("AU", "FR")).region == "FR"
    assert parse(NEW_YORK, regions=REGIONS).region == "US"
    assert parse("2122345678", regions=REGIONS).detail == Flaw.TRUNK_PREFIX_MISSING  # at home in China
    assert parse("+86 110", regions=("US", "CN")).detail == Flaw.EMERGENCY
    assert parse("00 33 112", regions=("CN", "FR")).detail == Flaw.EMERGENCY


def test_the_registers_take_foreign_numbers_with_their_country_code() -> None:
    assert callee("+1 (212) 234-5678") == NEW_YORK
    assert callee("+33 6 12 34 56 78") == MOBILE_FR
    assert callee("0061 412 345 678") == MOBILE_AU  # the prefix of China, where a bare number is at home
    for text in (
        "212-234-5678",
        "0612345678",
        "+1 911",
        "+1 416 234 5678",
        "+61 1300 123 456",
        "+44 20 7946 0000",
    ):
        with pytest.raises(Fault):
            callee(text)


@pytest.mark.parametrize("given", ["0147 123 456", "+61 147 123 456", "0061147123456"])
def test_a_satellite_telephone_of_australia_is_not_called_and_can_opt_out(given: str) -> None:
    assert parse(given, regions=("AU", "FR")).problem
    assert anybody(given, ("AU",)).e164 == "+61147123456"


@pytest.mark.parametrize("reading", [read, anybody])
@pytest.mark.parametrize(("region", "number"), [("AU", "000"), ("AU", "112"), ("FR", "15"), ("US", "911")])
def test_an_emergency_number_is_called_so(reading: Any, region: str, number: str) -> None:
    """Australia's begins as a number abroad does elsewhere."""
    assert reading(number, (region,)).problem == "emergency-number"


def test_nothing_abroad_is_permitted_by_default() -> None:
    for number in (NEW_YORK, PARIS, SYDNEY):
        assert parse(number).detail == Flaw.FOREIGN_REGION


NUMBERS = [NEW_YORK, TOLL_FREE, PARIS, MOBILE_FR, SYDNEY, MOBILE_AU]


@pytest.mark.parametrize("name", DIAL_FORMATS)
@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_dialled_is_what_was_checked(name: str, number: str) -> None:
    found = parse(number, regions=REGIONS)
    assert parse(dial_string(found, name), regions=(found.region,)).e164 == number


def test_dial_strings() -> None:
    assert [dial_string(parse(number, regions=REGIONS), "zero-mobile") for number in NUMBERS] == [
        "2122345678",
        "8002345678",
        "0142345678",
        "0612345678",
        "0292345678",
        "0412345678",
    ]
    assert dial_string(parse(NEW_YORK, regions=("US",)), "e164-digits") == "12122345678"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (NEW_YORK, "+121****5678"),
        (MOBILE_FR, "+336****5678"),
        (MOBILE_AU, "+614****5678"),
        ("2122345678", "21****5678"),
        ("0612345678", "06****5678"),
    ],
)
def test_masked(number: str, shown: str) -> None:
    assert masked(number) == shown


def test_warm_loads_every_plan() -> None:
    warm()


TEXTS = st.builds(
    lambda prefix, body: prefix + body,
    st.sampled_from(
        ["", "0", "1", "+", "+1", "+33", "+33 (0)", "+61", "011", "00", "0011", "+1212", "06", "04"]
    ),
    st.text("0123456789 -()", max_size=12),
)


@settings(max_examples=800)
@given(TEXTS, st.permutations(REGIONS))
def test_any_text_is_either_canonical_or_refused(text: str, regions: list[str]) -> None:
    found = parse(text, regions=regions)
    if found.problem:
        assert found.detail in set(Flaw)
        assert (found.e164, found.national, found.kind, found.region, found.zones) == ("",) * 4 + ((),)
        return
    assert re.fullmatch(r"\+(1[2-9]\d{9}|33[1-79]\d{8}|61[2-478]\d{8}|86[1-9]\d{8,10})", found.e164)
    # No digit was invented or lost: what was dialled ends in the very digits that are registered.
    assert re.sub(r"\D", "", text).endswith(found.national.removeprefix("0"))
    assert parse(found.e164, regions=regions).e164 == found.e164
    assert parse(found.national, regions=(found.region,)).e164 == found.e164
    assert found.national not in masked(found.e164)
    # Fewer regions never permit more.
    alone = parse(text, regions=regions[:1])
    assert alone.problem or alone == found


ANYWHERE = st.builds(
    lambda prefix, body: prefix + body,
    st.sampled_from(
        [
            *("", "0", "1", "+", "+1", "+33", "+330", "+61", "+86", "+860", "86", "011", "00", "0011"),
            *("+852", "+44", "+440", "+7", "+49", "+39", "+39 0", "13", "149", "400", "0800", "1300", "95"),
            *("106", "+8613", "+86149", "+1800", "1900", "555", "212555"),
        ]
    ),
    st.text("0123456789", max_size=12),
)


@settings(max_examples=2000)
@given(ANYWHERE, st.sampled_from(REGIONS), st.sampled_from(REGIONS))
def test_whoever_is_known_is_the_same_one_everywhere(text: str, here: str, there: str) -> None:
    """E.164 means one number, and it is short enough for one; what may be called is known as that."""
    found = anybody(text, (here,))
    assert bool(found.e164) != bool(found.problem)
    called = parse(text, regions=(here,))
    assert not called.e164 or found == called
    if found.e164:
        assert 8 <= len(found.e164) <= 16
        assert anybody(found.e164, (there,)).e164 == found.e164
