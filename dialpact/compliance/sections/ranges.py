"""When a list, or the order in which it is dialled, looks like a sweep through a range of numbers."""

from __future__ import annotations

from datetime import timedelta

from dialpact.compliance.sections.base import Section, require

FEWEST = 20  # numbers: the lists that people try things with are short, and often consecutive
MOST_REACH = 500


class RangeDialling(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds of the detectors (``compliance.ranges``). docs/range-dialling.md says what they catch.

    Shares are whole percentages. No threshold is met by fewer than ``least`` distinct numbers.
    """

    least: int = 20  # numbers at equal distances are a run; fewer than so many prove nothing
    step: int = 10  # the largest such distance: 1 is consecutive, 2 every second number
    # on import
    block_share: int = 30  # of 100 numbers with the same beginning
    segment_share: int = 20  # of 10,000 numbers with the same beginning, the unit that carriers are allotted
    unassigned_share: int = 10  # numbers of the list in ranges that nobody is allotted
    # at dial time, over the attempts of one campaign
    window_hours: int = 24
    reach: int = 200  # numbers on each side of the callee that are looked at
    stretch_share: int = 40  # of the numbers from one dialled number to another, the callee among them

    def __post_init__(self) -> None:
        super().__post_init__()
        require(FEWEST <= self.least <= 100, "least", f"{FEWEST} to 100")
        require(1 <= self.window_hours <= 24 * 31, "window_hours", f"1 to {24 * 31}")
        require(1 <= self.reach <= MOST_REACH, "reach", f"1 to {MOST_REACH}")
        require(1 <= self.step <= 50, "step", "1 to 50")
        span = self.step * (self.least - 1)
        require(span <= self.reach, "step", f"a run of {self.least} would span {span}, beyond reach")
        for key in ("block_share", "segment_share", "unassigned_share", "stretch_share"):
            require(1 <= getattr(self, key) <= 100, key, "1 to 100 (per cent)")

    @property
    def window(self) -> timedelta:
        return timedelta(hours=self.window_hours)
