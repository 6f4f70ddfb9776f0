"""Rows as a file: CSV, or a workbook in which every cell is a text, so that Excel rounds no number.

1. CSV is UTF-8 with a BOM, without which Excel takes it for something else, and lines end in CRLF. What a
   spreadsheet would take for a formula has an apostrophe before it, which is taken off when the file is read.
2. A workbook has one sheet. Its columns are texts below the last row too, for whoever goes on there. The same
   rows make the same bytes.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import IO, Protocol
from xml.sax.saxutils import escape

from dialpact.compliance.registers.fault import Fault

MOST = 1_048_576  # rows of a sheet: Excel's own bound
MARK = b"\xef\xbb\xbf"
# A telephone number with its plus is none; signs of full width are, where Excel is set up for Chinese.
_FORMULA = re.compile(r"\s*(?:[=@＝＠]|[-+－＋](?![-0-9+() ]*\Z))")
_WIDTH = 24  # characters of a column
_NEW = (1980, 1, 1, 0, 0, 0)  # the time of everything in the archive
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET = "xl/worksheets/sheet1.xml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/{_SHEET}" ContentType="{_TYPES}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}"><sheets>'
    '<sheet name="dialpact" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATED}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_RELATED}/styles" Target="styles.xml"/></Relationships>',
    # The second style is number format 49, which is text.
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


class Written(Protocol):
    """A file that is being written."""

    def add(self, rows: Iterable[Sequence[str]]) -> None: ...

    def end(self) -> None: ...


def written(file: IO[bytes], name: str, header: Sequence[str]) -> Written:
    """By the ending of the file's name. ``file`` is only written to, and from its beginning on.

    Fault for the ending of a kind of file that is not written.
    """
    ending = name.lower().rpartition(".")[2]
    if ending in ("xls", "xlsm", "xlsb", "ods", "numbers"):
        raise Fault("not-written", file=name)
    made = _Workbook(file, len(header)) if ending == "xlsx" else _Text(file)
    made.add([header])
    return made


class _Text:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._file.write(MARK)

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows([guarded(cell) for cell in row] for row in rows)
        self._file.write(text.getvalue().encode())

    def end(self) -> None:
        """Nothing is left to write."""


class _Workbook:
    def __init__(self, file: IO[bytes], columns: int) -> None:
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        for name, content in _PARTS.items():
            self._archive.writestr(_entry(name), _XML + content)
        self._sheet = self._archive.open(_entry(_SHEET), "w", force_zip64=True)
        self._sheet.write(
            f'{_XML}<worksheet xmlns="{_MAIN}"><cols><col min="1" max="{columns}" width="{_WIDTH}" style="1" '
            'customWidth="1"/></cols><sheetData>'.encode()
        )
        self._rows = 0

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        lines = []
        for row in rows:
            cells = "".join(f'<c s="1" t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row)
            lines.append(f"<row>{cells}</row>")
        self._rows += len(lines)
        if self._rows > MOST:
            raise Fault("sheet-full", limit=str(MOST))
        self._sheet.write("".join(lines).encode())

    def end(self) -> None:
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()
        self._archive.close()


def _entry(name: str) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name, _NEW)
    found.compress_type = zipfile.ZIP_DEFLATED
    return found


def guarded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
