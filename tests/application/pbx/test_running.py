"""What Asterisk's console shows of its dialplan, held against what must run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from dialpact.application.pbx.adapter import Expected
from dialpact.application.pbx.host import Host, Ran
from dialpact.application.pbx.prove import Call
from dialpact.application.pbx.running import dialplan, missing
from dialpact.compliance.dialplan.plan import Plan
from dialpact.compliance.registers.fault import Fault

# As Asterisk 22 prints it.
SHOWN = """\
[ Context 'hook' created by 'pbx_config' ]
  's' =>            1. Set(OPTIONS=${OPTIONS}iU(dialpact-answered)) [hook.conf:2]
     [ask]          2. Gosub(dialpact-outbound,s,1(${N}, c,, t))  [hook.conf:3]
                    3. Return()                                   [hook.conf:4]
  '_1X.' =>         1. Dial(PJSIP/${EXTEN}@carrier,60)            [hook.conf:5]
  Include =>        'other'                                       [pbx_config]

-= 2 extensions (4 priorities) in 1 context. =-
"""


def plan(out: str = SHOWN, code: int = 0) -> Plan:
    host = Host(Path("/"), Path("/etc/asterisk"), lambda words, given=b"", env=None: Ran(code, out, ""))
    return dialplan(host, Plan())


def test_every_step_is_read() -> None:
    found = plan().contexts["hook"]
    steps = found.extensions["s"].steps
    assert [(step.app, step.label) for step in steps.values()] == [
        ("set", ""),
        ("gosub", "ask"),
        ("return", ""),
    ]
    assert (list(found.extensions), found.includes) == (["s", "_1X."], ["other"])


@pytest.mark.parametrize(
    ("steps", "whole", "there"),
    [
        (("U(dialpact-answered)", "Gosub(dialpact-outbound,"), False, True),
        (("GOSUB(dialpact-outbound,s,1(${N},c,,t))",), False, True),
        (("Gosub(dialpact-outbound,", "U(dialpact-answered)"), False, False),  # the other way round
        (("U(dialpact-answere)",), False, False),
        (("u(dialpact-answered)",), False, False),  # another option
        (("Set(", "Gosub(", "Return()"), True, True),
        (("Set(", "Gosub("), True, False),  # somebody's step behind it
    ],
)
def test_what_must_run(steps: tuple[str, ...], whole: bool, there: bool) -> None:
    assert (missing(plan(), Expected("hook", "hook", "s", steps, whole)) == "") is there


def test_what_is_not_there_at_all() -> None:
    assert missing(plan(), Expected("hook", "none", "s", ())) == "[none] s"
    assert missing(plan(), Expected("hook", "hook", "t", ())) == "[hook] t"


@pytest.mark.parametrize(
    ("out", "code"),
    [("Unable to connect to remote asterisk", 1), ("No such command 'dialplan show'", 0), ("", 0)],
)
def test_silence_is_no_dialplan(out: str, code: int) -> None:
    with pytest.raises(Fault, match="pbx silent"):
        plan(out, code)


def test_a_channel_that_has_dialled_is_not_refused() -> None:
    """As Asterisk 22 shows them: after a Dial that came to nothing, and after VICIdial's refusal."""
    shown = {"variables": ""}

    def run(words: Sequence[str], given: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
        if words[-1].startswith("core show channels"):
            return Ran(0, "Local/00@out-00000001;2!out!00!1!Ring!Wait!3\n", "")
        return Ran(0, "    Application: Playback\n" + shown["variables"], "")

    call = Call(Host(Path("/"), Path("/etc/asterisk"), run), "00", "out")
    shown["variables"] = "DIALPACT_VERDICT=BLOCK\nDIALSTATUS=DNC\n"
    assert call.look()
    assert (call.refused, call.dialled) == (True, False)
    shown["variables"] += "DIALEDPEERNAME=\nDIALEDPEERNUMBER=\n"
    call.look()
    assert (call.refused, call.dialled) == (False, True)
