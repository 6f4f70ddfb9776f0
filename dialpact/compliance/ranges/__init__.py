"""Range dialling (按号段盲呼): numbers that were counted up rather than given by a partner.

``listed`` looks at a list when it is imported, ``dialled`` at what a campaign has dialled lately. Both are
pure and see sets of numbers: neither the order of a list or of the calls nor who makes them changes
anything. The thresholds are a profile's (:class:`dialpact.compliance.sections.RangeDialling`).

1. Fewer than ``least`` (never below 20) distinct numbers are never a sweep, however they lie.
2. One more number in the set never makes a sweep into none. (A share of unassigned numbers can be diluted.)
"""

from dialpact.compliance.model import Sweep
from dialpact.compliance.ranges.dialled import LastDialled, counted, found, sweep
from dialpact.compliance.ranges.listed import Detector
from dialpact.compliance.ranges.report import Block, RangeReport, Run

__all__ = [
    "Block",
    "Detector",
    "LastDialled",
    "RangeReport",
    "Run",
    "Sweep",
    "counted",
    "found",
    "sweep",
]
