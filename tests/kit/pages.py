"""The fenced blocks of a page."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page: str) -> list[tuple[str, str]]:
    """Language and text of each."""
    return _FENCE.findall((FOLDER / page).read_text("utf-8"))


def code(page: str) -> list[str]:
    return [text for language, text in blocks(page) if language == "python"]
