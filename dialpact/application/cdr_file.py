"""CDR files that are read: one after the other, how far, and what came of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import tzinfo
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, NamedTuple

import msgspec

from dialpact.application.unpacked import unpacked
from dialpact.compliance.cdr import CdrRecord, Columns, Form, Master, Recognised
from dialpact.compliance.outbound import peer
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.zones import ZoneInfo

TOLERANCE = 5  # seconds by which clocks may differ
COARSE = 60  # seconds that a time without seconds leaves open
PEERS = 100  # of one file, that are counted apart


class CdrFile(NamedTuple):
    """``size`` in bytes; None: it can be read once only, or is not there, which is said when it is opened."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    size: int | None


class FileTold(msgspec.Struct, kw_only=True):
    """What came of one file. ``form``: what it was read as; empty: it holds no line.

    ``trunk_lines``: how many lines touched a trunk; ``peers``: what the others left by, and how many;
    ``unlisted``: how many of those were dialled to the outside, as far as whoever reads them looked.
    """

    file: str
    form: str = ""
    lines: int = 0
    bad: int = 0
    last: int = 0  # line
    trunk_lines: int = 0
    peers: dict[str, int] = {}
    unlisted: int = 0

    def saw(self, record: CdrRecord, *, touched: bool) -> None:
        """Of each record, once."""
        if touched:
            self.trunk_lines += 1
        elif (left_by := peer(record)) and (left_by in self.peers or len(self.peers) < PEERS):
            self.peers[left_by] = self.peers.get(left_by, 0) + 1

    @property
    def unreadable(self) -> bool:
        """Most of its lines."""
        return self.bad * 2 > self.lines


def untouched(files: Sequence[FileTold]) -> list[FileTold]:
    """Those of which no line touched a trunk, although lines left by something. Where none of all files
    touched one, each of them; else a file of callers who gave up is a quiet night's.
    """
    there = [one for one in files if one.lines > one.bad and not one.trunk_lines]
    return [one for one in there if one.peers] if any(one.trunk_lines for one in files) else there


class CdrSource(NamedTuple):
    """``records``: line number, and the record or what is wrong with the line. ``told`` is filled by whoever
    reads them.
    """

    name: str
    records: Iterable[tuple[int, CdrRecord | Fault]]
    told: FileTold | None = None


class _Opened:
    """A file that is open, and how far it is read."""

    def __init__(
        self, of: CdrFile, zone: tzinfo, columns: Columns | None, known: Recognised | None = None
    ) -> None:
        self.stack = ExitStack()
        self._file = self.stack.enter_context(of.open())
        try:
            file = self.stack.enter_context(unpacked(self._file))
            self.master = Master(file, zone, columns, known=known)
        except BaseException:
            self.stack.close()
            raise
        self._known = of.size is not None

    @property
    def position(self) -> int:
        return self._file.tell() if self._known else self.master.position


class CdrReading:
    """``sources`` are read once, in their order. ``position``: bytes read so far; ``size``: of all.

    ``may_be_empty``: where a period is asked for, a file without a line is an answer, as on a day without
    calls. Else nothing was looked at: a Fault that names the file. ``columns``: what ``--columns`` says.
    """

    def __init__(
        self, files: Sequence[CdrFile], zone: tzinfo, *, may_be_empty: bool, columns: Columns | None = None
    ) -> None:
        self._zone = zone
        self._may_be_empty = may_be_empty
        self._columns = columns
        self._files = files
        self._before = 0  # bytes of the files before
        self._now: _Opened | None = None
        self._kept: dict[int, _Opened] = {}  # looked at, and can not be opened again
        self.told = [FileTold(file=file.name) for file in files]
        self._known: dict[int, Recognised] = {}  # by the place of the file
        self.forms: dict[str, Form] = {}
        """By the name of the file, once they are looked at."""
        self.sources = [
            CdrSource(file.name, self._records(place), told)
            for place, (file, told) in enumerate(zip(files, self.told, strict=True))
        ]
        sizes = [file.size for file in files if file.size is not None]
        self.size = (sum(sizes) or None) if len(sizes) == len(files) else None

    @property
    def position(self) -> int:
        return self._before + (self._now.position if self._now else 0)

    def look(self, explain: Callable[[Fault], str]) -> None:
        """Which form is each? Before anything is read. Fault with a sentence for each that is none, in the
        words of ``explain``.
        """
        refused = []
        for place, of in enumerate(self._files):
            try:
                self._look(place)
            except Fault as fault:
                reason = explain(fault)
                refused.append(reason if "file" in fault.detail else f"{of.name}: {reason}")
        if refused:
            self.close()
            raise Fault("cdr-refused", reasons="\n".join(refused))

    def _look(self, place: int) -> None:
        of = self._files[place]
        opened = _Opened(of, self._zone, self._columns)
        kept = False
        try:
            form = opened.master.form
            if form is None and not self._may_be_empty:
                raise Fault("cdr-no-line", file=of.name)
            if form is not None:
                self.forms[of.name] = form
                self.told[place].form = form.name
                if opened.master.recognised:
                    self._known[place] = opened.master.recognised
            if of.size is None:
                self._kept[place] = opened
                kept = True
        finally:
            if not kept:
                opened.stack.close()

    def need_calls(self, trunks: Sequence[str]) -> None:
        """Fault for a file that does not say how long a call was, or by which of several trunks it left."""
        for name, form in self.forms.items():
            if not form.names_lengths:
                raise Fault("cdr-no-length", file=name)
            if len(trunks) > 1 and not form.names_peers:
                raise Fault("cdr-no-trunk", file=name, known=", ".join(trunks))

    @property
    def coarse(self) -> list[str]:
        """The files whose times say no seconds."""
        return [name for name, form in self.forms.items() if form.coarse]

    def tolerance(self, asked: int = TOLERANCE) -> int:
        """Seconds within which a call and its decision are one: no fewer than the times leave open."""
        return max(asked, COARSE) if self.coarse else asked

    def close(self) -> None:
        """What was looked at and never read."""
        for opened in self._kept.values():
            opened.stack.close()
        self._kept.clear()

    def _records(self, place: int) -> Iterator[tuple[int, CdrRecord | Fault]]:
        of, told = self._files[place], self.told[place]
        opened = self._kept.pop(place, None)
        if opened is None:
            opened = _Opened(of, self._zone, self._columns, self._known.get(place))
        self._now = opened
        with opened.stack:
            form = opened.master.form
            told.form = form.name if form else ""
            for one in opened.master:
                told.lines += 1
                told.last = one[0]
                yield one
            self._before += opened.position
            self._now = None
        if not told.lines and not self._may_be_empty:
            raise Fault("cdr-no-line", file=of.name)


def on_disk(path: Path, name: str = "") -> CdrFile:
    """Fault, when it is opened, for one that can not be read. ``name``: by which it is told of."""

    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        try:
            with path.open("rb") as file:
                yield file
        except OSError as error:
            raise Fault("file", file=name or str(path), error=error.strerror or str(error)) from error

    try:
        found = path.stat()
    except OSError:
        return CdrFile(name or str(path), opened, None)
    return CdrFile(name or str(path), opened, found.st_size if S_ISREG(found.st_mode) else None)


def the_zone(name: str) -> ZoneInfo:
    """Of the files' times. Fault for one that nobody knows."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise Fault("bad-zone", value=shown(name)) from error
