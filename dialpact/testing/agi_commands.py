"""How Asterisk 22 takes AGI commands apart, and what it answers: the part of it that a gate can meet.

Behaviour as recorded in ``tests/transcripts/agi/commands.txt`` (``tests/agi/test_transcripts.py`` compares).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

MAX_LINE = 8191  # the rest of a longer line is the next command
SHOWN = 1023  # characters of a value that GET VARIABLE shows
UNKNOWN = b"510 Invalid or unknown command\n"
HELP = "the fake Asterisk has no answer to this; give it one in answers={pattern: reply}"
USAGE = b"520-Invalid command syntax.  Proper usage follows:\n%s\n520 End of proper usage.\n"


def words(line: str) -> list[str]:
    """AGI's own splitting: blanks, double quotes, backslashes."""
    found: list[str] = []
    quoted = escaped = False
    between = True
    for character in line:
        if character == "\\" and not escaped:
            escaped = True
            continue
        if character == '"' and not escaped:
            quoted = not quoted
            if quoted and between:
                found.append("")
                between = False
            continue
        if character in " \t" and not quoted and not escaped:
            between = True
            continue
        if between:
            found.append("")
            between = False
        found[-1] += character
        escaped = False
    return found


def arguments(text: str) -> list[str]:
    """An application's splitting at commas: not inside quotes, brackets or after a backslash."""
    found = [""]
    depth = {"(": 0, "[": 0}
    quoted = literal = False
    for character in text:
        if literal:
            found[-1] += character
            literal = False
        elif character == "\\":
            literal = True
        elif character == '"':
            quoted = not quoted
        elif character == "," and not quoted and not any(depth.values()):
            found.append("")
        else:
            if character in depth:
                depth[character] += 1
            elif character in ")]":
                opening = "(" if character == ")" else "["
                depth[opening] = max(0, depth[opening] - 1)
            found[-1] += character
    return found if text else []


class AgiChannel:
    """A channel's variables, and the AGI commands on it. ``inherited`` names go to the carrier leg.

    ``variables``: what the dialplan has set before. ``answers``: pattern of a command to the line that
    answers it, for commands that this fake has no answer of its own to (``{"ANSWER": "200 result=0"}``).
    """

    def __init__(
        self,
        caller_id: str = "",
        subject: str = "",
        *,
        variables: Mapping[str, str] | None = None,
        answers: Mapping[str, str] | None = None,
    ) -> None:
        self.caller_id = caller_id
        self.answers = dict(answers or {})
        self.variables: dict[str, str] = {"DIALPACT_SUBJECT": subject} if subject else {}
        self.variables.update(variables or {})
        self.inherited: set[str] = set()

    def set(self, name: str, value: str) -> None:
        bare = name[2:] if name.startswith("__") else name.removeprefix("_")
        self.inherited.discard(bare)
        if bare != name:
            self.inherited.add(bare)
        self.variables[bare] = value

    def execute(self, line: bytes) -> bytes:
        """The reply to one line without its newline, or to the two that it is."""
        if len(line) > MAX_LINE:
            return self.execute(line[:MAX_LINE]) + self.execute(line[MAX_LINE:])
        text = line.decode("utf-8", "surrogateescape")
        for pattern, answer in self.answers.items():
            if re.fullmatch(pattern, text):
                return answer.encode("utf-8", "surrogateescape") + b"\n"
        found = words(text)
        for name, handler in COMMANDS.items():
            if [word.upper() for word in found[: len(name)]] == list(name):
                return handler(self, found[len(name) :]).encode("utf-8", "surrogateescape")
        return UNKNOWN

    def get(self, given: list[str]) -> str:
        if len(given) != 1:
            return usage(
                "Returns <literal>0</literal> if <replaceable>variablename</replaceable> is not set."
            )
        if given[0] not in self.variables:
            return "200 result=0\n"
        return f"200 result=1 ({self.variables[given[0]][:SHOWN]})\n"

    def get_full(self, given: list[str]) -> str:
        if len(given) not in (1, 2):
            return usage("Evaluates the given <replaceable>expression</replaceable>")
        assert len(given) == 1, f"GET FULL VARIABLE of another channel, {given[1]}: {HELP}"
        return f"200 result=1 ({self.substituted(given[0])})\n"

    def set_one(self, given: list[str]) -> str:
        if len(given) != 2:
            return usage("Sets a variable to the current channel.")
        self.set(*given)
        return "200 result=1\n"

    def exec(self, given: list[str]) -> str:
        if not given:
            return usage("Executes <replaceable>application</replaceable> with given options.")
        if given[0].lower() != "mset":
            assert given[0] == "NoSuchApp", f"EXEC {given[0]}: {HELP}"
            return "200 result=-2\n"
        for pair in arguments(given[1]) if len(given) > 1 else []:
            name, equals, value = pair.partition("=")
            if equals:
                self.set(name, value)
        return "200 result=0\n"

    def substituted(self, text: str) -> str:
        """``${...}`` as the dialplan evaluates it, innermost first; only what the gate may use."""
        while found := re.search(r"\$\{([^${}]*)\}", text):
            text = text[: found.start()] + self._value(found[1]) + text[found.end() :]
        return text

    def _value(self, expression: str) -> str:
        if expression == "CALLERID(num)":
            return self.caller_id
        if found := re.fullmatch(r"FILTER\(0-9\+,(.*)\)", expression, re.DOTALL):
            return re.sub(r"[^0-9+]", "", found[1])
        assert re.fullmatch(r"\w+", expression), f"GET FULL VARIABLE ${{{expression}}}: {HELP}"
        return self.variables.get(expression, "")


def usage(text: str) -> str:
    return (USAGE % text.encode()).decode()


COMMANDS: dict[tuple[str, ...], Callable[[AgiChannel, list[str]], str]] = {
    ("GET", "FULL", "VARIABLE"): AgiChannel.get_full,
    ("GET", "VARIABLE"): AgiChannel.get,
    ("SET", "VARIABLE"): AgiChannel.set_one,
    ("EXEC",): AgiChannel.exec,
}
# What ``tests.lab.capture_agi`` asks a real Asterisk.
PROBES = (
    b"GET FULL VARIABLE ${FILTER(0-9+,${CALLERID(num)})}",
    b"GET FULL VARIABLE 0123456789abcdef:${FILTER(0-9+,${CALLERID(num)})}",
    b"get full variable ${CALLERID(num)}",
    b"GET FULL VARIABLE",
    b"GET FULL VARIABLE x${NOSUCH}y",
    b"GET VARIABLE NOSUCH",
    b"GET VARIABLE DIALPACT_VERDICT",
    b"GET VARIABLE",
    b"SET VARIABLE DIALPACT_REASONS do-not-call,no-consent",
    b"GET VARIABLE DIALPACT_REASONS",
    b'SET VARIABLE X "a b\\"c"',
    b"GET VARIABLE X",
    b"SET VARIABLE X",
    b"SET VARIABLE X a b",
    b"EXEC MSet A=1,B=,__DIALPACT_ID=0af,DIALPACT_RETRY_AT=2026-11-24T06:00:00Z",
    b"GET VARIABLE A",
    b"GET VARIABLE B",
    b"GET VARIABLE DIALPACT_ID",
    b"GET VARIABLE __DIALPACT_ID",
    b"GET VARIABLE DIALPACT_RETRY_AT",
    b'EXEC MSet A="x,y",B=z\\,w,C=(p,q),D=r=s,E',
    b"GET VARIABLE A",
    b"GET VARIABLE B",
    b"GET VARIABLE C",
    b"GET VARIABLE D",
    b"GET VARIABLE E",
    b'EXEC MSet "A=x\\,y,B=a b"',
    b"GET VARIABLE A",
    b"GET VARIABLE B",
    b'EXEC MSet "A=\\"x,y\\",B=k\\\\,l"',
    b"GET VARIABLE A",
    b"GET VARIABLE B",
    b"EXEC MSet A=1 B=2",
    b"GET VARIABLE B",
    b'EXEC MSet "A=${CALLERID(num)}"',
    b"GET VARIABLE A",
    b"EXEC MSet",
    b"EXEC",
    b"EXEC NoSuchApp x",
    b"NOSUCH COMMAND",
    b"",
    b"EXEC MSet " + b",".join(b"V%d=%d" % (n, n) for n in range(1, 27)),
    b"GET VARIABLE V23",
    b"GET VARIABLE V24",
    b"GET VARIABLE V25",
    b"SET VARIABLE LONG " + b"x" * 1100,
    b"GET VARIABLE LONG",
    b"SET VARIABLE LONG " + b"y" * 8180,
)
