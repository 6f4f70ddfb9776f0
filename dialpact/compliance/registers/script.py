"""A script: the text that agents read, and the forbidden phrases in it with their place.

1. Text and phrases are compared in their compatibility form (NFKD), without case and invisible characters.
2. Whitespace and line breaks count nowhere within a phrase; beside a Chinese character nor does punctuation
   or any other sign (``保 证，收益`` is ``保证收益``), nor does it between the words of a phrase.
3. A phrase that begins or ends with a letter or digit of an alphabet ends where the word does: ``best`` is
   not in ``bestow``.
4. A hit is told by its place in the text as it was given: line and column from 1, in characters.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime
from unicodedata import category, combining, normalize

from dialpact.compliance.model import Script, Value
from dialpact.compliance.registers.fault import Fault, shown

MOST = 256 * 1024  # bytes
CONTEXT = 30  # characters of the line on each side of a hit
GAP = 100  # signs between two characters of a phrase; more is no longer read as one phrase

_NEWLINE = re.compile("\r\n?|\u2028|\u2029")
# Neither seen nor read: format characters, variation selectors, fillers.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Scripts that are written without spaces, and Hangul.
_CHINESE = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3041-\u30ff\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)
_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"{\\rtf", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MEANT = "%&"  # punctuation that is part of what is said


class ScriptVersion(Script, frozen=True, kw_only=True):
    """With its text, and who brought it."""

    added_by: str
    added_at: datetime
    text: str

    def without_text(self) -> Script:
        return Script(**{name: getattr(self, name) for name in Script.__struct_fields__})


class Piece(Value, frozen=True, kw_only=True):
    """Of a text, in its order. ``phrases``: the forbidden ones that it is; empty: it is none."""

    text: str
    phrases: tuple[str, ...] = ()


class Hit(Value, frozen=True, kw_only=True):
    phrase: str  # as the profile lists it
    line: int
    column: int
    excerpt: str  # of that line


def read(content: bytes) -> str:
    """UTF-8 with or without BOM, or GB18030; every kind of line end becomes a newline."""
    if len(content) > MOST:
        raise Fault("script-too-large", limit=f"{MOST // 1024} KB")
    if content.startswith(_NOT_TEXT):
        raise Fault("not-plain-text")
    text = _NEWLINE.sub("\n", _decoded(content).removeprefix("\ufeff"))
    if not text.strip():
        raise Fault("empty", column="text")
    for place, character in enumerate(text):
        # What turns the direction of writing shows another text than the one that is checked.
        if (category(character) == "Cc" and character not in "\n\t") or character in _BIDI:
            line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
            raise Fault("script-control", value=shown(character), line=str(line), column=str(column))
    return text


def phrases(text: str, forbidden: Iterable[str]) -> list[Hit]:
    """Where ``text`` contains a forbidden phrase, in the order of the text."""
    folded, places = _folded(text)
    found = sorted(
        {
            (places[match.start()], phrase)
            for phrase in forbidden
            for match in _pattern(phrase).finditer(folded)
        }
    )
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return [_hit(text, phrase, place, bisect_right(starts, place), starts) for place, phrase in found]


def pieces(text: str, forbidden: Iterable[str]) -> list[Piece]:
    """The whole text, in pieces that are a forbidden phrase and pieces that are none. Of phrases that lie one
    over the other one piece is made.
    """
    folded, places = _folded(text)
    ends = _ends(places, len(text))
    spans = sorted(
        (places[match.start()], ends[match.end() - 1], phrase)
        for phrase in set(forbidden)
        for match in _pattern(phrase).finditer(folded)
    )
    found: list[Piece] = []
    past = 0
    for start, end, phrase in spans:
        if found and start < past:
            last = found[-1]
            more = text[past:end] if end > past else ""
            known = last.phrases if phrase in last.phrases else (*last.phrases, phrase)
            found[-1] = Piece(text=last.text + more, phrases=known)
        else:
            if start > past:
                found.append(Piece(text=text[past:start]))
            found.append(Piece(text=text[start:end], phrases=(phrase,)))
        past = max(past, end)
    if past < len(text):
        found.append(Piece(text=text[past:]))
    return found


def _ends(places: list[int], length: int) -> list[int]:
    """Of each compared character where the one that it comes from, with its marks, ends in the text."""
    ends = [length] * len(places)
    for place in range(len(places) - 2, -1, -1):
        ends[place] = ends[place + 1] if places[place] == places[place + 1] else places[place + 1]
    return ends


def _hit(text: str, phrase: str, place: int, line: int, starts: list[int]) -> Hit:
    start = starts[line - 1]
    column = place - start + 1
    whole = text[start : starts[line] - 1 if line < len(starts) else len(text)]
    first, last = max(0, column - 1 - CONTEXT), column - 1 + len(phrase) + CONTEXT
    excerpt = ("…" if first else "") + whole[first:last].strip() + ("…" if last < len(whole) else "")
    return Hit(phrase=phrase, line=line, column=column, excerpt=excerpt.replace("\t", " "))


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Fault("encoding")


def _folded(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and for each of its characters the place in ``text`` that it comes from."""
    folded: list[str] = []
    places: list[int] = []
    for place, cluster in _clusters(text):
        plain = cluster.lower() if cluster.isascii() else _plain(cluster)
        folded.append(plain)
        places += [place] * len(plain)
    return "".join(folded), places


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Characters with the marks on them: their order is a matter of spelling only within one cluster."""
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or not combining(text[place]):
            yield start, text[start:place]
            start = place


def _plain(cluster: str) -> str:
    plain = normalize("NFKD", normalize("NFKD", cluster).casefold())
    return _INVISIBLE.sub("", "".join(c for c in plain if category(c) != "Cf"))


def _pattern(phrase: str) -> re.Pattern[str]:
    folded, _ = _folded(phrase)
    said: list[tuple[str, bool]] = []  # each character that counts, and whether anything stood before it
    apart = False
    for character in folded:
        counts = character in _MEANT or category(character)[0] in "LNMS"
        if counts:
            said.append((character, apart))
        apart = not counts
    if not said:  # a phrase of nothing but signs
        said = [(character, False) for character in folded if not character.isspace()]
    parts = [_edge(said[0][0], before=True)]
    for place, (character, apart) in enumerate(said):
        if place:
            loose = apart or _CHINESE.match(character) or _CHINESE.match(said[place - 1][0])
            parts.append(rf"[\W_]{{0,{GAP}}}" if loose else rf"\s{{0,{GAP}}}")
        parts.append(re.escape(character))
    parts.append(_edge(said[-1][0], before=False))
    return re.compile("".join(parts))


def _edge(character: str, *, before: bool) -> str:
    """No letter goes on beside a letter, no digit beside a digit; Chinese has no such edge."""
    if not character.isalnum() or _CHINESE.match(character):
        return ""
    if character.isdecimal():
        return r"(?<!\d)" if before else r"(?!\d)"
    chinese = _CHINESE.pattern
    return rf"(?:(?<![^\W\d_])|(?<={chinese}))" if before else rf"(?!(?!{chinese})[^\W\d_])"
