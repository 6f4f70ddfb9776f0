"""What was promised of a call when it was decided: how long its recordings, and what is known of it, stay.

1. A decision has it in its own record (``retention``), which its leaf binds.
2. One from before that was noted names its profiles, whose texts are in the log of changes or ship.
3. Where a text is not there, or is none any more, the longest of all that are known counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import cached_property

import msgspec

from dialpact.compliance import profile
from dialpact.compliance.errors import ProfileError
from dialpact.compliance.model import PolicyVersion, Term
from dialpact.compliance.profile import Profile
from dialpact.compliance.retention import last_day
from dialpact.store.units.database import Connection
from dialpact.store.units.statements import statements

SQL = statements("terms")


class _Promised(msgspec.Struct, frozen=True):
    """Of a decision's record, what counts here."""

    retention: tuple[Term, ...] | None = None
    policy: tuple[PolicyVersion, ...] = ()


_decoder = msgspec.json.Decoder(_Promised)


class Terms:
    """Of the decisions that one connection reads, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._found: dict[str, Sequence[Term]] = {}  # by a profile's SHA-256

    def last_day(self, record: str, at: datetime) -> date | None:
        """The last day on which all of it must still be there, for a call at ``at``; None: nothing was said.

        ``record``: the decision's own.
        """
        return last_day(at, self._promised(record))

    def _promised(self, record: str) -> Sequence[Term]:
        try:
            said = _decoder.decode(record)
        except msgspec.MsgspecError:  # somebody has changed it: whoever erases finds that out by its leaf
            return self._longest
        if said.retention is not None:
            return said.retention
        return [term for version in said.policy for term in self._of(version.sha256)]

    def _of(self, sha256: str) -> Sequence[Term]:
        if sha256 not in self._found:
            row = SQL.profile_text(self._connection, sha256=sha256)
            text = row["text"] if row else None
            if text is None or hashlib.sha256(text.encode()).hexdigest() != sha256:
                text = self._shipped.get(sha256)
            self._found[sha256] = self._longest if (terms := _terms(text)) is None else terms
        return self._found[sha256]

    @cached_property
    def _shipped(self) -> dict[str, str]:
        return {found.sha256: found.text for found in _shipped()}

    @cached_property
    def _longest(self) -> Sequence[Term]:
        texts = [*(row["text"] for row in SQL.profile_texts(self._connection)), *self._shipped.values()]
        return [term for text in texts for term in _terms(text) or ()]


def _shipped() -> Iterator[Profile]:
    return map(profile.load, profile.names())


def _terms(text: str | None) -> Sequence[Term] | None:
    """None: that can not be known any more."""
    try:
        found = profile.parse(text.encode(), "") if text is not None else None
    except (ProfileError, UnicodeError):
        return None
    return profile.terms((found,)) if found else None
