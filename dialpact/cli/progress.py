"""The progress bar: on stderr, and only for someone who watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from dialpact.application.progress import Progress as Callback
from dialpact.cli.command_context import CommandContext


def progress(session: CommandContext) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=session.stderr, transient=True, disable=not sys.stderr.isatty())


@contextmanager
def watched(session: CommandContext, key: str) -> Iterator[Callback]:
    """For a use case that says how far it has come. ``key``: of the text beside the bar."""
    with progress(session) as bar:
        task = bar.add_task(session.text(key), total=None)

        def show(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield show
