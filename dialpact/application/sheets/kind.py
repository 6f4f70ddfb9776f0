"""What a file is by its first bytes; each kind that is no table is refused by its name."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from typing import BinaryIO

from dialpact.compliance.registers.fault import Fault

ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_LOOKED = 1 << 20  # bytes of an OLE file in which its directory is looked for
_STARTS = (
    ((b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00"), Fault("file-xls")),  # Excel 2 to 4
    ((b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ", b"PK\x05\x06"), Fault("file-packed")),
    ((b"%PDF", b"{\\rtf"), Fault("file-document")),
)
# Streams of an OLE file; the first that is there says what it is.
_STREAMS = (
    ("EncryptedPackage", Fault("file-encrypted")),
    ("Workbook", Fault("file-xls")),
    ("Book", Fault("file-xls")),
    ("WordDocument", Fault("file-document")),
)
_PARTS = (
    ("xl/workbook.bin", Fault("file-xlsb")),
    ("word/document.xml", Fault("file-document")),
    ("ppt/presentation.xml", Fault("file-document")),
    ("content.xml", Fault("file-ods")),
    ("Index/Document.iwa", Fault("file-numbers")),
)
_MARKUP = re.compile(r"\ufeff?\s*(?:<[!?]?[a-z-]|mime-version:)", re.IGNORECASE)
_SPREADSHEETML = re.compile(
    r"urn:schemas-microsoft-com:office:spreadsheet|progid=.Excel\.Sheet", re.IGNORECASE
)


def is_zip(file: BinaryIO) -> bool:
    """As a workbook is; else it may be a text. Fault for what is known to be neither."""
    file.seek(0)
    start = file.read(8)
    for starts, fault in _STARTS:
        if start.startswith(starts):
            raise fault.with_traceback(None)
    if start.startswith(_OLE):
        raise _ole(start + file.read(_LOOKED)).with_traceback(None)
    return start.startswith(ZIP)


def refuse_archive(archive: zipfile.ZipFile) -> None:
    """Fault for a zip that is no workbook of Excel."""
    names = set(archive.namelist())
    for part, fault in _PARTS:
        if part in names:
            raise fault.with_traceback(None)
    if "[Content_Types].xml" not in names:
        raise Fault("file-packed")


def refuse_markup(lines: Iterable[str]) -> None:
    """Fault for what programs write into a file that ends in .xls: a page, or Excel's XML of 2003."""
    text = "\n".join(lines)[:4096]
    if _SPREADSHEETML.search(text):
        raise Fault("file-xml")
    if _MARKUP.match(text):
        raise Fault("file-xml") if text.lstrip("\ufeff \t\r\n").startswith("<?xml") else Fault("file-html")


def _ole(data: bytes) -> Fault:
    """What a file is of the format that old Office programs share, and encrypted new ones."""
    for stream, fault in _STREAMS:
        if stream.encode("utf-16-le") in data:
            return fault
    return Fault("file-xls")
