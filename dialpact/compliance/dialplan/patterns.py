"""Extensions: what a pattern takes, and how it is matched."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

FEW = 16  # numbers that a pattern is written out to
_CLASSES = {"X": "0123456789", "Z": "123456789", "N": "23456789"}


@lru_cache(65536)
def places(pattern: str) -> tuple[str, ...]:
    """The characters that may stand at each place of ``_PATTERN``; ``.`` and ``!`` for what is open-ended."""
    found: list[str] = []
    at = 1
    while at < len(pattern):
        sign, at = pattern[at], at + 1
        if sign in " -":
            continue
        if sign in ".!":
            found.append(sign)
            break
        if sign == "[" and (end := pattern.find("]", at)) >= 0:
            found.append(_some(pattern[at:end]))
            at = end + 1
        else:
            found.append(_CLASSES.get(sign.upper(), sign))
    return tuple(found)


def _some(inside: str) -> str:
    signs = re.sub(
        r"(.)-(.)", lambda m: "".join(chr(c) for c in range(ord(m[1]), min(ord(m[2]) + 1, 0x250))), inside
    )
    return signs or "]"


def is_pattern(extension: str) -> bool:
    return extension.startswith("_")


def is_open(extension: str) -> bool:
    """Whether any text may follow."""
    return is_pattern(extension) and bool(found := places(extension)) and found[-1] in (".", "!")


def signs(extension: str) -> str:
    """All that may be in a number it takes."""
    return "".join(sorted(set("".join(places(extension)))))


def few(extension: str) -> list[str]:
    """The numbers it takes, where they are few; else none."""
    if not is_pattern(extension):
        return [extension]
    if is_open(extension):
        return []
    choices, total = places(extension), 1
    for choice in choices:
        total *= len(choice)
        if total > FEW:
            return []
    return ["".join(one) for one in product(*choices)]


def takes(extension: str, number: str) -> bool:
    """Whether a call to ``number`` can be the extension's."""
    if not is_pattern(extension):
        return extension == number
    choices = places(extension)
    for at, choice in enumerate(choices):
        if choice == "!":
            return True
        if choice == ".":
            return len(number) > at
        if at >= len(number) or number[at] not in choice:
            return False
    return len(number) == len(choices)


def meets(one: str, other: str) -> bool:
    """Whether some number is taken by both."""
    if not is_pattern(one):
        return takes(other, one)
    if not is_pattern(other):
        return takes(one, other)
    ours, theirs = places(one), places(other)
    for at in range(max(len(ours), len(theirs)) + 1):
        a, b = ours[at : at + 1], theirs[at : at + 1]
        if a in ((".",), ("!",)) or b in ((".",), ("!",)):
            return True
        if not a or not b:
            return a == b
        if not set(a[0]) & set(b[0]):
            return False
    return True
