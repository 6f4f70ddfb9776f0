"""What the log says of one person's rows in a register that imports fill, against the rows that are there.

1. A row is put in by a single act, which has it whole, or by an import, which has a digest of all its rows.
2. What later acts took out or changed is put back, so that an import's rows are as it put them in.
3. ``as_of``: the act up to which rows of before were bound together; what they were then is put back, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Row = tuple[Any, ...]
Births = Callable[[str], int]  # the import at that time, by its number in the log; 0: none
NEVER = 1 << 63
# What the words of an act that a person has written by hand may raise.
ODD = (KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError)


class PersonsAct(NamedTuple):
    """One that changed a person's rows. ``detail``: as logged; of an import, what it says of the row."""

    seq: int
    at: str
    action: str
    detail: Mapping[str, Any]


class Life(NamedTuple):
    """Of one row. ``put``: as its import put it in, if one did, ``born``: that; ``based``: as it was when the
    rows of before were bound, if it was there. ``there``: it is an import's, and there still.
    """

    put: Row | None = None
    born: int = 0
    based: Row | None = None
    there: bool = False


class Difference(NamedTuple):
    """``code``: as an audit's finding; ``logged`` and ``found``: the row by its act, and in the register."""

    code: str
    seq: int | None = None
    logged: Row | None = None
    found: Row | None = None
