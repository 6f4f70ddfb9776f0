"""Man pages, made of the command line itself: they say what ``--help`` says, and can not go stale."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from dialpact.cli.app import PLACES, app, built

NOTHING = "\\&"
DAEMONS = ("serve", "gate", "listener", "web")  # section 8; all others 1
FILES = """.SH FILES
.TP
.I /var/lib/dialpact/dialpact.toml
The configuration, unless \\fB\\-\\-config\\fR, \\fB$DIALPACT_CONFIG\\fR, \\fI./dialpact.toml\\fR or
\\fI/etc/dialpact/dialpact.toml\\fR name another.
.TP
.I /usr/share/dialpact
The dialplan, and samples of lists.
.SH EXIT STATUS
0 done or ALLOW, 1 failed, 2 usage, 3 BLOCK or findings.
"""


def pages(version: str, day: str) -> dict[str, str]:
    """File name (``dialpact-dnc.1``) to its text, for ``dialpact`` and each command and noun of it."""
    whole = get_command(app)
    made = {"dialpact.1": _whole(whole, version, day)}
    for name in PLACES:
        section = 8 if name in DAEMONS else 1
        made[f"dialpact-{name}.{section}"] = _one(name, section, built(name), version, day)
    return made


def _head(name: str, section: int, line: str, version: str, day: str) -> str:
    return (
        f'.TH "{name.upper()}" {section} "{day}" "Dialpact {version}"\n.SH NAME\n{name} \\- {escaped(line)}\n'
    )


def _whole(command: Any, version: str, day: str) -> str:
    text = _head("dialpact", 1, _first(command.help), version, day)
    text += ".SH SYNOPSIS\n.B dialpact\n[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]\n.SH OPTIONS\n"
    text += "".join(_options(command, "dialpact")) + ".SH COMMANDS\n"
    for name, (_, line) in PLACES.items():
        section = 8 if name in DAEMONS else 1
        text += f".TP\n.BR dialpact\\-{escaped(name)} ({section})\n{escaped(line)}\n"
    return text + FILES


def _one(name: str, section: int, command: Any, version: str, day: str) -> str:
    text = _head(f"dialpact-{name}", section, _first(command.help), version, day)
    text += (
        f".SH SYNOPSIS\n{_synopsis(command, f'dialpact {name}')}.SH DESCRIPTION\n{escaped(command.help)}\n"
    )
    parts = list(_parts(command, f"dialpact {name}"))
    if not parts:
        text += ".SH OPTIONS\n" + "".join(_options(command, f"dialpact {name}"))
    for called, part in parts:
        text += f".SS {escaped(called)}\n{_synopsis(part, called)}.PP\n{escaped(part.help)}\n"
        text += "".join(_options(part, called))
    return text + FILES + ".SH SEE ALSO\n.BR dialpact (1)\n"


def _parts(command: Any, called: str) -> Iterator[tuple[str, Any]]:
    """The commands of a noun, and those of a noun in it."""
    for word, part in getattr(command, "commands", {}).items():
        yield from (
            _parts(part, f"{called} {word}") if hasattr(part, "commands") else [(f"{called} {word}", part)]
        )


def _synopsis(command: Any, called: str) -> str:
    with command.make_context(called, [], resilient_parsing=True) as context:
        pieces = " ".join(command.collect_usage_pieces(context))
    return f".B {escaped(called)}\n{escaped(pieces)}\n"


def _options(command: Any, called: str) -> Iterator[str]:
    """As ``--help`` lists them."""
    with command.make_context(called, [], resilient_parsing=True) as context:
        for parameter in command.get_params(context):
            if record := parameter.get_help_record(context):
                yield f".TP\n\\fB{escaped(record[0])}\\fR\n{escaped(record[1]) or NOTHING}\n"


def _first(text: str) -> str:
    """The first sentence, as a name's line has it."""
    return re.split(r"(?<=[.?])\s", text.strip())[0].rstrip(".")


def escaped(text: str) -> str:
    """Roff takes nothing of it for its own."""
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.replace("\\", "\\\\").split("\n\n"))
    return "\n.PP\n".join(re.sub(r"^([.'])", r"\\&\1", line.replace("-", "\\-")) for line in lines)
