"""What spreadsheets and web pages put around a value, taken off: what is left is what the person wrote.

Excel is told to leave a number alone by an apostrophe before it, by ``="..."`` around it or by a tab; copied
text brings marks that nobody sees, spaces that do not break, and dashes of print.
"""

from __future__ import annotations

import re

_BACKWARDS = {0x202B, 0x202E, 0x2067}  # what they turn round was read as something else: it is refused
_UNSEEN = dict.fromkeys(
    {
        *(0xAD, 0x61C, 0x180E, 0xFEFF),  # soft hyphen, letter mark, vowel separator, BOM
        *range(0x200B, 0x2010),  # zero-width, and marks of direction
        *range(0x202A, 0x202F),  # embeddings and overrides, as in U+202D 138... U+202C
        *range(0x2060, 0x2070),  # word joiner, isolates
    }
    - _BACKWARDS
)
_SPACES = dict.fromkeys((0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " ")
_SEEN_ALIKE = _UNSEEN | _SPACES
_DASHES = dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D), "-")
_FULL_WIDTH = {0xFF01 + place: chr(0x21 + place) for place in range(94)}  # also of brackets, colon and slash
_PLAIN = _DASHES | {place: text for place, text in _FULL_WIDTH.items() if place not in _DASHES}
_APOSTROPHES = "'\u2018\u2019\u02bc\uff07"
_TOLD_BY = tuple("=+-@＝＋－＠0123456789")  # what an apostrophe guards in a text
GUARDS = ("=", *_APOSTROPHES)
"""What the value of a cell that is guarded begins with, besides what is no ASCII."""
_FORMULA = re.compile(r'=\s*"((?:[^"]|"")*)"')


def unguarded(text: str) -> str:
    r"""The value in a cell.

    >>> unguarded('="027"'), unguarded("'027"), unguarded("\u202d027\u202c")
    ('027', '027', '027')
    """
    found = (text if text.isascii() else text.translate(_SEEN_ALIKE)).strip()
    for _ in range(3):  # one may stand in the other
        if not found.startswith(GUARDS):
            break
        if formula := _FORMULA.fullmatch(found):
            found = formula[1].replace('""', '"').strip()
        elif found[0] == "=":
            break
        else:
            found = found[1:].strip().rstrip(_APOSTROPHES)
    return found


def ascii_like(text: str) -> str:
    """The value of a cell that should be in ASCII: dashes and full-width forms are those of a keyboard."""
    found = unguarded(text)
    return found if found.isascii() else found.translate(_PLAIN)


def unguarded_text(text: str) -> str:
    """Of a text for people, which may begin with an apostrophe of its own."""
    found = (text if text.isascii() else text.translate(_SEEN_ALIKE)).strip()
    if found[:1] == "=" or (found.startswith(GUARDS) and found[1:2] in _TOLD_BY):
        return unguarded(found)
    return found
