"""The section of the trial profile: what one trial call may be, and which rules it stands in place of."""

from __future__ import annotations

from dialpact.compliance.sections.base import Section, require, require_some

RULES = ("actor", "registration", "days", "hours", "consent", "leads", "script")
"""What a tester's own word can stand for. What protects others, and what proves the call, is none of it."""


class TrialRule(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``minutes``: from the tester's word to the call. ``per_day``: trials of an installation in 24 hours;
    ``numbers_per_day``: to how many different numbers.
    """

    minutes: int
    per_day: int
    numbers_per_day: int
    in_place_of: tuple[str, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        require(1 <= self.minutes <= 15, "minutes", "1 to 15")
        require(1 <= self.numbers_per_day <= self.per_day, "numbers_per_day", "1 to per_day")
        require_some("in_place_of", self.in_place_of, RULES)
