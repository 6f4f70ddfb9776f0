"""Ranges of caller IDs by purpose and industry: what is said as data, and what is refused as data."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dialpact.compliance import profile
from dialpact.compliance.errors import ProfileError
from dialpact.compliance.model import Facts
from dialpact.compliance.policy import evaluate
from dialpact.compliance.profile import Profile
from dialpact.compliance.sections import CallerIdRange, CallerIdRule
from dialpact.compliance.texts import finding_text
from tests.compliance.world import (
    CALLER_ID,
    CAMPAIGN,
    GOOD,
    HUBEI,
    at,
    attempt,
    codes,
    facts,
    policy,
)

WANTED, FORBIDDEN = "caller-id-unauthorised/range-wanted", "caller-id-unauthorised/range-forbidden"
DOCS = Path(__file__).parents[2] / "docs"
HEAD = """
id = "example"
version = "1"
title = "An example"
source = "docs/profiles.md"
timezone = "Asia/Shanghai"
[numbers]
source = "x"
regions = ["CN"]
"""


def ranged(*ranges: CallerIdRange) -> Profile:
    section = CallerIdRule(
        clause="x", source="x", effective_from=date(2018, 1, 1), purposes=("*",), ranges=ranges
    )
    return msgspec.structs.replace(HUBEI, caller_id=section)


def shown(number: str, *, purpose: Any = "marketing", industry: str = "education") -> Facts:
    campaign = msgspec.structs.replace(CAMPAIGN, purpose=purpose, industry=industry)
    registered = msgspec.structs.replace(CALLER_ID, number=number, purposes=("*",))
    return facts(campaign=campaign, caller_id=registered)


def judged(rules: Profile, number: str, when: str = "2026-11-24 10:00", **campaign: Any) -> list[str]:
    found = evaluate(attempt(caller_id=number), shown(number, **campaign), policy(rules), at(when))
    return [code for code in codes(found) if "/range-w" in code or "/range-f" in code]


@pytest.mark.parametrize("number", ["700123456789012", "70012345678", "+86700123456789012"])
@pytest.mark.parametrize("prefix", ["", "86", "0086", "0"])
def test_no_marketing_call_shows_a_700_number(number: str, prefix: str) -> None:
    told = number if number.startswith("+") else prefix + number
    assert judged(HUBEI, told) == [FORBIDDEN]
    assert judged(HUBEI, told, purpose="service") == [], "it stands for a person in a delivery"
    assert judged(HUBEI, told, "2025-12-31 10:00") == [], "the formal phase had not begun"


@pytest.mark.parametrize("number", ["02770012345", "4007001234", "17001234567", "95700", "02788880000"])
def test_what_only_has_a_700_in_it_is_none(number: str) -> None:
    assert judged(HUBEI, number) == []


@pytest.mark.parametrize(
    "number", ["700123456789012", "+86700123456789012", "0086 700123456789012", "70012345678901"]
)
def test_a_700_number_is_no_callee(number: str) -> None:
    found = codes(evaluate(attempt(number), facts(), policy(), GOOD))
    assert found == ["protected-number/service-code"]


FORMS = [
    ("1600XXXXXX", "", "1600123456", True),
    ("1600XXXXXX", "", "160012345", False),
    ("1600XXXXXX", "", "16001234567", False),
    ("1600XXXXXX", "", "+911600123456", False),
    ("1600XXXXXX", "91", "+911600123456", True),
    ("1600XXXXXX", "91", "00911600123456", True),
    ("1600XXXXXX", "91", "911600123456", True),
    ("1600XXXXXX", "91", "+921600123456", False),
    ("0844.", "39", "0844123", True),
    ("0844.", "39", "+390844123", True),
    ("0844.", "39", "0844", False),
    ("0844.", "39", "390844123", False),  # 390 844123 is a mobile number, too
    ("1004", "", "1004", True),
    ("1004", "", "10041", False),
    ("+34900XXXXXX", "34", "+34900123456", True),
    ("+34900XXXXXX", "34", "900123456", False),
    ("400XXXXXX", "34", "40012345X", False),
    ("400XXXXXX", "34", "", False),
    ("400XXXXXX", "34", "40012345\u0663", False),  # an Arabic digit is none
    ("400XXXXXX", "34", "400123456\n", False),
]


@pytest.mark.parametrize(("form", "country", "number", "permitted"), FORMS)
def test_forms(form: str, country: str, number: str, permitted: bool) -> None:
    only = CallerIdRange(only=(form,), country=country)
    assert judged(ranged(only), number) == ([] if permitted else [WANTED])
    # Whatever is permitted by a form is forbidden by it; and what may be it, without a sign, is forbidden.
    never = CallerIdRange(never=(form,), country=country)
    forbidden = permitted or number == "390844123"
    assert judged(ranged(never), number) == ([FORBIDDEN] if forbidden else [])


def test_each_range_binds_by_itself() -> None:
    any_toll_free = CallerIdRange(only=("800XXXXXX", "900XXXXXX"))
    one = CallerIdRange(only=("900.",), never=("90011.",), industries=("education",))
    rules = ranged(any_toll_free, one)
    assert judged(rules, "900222222") == []
    assert judged(rules, "800222222") == [WANTED]
    assert judged(rules, "900112222") == [FORBIDDEN]
    assert judged(rules, "800222222", industry="finance") == []
    assert judged(rules, "700222222") == [WANTED, WANTED]


def test_whom_a_range_binds() -> None:
    late = CallerIdRange(only=("9.",), purposes=("survey",), effective_from=date(2026, 11, 25))
    rules = ranged(late)
    assert judged(rules, "800", purpose="survey") == []
    assert judged(rules, "800", "2026-11-25 00:00", purpose="survey") == [WANTED]
    assert judged(rules, "800", "2026-11-25 00:00", purpose="service") == []
    nobody = facts(campaign=None, business=None, caller_id=None)
    strict = ranged(CallerIdRange(only=("9.",), industries=("finance",)))
    found = codes(evaluate(attempt(caller_id="800"), nobody, policy(strict), GOOD))
    assert WANTED in found, "an industry that nobody knows is bound"


BROKEN = [
    ("ranges = [{ purposes = ['marketing'] }]", "names neither only nor never", "ranges"),
    ("ranges = [{ only = ['_140X'] }]", "'_140X' is no form of a caller ID", "ranges"),
    ("ranges = [{ only = ['X140'] }]", "no form of a caller ID", "ranges"),
    ("ranges = [{ never = ['14X0'] }]", "no form of a caller ID", "ranges"),
    ("ranges = [{ only = ['140.1'] }]", "no form of a caller ID", "ranges"),
    ("ranges = [{ only = ['140 1'] }]", "no form of a caller ID", "ranges"),
    ("ranges = [{ only = ['1\u0664'] }]", "no form of a caller ID", "ranges"),
    (f"ranges = [{{ only = ['1{'X' * 24}'] }}]", "no form of a caller ID", "ranges"),
    ("ranges = [{ only = ['140.', '140.'] }]", "lists something twice", "ranges"),
    ("ranges = [{ only = ['1.'], purposes = ['sales'] }]", "unknown 'sales'", "ranges"),
    ("ranges = [{ only = ['1.'], purposes = ['survey'] }]", "one is for survey, which", "ranges"),
    ("ranges = [{ only = ['1.'], industries = [' '] }]", "empty name", "ranges"),
    ("ranges = [{ only = ['1.'], country = '+34' }]", "a calling code", "ranges"),
    ("ranges = [{ only = ['1.'], country = '034' }]", "a calling code", "ranges"),
    ("ranges = [{ only = ['1.'], effective_from = 2020-01-01 }]", "before the section does", "ranges"),
    ("ranges = [{ only = ['1.'] }, { only = ['1.'] }]", "lists something twice", "ranges"),
    ("ranges = [{ only = ['1.'], prefix = '1' }]", "unknown field `prefix`", "ranges"),
    ("range = [{ only = ['1.'] }]", "unknown field `range`", "range"),
]


@pytest.mark.parametrize(("line", "reason", "key"), BROKEN)
def test_it_refuses_with_file_line_and_reason(line: str, reason: str, key: str) -> None:
    section = '[caller_id]\nclause = "x"\nsource = "x"\neffective_from = 2026-01-01\n'
    text = f'{HEAD}{section}purposes = ["marketing"]\n{line}\n'
    at_line = next(number for number, row in enumerate(text.splitlines(), 1) if row == line)
    with pytest.raises(ProfileError) as error:
        profile.parse(text.encode(), "ours.toml")
    assert reason in str(error.value)
    assert str(error.value).startswith(f"ours.toml, line {at_line}: ")


TABLES = """[caller_id]
clause = "x"
source = "x"
effective_from = 2026-01-01
purposes = ["marketing"]
[[caller_id.ranges]]
only = ["140."]
[[caller_id.ranges]]
country = "91"
only = ["160."]
[resources]
clause = "x"
source = "x"
effective_from = 2026-01-01
purposes = ["*"]
"""


@pytest.mark.parametrize(
    ("old", "new", "reason", "at_line"),
    [
        ('only = ["160."]', 'only = ["_160X"]', "'_160X' is no form", 'only = ["_160X"]'),
        ('only = ["160."]', "only = 160", "Expected `array`", "only = 160"),
        ('country = "91"', 'county = "91"', "unknown field `county`", 'county = "91"'),
        ('only = ["160."]', "", "neither only nor never", 'country = "91"'),
    ],
)
def test_a_table_is_named_by_its_own_line(old: str, new: str, reason: str, at_line: str) -> None:
    text = HEAD + TABLES.replace(old, new)
    wanted = text.splitlines().index(at_line) + 1
    if "neither" in reason:
        wanted -= 1  # its header
    with pytest.raises(ProfileError) as error:
        profile.parse(text.encode(), "ours.toml")
    assert reason in str(error.value)
    assert str(error.value).startswith(f"ours.toml, line {wanted}: ")


def test_the_finding_names_the_law() -> None:
    told = "700123456789012"
    found = evaluate(attempt(caller_id=told), shown(told), policy(), GOOD)
    (said,) = (one for one in found if one.detail.get("key") == "range-forbidden")
    assert said.clause == "cn-hubei-2018 caller_id"
    assert "工业和信息化部《关于开展号码保护服务业务试点的通知》" in finding_text(said, "zh")
    assert "of the form 700., 0700. (" in finding_text(said, "en")


# What the pages show: country, when, purpose, industry, number, what is found.
SAID: list[tuple[str, str, str, str, str, list[str]]] = [
    ("Spain", "2025-06-06 10:00", "marketing", "energy", "600123456", []),  # not yet
    ("Spain", "2025-06-09 10:00", "marketing", "energy", "600123456", [FORBIDDEN]),
    ("Spain", "2025-06-09 10:00", "service", "energy", "+34711223344", [FORBIDDEN]),
    ("Spain", "2026-12-27 10:00", "marketing", "energy", "900123456", []),
    ("Spain", "2026-12-28 10:00", "marketing", "energy", "900123456", [WANTED]),
    ("Spain", "2026-12-28 10:00", "marketing", "energy", "400123456", []),
    ("Spain", "2026-12-28 10:00", "marketing", "energy", "0034400123456", []),
    ("Spain", "2026-12-28 10:00", "service", "energy", "900123456", []),
    ("Spain", "2026-12-28 10:00", "service", "energy", "400123456", [FORBIDDEN]),
    ("India", "2026-01-05 10:00", "marketing", "banking", "1401234567", []),
    ("India", "2026-01-05 10:00", "marketing", "banking", "9812345678", [WANTED]),
    ("India", "2026-01-05 10:00", "marketing", "retail", "1600123456", [WANTED]),
    ("India", "2026-01-05 10:00", "service", "banking", "1600123456", []),
    ("India", "2026-01-05 10:00", "service", "banking", "+911600123456", []),
    ("India", "2026-01-05 10:00", "service", "banking", "9812345678", [WANTED]),
    ("India", "2025-12-31 10:00", "service", "banking", "9812345678", []),
    ("India", "2026-01-05 10:00", "service", "retail", "9812345678", []),
    ("India", "2026-01-05 10:00", "service", "retail", "1401234567", [FORBIDDEN]),
    ("Italy", "2026-01-05 10:00", "marketing", "energy", "0844123456", []),
    ("Italy", "2026-01-05 10:00", "marketing", "energy", "0843123456", [WANTED, FORBIDDEN]),
    ("Italy", "2026-01-05 10:00", "marketing", "energy", "0612345678", [WANTED]),
    ("Italy", "2026-01-05 10:00", "survey", "polls", "+390843123456", []),
    ("Italy", "2026-01-05 10:00", "survey", "polls", "0844123456", [WANTED, FORBIDDEN]),
]


@pytest.mark.parametrize("page", ["profiles.md", "profiles.zh-CN.md"])
def test_what_the_pages_show_means_what_they_say(page: str) -> None:
    blocks = re.findall(r"```toml\n# (\w+).*?\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    rules = {
        country: msgspec.structs.replace(
            HUBEI, caller_id=profile.parse(f"{HEAD}{text}".encode(), page).caller_id
        )
        for country, text in blocks
    }
    assert set(rules) == {country for country, *_ in SAID}
    for country, when, purpose, industry, number, expected in SAID:
        found = judged(rules[country], number, when, purpose=purpose, industry=industry)
        assert found == expected, (country, when, purpose, industry, number)
