"""A report as one flat CSV: section, key, value.

One file and not a folder of them: it opens in any spreadsheet by itself, and whoever wants tables takes the
JSON, of which this is a listing in the same order and under the same names. UTF-8 with BOM, without which
Excel takes it for something else; lines end in CRLF (RFC 4180).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import msgspec

# What a spreadsheet takes for a formula. A text that begins so gets an apostrophe, which makes it text.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_of(report: msgspec.Struct | dict[str, Any]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("section", "key", "value"))
    for section, value in msgspec.to_builtins(report).items():
        for key, cell in _flat(value, ""):
            writer.writerow((section, _safe(key), _safe(cell)))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _flat(value: Any, key: str) -> Iterator[tuple[str, object]]:
    """``uses.2.number``: the second of them. An empty list is a row of its own: it was asked for."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list | tuple) and value:
        for place, inner in enumerate(value, 1):
            yield from _flat(inner, f"{key}.{place}" if key else str(place))
    else:
        yield key, "" if value is None or value in ([], (), {}) else value


def _safe(cell: object) -> object:
    """A number stays a number, whatever its sign: only texts are guarded."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        text = cell.replace("\x00", "")
        return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
    return cell
