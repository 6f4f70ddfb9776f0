"""Each thing that a Dial can have wrong, and what is right though it looks unusual."""

from __future__ import annotations

import pytest

from dialpact.compliance.dialplan.judge import Around, judge
from dialpact.compliance.dialplan.plan import Place
from tests.compliance.dialplan.written import ASK, DIAL, OUT, TRUNKS, codes, plan, steps

NUMBER = "PJSIP/${DIALPACT_NUMBER}@carrier"
SUB = "U(dialpact-answered)"
ON_T = f"Dial(PJSIP/${{DIALPACT_NUMBER}}@${{T}},60,i{SUB})"


def dial(options: str, to: str = NUMBER) -> str:
    return steps(ASK, f"Dial({to},60,{options})")


RIGHT = {
    "as in docs/dialplan.md": steps(ASK, DIAL, "Hangup()"),
    "the number behind the endpoint": dial("i" + SUB, "PJSIP/carrier/sip:${DIALPACT_NUMBER}@10.0.0.1"),
    "ringing, music, the agent's transfer and park, hang-up keys": dial("rm(default)TKhHgi" + SUB),
    "with arguments": dial("iU(dialpact-answered^a^b)"),
    "two telephones of the house": steps("Dial(PJSIP/1001&PJSIP/1002,20,tTxX)"),
    "a telephone by its number, which no trunk has as a name": steps(
        "Dial(PJSIP/${EXTEN},20,t)", extension="_1XXX"
    ),
    "an emergency call past the gate": steps("Dial(PJSIP/${EXTEN}@carrier)", extension="_11[09]"),
    "a trunk of the DAHDI kind": steps(
        ASK.replace("carrier", "lines"), f"Dial(DAHDI/G1/${{DIALPACT_NUMBER}},60,i{SUB})"
    ),
    "the trunk in a global": "[globals]\nOUTWARD=carrier\n"
    + dial("i" + SUB, "PJSIP/${DIALPACT_NUMBER}@${OUTWARD}"),
    "options in a global": f"[globals]\nOPTS=Ti{SUB}\n" + dial("${OPTS}"),
    "the trunk in a variable that is set before": steps(
        "Set(T=carrier)", ASK.replace("carrier", "${T}"), f"Dial(PJSIP/${{DIALPACT_NUMBER}}@${{T}},60,i{SUB})"
    ),
    "the number in a variable of the site's": steps(
        ASK, "Set(OUTNUM=${DIALPACT_NUMBER})", f"Dial(PJSIP/${{OUTNUM}}@carrier,60,i{SUB})"
    ),
    "fail-over by one decision for two trunks": steps(
        ASK.replace("carrier", "carrier&backup"), DIAL, DIAL.replace("@carrier", "@backup")
    ),
    "a subroutine of the site's that begins with ours": dial("iU(mine)")
    + "\n[mine]\nexten => s,1,Gosub(dialpact-answered,s,1)\n same => n,NoOp(mine)\n same => n,Return()",
    "a subroutine that goes over into ours": dial("iU(mine)")
    + "\n[mine]\nexten => s,1,Goto(dialpact-answered,s,1)",
    "another number of the agent's before the decision": steps("Set(CALLERID(num)=0271234)", ASK, DIAL),
    "a header of the site's own": dial("b(mine^s^1)i" + SUB)
    + "\n[mine]\nexten => s,1,Set(PJSIP_HEADER(add,X-Campaign)=a)\n same => n,Return()",
    "transfers into a context that is there": "[globals]\nTRANSFER_CONTEXT=out\n" + dial("Ti" + SUB),
}


@pytest.mark.parametrize("why", RIGHT)
def test_what_is_right(why: str) -> None:
    assert codes(RIGHT[why]) == [], why


WRONG = [
    ("nobody is asked", steps(DIAL), ["dial-unasked"]),
    (
        "the gate's answer is jumped past",
        steps("GotoIf($[1]?out)", ASK, DIAL.replace("Dial", "Dial")).replace(
            " same => n,Dial", " same => n(out),Dial"
        ),
        ["dial-half-asked"],
    ),
    ("asked after the call", steps(DIAL, ASK), ["dial-unasked"]),
    ("what was typed is dialled", dial("i" + SUB, "PJSIP/${EXTEN}@carrier"), ["dial-number"]),
    ("a fixed number", dial("i" + SUB, "PJSIP/13800138000@carrier"), ["dial-number"]),
    ("no number", dial("i" + SUB, "PJSIP/carrier"), ["dial-number"]),
    (
        "a prefix that the gate does not know",
        dial("i" + SUB, "PJSIP/9${DIALPACT_NUMBER}@carrier"),
        ["dial-number-changed"],
    ),
    ("a part of the number", dial("i" + SUB, "PJSIP/${DIALPACT_NUMBER:1}@carrier"), ["dial-number-changed"]),
    ("no interlock", dial("i"), ["dial-no-interlock"]),
    ("another subroutine", dial("iU(mine)"), ["dial-no-interlock"]),
    (
        "a subroutine that may pass ours by",
        dial("iU(mine)")
        + "\n[mine]\nexten => s,1,GotoIf($[${A}]?end)\n same => n,Gosub(dialpact-answered,s,1)"
        "\n same => n(end),Return()",
        ["dial-no-interlock"],
    ),
    ("ours comes first and is dropped", dial("iU(dialpact-answered)U(mine)"), ["dial-interlock-lost"]),
    ("ours comes last and drops another", dial("iU(mine)U(dialpact-answered)"), ["dial-interlock-twice"]),
    ("a 302 is followed", dial(SUB), ["dial-forwarding"]),
    ("the caller's number by an option", dial("f(02712345678)i" + SUB), ["dial-caller-id"]),
    ("the caller's number hidden", dial("u(prohib)i" + SUB), ["dial-caller-id"]),
    (
        "the caller's number before the dial",
        dial("b(mine^s^1)i" + SUB) + "\n[mine]\nexten => s,1,Set(CALLERID(num)=027)\n same => n,Return()",
        ["dial-predial"],
    ),
    (
        "a header that names a caller",
        dial("b(mine^s^1)i" + SUB)
        + "\n[mine]\nexten => s,1,Set(PJSIP_HEADER(add,P-Asserted-Identity)=<sip:1@a>)\n same => n,Return()",
        ["dial-predial"],
    ),
    (
        "the connected line on the caller's side",
        dial("B(mine^s^1)i" + SUB) + "\n[mine]\nexten => s,1,Set(CONNECTEDLINE(num)=1)\n same => n,Return()",
        ["dial-predial"],
    ),
    ("a subroutine that is not there", dial("b(gone^s^1)i" + SUB), ["dial-predial-unseen"]),
    (
        "a subroutine that leads on",
        dial("b(mine^s^1)i" + SUB) + "\n[mine]\nexten => s,1,Gosub(other,s,1)\n same => n,Return()",
        ["dial-predial-unseen"],
    ),
    ("one-touch recording", dial("xWi" + SUB), ["dial-one-touch"]),
    ("the two are parted", dial("G(a^b^1)i" + SUB), ["dial-splits"]),
    ("a macro", dial("M(mine)i" + SUB), ["dial-macro"]),
    ("the callee transfers", dial("ti" + SUB), ["dial-callee-transfers"]),
    ("the callee parks", dial("ki" + SUB), ["dial-callee-transfers"]),
    (
        "transfers lead where nobody looked",
        "[globals]\nTRANSFER_CONTEXT=elsewhere\n" + dial("Ti" + SUB),
        ["dial-transfer-context"],
    ),
    ("an option that nobody knows", dial("Yi" + SUB), ["dial-options-unknown"]),
    ("options that only the call knows", dial("${OPTS}i" + SUB), ["dial-options-unknown"]),
    (
        "another trunk than was asked about",
        dial("i" + SUB, "PJSIP/${DIALPACT_NUMBER}@backup"),
        ["dial-trunk"],
    ),
    (
        "fail-over to a trunk nobody asked about",
        steps(ASK, DIAL, DIAL.replace("@carrier", "@backup")),
        ["dial-trunk"],
    ),
    (
        "a trunk that is not configured",
        steps(ASK.replace("carrier", "other"), DIAL),
        ["ask-trunk-unknown", "dial-trunk"],
    ),
    (
        "no trunk, where there are several",
        steps(ASK.replace(",carrier", ""), DIAL),
        ["ask-trunk-unknown", "dial-trunk"],
    ),
    (
        "the trunk is known to the call alone",
        steps(ASK.replace("carrier", "${T}"), DIAL),
        ["dial-trunk-unclear"],
    ),
    ("a destination that only the call knows", steps("Dial(${WHERE},20)"), ["dial-target-unknown"]),
    ("one of two destinations", dial("i" + SUB, NUMBER + "&PJSIP/13800138000@carrier"), ["dial-number"]),
    ("again and again", steps(ASK, f"RetryDial(beep,5,3,{NUMBER},60,i{SUB})"), ["dial-retry"]),
    ("inside ExecIf", steps(f"ExecIf($[1]?Dial({NUMBER},60,i{SUB}))"), ["dial-unasked"]),
    (
        "one of the values of a variable",
        steps(
            "Set(T=carrier)",
            "ExecIf($[1]?Set(T=backup))",
            ASK,
            f"Dial(PJSIP/${{DIALPACT_NUMBER}}@${{T}},60,i{SUB})",
        ),
        ["dial-trunk"],
    ),
    (
        "a variable that is only perhaps the right one",
        steps("Set(T=backup)", "ExecIf($[1]?Set(T=carrier))", ASK, ON_T),
        ["dial-trunk"],
    ),
    (
        "a variable that is set where a jump passes by",
        steps("Set(T=backup)", ASK, "GotoIf($[1]?in)", "Set(T=carrier)", "NoOp()", ON_T).replace(
            "n,NoOp", "n(in),NoOp"
        ),
        ["dial-trunk"],
    ),
    ("DAHDI without asking", steps("Dial(DAHDI/G1/${DIALPACT_NUMBER},60,i" + SUB + ")"), ["dial-unasked"]),
    (
        "past our own subroutine",
        steps("AGI(agi://127.0.0.1:4573/outbound,${EXTEN},C,A,carrier)", DIAL),
        ["ask-direct"],
    ),
]


@pytest.mark.parametrize(("why", "text", "expected"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_wrong(why: str, text: str, expected: list[str]) -> None:
    assert codes(text) == sorted(expected), why


OTHERS = [
    (
        "text of any length, as it came",
        steps(ASK.replace("${FILTER(0-9+,${EXTEN})}", "${EXTEN}"), DIAL, extension="_X."),
        ["dialplan-open", "dialplan-raw"],
    ),
    ("text of any length, filtered", steps(ASK, DIAL, extension="_X."), ["dialplan-open"]),
    (
        "text of any length by way of a subroutine",
        "[call]\nexten => s,1,Gosub(dialpact-outbound,s,1(${ARG1},C,A,carrier))"
        f"\n same => n,{DIAL}\n" + steps("Gosub(call,s,1(${FILTER(0-9+,${EXTEN})}))", extension="_X!"),
        ["dialplan-open"],
    ),
    (
        "a filter that lets all pass",
        steps(ASK.replace("0-9+", "0-9a-z@&/"), DIAL, extension="_X."),
        ["dialplan-open", "dialplan-raw"],
    ),
    (
        "text of any length to a telephone",
        steps("Dial(PJSIP/${EXTEN})", extension="_1."),
        ["dial-target-unknown", "dialplan-raw"],
    ),
    ("the gate's own variable", steps(ASK, "Set(__DIALPACT_NUMBER=138)", DIAL), ["dialplan-variable-set"]),
    ("emptied", steps("Set(DIALPACT_NUMBER=)", ASK, DIAL), []),
    ("the caller's number afterwards", steps(ASK, "Set(CALLERID(num)=1)", DIAL), ["dialplan-caller-id-late"]),
    ("its name afterwards", steps(ASK, "Set(CALLERID(name)=a)", DIAL), []),
    ("an Originate on the trunk", steps("Originate(PJSIP/138@carrier,app,Echo)"), ["dialplan-originate"]),
    (
        "an Originate into a context that does not ask",
        steps("Originate(Local/138@bare/n,app,Echo)") + "\n" + steps(DIAL, context="bare"),
        ["dial-unasked"],
    ),
    ("a page on the trunk", steps("Page(PJSIP/1001&PJSIP/138@carrier)"), ["dialplan-page"]),
    ("a queue nobody knows", steps("Queue(gone)"), ["unseen-queue"]),
    ("a queue with a member on the trunk", steps("Queue(sales)"), ["dialplan-queue"]),
    ("a queue of telephones", steps("Queue(desk)"), []),
    ("a member at run time", steps("AddQueueMember(sales,PJSIP/138@carrier)"), ["dialplan-queue"]),
    ("a supervisor who speaks", steps("ChanSpy(PJSIP/1001,qw)"), ["dialplan-whisper"]),
    ("a supervisor who listens", steps("ChanSpy(PJSIP/1001,q)"), []),
    ("a program of the site's", steps("AGI(call_log,${EXTEN})"), ["unseen-program"]),
    ("a jump that only the call knows", steps("Goto(${WHERE},s,1)"), ["unseen-jump"]),
    ("a dialplan elsewhere", "[out]\nswitch => Realtime/@", ["unseen-switch"]),
    ("a priority that Asterisk refuses", "[out]\nexten => 1,n,NoOp()", ["dialplan-line"]),
]


@pytest.mark.parametrize(("why", "text", "expected"), OTHERS, ids=[row[0] for row in OTHERS])
def test_other_things(why: str, text: str, expected: list[str]) -> None:
    queues = {
        "sales": (("PJSIP/138@carrier", Place("queues.conf", 3)),),
        "desk": (("PJSIP/1001", Place("queues.conf", 5)),),
    }
    assert codes(text, Around(TRUNKS, members=queues)) == sorted(expected), why


def test_a_finding_names_its_place_and_what_to_write() -> None:
    (found,) = judge(
        plan(steps(ASK, "NoOp()", f"Dial({NUMBER},45,Tx)", "Hangup()")), Around(TRUNKS)
    ).findings[:1]
    assert found.step is not None
    assert (found.step.where, str(found.at)) == (("out", OUT, 3), "extensions.conf:4")
    assert found.values["instead"] == "Dial(PJSIP/${DIALPACT_NUMBER}@carrier,45,TiU(dialpact-answered))"


def test_the_shipped_contexts_are_compared() -> None:
    ours = plan("[dialpact-outbound]\nexten => s,1,NoOp()\n same => n,Return()")
    edited = "[dialpact-outbound]\nexten => s,1,Return()\n"
    assert codes(edited, Around(TRUNKS, shipped=ours)) == ["dialplan-shipped"]
    assert codes("[out]\n", Around(TRUNKS, shipped=ours)) == ["dialplan-shipped"]


def test_a_pbxs_own_ending_may_stand_beside_them() -> None:
    """Asterisk runs the h extension of the context that a channel is in: VICIdial learns of an end by it."""
    ours = plan("[dialpact-outbound]\nexten => s,1,NoOp()\n same => n,Return()")
    there = (
        "[dialpact-outbound]\nexten => s,1,NoOp()\n same => n,Return()\nexten => {},1,Goto(elsewhere,h,1)\n"
    )
    assert "dialplan-shipped" not in codes(there.format("h"), Around(TRUNKS, shipped=ours))
    assert "dialplan-shipped" in codes(there.format("_X."), Around(TRUNKS, shipped=ours))
