"""What the registers must say about a call: consent, opt-outs, caller ID, leads, script, business."""

from __future__ import annotations

import hashlib
import unicodedata
from functools import cached_property

from dialpact.compliance.model import CAPACITIES, SCOPES, Capacity, Scope
from dialpact.compliance.sections.base import Section, require, require_some
from dialpact.compliance.sections.numbering import CallerIdRange

LONGEST_PHRASE = 100  # characters


class DoNotCallRule(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    scopes: tuple[Scope, ...]
    max_list_age_days: int = 0  # since the last import of opt-outs; 0: the register itself is the list

    def __post_init__(self) -> None:
        super().__post_init__()
        require_some("scopes", self.scopes, SCOPES)
        reason = '"all" is missing: who opted out of every call would be called'
        require("all" in self.scopes, "scopes", reason)
        require(self.max_list_age_days >= 0, "max_list_age_days", "0 or more")


class ConsentRule(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Explicit, prior, in scope, neither expired nor withdrawn."""

    valid_months: int = 0  # calendar months after which a consent lapses by itself; 0: when it says so
    evidence_hash: bool = False  # whether the SHA-256 of the evidence must be registered

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.valid_months >= 0, "valid_months", "0 or more")


class CallerIdRule(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    authenticated: bool = True  # by the carrier, besides being issued by the authority
    forbidden_prefixes: tuple[str, ...] = ()  # of caller IDs that may not be used, whatever the register says
    ranges: tuple[CallerIdRange, ...] = ()  # which of them calls of some purpose show

    def __post_init__(self) -> None:
        super().__post_init__()
        digits = all(prefix.removeprefix("+").isdecimal() for prefix in self.forbidden_prefixes)
        require(digits, "forbidden_prefixes", "digits only, perhaps after a plus")
        require(len(set(self.ranges)) == len(self.ranges), "ranges", "lists something twice")
        for one in self.ranges:
            for purpose in one.purposes:
                bound = self.binds(purpose)
                require(bound, "ranges", f"one is for {purpose}, which the section does not bind")
            late = one.effective_from is None or one.effective_from >= self.effective_from
            require(late, "ranges", f"one begins on {one.effective_from}, before the section does")


class ResourcesRule(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Caller IDs and trunks serve the business that holds them. Nothing to set."""


class LeadsRule(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The callee is on an imported batch of the campaign. Nothing to set."""


class ScriptRule(Section, dict=True, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The campaign reads an approved script. The phrases of all profiles that are in force are forbidden."""

    forbidden_phrases: tuple[str, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        require(bool(self.forbidden_phrases), "forbidden_phrases", "must not be empty")
        for phrase in self.forbidden_phrases:
            require(bool(phrase.strip()), "forbidden_phrases", "contains an empty phrase")
            short = len(phrase) <= LONGEST_PHRASE
            require(short, "forbidden_phrases", f"{phrase[:20]}… is longer than {LONGEST_PHRASE} characters")
        once = len(set(self.forbidden_phrases)) == len(self.forbidden_phrases)
        require(once, "forbidden_phrases", "lists something twice")

    @cached_property
    def digest(self) -> str:
        """Names this list, whatever its order. An approval holds for the lists it was checked for."""
        phrases = sorted(unicodedata.normalize("NFC", phrase) for phrase in self.forbidden_phrases)
        return hashlib.sha256("\n".join(phrases).encode()).hexdigest()[:16]


class ActorRule(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    forbidden: tuple[Capacity, ...]  # in which capacity a business may not make such calls at all

    def __post_init__(self) -> None:
        super().__post_init__()
        require_some("forbidden", self.forbidden, CAPACITIES)


class RecordingRule(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    required: bool = True
    retention_months: int = 12  # calendar months after the local day on which the call ended

    def __post_init__(self) -> None:
        super().__post_init__()
        least = 1 if self.required else 0
        require(self.retention_months >= least, "retention_months", f"{least} or more")
