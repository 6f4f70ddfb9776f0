"""The progress bar: on stderr, and only for someone who watches."""

from __future__ import annotations

import sys

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from dialpact.cli.session import Session


def progress(session: Session) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=session.stderr, transient=True, disable=not sys.stderr.isatty())
