"""What the sections of a profile have in common: where they come from, from when on and whom they bind.

A check raises ValueError with the key first (``windows: must not be empty``), whether the section comes from
a file or from code; ``dialpact.compliance.profile`` adds file and line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from dialpact.compliance.model import ANY, PURPOSES
from dialpact.compliance.numbers import REGIONS


class Clause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every section says about its origin."""

    clause: str  # the original wording
    source: str  # where it can be read; says so when it is known from the press only
    looked_up: date | None = None  # when somebody last read the source
    unconfirmed: str = ""  # what of it could not be confirmed then, in words; empty: all of it was

    def __post_init__(self) -> None:
        require(bool(self.source.strip()), "source", "must not be empty")


class Section(Clause, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule that binds from a date on, for some purposes."""

    effective_from: date  # first local day
    purposes: tuple[str, ...]  # of compliance.model.PURPOSES, or ("*",)

    def __post_init__(self) -> None:
        super().__post_init__()
        require(bool(self.clause.strip()), "clause", "must not be empty")
        require_some("purposes", self.purposes, (*PURPOSES, ANY))
        alone = ANY not in self.purposes or len(self.purposes) == 1
        require(alone, "purposes", f'"{ANY}" means all: name nothing else beside it')

    def binds(self, purpose: str) -> bool:
        return purpose in self.purposes or ANY in self.purposes


class Numbers(Clause, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who can be a callee at all. Has no date and no purposes: what is no number is never dialled."""

    clause: str = ""  # no covenant needs to say it
    regions: tuple[str, ...]  # ISO 3166

    def __post_init__(self) -> None:
        super().__post_init__()
        require_some("regions", self.regions, REGIONS)


def require(holds: bool, key: str, reason: str) -> None:
    if not holds:
        raise ValueError(f"{key}: {reason}")


def require_some(key: str, values: Sequence[str], known: Sequence[str]) -> None:
    """At least one, each known, none twice."""
    require(bool(values), key, "must not be empty")
    for value in values:
        require(value in known, key, f"unknown {value!r}; known: {', '.join(known)}")
    require(len(set(values)) == len(values), key, "lists something twice")
