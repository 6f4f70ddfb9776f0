"""Who must be registered with an authority before a call may be made, by what kind of registration."""

from __future__ import annotations

import re

import msgspec

from dialpact.compliance.model import Registrant
from dialpact.compliance.sections.base import Section, require

_KIND = re.compile(r"[\w.-]{1,64}")  # as the register takes it
_CALLEE = re.compile(r"\+[1-9][0-9]{0,13}")


class Registered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A registration of this ``kind`` is on record, valid on the day of the call."""

    kind: str  # as it is registered here: us-tx-telephone-solicitation
    holder: Registrant = "business"  # whose it is: the business's, or each campaign's own
    callees: tuple[str, ...] = ()  # beginnings of the E.164 numbers that it is needed for; empty: all

    def __post_init__(self) -> None:
        good = bool(_KIND.fullmatch(self.kind))
        require(good, "kind", "must be 1 to 64 letters, digits, '.', '_' or '-'")
        for start in self.callees:
            digits = bool(_CALLEE.fullmatch(start))
            require(digits, "callees", f"{start!r} is not the beginning of a number with its plus: +1512")
        require(len(set(self.callees)) == len(self.callees), "callees", "lists something twice")


class RegistrationRule(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    required: tuple[Registered, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        require(bool(self.required), "required", "must not be empty")
        require(len(set(self.required)) == len(self.required), "required", "lists something twice")
