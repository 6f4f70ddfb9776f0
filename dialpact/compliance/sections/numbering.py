"""Which caller IDs a call of some purpose may show: 140 for advertising, never 700."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cached_property

import msgspec

from dialpact.compliance.model import PURPOSES
from dialpact.compliance.sections.base import Section, require, require_some

_FORM = re.compile(r"\+?[0-9]+X*\.?")
_COUNTRY = re.compile(r"[1-9][0-9]{0,2}")
LONGEST_FORM = 24  # characters, as of a caller ID


class CallerIdRange(msgspec.Struct, dict=True, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call that it binds shows one of ``only``, and none of ``never``.

    A form is a caller ID with ``X`` for any one digit and ``.``, at its end, for one or more of them, as in
    Asterisk's dialplan: ``1600XXXXXX``, ``700.``.
    """

    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()  # empty: those of the section
    industries: tuple[str, ...] = ()  # as campaigns are registered with; empty: all
    country: str = ""  # calling code, which may stand before a form: 34 for +34, 0034 and 34
    effective_from: date | None = None  # where it is later than the section's
    source: str = ""  # where it is another one than the section's

    def __post_init__(self) -> None:
        some = bool(self.only or self.never)
        require(some, "ranges", "one names neither only nor never: it would say nothing")
        for key in ("only", "never"):
            forms: tuple[str, ...] = getattr(self, key)
            for form in forms:
                good = bool(_FORM.fullmatch(form)) and len(form) <= LONGEST_FORM
                require(good, key, f"{form!r} is no form of a caller ID: 1600XXXXXX, 700.")
            require(len(set(forms)) == len(forms), key, "lists something twice")
        if self.purposes:
            require_some("purposes", self.purposes, PURPOSES)
        require(all(name.strip() for name in self.industries), "industries", "contains an empty name")
        require(len(set(self.industries)) == len(self.industries), "industries", "lists something twice")
        good = not self.country or bool(_COUNTRY.fullmatch(self.country))
        require(good, "country", "a calling code: 1 to 3 digits without a plus")

    def shown_rightly(self, caller_id: str) -> bool:
        """Whether ``only`` permits it."""
        return not self.only or bool(self._only.fullmatch(caller_id))

    def shown_wrongly(self, caller_id: str) -> bool:
        """Whether ``never`` forbids it."""
        return bool(self.never) and bool(self._never.fullmatch(caller_id))

    # The country's code without a sign may be the beginning of a number of another range. What is forbidden
    # is forbidden then, too; what is permitted is so only where the form says how many digits there are.

    @cached_property
    def _only(self) -> re.Pattern[str]:
        return self._pattern(self.only, [not form.endswith(".") for form in self.only])

    @cached_property
    def _never(self) -> re.Pattern[str]:
        return self._pattern(self.never, [True for _ in self.never])

    def _pattern(self, forms: Sequence[str], bare: Sequence[bool]) -> re.Pattern[str]:
        return re.compile("|".join(map(self._one, forms, bare)))

    def _one(self, form: str, bare: bool) -> str:
        digits = re.escape(form.rstrip("X.")) + "[0-9]" * form.count("X") + "[0-9]+" * form.endswith(".")
        if not self.country or form.startswith("+"):
            return digits
        return rf"(?:\+{self.country}|00{self.country}{f'|{self.country}' if bare else ''})?{digits}"


class CallerIdRanges(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each of the ranges binds by itself: a call passes those that are for its purpose and industry."""

    ranges: tuple[CallerIdRange, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        require(bool(self.ranges), "ranges", "must not be empty")
        require(len(set(self.ranges)) == len(self.ranges), "ranges", "lists something twice")
        for one in self.ranges:
            for purpose in one.purposes:
                bound = self.binds(purpose)
                require(bound, "ranges", f"one is for {purpose}, which the section does not bind")
            late = one.effective_from is None or one.effective_from >= self.effective_from
            require(late, "ranges", f"one begins on {one.effective_from}, before the section does")
