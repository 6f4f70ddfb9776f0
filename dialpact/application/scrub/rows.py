"""The rows of a list: a file that somebody brings, or a batch of the lead register."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple, Protocol

from dialpact.application.sheets import open_sheets
from dialpact.application.sheets.json_lines import JsonLines, is_json
from dialpact.compliance.registers.columns import Given
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.formats import LEADS
from dialpact.compliance.registers.meanings import NO, plain
from dialpact.compliance.registers.sheet import Remark, Sheets, row_of
from dialpact.compliance.registers.table import Table
from dialpact.store.ports.lists import ListSnapshot


class ListRow(NamedTuple):
    """``number``: as it is written. ``fault``: why it is no row with a number in it, where it is none."""

    sheet: str  # of a workbook
    line: int  # or row of the sheet
    number: str
    fault: Fault | None = None


class List(Protocol):
    """Whatever has numbers. ``size``: in what ``position`` is counted."""

    @property
    def form(self) -> str: ...

    @property
    def has_sheets(self) -> bool: ...

    @property
    def sha256(self) -> str: ...

    @property
    def position(self) -> int: ...

    @property
    def size(self) -> int: ...

    @property
    def read_as(self) -> Mapping[str, str]: ...

    @property
    def left_out(self) -> tuple[str, ...]: ...

    @property
    def remarks(self) -> Sequence[Remark]: ...

    def rows(self, snapshot: ListSnapshot) -> Iterator[ListRow]: ...


class FileList:
    """CSV, workbook or JSON lines, its columns by the names that people use, as in a list of leads."""

    def __init__(self, file: BinaryIO, sheets: Sequence[str], given: Given) -> None:
        """Fault for what is no table, or has no column of numbers."""
        opened: Sheets
        if is_json(file):
            if sheets:
                raise Fault("no-sheets")
            opened, self.form = JsonLines(file), "jsonl"
        else:
            opened, self.form = open_sheets(file, sheets), "csv"
        self._sheets = opened
        self._table = Table(opened, LEADS.columns, LEADS.others, kind=LEADS.kind, given=given)
        self.sha256, self.size = opened.sha256, opened.size
        self.read_as, self.left_out = self._table.read_as, self._table.left_out

    @property
    def has_sheets(self) -> bool:
        return any(self._table.sheet_names)

    @property
    def position(self) -> int:
        return self._sheets.position

    @property
    def remarks(self) -> tuple[Remark, ...]:
        return (*self._table.remarks, *self._sheets.remarks)

    def rows(self, snapshot: ListSnapshot) -> Iterator[ListRow]:
        names = self._table.sheet_names
        for place, cells in self._table:
            sheet, line = row_of(place)
            if isinstance(cells, Fault):
                yield ListRow(names[sheet], line, "", cells)
            elif cells[1] and plain(cells[1]) not in NO:  # the supplier himself says not to call
                yield ListRow(names[sheet], line, cells[0], Fault("lead-says-no", value=shown(cells[1])))
            else:
                yield ListRow(names[sheet], line, cells[0])


class BatchList:
    """A batch of leads: its numbers in order, each under its place."""

    form, has_sheets, sha256 = "csv", False, ""
    read_as: Mapping[str, str] = {}
    left_out: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def __init__(self, batch: int, count: int) -> None:
        self._batch = batch
        self.position, self.size = 0, count

    def rows(self, snapshot: ListSnapshot) -> Iterator[ListRow]:
        for place, number in enumerate(snapshot.leads(self._batch), 1):
            self.position = place
            yield ListRow("", place, number)
