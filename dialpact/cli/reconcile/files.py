"""The CDR files that a command is given, and the bar that shows how far they are read."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import tzinfo
from pathlib import Path
from typing import Self

from dialpact.application.cdr_file import CdrFile, CdrReading, on_disk
from dialpact.cli.command_context import CommandContext
from dialpact.cli.progress import progress

STDIN = "-"


def given(path: Path) -> CdrFile:
    """By its name, or standard input."""
    if str(path) == STDIN:
        return CdrFile(STDIN, lambda: nullcontext(sys.stdin.buffer), None)
    return on_disk(path)


class CdrFiles:
    """Within it the bar is shown. ``may_be_empty``: see :class:`dialpact.application.cdr_file.CdrReading`."""

    def __init__(
        self, session: CommandContext, paths: Sequence[Path], zone: tzinfo, *, may_be_empty: bool
    ) -> None:
        self._session = session
        self.reading = CdrReading([given(path) for path in paths], zone, may_be_empty=may_be_empty)
        self.sources = self.reading.sources
        self._names = {str(path) for path in paths}
        self._bar = progress(session)
        self._task = self._bar.add_task("", total=self.reading.size)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def done(self) -> None:
        self._bar.stop()

    def show(self, stage: str, count: int) -> None:
        """``stage``: the name of a file, ``decisions`` or ``calls``."""
        if stage in self._names:
            self._bar.update(self._task, description=stage, completed=self.reading.position)
        else:
            text = self._session.text(f"stage.{stage}", count=count)
            self._bar.update(self._task, description=text)
