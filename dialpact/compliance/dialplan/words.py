"""How Asterisk cuts the arguments of an application (main/app.c), with ``${}`` and ``$[]`` still in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST = 64  # arguments; Dial has five
_CALL = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*\((.*)\)\s*", re.DOTALL)
_OPENS = {"(": ")", "[": "]", "{": "}"}


def split(text: str, at: str, most: int = MOST) -> list[str]:
    """``text`` cut at each ``at`` that is in no quotes, parentheses or variable; quotes are taken off."""
    parts, current, depth, quoted, skip = [""], 0, 0, False, False
    for sign in text:
        if skip:
            skip = False
            parts[current] += sign
        elif sign == "\\":
            skip = True
        elif sign == '"' and not depth:
            quoted = not quoted
        elif sign == at and not depth and not quoted and len(parts) < most:
            parts.append("")
            current += 1
        else:
            if sign in _OPENS:
                depth += 1
            elif sign in ")]}" and depth:
                depth -= 1
            parts[current] += sign
    return parts


def arguments(data: str, most: int = MOST) -> list[str]:
    """Those of an application."""
    return [part.strip() for part in split(data, ",", most)]


def outside(text: str, wanted: str) -> int:
    """The first place of ``wanted`` that is in no parentheses, quotes or variable; -1 without one."""
    depth, quoted = 0, False
    for at, sign in enumerate(text):
        if sign == '"' and not depth:
            quoted = not quoted
        elif sign in _OPENS and sign != wanted:
            depth += 1
        elif sign in ")]}" and depth:
            depth -= 1
        elif sign == wanted and not depth and not quoted:
            return at
    return -1


def branches(data: str) -> list[str]:
    """``a`` and ``b`` of ``condition?a:b``, empty where one is left out: that branch goes on."""
    at = outside(data, "?")
    if at < 0:
        return ["", ""]
    rest = data[at + 1 :]
    colon = outside(rest, ":")
    return [rest.strip(), ""] if colon < 0 else [rest[:colon].strip(), rest[colon + 1 :].strip()]


def call(text: str) -> tuple[str, str] | None:
    """(application in lower case, arguments) of ``App(arguments)``."""
    found = _CALL.fullmatch(text)
    return (found[1].lower(), found[2]) if found else None


class Option(NamedTuple):
    letter: str
    argument: str | None = None


def options(text: str, with_argument: str) -> list[Option]:
    """Of an application's option argument: letters, each of ``with_argument`` perhaps with ``(argument)``.

    As Asterisk reads it, a letter without its closing parenthesis has none.
    """
    found: list[Option] = []
    at = 0
    while at < len(text):
        letter, at = text[at], at + 1
        if letter in with_argument and at < len(text) and text[at] == "(":
            end = _closing(text, at)
            if end < 0:
                found.append(Option(letter))
                break
            found.append(Option(letter, text[at + 1 : end].strip()))
            at = end + 1
        else:
            found.append(Option(letter))
    return [option for option in found if not option.letter.isspace()]


def _closing(text: str, at: int) -> int:
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if not depth:
            return place
    return -1


class Part(NamedTuple):
    """A piece of a text: plain, or what stands inside ``${}`` or ``$[]``."""

    text: str
    kind: str = ""  # "", "$", "["


def parts(text: str) -> Iterator[Part]:
    at = start = 0
    while at < len(text):
        if text[at] == "$" and text[at + 1 : at + 2] in ("{", "["):
            if start < at:
                yield Part(text[start:at])
            kind = "$" if text[at + 1] == "{" else "["
            end = _end(text, at + 1)
            yield Part(text[at + 2 : end], kind)
            at = start = min(end + 1, len(text))
        else:
            at += 1
    if start < len(text):
        yield Part(text[start:])


def _end(text: str, at: int) -> int:
    """Of the variable whose brace is at ``at``; the end of the text where it is not closed."""
    opens, closes = text[at], _OPENS[text[at]]
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == opens) - (text[place] == closes)
        if not depth:
            return place
    return len(text)
