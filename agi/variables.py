"""The words on the AGI wire, once: commands, channel variables, and what may stand in a value.

Imported by the classic script, whose start-up time is every call's delay: nothing but ``re`` here.

Values are made of a set of characters that needs no quoting in AGI, in ``MSet`` or in the dialplan, so
nothing is ever escaped. A list of several reasons is the one value with commas; ``MSet`` would split it,
``SET VARIABLE`` does not, so it goes ahead of the verdict in a command of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

ROUTE = "outbound"  # agi://HOST:PORT/outbound: number, campaign, agent, trunk
PROBE = "health"  # blocked without a word in the log: the health endpoint asks for it often
OPTOUT = "optout"  # agi://HOST:PORT/optout: way, subject, scope, channel
CALLER_ID = "GET FULL VARIABLE ${FILTER(0-9+,${CALLERID(num)})}"

SAFE_VALUE = re.compile(r"[A-Za-z0-9+:._*#-]{0,128}")
SAFE_LIST = re.compile(r"[a-z-]{1,64}(,[a-z-]{1,64}){1,40}")
ASSIGNMENT = r"_{0,2}DIALPACT_[A-Z_]{1,32}=" + SAFE_VALUE.pattern
SET_REASONS = re.compile(r"SET VARIABLE DIALPACT_REASONS " + SAFE_LIST.pattern)
SET_VERDICT = re.compile(rf"EXEC MSet {ASSIGNMENT}(,{ASSIGNMENT}){{0,15}}")
BEFORE_VERDICT = (re.compile(re.escape(CALLER_ID)), SET_REASONS)

# An opt-out in a call or on the opt-out line. The subject is a decision's id, or the caller's number.
BY_KEY = ("callee-key", "agent-key")
BY_LINE = "line"
SUBJECT = "GET VARIABLE DIALPACT_SUBJECT"
SET_OPTOUT = re.compile(r"SET VARIABLE DIALPACT_OPTOUT (done|failed)")
BEFORE_OPTOUT = (re.compile(re.escape(SUBJECT)),)


def route(arguments: Sequence[str]) -> str:
    """What a classic script is asked for: it has no route but its arguments, and no number is a way."""
    return OPTOUT if arguments and arguments[0] in (*BY_KEY, BY_LINE) else ROUTE


def taken(done: bool) -> str:
    """The command that tells whether an opt-out is on disk."""
    return f"SET VARIABLE DIALPACT_OPTOUT {'done' if done else 'failed'}"


def answer(
    verdict: str,
    reasons: Sequence[str],
    *,
    decision: str = "",
    number: str = "",
    retry_at: str = "",
    shadow: bool = False,
) -> list[str]:
    """The commands that tell the PBX a verdict, to be sent in this order; the last one carries the verdict.

    Raises ValueError for a value that is not of the safe set, for an ALLOW without a number or an id or with
    a reason (but in shadow, where the reasons are those for which it would have been blocked), and for a
    BLOCK with a number or without a reason.
    """
    allow = bool(number and decision and (shadow or not reasons))
    block = bool(reasons and not number)
    if not (allow if verdict == "ALLOW" else block and verdict == "BLOCK"):
        raise ValueError(f"no such answer: {verdict}")
    values = {
        "DIALPACT_REASON": reasons[0] if reasons else "",
        "__DIALPACT_ID": decision,
        "DIALPACT_RETRY_AT": retry_at,
        "DIALPACT_NUMBER": number,
        **({"__DIALPACT_SHADOW": "1"} if shadow and verdict == "ALLOW" else {}),
        "DIALPACT_VERDICT": verdict,
    }
    commands = []
    if len(reasons) > 1:
        commands.append(f"SET VARIABLE DIALPACT_REASONS {','.join(reasons)}")
    else:
        values = {"DIALPACT_REASONS": values["DIALPACT_REASON"], **values}
    commands.append("EXEC MSet " + ",".join(f"{name}={value}" for name, value in values.items()))
    if not SET_VERDICT.fullmatch(commands[-1]) or not all(map(SET_REASONS.fullmatch, commands[:-1])):
        raise ValueError("a value is not fit for the AGI wire")
    return commands


BLOCKED = answer("BLOCK", ["gate-error"])
