"""CDR files that are read: one after the other, and how far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dialpact.compliance.cdr import CdrRecord, Master
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.zones import ZoneInfo


class CdrFile(NamedTuple):
    """``size`` in bytes; None: it has none, or is not there, which is said when it is opened."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    size: int | None


class CdrSource(NamedTuple):
    """``records``: line number, and the record or what is wrong with the line."""

    name: str
    records: Iterable[tuple[int, CdrRecord | Fault]]


class CdrReading:
    """``sources`` are read once, in their order. ``position``: bytes read so far; ``size``: of all.

    ``may_be_empty``: where a period is asked for, a file without a line is an answer, as on a day without
    calls. Else nothing was looked at: a Fault that names the file, once it is read.
    """

    def __init__(self, files: Sequence[CdrFile], zone: tzinfo, *, may_be_empty: bool) -> None:
        self._zone = zone
        self._may_be_empty = may_be_empty
        self._before = 0  # bytes of the files before
        self._master: Master | None = None
        self.sources = [CdrSource(file.name, self._records(file)) for file in files]
        sizes = [file.size for file in files if file.size is not None]
        self.size = (sum(sizes) or None) if len(sizes) == len(files) else None

    @property
    def position(self) -> int:
        return self._before + (self._master.position if self._master else 0)

    def _records(self, of: CdrFile) -> Iterator[tuple[int, CdrRecord | Fault]]:
        with of.open() as file:
            self._master = Master(file, self._zone)
            found = self._may_be_empty
            for one in self._master:
                found = True
                yield one
            self._before += self._master.position
            self._master = None
        if not found:
            raise Fault("cdr-no-line", file=of.name)


def on_disk(path: Path) -> CdrFile:
    """Fault, when it is opened, for one that can not be read."""

    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        try:
            with path.open("rb") as file:
                yield file
        except OSError as error:
            raise Fault("file", file=str(path), error=error.strerror or str(error)) from error

    try:
        size = path.stat().st_size
    except OSError:
        return CdrFile(str(path), opened, None)
    return CdrFile(str(path), opened, size)


def the_zone(name: str) -> ZoneInfo:
    """Of the files' times. Fault for one that nobody knows."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise Fault("bad-zone", value=shown(name)) from error
