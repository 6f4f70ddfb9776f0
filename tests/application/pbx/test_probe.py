"""Numbers for calls that must be refused: of the route, nobody's, and never an emergency's."""

from __future__ import annotations

import pytest

from dialpact.application.pbx.adapter import Route
from dialpact.application.pbx.probe import number_for, only_emergencies
from dialpact.compliance import numbers
from dialpact.compliance.dialplan import patterns
from dialpact.compliance.dialplan.plan import Plan, Step


def plan(*extensions: str) -> Plan:
    made = Plan()
    for name in extensions:
        made.add(Step("out", name, 1, "noop", ""))
    return made


def route(pattern: str, strip: int = 0, prepend: str = "") -> Route:
    return Route("r", "out", pattern, "carrier", strip=strip, prepend=prepend)


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("_1XXXXXXXXXX", "10000000000"),
        ("_0XXXXXXXXXX", "00000000000"),
        ("_[19]XX", "900"),  # 100 is a service, 999 an emergency
        ("_X.", "0" * 22),
        ("_0.", "0" * 22),
        ("_9|X.", ""),  # no pattern of Asterisk's dialplan
        ("110", ""),
        ("12110", ""),
        ("13800138000", ""),
        ("_138001380ZX", ""),  # somebody's, all of them
        ("95588", ""),
        ("_NXXXXXX", ""),  # in the town that the trunk is in they are somebody's
    ],
)
def test_a_number_of_each_pattern(pattern: str, number: str) -> None:
    found = number_for(route(pattern), plan(pattern), ("CN",))
    assert found == number
    if found:
        assert patterns.takes(pattern, found)
        assert numbers.parse(found).problem == "invalid-number"


def test_no_pattern_gets_a_number_that_is_somebody_s() -> None:
    for pattern in (
        "_1[3-9]XXXXXXXXX",
        "_0NX[2-8]XXXXXXX",
        "_+861XXXXXXXXXX",
        "_001NXXNXXXXXX",
        "_ZXX",
        "_1XX",
    ):
        for area in ("", "027"):
            found = number_for(route(pattern), plan(pattern), ("CN",), area)
            for region in numbers.REGIONS:
                assert not found or numbers.parse(found, regions=[region]).problem == "invalid-number"
            assert not numbers.is_emergency(found or "0")


def test_what_the_gate_is_asked_is_nobody_s_either() -> None:
    assert number_for(route("_9X.", strip=1), plan("_9X."), ("CN",)) == "9" + "0" * 21
    assert number_for(route("_9110", strip=1), plan("_9110"), ("CN",)) == ""
    assert number_for(route("_0000", strip=4, prepend="13800138000"), plan("_0000"), ("CN",)) == ""


def test_a_number_that_another_extension_takes_proves_nothing_here() -> None:
    assert number_for(route("_X."), plan("_X.", "_0X.", "_9X."), ("CN",))[0] not in "09"
    assert number_for(route("_XX"), plan("_XX", *(f"_{digit}X" for digit in "0123456789")), ("CN",)) == ""
    assert number_for(route("_0X"), plan("_0X", "_X."), ("CN",)) == "00"
    assert number_for(route("_0X"), plan(), ("CN",)) == ""  # it does not run


def test_routes_for_emergencies_alone() -> None:
    assert only_emergencies(route("110"))
    assert only_emergencies(route("_11[09]"))
    assert only_emergencies(route("9110", strip=1))
    assert not only_emergencies(route("_1XX"))
    assert not only_emergencies(route("_X."))
