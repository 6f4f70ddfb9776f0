"""What a reconciliation found, in a file that is read a part at a time: one kind after the other, each in the
order of time, and at the end the lines that nobody could read. The sections say where each begins.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Generic, NamedTuple, Self, TypeVar

import msgspec

from dialpact.compliance.reconcile import KINDS, CdrFinding
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import Page

T = TypeVar("T")
BAD = "bad"  # the section of unreadable lines
LONGEST = 1 << 16  # bytes of a line
_findings = msgspec.json.Decoder(CdrFinding)


class BadLine(NamedTuple):
    """``code`` of a fault, which ``detail`` fills."""

    file: str
    line: int
    code: str
    detail: dict[str, str]


_bad = msgspec.json.Decoder(BadLine)


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """``kind``: of its findings, or :data:`BAD`. ``begin``, ``end``: bytes of the file."""

    kind: str
    begin: int
    end: int
    count: int


class Findings:
    """Writes them. Called by one thread at a time; its own files are hidden ones of ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._files: dict[str, BinaryIO] = {}
        self._counts: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def say(self, one: CdrFinding) -> None:
        self._write(one.kind, one)

    def bad(self, file: str, line: int, fault: Fault) -> None:
        self._write(BAD, BadLine(file, line, fault.key, dict(fault.detail)))

    def _write(self, kind: str, value: object) -> None:
        file = self._files.get(kind)
        if file is None:
            path = self._folder / f".{kind}"
            self._stack.callback(path.unlink, missing_ok=True)
            file = self._files[kind] = self._stack.enter_context(path.open("w+b"))
        file.write(msgspec.json.encode(value) + b"\n")
        self._counts[kind] = self._counts.get(kind, 0) + 1

    def put_into(self, target: BinaryIO) -> tuple[Section, ...]:
        """All of them, in the order of their kinds."""
        found = []
        for kind in (*KINDS, BAD):
            if kind in self._files:
                begin = target.tell()
                self._files[kind].seek(0)
                shutil.copyfileobj(self._files[kind], target)
                found.append(Section(kind=kind, begin=begin, end=target.tell(), count=self._counts[kind]))
        return tuple(found)


def findings(file: BinaryIO, section: Section, *, after: str = "", most: int) -> Page[CdrFinding]:
    """Some of one kind. Fault for a cursor that is none."""
    return _Part(_findings).read(file, section, after, most)


def bad_lines(file: BinaryIO, section: Section, *, after: str = "", most: int) -> Page[BadLine]:
    return _Part(_bad).read(file, section, after, most)


def every(file: BinaryIO, sections: Sequence[Section]) -> Iterator[CdrFinding]:
    """All findings and notes."""
    for section in sections:
        if section.kind != BAD:
            file.seek(section.begin)
            for _ in range(section.count):
                yield _findings.decode(file.readline(LONGEST))


class _Part(Generic[T]):
    def __init__(self, decoder: msgspec.json.Decoder[T]) -> None:
        self._decoder = decoder

    def read(self, file: BinaryIO, section: Section, after: str, most: int) -> Page[T]:
        place = section.begin
        if after:
            place = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else -1
            if not section.begin <= place < section.end:
                raise Fault("cursor", value=after[:40])
        file.seek(place)
        rows: list[T] = []
        try:
            while len(rows) < most and place < section.end:
                line = file.readline(LONGEST)
                rows.append(self._decoder.decode(line))
                place += len(line)
        except msgspec.DecodeError as error:  # not where a line begins
            raise Fault("cursor", value=after[:40]) from error
        return Page(rows, str(place) if place < section.end else "")
