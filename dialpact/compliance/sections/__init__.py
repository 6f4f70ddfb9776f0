"""The sections of a profile: one struct for each rule, which refuses what it can not mean."""

from dialpact.compliance.sections.base import Clause, Numbers, Section, require
from dialpact.compliance.sections.limits import Attempts, Cap, SuspensionRule
from dialpact.compliance.sections.ranges import RangeDialling
from dialpact.compliance.sections.registers import (
    ActorRule,
    CallerIdRule,
    ConsentRule,
    DoNotCallRule,
    LeadsRule,
    RecordingRule,
    ResourcesRule,
    ScriptRule,
)
from dialpact.compliance.sections.time import WEEKDAYS, Days, Hours, Weekday, Window

__all__ = [
    "WEEKDAYS",
    "ActorRule",
    "Attempts",
    "CallerIdRule",
    "Cap",
    "Clause",
    "ConsentRule",
    "Days",
    "DoNotCallRule",
    "Hours",
    "LeadsRule",
    "Numbers",
    "RangeDialling",
    "RecordingRule",
    "ResourcesRule",
    "ScriptRule",
    "Section",
    "SuspensionRule",
    "Weekday",
    "Window",
    "require",
]
