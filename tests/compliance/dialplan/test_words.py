"""How arguments, options, patterns and lines are cut; and that nothing that is written takes them long."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialpact.compliance.dialplan import listing, patterns, words
from dialpact.compliance.dialplan.values import Scope, Values
from dialpact.compliance.dialplan.words import Option
from tests.compliance.dialplan.written import codes, plan

AT = Scope("out", "_1XX", 1)


@pytest.mark.parametrize(
    ("why", "text", "expected"),
    [
        ("plain", "a,b,c", ["a", "b", "c"]),
        ("a comma in a function", "${CUT(a,b,1)},c", ["${CUT(a,b,1)}", "c"]),
        ("a comma in an option", "a,U(x,y)", ["a", "U(x,y)"]),
        ("a comma in quotes", 'a,"b,c"', ["a", "b,c"]),
        ("a comma that is escaped", r"a\,b,c", ["a,b", "c"]),
        ("nothing", "", [""]),
        ("not closed", "a,(b,c", ["a", "(b,c"]),
    ],
)
def test_arguments(why: str, text: str, expected: list[str]) -> None:
    assert words.arguments(text) == expected, why


@pytest.mark.parametrize(
    ("why", "text", "expected"),
    [
        ("both", "${A}?x,1:y,2", ["x,1", "y,2"]),
        ("a colon in an expression", "$[${A}:1]?x:y", ["x", "y"]),
        ("a question mark in a variable", "${IF($[1]?a:b)}?x", ["x", ""]),
        ("arguments with a colon", "1?s,1(a:b):t,1", ["s,1(a:b)", "t,1"]),
        ("only the false one", "1?:t", ["", "t"]),
        ("no condition", "x", ["", ""]),
    ],
)
def test_branches(why: str, text: str, expected: list[str]) -> None:
    assert words.branches(text) == expected, why


def test_options() -> None:
    assert words.options("iU(a^b)L(1:2)t", "UL") == [
        Option("i"),
        Option("U", "a^b"),
        Option("L", "1:2"),
        Option("t"),
    ]
    assert words.options("U(a(b)c)i", "U") == [Option("U", "a(b)c"), Option("i")]
    assert words.options("U(a", "U") == [Option("U")]  # as Asterisk has it: without an argument


@pytest.mark.parametrize(
    ("pattern", "taken", "other"),
    [
        ("_1XX", "110", "1100"),
        ("_[1-39]!", "3", "4"),
        ("_N.", "27", "2"),
        ("_Z", "1", "0"),
        ("_1-2", "12", "1-2"),
        ("100", "100", "10"),
    ],
)
def test_patterns(pattern: str, taken: str, other: str) -> None:
    assert patterns.takes(pattern, taken)
    assert not patterns.takes(pattern, other)


def test_patterns_that_meet() -> None:
    assert patterns.meets("_1XX", "_X1X") and patterns.meets("_1.", "_1XX") and patterns.meets("110", "_11X")
    assert not patterns.meets("_1XX", "_2XX") and not patterns.meets("_1XX", "_1X")
    assert patterns.few("_11[09]") == ["110", "119"]
    assert patterns.few("_XX") == [] and patterns.few("_1.") == []


@pytest.mark.parametrize(
    ("why", "text", "shown", "kind"),
    [
        ("what is written", "carrier", "carrier", None),
        ("a global", "${T}/x", "carrier/x", None),
        ("a slice of it", "${T:0:3}", "car", None),
        ("its end", "${T:-3}", "ier", None),
        ("a name made of a variable", "${O_${N}}", "two", None),
        ("what is dialled, of fixed length", "${EXTEN}", "${EXTEN}", "digits"),
        ("a part of it", "${EXTEN:1}", "${EXTEN:1}", "digits"),
        ("what the gate gives", "${DIALPACT_NUMBER}", "${DIALPACT_NUMBER}", "digits"),
        ("a filter", "${FILTER(0-9,${CALLERID(num)})}", "${FILTER(0-9,${CALLERID(num)})}", "digits"),
        ("what nobody sets", "${WHO}", "${WHO}", "any"),
        ("an expression", "$[1+1]", "$[1+1]", "digits"),
        ("a global of itself, which Asterisk has empty", "${LOOP}", "", None),
    ],
)
def test_values(why: str, text: str, shown: str, kind: str | None) -> None:
    values = Values(plan("[globals]\nT=carrier\nN=1\nO_1=two\nLOOP=${LOOP}\n[out]\nexten => _1XX,1,NoOp()"))
    (form,) = values.forms(text, AT)
    assert values.shown(form) == shown, why
    assert [hole.kind for hole in values.holes(form)] == ([kind] if kind else []), why


def test_what_a_form_may_be() -> None:
    values = Values(plan("[out]\nexten => _1XX,1,NoOp()"))
    (digits,), (anything,) = values.forms("PJSIP/${EXTEN}", AT), values.forms("PJSIP/${X}", AT)
    assert values.may_be(digits, "PJSIP/1001") == "maybe"
    assert values.may_be(digits, "PJSIP/carrier") == "no"
    assert values.may_be(anything, "PJSIP/carrier") == "maybe"
    assert values.may_be("PJSIP/carrier", "PJSIP/carrier") == "yes"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 8000,
        "${" * 4000,
        "Dial(" + "${A}" * 1500 + ")",
        "Dial(PJSIP/" + "a${A}" * 1500 + "@carrier)",
        "Dial(" + "&" * 8000 + ")",
        "ExecIf($[1]?" * 600,
        "Goto(" + "${EXTEN}," * 800 + ")",
        "Dial(PJSIP/" + "".join(f"${{V{n}}}" for n in range(8)) + "@carrier)",
    ],
    ids=range(8),
)
def test_a_line_of_whatever_is_judged_in_no_time(text: str) -> None:
    many = "\n".join(f" same => n,Set(V{n % 8}={n}${{V{(n + 1) % 8}}})" for n in range(200))
    began = time.perf_counter()
    codes(f"[out]\nexten => _X.,1,NoOp()\n{many}\n same => n,{text}")
    assert time.perf_counter() - began < 2


@given(st.text('exten=>_X.,1nDialGotIfPJSIP/${}()[]&@?:!^ \n;"\\', max_size=200))
def test_anything_is_a_plan(text: str) -> None:
    codes("[out]\nexten => _X.,1,NoOp()\nsame => n," + text.replace("\n", "\nexten => s,n,"))


def test_rows_of_a_running_dialplan() -> None:
    files = plan("[out]\nexten => _1XX/1001,1,NoOp(a)\nexten => _1XX,1,NoOp(b)\n same => n(go),Hangup()")
    rows = [
        {"Context": "out", "Extension": "_1XX", "Priority": "1", "Application": "NoOp", "AppData": "b"},
        {"Context": "out", "Extension": "_1XX", "Priority": "1", "Application": "NoOp", "AppData": "a"},
        {"Context": "out", "Extension": "_1XX", "Priority": "1", "Application": "NoOp", "AppData": "c"},
        {
            "Context": "out",
            "Extension": "_1XX",
            "Priority": "2",
            "Application": "Hangup",
            "ExtensionLabel": "go",
        },
        {"Context": "out", "Extension": "_1XX", "Priority": "hint", "Application": "PJSIP/1"},
        {"Context": "out", "IncludeContext": "other,*,*,*,*"},
        {"Context": "out", "Switch": "Realtime/@"},
    ]
    running = listing.read(rows, {"T": "carrier"}, files)
    assert running.contexts["out"].includes == ["other"]
    assert {(s.extension, s.priority, s.data, str(s.place)) for s in running.steps()} == {
        ("_1XX", 1, "b", "extensions.conf:3"),
        ("_1XX/1001", 1, "a", "extensions.conf:2"),
        ("_1XX/?", 1, "c", "ShowDialPlan"),  # two that look alike: neither is lost
        ("_1XX", 2, "", "extensions.conf:4"),
    }
