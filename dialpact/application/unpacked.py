"""A file as its text's bytes, line by line: what gzip has packed is unpacked, UTF-16 becomes UTF-8.

Rotated logs are packed, and a spreadsheet's "Unicode text" is UTF-16, now and then without its mark. One on a
Mac ends lines as Macs once did, with a carriage return alone.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO, cast

from dialpact.compliance.cdr.recognise import need_text
from dialpact.compliance.registers.fault import Fault

_GZIP = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MAC = re.compile(rb"\r\0?[^\n\r\0]")


class _Lines(io.RawIOBase):
    """``readline`` of something else, with what can go wrong in it as a Fault."""

    def __init__(self, file: BinaryIO, *, encoding: str, mac: bool) -> None:
        self._file = file
        self._encoding = "latin-1" if encoding == "latin-1" else "utf-8"
        newline = "\r" if mac else "\n"
        self._text = io.TextIOWrapper(file, encoding, "replace", newline=newline) if encoding else None

    def readline(self, size: int | None = -1, /) -> bytes:
        try:
            if self._text is None:
                return self._file.readline(-1 if size is None else size)
            line = self._text.readline(-1 if size is None else size)
            return (f"{line[:-1]}\n" if line[-1:] == "\r" else line).encode(self._encoding, "replace")
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Fault("cdr-gzip") from error

    def close(self) -> None:
        if self._text is not None and not self.closed:
            self._text.detach()
        super().close()


@contextmanager
def unpacked(file: BinaryIO) -> Iterator[BinaryIO]:
    """To be read by ``readline`` alone. Fault, while it is read, for a packed file that is cut off."""
    with ExitStack() as stack:
        now = _peekable(file, stack)
        if now.peek(2)[:2] == _GZIP:
            plain = stack.enter_context(gzip.GzipFile(fileobj=now, mode="rb"))
            now = io.BufferedReader(cast(io.RawIOBase, plain))
            stack.callback(now.detach)
        try:
            if (head := now.peek(200)).startswith(b"PK"):  # (its first line may be a few bytes long)
                need_text(head)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Fault("cdr-gzip") from error
        encoding = _encoding(head)
        mac = _MAC.search(head) is not None and b"\n" not in head
        encoding = encoding or ("latin-1" if mac else "")
        yield cast(BinaryIO, stack.enter_context(_Lines(cast(BinaryIO, now), encoding=encoding, mac=mac)))


def _encoding(head: bytes) -> str:
    """Empty: one byte or more for a character."""
    if head.startswith(_UTF16):
        return "utf-16"
    start = head[:64] if len(head) > 1 and len(head[:64]) % 2 == 0 else b""
    for encoding, high, low in (
        ("utf-16-le", start[1::2], start[::2]),
        ("utf-16-be", start[::2], start[1::2]),
    ):
        if start and not any(high) and all(low):
            return encoding
    return ""


def _peekable(file: BinaryIO, stack: ExitStack) -> io.BufferedReader[Any]:
    if isinstance(file, io.BufferedReader):
        return file
    reader: io.BufferedReader[Any] = io.BufferedReader(cast(io.RawIOBase, file))
    stack.callback(reader.detach)
    return reader
