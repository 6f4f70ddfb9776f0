"""Which caller IDs a call of some purpose may show: 140 for advertising, never 700."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property

import msgspec

from dialpact.compliance.model import PURPOSES
from dialpact.compliance.sections.base import require, require_some

_FORM = re.compile(r"\+?[0-9]+X*\.?")
_COUNTRY = re.compile(r"[1-9][0-9]{0,2}")
LONGEST_FORM = 24  # characters, as of a caller ID


class CallerIdRange(msgspec.Struct, dict=True, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call that it binds shows one of ``only``, and none of ``never``. Each binds by itself.

    A form is a caller ID with ``X`` for any one digit and ``.``, at its end, for one or more of them, as in
    Asterisk's dialplan: ``1600XXXXXX``, ``700.``.
    """

    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()  # empty: those of the section
    industries: tuple[str, ...] = ()  # as campaigns are registered with; empty: all
    country: str = ""  # calling code, which may stand before a form: 34 for +34, 0034 and 34
    # Where these are other than the section's.
    effective_from: date | None = None  # not before that
    clause: str = ""
    source: str = ""
    looked_up: date | None = None
    unconfirmed: str = ""

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

    def permits(self, caller_id: str) -> bool:
        """Whether ``only`` has it, or there is none."""
        return not self.only or bool(re.fullmatch(self._only, caller_id))

    def forbids(self, caller_id: str) -> bool:
        """Whether ``never`` has it."""
        return bool(self.never) and bool(re.fullmatch(self._never, caller_id))

    @cached_property
    def wrong(self) -> re.Pattern[str]:
        """Matches all of a caller ID that is not permitted or is forbidden: one look, where a call waits."""
        other = [rf"(?!(?:{self._only})\Z)[\s\S]*"] if self.only else []
        return re.compile("|".join([*([self._never] if self.never else []), *other]))

    # The country's code without a sign may be the beginning of a number of another range. What is forbidden
    # is forbidden then, too; what is permitted is so only where the form says how many digits there are.

    @cached_property
    def _only(self) -> str:
        return "|".join(self._one(form, not form.endswith(".")) for form in self.only)

    @cached_property
    def _never(self) -> str:
        return "|".join(self._one(form, True) for form in self.never)

    def _one(self, form: str, bare: bool) -> str:
        digits = re.escape(form.rstrip("X.")) + "[0-9]" * form.count("X") + "[0-9]+" * form.endswith(".")
        if not self.country or form.startswith("+"):
            return digits
        return rf"(?:\+{self.country}|00{self.country}{f'|{self.country}' if bare else ''})?{digits}"
