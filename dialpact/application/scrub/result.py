"""The result of a scrub as a file: a row for each row of the list, in its order.

1. CSV is as exports are: UTF-8 with a BOM, lines end in CRLF, and what a spreadsheet would take for a formula
   has an apostrophe before it.
2. JSON lines have the same columns, and nothing left out of any.
3. A row that is none is a row here too: blocked, with its fault, and why in words; what is no number has why.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO

import msgspec

from dialpact.application.scrub.answers import Answer
from dialpact.application.scrub.request import Form
from dialpact.application.scrub.rows import ListRow
from dialpact.application.sheets.written import MARK, guarded
from dialpact.compliance import masking
from dialpact.compliance.numbers import masked, printable
from dialpact.compliance.reasons import Reason
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.texts import Language, fault_text, text

COLUMNS = ("line", "given", "number", "verdict", "reasons", "retry_at", "holds_until", "fault", "why")
BAD = Answer("BLOCK", (Reason.INVALID_NUMBER,), None, None)  # of a row that has no number to be judged
MOST = 4096  # ends of rows that are kept
LONGEST = 400  # characters of what is said of a bad row
_json = msgspec.json.encode


class Result:
    """``add`` rows, and ``flush`` from time to time."""

    def __init__(self, out: BinaryIO, form: Form, *, sheets: bool, numbers: bool, language: Language) -> None:
        self._out, self._sheets, self._numbers, self._language = out, sheets, numbers, language
        self._digest, self.size = hashlib.sha256(), 0
        self._rows: list[str] = []
        self._ends: dict[tuple[Answer, str], str] = {}
        self._end: Callable[[Answer, str, str], str]
        if form == "csv":
            self._row, self._end = self._csv_row, _csv_end
            names = ("line", "sheet", *COLUMNS[1:]) if sheets else COLUMNS
            self._write(MARK + _csv(names).encode() + b"\r\n")
        else:
            self._row, self._end = self._json_row, _json_end

    def add(
        self, row: ListRow, number: str, answer: Answer, fault: Fault | None = None, flaw: str = ""
    ) -> None:
        """``number``: in E.164, empty where there is none. ``flaw``: why a text is no callee's number."""
        if fault is None:
            end = self._ends.get((answer, flaw))
            if end is None:
                if len(self._ends) >= MOST:
                    self._ends.clear()
                why = text(f"why.{flaw}", self._language) if flaw else ""
                end = self._ends[answer, flaw] = self._end(answer, "", why)
        else:
            said = fault_text(fault, self._language)
            end = self._end(answer, fault.key, said if self._numbers else masking.text(said, LONGEST))
        if not self._numbers:
            number = masked(number)
        self._rows.append(self._row(row, number, end))

    def flush(self) -> None:
        self._write("".join(self._rows).encode("utf-8", "backslashreplace"))
        self._rows.clear()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._digest.update(data)
        self.size += len(data)

    def _given(self, row: ListRow) -> str:
        return printable(str(row.number)) if self._numbers else ""

    def _csv_row(self, row: ListRow, number: str, end: str) -> str:
        given = row.number
        if not self._numbers or not (given.isascii() and given.isdigit() and len(given) < 32):
            given = _csv((self._given(row),))
        sheet = f"{_csv((row.sheet,))}," if self._sheets else ""
        return f"{row.line},{sheet}{given},{number},{end}\r\n"

    def _json_row(self, row: ListRow, number: str, end: str) -> str:
        given = row.number
        if self._numbers and given.isascii() and given.isdigit() and len(given) < 32:
            quoted = f'"{given}"'
        else:
            quoted = _json(self._given(row)).decode()
        sheet = f'"sheet":{_json(row.sheet).decode()},' if self._sheets else ""
        return f'{{"line":{row.line},{sheet}"given":{quoted},"number":"{number}",{end}}}\n'


def _csv_end(answer: Answer, fault: str, why: str) -> str:
    times = (answer.retry_at, answer.holds_until)
    cells = (answer.verdict, ";".join(answer.reasons), *map(_written, times), fault, why)
    return _csv(cells)


def _json_end(answer: Answer, fault: str, why: str) -> str:
    return _json({**answer._asdict(), "fault": fault or None, "why": why}).decode()[1:-1]


def _csv(cells: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([guarded(cell) for cell in cells])
    return text.getvalue()


def _written(instant: datetime | None) -> str:
    """As JSON has it."""
    return _json(instant).decode().strip('"') if instant else ""
