"""What Asterisk's console shows of its dialplan, held against what must run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialpact.application.pbx.adapter import Expected
from dialpact.application.pbx.host import Host, Ran
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
