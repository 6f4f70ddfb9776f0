"""Nothing that is not of the safe set is ever put on the wire, and an ALLOW is whole or none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi import variables
from dialpact.compliance.reasons import Reason
from dialpact.testing.agi_commands import AgiChannel
from dialpact.testing.asterisk import ASKS, REASONS, TELLS

NAMES = {
    "DIALPACT_VERDICT",
    "DIALPACT_REASON",
    "DIALPACT_REASONS",
    "DIALPACT_ID",
    "DIALPACT_NUMBER",
    "DIALPACT_RETRY_AT",
}
ANYTHING = st.one_of(
    st.text(max_size=12), st.sampled_from([*Reason, "a,b", "a b", "x\ny", "", '"', "${X}", "x" * 129])
)


@given(
    st.sampled_from(["ALLOW", "BLOCK", "allow", ""]),
    st.lists(ANYTHING, max_size=3),
    ANYTHING,
    ANYTHING,
    ANYTHING,
)
def test_nothing_unsafe_on_the_wire(
    verdict: str, reasons: list[str], decision: str, number: str, retry_at: str
) -> None:
    try:
        commands = variables.answer(verdict, reasons, decision=decision, number=number, retry_at=retry_at)
    except ValueError:
        return
    channel = AgiChannel()
    for command in commands:
        assert command.isascii() and command.isprintable() and len(command) < 2048
        assert not set(command) & set("\"\\$`{}()[];|&<>'")
        assert channel.execute(command.encode()).startswith(b"200 result=")
    assert channel.variables == {
        "DIALPACT_VERDICT": verdict,
        "DIALPACT_REASON": reasons[0] if reasons else "",
        "DIALPACT_REASONS": ",".join(reasons),
        "DIALPACT_ID": decision,
        "DIALPACT_NUMBER": number,
        "DIALPACT_RETRY_AT": retry_at,
    }
    assert channel.inherited == {"DIALPACT_ID"}
    assert (verdict == "ALLOW") == bool(number) and bool(number) == (not reasons)
    assert "DIALPACT_VERDICT" in commands[-1] and not any("VERDICT" in command for command in commands[:-1])


@given(st.lists(st.sampled_from(list(Reason)), min_size=1, unique=True))
def test_every_set_of_reasons_can_be_told(reasons: list[Reason]) -> None:
    commands = variables.answer("BLOCK", reasons, decision="0" * 32, retry_at="2026-11-24T06:00:00Z")
    channel = AgiChannel()
    for command in commands:
        assert len(command) < 2048
        channel.execute(command.encode())
    assert channel.variables["DIALPACT_REASONS"].split(",") == [str(reason) for reason in reasons]
    assert set(channel.variables) == NAMES


@pytest.mark.parametrize(
    ("verdict", "reasons", "values"),
    [
        ("ALLOW", [], {"number": "13800138000"}),
        ("ALLOW", [], {"decision": "0af"}),
        ("ALLOW", ["no-consent"], {"number": "13800138000", "decision": "0af"}),
        ("BLOCK", [], {"decision": "0af"}),
        ("BLOCK", ["no-consent"], {"decision": "0af", "number": "13800138000"}),
        ("PERHAPS", ["no-consent"], {"decision": "0af"}),
        ("BLOCK", ["No-Consent!"], {}),
        ("BLOCK", ["no consent"], {}),
        ("BLOCK", ["no-consent", "x y"], {}),
        ("BLOCK", ["no-consent", ""], {}),
        ("ALLOW", [], {"number": "138,0", "decision": "0af"}),
        ("ALLOW", [], {"number": "13800138000\n", "decision": "0af"}),
        ("ALLOW", [], {"number": "1" * 129, "decision": "0af"}),
        ("ALLOW", [], {"number": "１３８", "decision": "0af"}),
    ],
    ids=repr,
)
def test_what_is_no_answer(verdict: str, reasons: list[str], values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"no such answer|not fit"):
        variables.answer(verdict, reasons, **values)


def test_own_block() -> None:
    assert len(variables.BLOCKED) == 1
    assert "DIALPACT_VERDICT=BLOCK" in variables.BLOCKED[0]


def test_patterns_of_the_relay_are_those_of_the_fake() -> None:
    assert re.fullmatch(ASKS, variables.CALLER_ID)
    assert any(known.fullmatch(variables.CALLER_ID) for known in variables.BEFORE_VERDICT)
    assert not any(known.fullmatch(variables.CALLER_ID + "x") for known in variables.BEFORE_VERDICT)
    two = variables.answer("BLOCK", ["no-consent", "do-not-call"])
    assert re.fullmatch(REASONS, two[0]) and variables.SET_REASONS.fullmatch(two[0])
    assert re.fullmatch(TELLS, two[1]) and variables.SET_VERDICT.fullmatch(two[1])
    for hostile in ("EXEC System id", "EXEC MSet DIALPACT_X=a b", "EXEC MSet X=1", "SET VARIABLE X a"):
        assert not variables.SET_VERDICT.fullmatch(hostile) and not variables.SET_REASONS.fullmatch(hostile)
