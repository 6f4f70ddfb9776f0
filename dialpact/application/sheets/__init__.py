"""Files that people bring, a CSV or a workbook, as :class:`~dialpact.compliance.registers.sheet.Sheets`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from dialpact.application.sheets import kind
from dialpact.application.sheets.text import TextFile
from dialpact.application.sheets.workbook import Workbook
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.sheet import Sheets


def open_sheets(file: BinaryIO, only: Sequence[str] = ()) -> Sheets:
    """``file`` is open for reading and seekable; it is read more than once, and closed by who opened it.

    ``only``: the sheets of a workbook that are wanted, by name; else all. Fault for a file that is no table,
    with what it is.
    """
    if kind.is_zip(file):
        return Workbook(file, only)
    found = TextFile(file)
    if only:
        raise Fault("no-sheets")
    return found
