"""The kinds of cell that several registers share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

from dialpact.compliance.model import ANY
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.guarded import GUARDS, ascii_like, unguarded, unguarded_text
from dialpact.compliance.registers.meanings import NO, YES, any_of, plain, value_of

T = TypeVar("T", bound=str)

LONGEST = 500  # characters of a free text
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[\w.-]{1,64}")  # \w: letters and digits of any script, and the underscore
_SEPARATOR = re.compile(r"[;|,\s；，、]+")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")  # what JSON's readers keep whole


def identifier(text: str, column: str) -> str:
    """The id of a business, campaign or industry, in NFC: what looks alike is alike."""
    return _identifier(text.strip(), column)


@lru_cache(1024)
def _identifier(text: str, column: str) -> str:
    found = unicodedata.normalize("NFC", unguarded(text))
    if not found:
        raise Fault("empty", column=column)
    if not _ID.fullmatch(found):
        raise Fault("bad-id", column=column, value=shown(found))
    return found


def any_identifier(text: str, column: str) -> str:
    """Of a filter: nothing stays nothing."""
    return identifier(text, column) if text else ""


def free_text(text: str, column: str, *, needed: bool = True) -> str:
    """One line of text for people."""
    found = text.strip()
    if not found.isascii() or found.startswith(GUARDS):
        found = unicodedata.normalize("NFC", unguarded_text(found))
    if needed and not found:
        raise Fault("empty", column=column)
    if len(found) > LONGEST:
        raise Fault("too-long", column=column, limit=str(LONGEST))
    if not found.isprintable():
        raise Fault("unprintable", column=column, value=shown(found))
    return found


def sha256(text: str, column: str) -> str:
    """A SHA-256 as programs print it, in lower case."""
    found = ascii_like(text).lower()
    if not _SHA256.fullmatch(found):
        raise Fault("bad-sha256", column=column, value=shown(text))
    return found


def choice(text: str, column: str, known: Sequence[T]) -> T:
    found = text.strip().lower()
    if found not in known:
        found = unguarded(text).lower()
    meant = found if found in known else value_of(found, column)
    for value in known:
        if value == meant:
            return value
    if not found:
        raise Fault("empty", column=column)
    raise Fault("unknown-value", column=column, value=shown(text), known=", ".join(known))


def yes_or_no(text: str, column: str) -> bool:
    found = plain(unguarded(text))
    if found in YES:
        return True
    if found in NO:
        return False
    raise Fault("yes-or-no", column=column, value=shown(text))


def whole_number(text: str, column: str) -> int:
    found = ascii_like(text)
    if not _WHOLE.fullmatch(found):
        raise Fault("whole-number", column=column, value=shown(text))
    return int(found)


def several(values: Sequence[str], column: str) -> tuple[str, ...]:
    """Names from lists (``a; b``), each once. Never empty: that would permit nothing."""
    found = tuple(
        dict.fromkeys(any_of(name) for value in values for name in _SEPARATOR.split(unguarded(value)) if name)
    )
    if not found:
        raise Fault("name-one", column=column)
    if ANY in found and len(found) > 1:
        raise Fault("any-alone", column=column)
    return found
