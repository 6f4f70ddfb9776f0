"""``python docs/picture/draw.py``: draws call.en.svg and call.zh.svg from call.toml. Needs only Python.

Boxes stand on a grid. An arrow within a row is straight; one that stays in its column goes down, or round the
right side of what is between; one to a column on the left runs in the gap above its target's row.
"""

from __future__ import annotations

import tomllib
from html import escape
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
WIDE, HIGH, GAP, SPACE, TOP, EDGE = 286, 52, 56, 42, 64, 14
TONES = {
    "plain": ("#eef3fb", "#4a6fa5"),
    "good": ("#e9f6ec", "#2e8b57"),
    "bad": ("#fdecea", "#c0392b"),
    "kept": ("#fdf6e3", "#b8860b"),
}
FONT = "'Noto Sans','Noto Sans CJK SC','Microsoft YaHei','PingFang SC','WenQuanYi Micro Hei',sans-serif"


def svg(language: str) -> str:
    """The picture in one language, as the text of an SVG file."""
    source = tomllib.loads((FOLDER / "call.toml").read_text("utf-8"))
    boxes = {box["id"]: box for box in source["box"]}
    rows = 1 + max(box["at"][1] for box in source["box"])
    width = 2 * EDGE + len(source["column"]) * (WIDE + GAP) - GAP + 20
    height = TOP + rows * (HIGH + SPACE) - SPACE + EDGE
    title = escape(source["title"][language])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{title}" font-family="{FONT}">',
        f"<title>{title}</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>',
        f'<rect width="{width}" height="{height}" rx="8" fill="#fff"/>',
    ]
    for place, column in enumerate(source["column"]):
        x = _left(place)
        parts.append(
            f'<rect x="{x - 10}" y="{EDGE}" width="{WIDE + 20}" height="{height - 2 * EDGE + 6}" rx="8" '
            'fill="#f7f7f8"/>'
        )
        parts.append(_text(x + WIDE / 2, EDGE + 24, column[language], 'font-size="16" font-weight="bold"'))
    parts += [_arrow(boxes, arrow, language) for arrow in source["arrow"]]
    parts += [_box(box, language) for box in source["box"]]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _left(column: int) -> int:
    return EDGE + 10 + column * (WIDE + GAP)


def _above(row: int) -> int:
    return TOP + row * (HIGH + SPACE)


def _text(x: float, y: float, words: str, style: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" fill="#222" {style}>{escape(words)}</text>'


def _box(box: dict[str, Any], language: str) -> str:
    x, y = _left(box["at"][0]), _above(box["at"][1])
    fill, line = TONES[box.get("tone", "plain")]
    bold, small = box[language]
    return (
        f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="6" fill="{fill}" stroke="{line}"/>'
        + _text(x + WIDE / 2, y + 22, bold, 'font-size="14" font-weight="bold"')
        + _text(x + WIDE / 2, y + 41, small, 'font-size="12"')
    )


def _arrow(boxes: dict[str, Any], arrow: dict[str, str], language: str) -> str:
    (column, row), (to_column, to_row) = boxes[arrow["from"]]["at"], boxes[arrow["to"]]["at"]
    if row == to_row:
        right = to_column > column
        y = _above(row) + HIGH / 2
        start, end = _left(column) + WIDE * right, _left(to_column) + WIDE * (not right)
        path, label = f"M{start} {y:g}H{end}", ((start + end) / 2, y - 6)
    elif column == to_column and to_row == row + 1:
        x = _left(column) + WIDE / 2
        path, label = f"M{x:g} {_above(row) + HIGH}V{_above(to_row)}", (x + 30, _above(to_row) - 16)
    elif column == to_column:
        side = _left(column) + WIDE
        y, end = _above(row) + HIGH / 2, _above(to_row) + HIGH / 2
        path, label = f"M{side} {y:g}h18V{end:g}H{side}", (side + 18, y)
    else:
        # Backwards in the flow: left of the middle, the farther one more so, and in right of it.
        x = _left(column) + WIDE / 2 - 40 * (to_row - row)
        turn, end = _above(to_row) - SPACE / 2, _left(to_column) + WIDE / 2 + 80
        path = f"M{x:g} {_above(row) + HIGH}V{turn:g}H{end:g}V{_above(to_row)}"
        label = ((x + end) / 2, turn - 5)
    drawn = f'<path d="{path}" fill="none" stroke="#555" stroke-width="1.5" marker-end="url(#tip)"/>'
    return drawn + (_text(*label, arrow[language], 'font-size="12"') if language in arrow else "")


def main() -> None:
    for language in ("en", "zh"):
        (FOLDER / f"call.{language}.svg").write_text(svg(language), "utf-8")


if __name__ == "__main__":
    main()
