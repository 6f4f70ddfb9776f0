"""On which ways a Dial is reached: jumps, subroutines, contexts within contexts."""

from __future__ import annotations

import pytest

from dialpact.compliance.dialplan.judge import Around
from tests.compliance.dialplan.written import ASK, DIAL, OUT, TRUNKS, codes, steps

CALL = f"[call]\nexten => {OUT},1,{DIAL}\n"
HALF, NONE = ["dial-half-asked"], ["dial-unasked"]

WAYS = [
    ("asked, then a Goto into the context that dials", steps(ASK, "Goto(call,${EXTEN},1)") + "\n" + CALL, []),
    ("not asked, then a Goto", steps("Goto(call,${EXTEN},1)") + "\n" + CALL, NONE),
    (
        "one of two contexts that go there asks",
        steps(ASK, "Goto(call,${EXTEN},1)")
        + "\n"
        + steps("Goto(call,${EXTEN},1)", context="b")
        + "\n"
        + CALL,
        HALF,
    ),
    (
        "another pattern goes elsewhere in it",
        steps(ASK, "Goto(call,${EXTEN},1)")
        + "\n"
        + steps("Goto(call,${EXTEN},1)", context="b", extension="_2XX")
        + f"\n{CALL}exten => _2XX,1,Hangup()\n",
        [],
    ),
    (
        "a subroutine that asks",
        steps("Gosub(ask,s,1(${EXTEN}))", DIAL)
        + "\n[ask]\nexten => s,1,Gosub(dialpact-outbound,s,1(${ARG1},C,A,carrier))\n same => n,Return()",
        [],
    ),
    (
        "a subroutine that asks some",
        steps("Gosub(ask,s,1(${EXTEN}))", DIAL)
        + "\n[ask]\nexten => s,1,GotoIf($[1]?end)\n same => n,"
        + ASK.replace("${EXTEN}", "${ARG1}")
        + "\n same => n(end),Return()",
        HALF,
    ),
    (
        "a subroutine that only logs keeps both callers apart",
        steps(ASK, "Gosub(log,s,1)", DIAL)
        + "\n"
        + steps("Gosub(log,s,1)", "Hangup()", context="b")
        + "\n[log]\nexten => s,1,NoOp()\n same => n,Return()",
        [],
    ),
    (
        "a subroutine twice",
        steps(ASK, "Gosub(log,s,1)", "Gosub(log,s,1)", DIAL)
        + "\n[log]\nexten => s,1,NoOp()\n same => n,Return()",
        [],
    ),
    (
        "a macro that asks, and comes back at its end",
        steps("Macro(ask,${EXTEN})", DIAL) + "\n[macro-ask]\nexten => s,1," + ASK.replace("EXTEN", "ARG1"),
        [],
    ),
    ("one branch of GosubIf", steps("GosubIf($[1]?" + ASK[6:-1] + ")", DIAL), HALF),
    ("one branch of ExecIf", steps(f"ExecIf($[1]?{ASK})", DIAL), HALF),
    ("both branches", steps(f"ExecIf($[1]?{ASK}:{ASK})", DIAL), []),
    (
        "a label behind the Gosub, by nobody",
        steps(ASK, "NoOp()", "Hangup()").replace("n,NoOp", "n(out),NoOp") + f"\n same => n,{DIAL}",
        NONE,
    ),
    (
        "a label in a loop",
        steps(ASK, DIAL, "GotoIf($[1]?again)").replace("n,Dial", "n(again),Dial"),
        [],
    ),
    ("a number as a jump", steps("GotoIf($[1]?3)", ASK, DIAL), HALF),
    (
        "an included context dials",
        "[out]\ninclude => call\nexten => 1,1,NoOp()\n" + CALL,
        NONE,
    ),
    (
        "a Goto finds an included context",
        steps(ASK, "Goto(all,${EXTEN},1)") + "\n[all]\ninclude => call\n" + CALL,
        [],
    ),
    (
        "contexts that include one another",
        steps(ASK, "Goto(a,${EXTEN},1)") + "\n[a]\ninclude => b\n[b]\ninclude => a\ninclude => call\n" + CALL,
        [],
    ),
    (
        "contexts that only jump at one another",
        steps("Goto(b,1,1)", DIAL, context="a", extension="1")
        + "\n"
        + steps("Goto(a,1,2)", context="b", extension="1"),
        NONE,
    ),
    ("priorities that go on in another context", f"[out]\nexten => {OUT},2,{DIAL}", NONE),
    (
        "a caller's own line",
        f"[out]\nexten => {OUT}/1001,1,{DIAL}\nexten => {OUT},1,{ASK}\n same => n,{DIAL}",
        NONE,
    ),
    ("a while around the Gosub", steps("While($[1])", ASK, "EndWhile()", DIAL), HALF),
    ("an if around the Gosub", steps("If($[1])", ASK, "EndIf()", DIAL), HALF),
    ("a Local channel begins anew", steps(ASK, "Dial(Local/1@call)") + "\n" + CALL.replace(OUT, "_X"), NONE),
    ("a Gosub to nowhere", steps(ASK, "Gosub(gone,s,1)", DIAL), []),
]


@pytest.mark.parametrize(("why", "text", "expected"), WAYS, ids=[row[0] for row in WAYS])
def test_ways(why: str, text: str, expected: list[str]) -> None:
    assert codes(text) == sorted(expected), why


def test_a_context_that_channels_enter_is_entered_whoever_else_jumps_there() -> None:
    text = steps(ASK, "Goto(call,${EXTEN},1)") + "\n[phones]\ninclude => call\n" + CALL
    assert codes(text) == []
    assert codes(text, Around(TRUNKS, entries=frozenset({"call"}))) == HALF
    assert codes(text, Around(TRUNKS, entries=frozenset({"phones"}))) == HALF
    assert codes("[globals]\nTRANSFER_CONTEXT=call\n" + text) == HALF
