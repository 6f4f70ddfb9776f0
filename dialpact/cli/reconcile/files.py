"""The CDR files of a reconciliation, one after the other, and how far they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import tzinfo
from pathlib import Path
from typing import Self

from dialpact.application.cdr_file import opened
from dialpact.application.reconcile.join import Source
from dialpact.cli.progress import progress
from dialpact.cli.session import Session
from dialpact.compliance.cdr import Master, Record
from dialpact.compliance.registers.fault import Fault


class Files:
    def __init__(self, session: Session, paths: Sequence[Path], zone: tzinfo) -> None:
        self._session = session
        self._zone = zone
        self.sources = [Source(str(path), self._records(path)) for path in paths]
        self._names = {str(path) for path in paths}
        self._bar = progress(session)
        self._task = self._bar.add_task("", total=_size(paths))
        self._before = 0  # bytes of the files before
        self._master: Master | None = None

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
            position = self._before + (self._master.position if self._master else 0)
            self._bar.update(self._task, description=stage, completed=position)
        else:
            text = self._session.text(f"stage.{stage}", count=count)
            self._bar.update(self._task, description=text)

    def _records(self, path: Path) -> Iterator[tuple[int, Record | Fault]]:
        with opened(path) as (file, _):
            self._master = Master(file, self._zone)
            yield from self._master
            self._before += self._master.position
            self._master = None


def _size(paths: Sequence[Path]) -> int | None:
    """Of all; None where one has none (standard input) or is not there, which is said when it is opened."""
    with suppress(OSError):
        return sum(path.stat().st_size for path in paths) or None
    return None
