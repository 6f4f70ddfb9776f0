"""The flags that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.cli.command_context import default_by

By = Annotated[
    str,
    typer.Option("--by", default_factory=default_by, help="Who does this, for the log; else the OS user."),
]
Limit = Annotated[int, typer.Option("--limit", min=0, help="At most so many rows; 0: all.")]
After = Annotated[
    str, typer.Option("--after", metavar="CURSOR", help="The rows behind a list that was cut: its cursor.")
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Apply the good rows although others are bad.")]
Why = Annotated[str, typer.Option("--reason", help="Why, for the log.")]
