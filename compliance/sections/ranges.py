"""When a list, or the order in which it is dialled, looks like a sweep through a range of numbers."""

from __future__ import annotations

from datetime import timedelta

from compliance.sections.base import Section, require

MOST_REACH = 500


class RangeDialling(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds of the detectors (``compliance.ranges``)."""

    # at dial time, over the attempts of one campaign
    window_hours: int = 24
    reach: int = 100  # numbers on each side of the callee that are looked at

    def __post_init__(self) -> None:
        super().__post_init__()
        require(1 <= self.window_hours <= 24 * 31, "window_hours", f"1 to {24 * 31}")
        require(1 <= self.reach <= MOST_REACH, "reach", f"1 to {MOST_REACH}")

    @property
    def window(self) -> timedelta:
        return timedelta(hours=self.window_hours)
