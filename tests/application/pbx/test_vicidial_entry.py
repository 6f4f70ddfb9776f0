"""A Dialplan Entry of VICIdial's with the hook in it, or refused with its line and why."""

from __future__ import annotations

import pytest

from dialpact.application.pbx import vicidial_entry
from dialpact.application.pbx.vicidial_entry import rewritten, without
from dialpact.compliance.registers.fault import Fault

LOG = "AGI(agi://127.0.0.1:4577/call_log)"
GLOBALS = {"TESTSIPTRUNK": "SIP/testcarrier", "IAX": "IAX2/me:secret@far:4569", "LOOP": "${LOOP}"}


def entry(*steps: str, pattern: str = "_9X.") -> str:
    return "".join(f"exten => {pattern},{'n' if at else 1},{step}\n" for at, step in enumerate(steps))


def hook(endpoint: str) -> str:
    return vicidial_entry.arguments("carrier", "autumn-loans", "TELECOM") if endpoint else ""


def ask(number: str) -> str:
    return f"Gosub(dialpact-vicidial,s,1(carrier,autumn-loans,{number}))"


def into(text: str) -> str:
    return rewritten(text, "'TELECOM'", GLOBALS, hook).text


@pytest.mark.parametrize(
    ("dial", "becomes", "number", "endpoint"),
    [
        (
            "Dial(PJSIP/${EXTEN:1}@TELECOM,${CAMPDTO},To)",
            "Dial(PJSIP/${DIALPACT_NUMBER}@TELECOM,${CAMPDTO},ToiU(dialpact-answered))",
            "${EXTEN:1}",
            "PJSIP/TELECOM",
        ),
        (
            "Dial(${TESTSIPTRUNK}/${EXTEN:2},,tTo)",
            "Dial(${TESTSIPTRUNK}/${DIALPACT_NUMBER},,tToiU(dialpact-answered))",
            "${EXTEN:2}",
            "SIP/testcarrier",
        ),
        (
            "Dial(SIP/${EXTEN}@testcarrier)",
            "Dial(SIP/${DIALPACT_NUMBER}@testcarrier,,ToiU(dialpact-answered))",
            "${EXTEN}",
            "SIP/testcarrier",
        ),
        (
            "Dial(${IAX}/${EXTEN:1},55,oL(3600000:60000:30000))",
            "Dial(${IAX}/${DIALPACT_NUMBER},55,oL(3600000:60000:30000)iU(dialpact-answered))",
            "${EXTEN:1}",
            "IAX2/far",
        ),
        (
            "dial(DAHDI/g1/${EXTEN:1},55,o)",
            "Dial(DAHDI/g1/${DIALPACT_NUMBER},55,oiU(dialpact-answered))",
            "${EXTEN:1}",
            "DAHDI/g1",
        ),
    ],
)
def test_the_hook_stands_before_the_dial(dial: str, becomes: str, number: str, endpoint: str) -> None:
    text = entry(LOG, "Set(CALLERID(num)=02788880008)", dial, "Hangup()")
    found = rewritten(text, "'TELECOM'", GLOBALS, hook)
    log, caller, *_ = entry(LOG, "Set(CALLERID(num)=02788880008)").splitlines()
    assert found.text.splitlines() == [
        *(log, caller),
        f"exten => _9X.,n,{ask(number)}",
        f"exten => _9X.,n,{becomes}",
        "exten => _9X.,n,Hangup()",
    ]
    (way,) = found.ways
    assert (way.pattern, way.endpoint, way.hooked) == ("_9X.", endpoint, False)
    (again,) = rewritten(found.text, "'TELECOM'", GLOBALS, hook).ways
    assert again.hooked


def test_what_has_it_comes_out_the_same() -> None:
    text = entry(LOG, "Dial(PJSIP/${EXTEN:1}@TELECOM,,To) ; ours", "Hangup()")
    once = into(text)
    assert into(once) == once
    assert without(once, "TELECOM") == text


def test_another_trunk_or_campaign_takes_the_place_of_the_first() -> None:
    once = into(entry(LOG, "Dial(PJSIP/${EXTEN:1}@TELECOM,,To)"))
    then = rewritten(once, "'TELECOM'", GLOBALS, lambda _: "second,winter-loans").text
    assert "Gosub(dialpact-vicidial,s,1(second,winter-loans,${EXTEN:1}))" in then
    assert then.count("Gosub") == 1


def test_numbered_priorities_make_room() -> None:
    text = (
        f"exten => _9X.,1,{LOG}\nexten => _9X.,2,Dial(PJSIP/${{EXTEN:1}}@TELECOM,,To)\nexten => _9X.,3,Hangup"
    )
    assert into(text).splitlines()[2:] == [
        "exten => _9X.,n,Dial(PJSIP/${DIALPACT_NUMBER}@TELECOM,,ToiU(dialpact-answered))",
        "exten => _9X.,n,Hangup()",
    ]


def test_each_extension_of_an_entry_by_itself() -> None:
    dial = "Dial(PJSIP/${EXTEN:1}@TELECOM,,To)"
    text = f"; two\n{entry(LOG, dial)}\n{entry('NoOp()', pattern='_5X')}{entry(LOG, dial, pattern='_8X.')}"
    found = rewritten(text, "'TELECOM'", GLOBALS, hook)
    assert [way.pattern for way in found.ways] == ["_9X.", "_8X."]
    assert found.text.count("dialpact-vicidial") == 2
    assert "exten => _5X,1,NoOp()" in found.text


def test_windows_line_ends_stay() -> None:
    text = entry(LOG, "Dial(PJSIP/${EXTEN:1}@TELECOM,,To)").replace("\n", "\r\n")
    assert into(text).count("\r\n") == 3
    assert without(into(text), "TELECOM") == text


DIAL = "Dial(PJSIP/${EXTEN:1}@TELECOM,,To)"


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        (entry(LOG, DIAL, "Dial(PJSIP/${EXTEN:1}@SECOND,,To)"), "vicidial-dials", "3"),
        (entry(LOG, "Dial(PJSIP/${EXTEN:1}@A&PJSIP/${EXTEN:1}@B,,To)"), "vicidial-fork", "2"),
        (entry(LOG, "Dial(PJSIP/17951${EXTEN:1}@TELECOM,,To)"), "vicidial-number", "2"),
        (entry(LOG, "Dial(PJSIP/13800138000@TELECOM,,To)"), "vicidial-number", "2"),
        (entry(LOG, "Dial(Local/${EXTEN:1}@elsewhere,,To)"), "vicidial-number", "2"),
        (entry(LOG, "Dial(PJSIP/${EXTEN:1}@TELECOM,,ToU(mine))"), "vicidial-options", "2"),
        (entry(LOG, "Dial(PJSIP/${EXTEN:1}@TELECOM,,ToM(mine))"), "vicidial-options", "2"),
        (entry(LOG, "Dial(PJSIP/${EXTEN:1}@TELECOM,,G(there^1^1))"), "vicidial-options", "2"),
        (entry(LOG, "Dial(${NOWHERE}/${EXTEN:1},,To)"), "vicidial-variable", "2"),
        (entry(LOG, "Dial(${LOOP}/${EXTEN:1},,To)"), "vicidial-variable", "2"),
        (entry(LOG, "Dial(PJSIP/${EXTEN:1}@TELECOM,,To,http://x)"), "vicidial-line", "2"),
        (entry(LOG, "Goto(elsewhere,${EXTEN},1)", DIAL), "vicidial-step", "2"),
        (entry(LOG, "ExecIf($[1]?Dial(PJSIP/${EXTEN:1}@TELECOM))", DIAL), "vicidial-step", "2"),
        (entry(LOG, "System(rm -rf /)", DIAL), "vicidial-step", "2"),
        (entry("AGI(agi://127.0.0.1:4577/call_log,${SHELL(id)})", DIAL), "vicidial-step", "1"),
        (entry("AGI(elsewhere.agi)", DIAL), "vicidial-step", "1"),
        (entry(LOG, "Set(CALLERID(name)=Jianghan)", DIAL), "vicidial-name", "2"),
        (entry("Set(CallerID(all)=Jianghan <02788880007>)", DIAL), "vicidial-name", "1"),
        (f"exten => _9X.,1,{LOG}\nexten => _9X.,3,{DIAL}\n", "vicidial-order", "2"),
        (
            f"{entry(LOG, DIAL)}{entry('NoOp()', pattern='_5X')}exten => _9X.,n,Hangup()\n",
            "vicidial-order",
            "4",
        ),
        (
            f"{entry(LOG, DIAL)}{entry('NoOp()', pattern='_5X')}exten => _9X.,1,Hangup()\n",
            "vicidial-order",
            "4",
        ),
        (f"[elsewhere]\n{entry(LOG, DIAL)}", "vicidial-line", "1"),
        (f"#exec /bin/id\n{entry(LOG, DIAL)}", "vicidial-line", "1"),
        (f"include => elsewhere\n{entry(LOG, DIAL)}", "vicidial-line", "1"),
        (f";-- begins\n{entry(LOG, DIAL)}", "vicidial-line", "1"),
        (f"same => n,{DIAL}\n", "vicidial-line", "1"),
        (
            f"exten => _9X.,1,{LOG}\nexten => _9X.,n,Dial(PJSIP/${{EXTEN:1}}@TELECOM,,To\n",
            "vicidial-line",
            "2",
        ),
        ("exten => _9X.,1,Dial,PJSIP/${EXTEN:1}@TELECOM\n", "vicidial-line", "1"),
        (f"exten => _9X./027,1,{DIAL}\n", "vicidial-line", "1"),
        (f"exten => _9X.,1,{LOG}\rexten => _9X.,n,{DIAL}\n", "vicidial-line", "1"),
        (f"exten => _9X.,1,{LOG}\nexten => _9X.,n+1,{DIAL}\n", "vicidial-line", "2"),
        (entry(LOG, ask("${EXTEN:1}"), "NoOp()", DIAL), "vicidial-order", "2"),
        ("x" * 5 + "\n", "vicidial-line", "1"),
    ],
)
def test_what_is_not_understood_is_refused_whole(text: str, key: str, line: str) -> None:
    with pytest.raises(Fault) as told:
        into(text)
    assert (told.value.key, told.value.detail["line"], told.value.detail["carrier"]) == (
        key,
        line,
        "'TELECOM'",
    )


def test_one_that_has_no_room_left() -> None:
    with pytest.raises(Fault, match="vicidial long"):
        into(entry(LOG, DIAL) + f"; {'x' * 65_400}\n")


def test_one_without_a_dial_is_left_alone() -> None:
    text = f"; nothing here\n\n{entry('NoOp(), Hangup')}"
    assert rewritten(text.replace(", Hangup", ""), "'T'", GLOBALS, hook).ways == ()
    assert into("") == ""


@pytest.mark.parametrize("value", ["a,b", "a;b", "${SHELL(id)}", "a\nexten => x,1,NoOp()", "a)", ""])
def test_a_trunk_that_can_not_stand_there(value: str) -> None:
    with pytest.raises(Fault):
        vicidial_entry.arguments(value, "c", "TELECOM")


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text.replace("ToiU", "To"),
        lambda text: text.replace("${DIALPACT_NUMBER}", "${EXTEN:1}"),
        lambda text: text.replace(f"exten => _9X.,n,{ask('${EXTEN:1}')}\n", ""),
        lambda text: text.replace("exten => _9X.,n,Dial", "exten => _9X.,n,NoOp()\nexten => _9X.,n,Dial"),
        lambda text: text + "[",
    ],
)
def test_what_somebody_has_changed_in_our_lines_is_not_taken_out(changed: object) -> None:
    assert callable(changed)
    assert without(changed(into(entry(LOG, DIAL))), "TELECOM") is None


def test_what_somebody_has_added_beside_them_stays() -> None:
    once = into(entry(LOG, DIAL)) + "; note\n"
    assert without(once, "TELECOM") == entry(LOG, DIAL) + "; note\n"
