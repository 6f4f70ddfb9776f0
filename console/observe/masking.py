"""No telephone number in a log line, whoever put it there: a rule, a library, an exception's text.

What looks like a number is masked in every text of an event, however deep. What only looks alike is known by
its form and kept: ids in hexadecimal, Asterisk's unique ids and channel serials, instants, measured values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from compliance.numbers import masked

MOST = 4000  # characters of one text; a line must stay one that a person and a journal can take
DEEPEST = 12
_TEXT = re.compile(
    r"(?P<keep>"
    r"(?<![0-9A-Za-z])[0-9a-f]{32,64}(?![0-9A-Za-z])"  # a decision, a SHA-256
    r"|(?<![0-9A-Za-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9A-Za-z])"  # a UUID
    r"|(?<![\w.])1[0-9]{9}\.[0-9]{1,9}(?![\w.])"  # an Asterisk unique id
    r"|-0[0-9a-f]{7}(?:;[12])?(?![0-9A-Za-z])"  # a channel's serial
    r"|0x[0-9a-f]{4,16}(?![0-9A-Za-z])"
    r"|(?<!\d)[0-9]{4}-[01][0-9]-[0-3][0-9](?!\d)"  # a day, an instant
    r"(?:[T ][0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?)?"
    r"|(?<![\w.])[0-9]{1,6}\.[0-9]{1,9}(?![\w.])"  # a measured value
    r")"
    # Digits of any script, with what people put between them.
    r"|\+?\d(?:[ \u00a0()\-\u2010-\u2015.]{0,2}\d){6,}"
)
# Nothing that a reader could take for another line, or a terminal for a command.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_BREAK = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def mask(text: str, *, lines: bool = False) -> str:
    """``text`` without numbers, without control characters, and not longer than ``MOST``.

    ``lines``: a traceback, which keeps its line breaks.
    """
    if len(text) > MOST:
        text = f"{text[:MOST]}... ({len(text)} characters)"
    shown = _TEXT.sub(_hidden, text)
    return (_CONTROL if lines else _BREAK).sub(lambda found: f"\\x{ord(found[0]):02x}", shown)


def _hidden(found: re.Match[str]) -> str:
    if found["keep"]:
        return found[0]
    digits = "".join(str(int(sign)) for sign in found[0] if sign.isdecimal())
    return masked(digits)


def masking(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor; it stands behind everything that adds to an event."""
    for name, value in event.items():
        event[name] = _walk(value, name)
    return event


def _walk(value: Any, name: str, depth: int = 0) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth < DEEPEST:
        if isinstance(value, Mapping):
            return {mask(str(key)): _walk(item, name, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset | dict):
            return [_walk(item, name, depth + 1) for item in value]
    return mask(str(value), lines=name in ("exception", "stack"))
