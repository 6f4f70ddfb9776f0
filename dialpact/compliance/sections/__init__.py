"""The sections of a profile: one struct for each rule, which refuses what it can not mean."""

from dialpact.compliance.sections.base import Clause, Numbers, Section, require
from dialpact.compliance.sections.limits import Attempts, Cap, SuspensionRule
from dialpact.compliance.sections.numbering import CallerIdRange
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
from dialpact.compliance.sections.registration import Registered, RegistrationRule
from dialpact.compliance.sections.time import WEEKDAYS, Days, Hours, Weekday, Window
from dialpact.compliance.sections.trial import TrialRule

__all__ = [
    "WEEKDAYS",
    "ActorRule",
    "Attempts",
    "CallerIdRange",
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
    "Registered",
    "RegistrationRule",
    "ResourcesRule",
    "ScriptRule",
    "Section",
    "SuspensionRule",
    "TrialRule",
    "Weekday",
    "Window",
    "require",
]
