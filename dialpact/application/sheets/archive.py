"""The border of a workbook: a zip of XML parts that a stranger made.

1. No part is held whole but the small ones, and those are bounded. A large one goes through the parser in
   pieces, which must come to an end of something (a row, a text) in time: so no text, attribute or nesting
   can grow without bound.
2. What a part says of its own size is refused when it is absurd, and a part never gives more than it said.
3. No document type, hence no entities.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol
from xml.parsers import expat

from dialpact.application.sheets import kind
from dialpact.compliance.registers.fault import Fault

LARGEST = 4 << 30  # bytes of a part; a million rows of ten columns have a tenth of it
SMALL = 32 << 20  # bytes of a part that is held: the names of the sheets, the styles
STEP = 2 << 20  # bytes of a row or text
RATIO = 500  # what zip makes of the dullest honest sheet is a hundredth
_DULL = 16 << 20  # bytes from which on the ratio is looked at
DIRECTORY = 4 << 20  # bytes of the list of parts
_PARTS = 10_000
_DEEP = 64
_TAIL = 1 << 17  # bytes in which a zip's end is looked for
_PIECE = 1 << 16
Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]


class Reader(Protocol):
    """Hears of a large part as it is parsed, with names as they are written: :func:`local` is what counts."""

    ended: bool  # nothing more is wanted
    steps: int  # rows or texts that came to their end

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


class Archive:
    """``file`` is seekable and stays open."""

    def __init__(self, file: BinaryIO) -> None:
        with damage():
            if _directory(file) > DIRECTORY:  # zipfile keeps all of it
                raise Fault("workbook-too-large")
            self._zip = zipfile.ZipFile(file)
            kind.refuse_archive(self._zip)
            self._parts = {info.filename.lower(): info for info in self._zip.infolist()}
        if len(self._parts) > _PARTS:
            raise Fault("workbook-too-large")
        self.read = 0
        """Bytes of large parts that were parsed so far."""

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._parts

    def size(self, part: str) -> int:
        return self._info(part).file_size

    def walk(self, part: str, start: Start, end: End | None = None, text: End | None = None) -> None:
        """Through a small part, with local names."""
        depth = 0

        def begin(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > _DEEP:
                raise Fault("workbook-damaged")
            start(local(name), {local(key): value for key, value in attributes.items()})

        def finish(name: str) -> None:
            nonlocal depth
            depth -= 1
            if end:
                end(local(name))

        info = self._info(part)
        if info.file_size > SMALL:
            raise Fault("workbook-too-large")
        parser = _parser()
        parser.StartElementHandler, parser.EndElementHandler = begin, finish
        if text:
            parser.CharacterDataHandler = text
        with damage(), self._zip.open(info) as opened:
            parser.ParseFile(opened)

    def stream(self, part: str, reader: Reader) -> Iterator[None]:
        """A large part into ``reader``, piece by piece, until it wants no more."""
        info = self._info(part)
        if info.file_size > LARGEST:
            raise Fault("workbook-too-large")
        parser = _parser()
        parser.buffer_text = True
        parser.buffer_size = _PIECE
        parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
        parser.CharacterDataHandler = reader.text
        steps, since = 0, 0
        with damage(), self._zip.open(info) as opened:
            while piece := opened.read(_PIECE):
                self.read += len(piece)
                with damage():
                    parser.Parse(piece, False)
                if reader.steps != steps:
                    steps, since = reader.steps, 0
                since += len(piece)
                if since > STEP:
                    raise Fault("workbook-too-large")
                yield
                if reader.ended:
                    return
            parser.Parse(b"", True)
            yield

    def _info(self, part: str) -> zipfile.ZipInfo:
        info = self._parts.get(part.lower())
        if info is None:
            raise Fault("workbook-damaged")
        if info.file_size > _DULL and info.file_size > RATIO * max(info.compress_size, 1):
            raise Fault("workbook-too-large")
        return info


@contextmanager
def damage() -> Iterator[None]:
    """Whatever zip and XML can have is one fault."""
    try:
        yield
    except RuntimeError as error:  # zipfile: a password is needed
        raise Fault("file-encrypted") from error
    except (
        *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, expat.ExpatError),
        *(struct.error, EOFError, OSError, ValueError, NotImplementedError, LookupError, ArithmeticError),
    ) as error:
        raise Fault("workbook-damaged") from error


def local(name: str) -> str:
    """Without its prefix, which programs choose as they like."""
    return name.rpartition(":")[2] if ":" in name else name


def _directory(file: BinaryIO) -> int:
    """How large a zip's list of its parts says to be; 0 where none is found, which zipfile will say."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    found = 0
    if (at := tail.rfind(b"PK\x05\x06")) >= 0:
        found = struct.unpack_from("<I", tail, at + 12)[0] if at + 16 <= len(tail) else 0
    if found == 0xFFFFFFFF and (at := tail.rfind(b"PK\x06\x06")) >= 0:
        found = struct.unpack_from("<Q", tail, at + 40)[0] if at + 48 <= len(tail) else 0
    return int(found)


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _doctype
    return parser


def _doctype(*_: object) -> None:
    raise Fault("workbook-damaged")
