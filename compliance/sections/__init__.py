"""The sections of a profile: one struct for each rule, which refuses what it can not mean."""

from compliance.sections.base import Clause, Numbers, Section, require
from compliance.sections.limits import Attempts, Cap, SuspensionRule
from compliance.sections.ranges import RangeDialling
from compliance.sections.registers import (
    ActorRule,
    CallerIdRule,
    ConsentRule,
    DoNotCall,
    Leads,
    RecordingRule,
    Resources,
    ScriptRule,
)
from compliance.sections.time import WEEKDAYS, Days, Hours, Weekday, Window

__all__ = [
    "WEEKDAYS",
    "ActorRule",
    "Attempts",
    "CallerIdRule",
    "Cap",
    "Clause",
    "ConsentRule",
    "Days",
    "DoNotCall",
    "Hours",
    "Leads",
    "Numbers",
    "RangeDialling",
    "RecordingRule",
    "Resources",
    "ScriptRule",
    "Section",
    "SuspensionRule",
    "Weekday",
    "Window",
    "require",
]
