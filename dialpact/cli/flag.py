"""The flags that several commands share."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Annotated

import typer

from dialpact.compliance.texts import Language

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration; else $DIALPACT_CONFIG, ./dialpact.toml, /etc or /var/lib/dialpact.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Lang = Annotated[Language | None, typer.Option("--lang", help="Language of the output; else the locale's.")]


def default_by() -> str:
    """Who is at the keyboard: the user of the process, with the one who became it through sudo."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    behind = os.environ.get("SUDO_USER", "")
    return f"{user} (sudo: {behind})" if behind and behind != user and behind.isprintable() else user


By = Annotated[
    str,
    typer.Option("--by", default_factory=default_by, help="Who does this, for the log; else the OS user."),
]
Limit = Annotated[int, typer.Option("--limit", min=0, help="At most so many rows; 0: all.")]
After = Annotated[
    str, typer.Option("--after", metavar="CURSOR", help="The rows behind a list that was cut: its cursor.")
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Apply the good rows although others are bad.")]
BadTo = Annotated[
    Path | None,
    typer.Option("--bad", metavar="FILE", help="Where bad rows go, to be mended; else beside FILE."),
]
OfSheets = Annotated[
    list[str] | None,
    typer.Option("--sheet", help="Of a workbook, read this sheet; may be repeated. Else all."),
]
AsWritten = Annotated[
    bool,
    typer.Option("--as-written", help="Caller IDs that look like others without their zero are meant so."),
]
Why = Annotated[str, typer.Option("--reason", help="Why, for the log.")]
