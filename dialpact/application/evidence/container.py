"""The package's container: a zip of one exact form.

1. Stored and not compressed, names sorted, one fixed time, nothing before, between or behind. So a package is
   a function of its files, and every byte of it is either content or has only one right value.
2. It is read from front to back in bounded memory: no size is believed, nothing is unpacked, and what
   deviates from the form by a single byte is :class:`Broken`. Any zip program can open it; what such a
   program makes of its files is read by ``zipped_anew`` beside this file.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

MOST = 4 << 30  # bytes of a package; above, a zip would need another form (and 70 hours of recordings)
MOST_FILES = 20_000
KEEP = 16 << 20  # bytes of a file that a reader is given whole
KEEP_ALL = 128 << 20  # of all of them together
NAME = re.compile(rb"(?=.{1,200}\Z)[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*", re.DOTALL)

_CHUNK = 1 << 20
# Version 2.0, names in UTF-8, stored, midnight of 1 January 1980.
_FORM = (20, 0x800, 0, 0, 0x21)
FORM = b"PK\3\4" + struct.pack("<5H", *_FORM)  # how each file begins
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_MODE = 0o100600 << 16
_UNIX = 3 << 8

Source = bytes | Path


class Broken(Exception):
    """``offset``: of the first entry that is not of the one form; ``why``: where no place is wrong."""

    def __init__(self, offset: int, why: str = "") -> None:
        super().__init__(why or f"byte {offset}")
        self.offset = offset


class Member(NamedTuple):
    """One file as it was read. ``content`` is None for one that is too large to be kept in memory."""

    size: int
    sha256: str
    content: bytes | None
    sound: bool  # its checksum in the container is right


def write(target: BinaryIO, files: Mapping[str, Source]) -> None:
    """Writes the container. ValueError for a name that is none, and when it would be too large."""
    central: list[bytes] = []
    offset = 0
    if len(files) > MOST_FILES:
        raise ValueError(f"more than {MOST_FILES} files")
    for name, source in sorted(files.items()):
        if not NAME.fullmatch(name.encode()):
            raise ValueError(f"not a name for a file in a package: {name!r}")
        crc, size = _checksum(source)
        if offset + size > MOST - (1 << 24):  # what follows the files needs room too
            raise ValueError(f"larger than {MOST >> 30} GiB")
        target.write(_local(name.encode(), crc, size))
        written = 0
        for chunk in _chunks(source):
            written += len(chunk)
            target.write(chunk)
        if written != size:
            raise ValueError(f"{name} changed while it was read")
        central.append(_entry(name.encode(), crc, size, offset))
        offset += _LOCAL.size + len(name) + size
    target.write(b"".join(central) + _end(central, offset))


def read(file: BinaryIO) -> Iterator[tuple[str, Member]]:
    """Every file in it, in order. Broken where the form ends; what was given before is as it was read."""
    central: list[bytes] = []
    offset, last, kept = 0, b"", 0
    while True:
        head = file.read(_LOCAL.size)
        if len(head) < _LOCAL.size or head[:4] != b"PK\3\4":
            break
        crc, size, _, length = struct.unpack_from("<3IH", head, 14)
        name = file.read(length)
        if head + name != _local(name, crc, size) or not NAME.fullmatch(name) or name <= last:
            raise Broken(offset)
        keep = size <= KEEP and kept + size <= KEEP_ALL
        member = _read_member(file, crc, size, keep)
        if member is None or len(central) == MOST_FILES:
            raise Broken(offset)
        kept += size if keep else 0
        central.append(_entry(name, crc, size, offset))
        offset += _LOCAL.size + length + size
        last = name
        yield name.decode(), member
    tail = b"".join(central) + _end(central, offset)
    if head + file.read(max(len(tail) + 1 - len(head), 0)) != tail:
        raise Broken(offset)


def _read_member(file: BinaryIO, crc: int, size: int, keep: bool) -> Member | None:
    digest, found, left, content = hashlib.sha256(), 0, size, []
    while left:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            return None
        digest.update(chunk)
        found = zlib.crc32(chunk, found)
        left -= len(chunk)
        if keep:
            content.append(chunk)
    return Member(size, digest.hexdigest(), b"".join(content) if keep else None, found == crc)


def _chunks(source: Source) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with os.fdopen(os.open(source, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def digest(source: Source) -> tuple[int, str]:
    """Size and SHA-256."""
    size, found = 0, hashlib.sha256()
    for chunk in _chunks(source):
        size += len(chunk)
        found.update(chunk)
    return size, found.hexdigest()


def _checksum(source: Source) -> tuple[int, int]:
    crc = size = 0
    for chunk in _chunks(source):
        crc, size = zlib.crc32(chunk, crc), size + len(chunk)
    return crc, size


def _local(name: bytes, crc: int, size: int) -> bytes:
    return _LOCAL.pack(b"PK\3\4", *_FORM, crc, size, size, len(name), 0) + name


def _entry(name: bytes, crc: int, size: int, offset: int) -> bytes:
    head = (b"PK\1\2", _UNIX | 20, *_FORM, crc, size, size, len(name), 0, 0, 0, 0, _MODE, offset)
    return _CENTRAL.pack(*head) + name


def _end(central: list[bytes], offset: int) -> bytes:
    count, size = len(central), sum(map(len, central))
    return _END.pack(b"PK\5\6", 0, 0, count, count, size, offset, 0)
