"""Workbooks as text: what a program wrote into a .xlsx, part by part, and the zip that it makes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TYPES = f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="x"/></Types>'

Cell = str | int | float | bool | None


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip that is the same whenever it is made."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def links(*targets: tuple[str, str]) -> str:
    """``targets``: kind and part."""
    made = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target={quoteattr(target)}/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{made}</Relationships>'


def parts(
    sheets: Mapping[str, str],
    *,
    hidden: Sequence[str] = (),
    formats: Sequence[str | int] = (),
    strings: Sequence[str] | None = None,
    since_1904: bool = False,
) -> dict[str, str | bytes]:
    """``sheets``: the rows of each as XML. ``formats``: of styles 1, 2, ...; ``strings``: shared, as XML."""
    found: dict[str, str | bytes] = {"[Content_Types].xml": TYPES}
    found["_rels/.rels"] = links(("officeDocument", "xl/workbook.xml"))
    targets = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1)]
    targets += [("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")]
    found["xl/_rels/workbook.xml.rels"] = links(*targets)
    states = dict.fromkeys(hidden, ' state="hidden"')
    names = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"{states.get(name, "")}/>'
        for number, name in enumerate(sheets, 1)
    )
    properties = '<workbookPr date1904="1"/>' if since_1904 else ""
    found["xl/workbook.xml"] = (
        f'{_HEAD}<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}">{properties}<sheets>{names}</sheets></workbook>'
    )
    custom = "".join(
        f'<numFmt numFmtId="{164 + number}" formatCode={quoteattr(code)}/>'
        for number, code in enumerate(formats)
        if isinstance(code, str)
    )
    styles = '<xf numFmtId="0"/>' + "".join(
        f'<xf numFmtId="{164 + number if isinstance(code, str) else code}"/>'
        for number, code in enumerate(formats)
    )
    found["xl/styles.xml"] = (
        f'{_HEAD}<styleSheet xmlns="{MAIN}"><numFmts>{custom}</numFmts><cellStyleXfs><xf numFmtId="14"/>'
        f"</cellStyleXfs><cellXfs>{styles}</cellXfs></styleSheet>"
    )
    if strings is not None:
        shared = "".join(f"<si>{text}</si>" for text in strings)
        found["xl/sharedStrings.xml"] = f'{_HEAD}<sst xmlns="{MAIN}">{shared}</sst>'
    for number, rows in enumerate(sheets.values(), 1):
        found[f"xl/worksheets/sheet{number}.xml"] = sheet(rows)
    return found


def sheet(rows: str, before: str = "") -> str:
    """``before``: what stands before the rows, such as hidden columns."""
    return f'{_HEAD}<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData></worksheet>'


def row(*cells: Cell | tuple[float | str, int], number: int | None = None, attributes: str = "") -> str:
    """A row of values; a tuple is a number and its style. A cell that begins with ``<`` is XML already."""
    place = f' r="{number}"' if number else ""
    return f"<row{place}{attributes}>{''.join(map(_cell, cells))}</row>"


def table(*rows: Sequence[Cell | tuple[float | str, int]]) -> str:
    return "".join(row(*cells) for cells in rows)


def _cell(value: Cell | tuple[float | str, int]) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, tuple):
        return f'<c s="{value[1]}"><v>{value[0]}</v></c>'
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return value if value.startswith("<c") else f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"
