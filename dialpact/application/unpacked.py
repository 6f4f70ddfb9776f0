"""A file as its text's bytes: what gzip has packed is unpacked, UTF-16 becomes UTF-8.

Rotated logs are packed, and a spreadsheet's "Unicode text" is UTF-16.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO, cast

from dialpact.compliance.cdr.recognise import need_text
from dialpact.compliance.registers.fault import Fault

_GZIP = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class _Lines(io.RawIOBase):
    """``readline`` of something else, with what can go wrong in it as a Fault."""

    def __init__(self, file: BinaryIO, *, utf16: bool) -> None:
        self._file = file
        self._text = io.TextIOWrapper(file, "utf-16", "replace", newline="\n") if utf16 else None

    def readline(self, size: int | None = -1, /) -> bytes:
        try:
            if self._text is None:
                return self._file.readline(-1 if size is None else size)
            return self._text.readline(-1 if size is None else size).encode("utf-8", "replace")
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
            utf16 = now.peek(2)[:2] in _UTF16
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Fault("cdr-gzip") from error
        yield cast(BinaryIO, stack.enter_context(_Lines(cast(BinaryIO, now), utf16=utf16)))


def _peekable(file: BinaryIO, stack: ExitStack) -> io.BufferedReader[Any]:
    if isinstance(file, io.BufferedReader):
        return file
    reader: io.BufferedReader[Any] = io.BufferedReader(cast(io.RawIOBase, file))
    stack.callback(reader.detach)
    return reader
