"""The decision's figures as a picture: a bar for each server at each load, and a tick at its p99.

Drawn with Pillow, which reports as PDF bring along.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

WIDTH, MARGIN, NAMES, FIGURES = 900, 20, 150, 130
BAR, GAP, HEAD = 18, 8, 34
COLOURS = {"full": "#b5332c", "stub": "#2c6fb5"}
OTHER, INK, FAINT = "#9aa3ad", "#222222", "#777777"


def plot(decision: dict[str, Any], machine: dict[str, Any], path: Path) -> None:
    loads = decision["loads"]
    height = 60 + sum(HEAD + len(load["servers"]) * (BAR + GAP) + GAP for load in loads.values())
    picture = Image.new("RGB", (WIDTH, height), "white")
    pen = ImageDraw.Draw(picture)
    text, small = ImageFont.load_default(15), ImageFont.load_default(12)
    pen.text((MARGIN, 10), "A decision, from Asterisk's connect to the gate's close", INK, text)
    said = ", ".join(f"{name} {value}" for name, value in machine.items() if name != "load_before")
    pen.text((MARGIN, 32), f"bar p50, tick p99, in ms; {said}", FAINT, small)
    top = 60
    for concurrent, load in loads.items():
        servers = load["servers"]
        ratio = load["full_to"]["stub"]["p50"]
        pen.text(
            (MARGIN, top + 8), f"{concurrent} at once: full is {ratio:.2f} x the ready answer", INK, text
        )
        top += HEAD
        scale = (WIDTH - 2 * MARGIN - NAMES - FIGURES) / max(one["p99_ms"] for one in servers.values())
        for name, one in servers.items():
            left, colour = MARGIN + NAMES, COLOURS.get(name, OTHER)
            pen.text((MARGIN, top + 2), name, INK, small)
            pen.rectangle((left, top, left + one["p50_ms"] * scale, top + BAR), fill=colour)
            tick = left + one["p99_ms"] * scale
            pen.line((tick, top, tick, top + BAR), fill=colour, width=2)
            figures = f"{one['p50_ms']:.2f} / {one['p99_ms']:.1f}, {one['sessions_per_s']:.0f}/s"
            pen.text((WIDTH - MARGIN - FIGURES + 6, top + 2), figures, INK, small)
            top += BAR + GAP
        top += GAP
    picture.quantize(32).save(path, optimize=True)
