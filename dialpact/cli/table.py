"""Rows for people, in at most so many columns of a terminal: a table where it fits, else a card a row.

On a card short values stand side by side, ``Heading: value``; a long one has lines of its own. Nothing is cut
but ids, as git cuts them: every command that takes an id takes the beginning of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

FITS = 100  # columns: of a page, an e-mail, a terminal beside another window
NARROWEST = 40  # below, a terminal's own folding is no worse
SHORT_ID = 12  # hex digits of 32: among a million ids two that begin alike are seldom
SHORT = 40  # columns of a value that stands beside others
GAP = "   "
INDENT = "    "
_ID = re.compile(r"(?<![^\s,])[0-9a-f]{32}(?![^\s,])")
# Where a line may break: behind a blank, and on both sides of a character as wide as two.
_PIECES = re.compile(r"[^\s\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\ufe30-\uffef]+\s*|.\s*", re.DOTALL)


def short_ids(text: str) -> str:
    """Each whole id by its first digits; one within a path or other text stays."""
    return _ID.sub(lambda found: found[0][:SHORT_ID], text)


def visible(text: str) -> str:
    r"""A control character as ``\xNN``: what is in a cell moves no cursor and begins no line.

    >>> visible("a\x1b[2J")
    'a\\x1b[2J'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def fits(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether a table of them is no wider."""
    columns = zip(headings, *rows, strict=True)
    return sum(max(map(cell_len, column)) + len(GAP) for column in columns) - len(GAP) <= width


def cards(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Lines. Between two cards is an empty one; what is empty is left out."""
    for place, row in enumerate(rows):
        if place:
            yield ""
        line, indent = "", ""
        for heading, value in zip(headings, row, strict=True):
            if not value:
                continue
            pair = f"{heading}: {value}"
            if cell_len(value) <= SHORT and cell_len(line + GAP + pair) <= width and line:
                line += GAP + pair
                continue
            if line:
                yield line
                indent = INDENT
            *whole, line = wrapped(indent + pair, width, INDENT * 2)
            yield from whole
            if cell_len(value) > SHORT:
                yield line
                line, indent = "", INDENT
        if line:
            yield line


def wrapped(text: str, width: int, indent: str) -> Iterator[str]:
    """``text`` in lines, with ``indent`` behind the first. Inside is broken only what is longer than one."""
    line = ""
    for piece in _PIECES.findall(text.replace("\n", " ")) if text.strip() else [text]:
        while cell_len(line + piece.rstrip()) > width:
            if line.strip():
                yield line.rstrip()
                line = indent
                if cell_len(line + piece.rstrip()) <= width:
                    break
            end = len(piece)
            while cell_len(line + piece[:end]) > width:
                end -= 1
            yield line + piece[:end]
            line, piece = indent, piece[end:]
        line += piece
    yield line.rstrip()
