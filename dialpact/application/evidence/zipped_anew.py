"""A package that another program has zipped anew, as programs for mail do: its contents count, not its form.

1. Other order, compression, times, entries for folders, one folder around everything: all the same. What
   systems add of their own (``__MACOSX/``, ``.DS_Store``, ``Thumbs.db``) is left out, and named.
2. Read in bounded memory, nothing is unpacked: a list is never longer than a package's, no name leads out,
   none is there twice, and only what every zip program reads (stored, deflated, not encrypted) is read.
3. A file with any entry of the exact form of a package was not zipped anew, so its form counts
   (:mod:`~dialpact.application.evidence.container`): a byte that is wrong in it was changed by somebody.
"""

from __future__ import annotations

import errno
import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from dialpact.application.evidence.container import (
    FORM,
    KEEP,
    KEEP_ALL,
    MOST,
    MOST_FILES,
    NAME,
    Broken,
    Member,
)
from dialpact.application.evidence.form import MANIFEST, RECORDINGS

EXTRA = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|\._|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
MOST_RECORDING = 1 << 30  # bytes of a recording: 18 hours
MOST_DIRECTORY = 16 << 20  # bytes of the list at the end of a zip: 20,000 files with all that programs note
_CHUNK = 1 << 20
_END = 22  # bytes of a zip's last record, before its comment
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1
# What zipfile and zlib raise for bytes that are no zip, whatever they are; an OSError is the disk's.
_WRONG = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError),
    *(NotImplementedError, RuntimeError, LookupError),
)


def is_anew(file: BinaryIO) -> bool:
    """Whether no entry of it has the form in which packages are written. It is left at its beginning."""
    file.seek(0)
    rest = b""
    while chunk := file.read(_CHUNK):
        if FORM in rest + chunk:
            break
        rest = chunk[1 - len(FORM) :]
    file.seek(0)
    return not chunk


def read(file: BinaryIO, ignored: list[str]) -> Iterator[tuple[str, Member]]:
    """Every file in it. ``ignored`` gets what is left out. Broken for what is no such zip."""
    try:
        _bound(file)
        with zipfile.ZipFile(file) as opened:
            kept = 0
            for name, entry in _entries(opened, ignored):
                keep = entry.file_size <= KEEP and kept + entry.file_size <= KEEP_ALL
                kept += entry.file_size if keep else 0
                yield name, _member(opened, entry, keep)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the file's beginning
            raise
        raise Broken(0, "no zip") from error
    except _WRONG as error:
        raise Broken(0, "no zip") from error


def _bound(file: BinaryIO) -> None:
    """zipfile reads the whole list of files before it gives one of them."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END - 0xFFFF))
    tail = file.read()
    place = tail.rfind(b"PK\5\6")
    if size > MOST or not 0 <= place <= len(tail) - _END:
        raise Broken(0, "no zip")
    if struct.unpack_from("<I", tail, place + 12)[0] > MOST_DIRECTORY:
        raise Broken(0, "its list of files")


def _entries(opened: zipfile.ZipFile, ignored: list[str]) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    entries = [(one.filename.replace("\\", "/"), one) for one in opened.infolist()]
    tops = [name.removesuffix(MANIFEST) for name, _ in entries if f"/{name}".endswith(f"/{MANIFEST}")]
    top = min(tops, key=len, default="")
    inner = [name for name, _ in entries if not EXTRA.search(name)]
    if len(inner) == 1 and inner[0].lower().endswith(".zip"):
        raise Broken(0, f"a zip within a zip: {inner[0]}")
    seen: set[str] = set()
    total = 0
    for name, entry in entries:
        if EXTRA.search(name):
            ignored.append(name)
            continue
        if name.endswith("/"):
            continue
        inside = name.removeprefix(top)
        total += entry.file_size
        most = MOST_RECORDING if RECORDINGS in inside else KEEP
        bounded = entry.file_size <= most and total <= MOST and len(seen) < MOST_FILES
        readable = entry.compress_type in _METHODS and not entry.flag_bits & _ENCRYPTED
        if not (bounded and readable and NAME.fullmatch(inside.encode())) or inside in seen:
            raise Broken(entry.header_offset)
        seen.add(inside)
        yield inside, entry


def _member(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, keep: bool) -> Member:
    digest, content, sound = hashlib.sha256(), [], True
    size = 0
    try:
        with opened.open(entry) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if keep:
                    content.append(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        sound = False
    return Member(
        size, digest.hexdigest(), b"".join(content) if keep else None, sound and size == entry.file_size
    )
