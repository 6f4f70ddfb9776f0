"""What somebody who may not see numbers is shown: none, however it is written; the rest stays."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialpact.compliance.veil import Veil
from tests.compliance.store_values import decision

MOBILE, FIXED, ABROAD = "+8613800138000", "+862787654321", "+12125550123"
OWN = frozenset({"95512", "4008001234", "02788880007"})
NUMBERS = {
    MOBILE: (
        *("13800138000", "+8613800138000", "8613800138000", "008613800138000", "013800138000"),
        *("138 0013 8000", "138-0013-8000", "+86 138 0013 8000", "(86) 138.0013.8000", "0086-138-0013-8000"),
        *(
            "１３８００１３８０００",
            "٠١٣٨٠٠١٣٨٠٠٠",
            "913800138000",
            "9013800138000#",
            "138\u00a00013\u00a08000",
        ),
        *("sip:13800138000@10.0.0.1", "Local/13800138000@out-00000012;1", "PJSIP/13800138000-000000a1"),
        *(
            "to=13800138000;",
            "n13800138000n",
            "tel:+86-138-0013-8000",
            "138/0013/8000",
            "1 3 8 0 0 1 3 8 0 0 0",
        ),
    ),
    FIXED: (
        *("02787654321", "+862787654321", "027-87654321", "(027) 8765 4321", "87654321", "8765-4321"),
        *(
            "Local/87654321@out-1",
            "PJSIP/87654321-0000001",
            "dialled 87654321",
            "86-27-87654321",
            "2787654321",
        ),
    ),
    ABROAD: ("2125550123", "(212) 555-0123", "1-212-555-0123", "+1 212 555 0123", "0012125550123", "5550123"),
}


def digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(one)) for one in text if one.isdecimal())


def shows(text: str, number: str) -> bool:
    """Whether the last seven digits can be read in it, whatever stands in between."""
    return any(digits(number)[-7:] in digits(part) for part in text.split("*"))


@pytest.mark.parametrize(
    ("number", "spelled"), [(number, one) for number, all in NUMBERS.items() for one in all]
)
@pytest.mark.parametrize("frame", ["{}", "cut; by {} at 1", "2026-11-24 10:00 {} 2026-11-25", "<{}>", "a{}b"])
def test_a_callee_is_not_read_in_any_text(number: str, spelled: str, frame: str) -> None:
    text = frame.format(spelled)
    assert shows(text, number)
    veiled = Veil((number,), OWN)
    assert not shows(veiled.text(text), number), veiled.text(text)
    assert not shows(veiled.number(spelled), number)
    assert Veil((number,), full=True).text(text) == text
    if "2026" in frame:
        assert "2026-11-24 10:00" in veiled.text(text) and "2026-11-25" in veiled.text(text)


@pytest.mark.parametrize("spelled", NUMBERS[MOBILE][:12])
def test_a_number_that_nobody_named_is_not_read_either(spelled: str) -> None:
    assert not shows(Veil((), OWN).text(f"dialled {spelled} "), MOBILE)


@pytest.mark.parametrize(
    "text",
    [
        *("1764100000.12", "2026-11-24T02:00:00.000000Z", "0a" * 16, "ab12" * 16, "10.0.0.1:5060", "1001"),
        *("", "cn-hubei-2018 hours", "4008001234 of acme, trunks *", "number 02788880007, not 95512", "99 %"),
    ],
)
def test_what_is_no_number_and_what_is_our_own_stays(text: str) -> None:
    assert Veil((MOBILE,), OWN).text(text) == text


def test_caller_ids() -> None:
    veil = Veil((MOBILE,), OWN)
    for ours in ("95512", "4008001234", "02788880007", "1001", ""):
        assert veil.caller_id(ours) == ours
    for theirs in ("13900139000", "+8613900139000", "02766660001", "anonymous 13900139000"):
        assert not shows(veil.caller_id(theirs), theirs), theirs
    assert Veil(full=True).caller_id("13900139000") == "13900139000"


def test_own_numbers_beside_a_callees() -> None:
    told = Veil((MOBILE,), OWN).text("02788880007 called 13800138000, not 4008001234")
    assert told == "02788880007 called 138****8000, not 4008001234"
    # Another number that only ends like one of ours is nobody's to be shown.
    assert "02788880007" not in Veil((), OWN).text("0902788880007").replace("****", "")


def test_a_decision_is_explained_without_a_number() -> None:
    made = decision()
    seen = Veil((MOBILE,), ()).decision(made)
    assert not re.search(r"[0-9]{7}", repr(seen.attempt))
    assert (seen.id, seen.findings, seen.decided_at) == (made.id, made.findings, made.decided_at)
    assert Veil((MOBILE,), full=True).decision(made) == made


@settings(max_examples=300, deadline=None)
@given(
    number=st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True),
    apart=st.sampled_from(["", " ", "-", ".", "\u00a0", "  ", ") "]),
    cuts=st.sets(st.integers(1, 14)),
    before=st.sampled_from(["", "00", "9", "0", "x ", "Local/"]),
    after=st.sampled_from(["", "#", "@a", " y", "99"]),
)
def test_whatever_the_number_and_its_groups(
    number: str, apart: str, cuts: set[int], before: str, after: str
) -> None:
    plain = number.removeprefix("+")
    spelled = "".join(apart * (place in cuts) + digit for place, digit in enumerate(plain))
    told = Veil((number,)).text(f"{before}{spelled}{after}")
    assert not shows(told, number), told
