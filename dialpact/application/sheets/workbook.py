"""A workbook (.xlsx) as sheets of rows. Its parts are found as the format says, whatever they are called.

openpyxl, which reads most workbooks, is what our tests hold this to. It is not used here: its read-only mode
takes five times as long, keeps all shared texts, does not say which rows are hidden, takes the Chinese date
formats (27 to 36, 50 to 58) for numbers, and gives up over a style or a property that no list needs.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Sequence
from typing import BinaryIO

from dialpact.application.sheets.archive import Archive
from dialpact.application.sheets.numbers import Style
from dialpact.application.sheets.strings import Strings
from dialpact.application.sheets.worksheet import Shared, Worksheet
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.sheet import Remark

MOST = 100  # sheets
_PIECE = 1 << 20


class Workbook:
    """:class:`~dialpact.compliance.registers.sheet.Sheets` of a workbook: those that are not empty."""

    def __init__(self, file: BinaryIO, only: Sequence[str] = ()) -> None:
        """``only``: the names of the sheets that are wanted; else all."""
        file.seek(0)
        digest = hashlib.sha256()
        while piece := file.read(_PIECE):
            digest.update(piece)
        self.sha256 = digest.hexdigest()
        self.archive = Archive(file)
        main = self._main()
        links = self._links(main)
        since_1904, listed = self._book(main, links)
        texts = _first(links, "sharedStrings")
        strings = Strings.of(self.archive, texts) if texts in self.archive else Strings()
        shared = Shared(self.archive, strings, self._styles(_first(links, "styles")), since_1904)
        found = [Worksheet(shared, name, part, hidden=hidden) for name, part, hidden in listed]
        if unknown := set(only) - {sheet.name for sheet in found}:
            names = ", ".join(shown(sheet.name) for sheet in found)
            raise Fault("no-sheet", sheet=shown(min(unknown)), sheets=names)
        self.sheets = [sheet for sheet in found if sheet.name in (only or (sheet.name,)) and sheet.head()]
        self.archive.read = 0
        self.size = sum(self.archive.size(sheet.part) for sheet in self.sheets)

    @property
    def position(self) -> int:
        """Bytes of sheets that were read, as they are unpacked."""
        return self.archive.read

    @property
    def remarks(self) -> list[Remark]:
        """What Excel does not show, and is read all the same."""
        found = []
        if hidden := [shown(sheet.name) for sheet in self.sheets if sheet.hidden]:
            found.append(Remark("hidden-sheets", {"sheets": ", ".join(hidden)}))
        if rows := sum(sheet.hidden_rows for sheet in self.sheets):
            found.append(Remark("hidden-rows", {"rows": str(rows)}))
        if columns := sum(sheet.hidden_columns for sheet in self.sheets):
            found.append(Remark("hidden-columns", {"columns": str(columns)}))
        return found

    def _main(self) -> str:
        links = self._links("")
        return _first(links, "officeDocument") or "xl/workbook.xml"

    def _links(self, part: str) -> dict[str, tuple[str, str]]:
        """Of a part, by id: what is linked (``worksheet``), and which part that is. Empty: of the package."""
        folder, name = posixpath.split(part)
        found: dict[str, tuple[str, str]] = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                target = posixpath.join("/", folder, attributes["Target"].replace("\\", "/"))
                kind = attributes["Type"].rpartition("/")[2]
                found[attributes["Id"]] = kind, posixpath.normpath(target).lstrip("/")

        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels in self.archive:
            self.archive.walk(rels, start)
        return found

    def _book(self, main: str, links: dict[str, tuple[str, str]]) -> tuple[bool, list[tuple[str, str, bool]]]:
        """Whether days are counted from 1904, and the sheets: name, part, hidden. A chart is none."""
        since_1904 = False
        found: list[tuple[str, str, bool]] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal since_1904
            if name == "workbookPr":
                since_1904 = since_1904 or attributes.get("date1904") in ("1", "true")
            elif name == "sheet":
                kind, part = links.get(attributes.get("id", ""), ("worksheet", ""))
                if kind == "worksheet":
                    hidden = attributes.get("state", "visible") != "visible"
                    found.append((attributes["name"], part, hidden))

        self.archive.walk(main, start)
        if len(found) > MOST:
            raise Fault("workbook-too-large")
        return since_1904, found

    def _styles(self, part: str) -> list[Style]:
        """What the number formats of the cells show, by the number that a cell has of its style."""
        codes: dict[int, str] = {}
        found: list[int] = []
        inside = ""

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal inside
            if name == "numFmt":
                codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
            elif name in ("cellXfs", "cellStyleXfs", "dxfs"):
                inside = name
            elif name == "xf" and inside == "cellXfs":
                found.append(int(attributes.get("numFmtId", 0)))

        if part in self.archive:
            self.archive.walk(part, start)
        made = {number: Style(number, codes.get(number, "")) for number in set(found)}
        return [made[number] for number in found]


def _first(links: dict[str, tuple[str, str]], kind: str) -> str:
    return next((part for found, part in links.values() if found == kind), "")
