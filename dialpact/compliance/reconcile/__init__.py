"""Calls, decisions and recordings put side by side: what has no counterpart, and what does not fit its own.

Pure: values in, values out, in memory that does not grow with their number. The store's part, which reads the
decisions and joins them, is :mod:`dialpact.application.reconcile.join`.

1. A call is one leg on a carrier's trunk. Rows that name the same leg are one call: a transfer, a queue and a
   conference write several (``calls``).
2. A call and a decision belong together by evidence, the strongest first: the decision's id in the user
   field, the unique id of the caller's channel, that channel's name at that time, the leg that a recording
   names, and last number, caller ID and time. Each call is matched at most once (``match``).
3. What a pair shows is judged once it is complete (``judge``). Nothing is left out: every call and every
   decision ends in a count, and whatever does not fit is a finding.
"""

from dialpact.compliance.reconcile.calls import HouseCalls, Row, house, merged
from dialpact.compliance.reconcile.contexts import InboundContexts
from dialpact.compliance.reconcile.judge import CdrJudge
from dialpact.compliance.reconcile.match import Group, Matcher, Pair, grouped, seen
from dialpact.compliance.reconcile.shift import Shift
from dialpact.compliance.reconcile.values import (
    KINDS,
    NOTES,
    SETTLING,
    AskedCall,
    CdrCall,
    CdrFinding,
    Counts,
    KeptRecording,
    Kind,
    Reconciliation,
    SeenLeg,
    UnbridgedLeg,
    Voice,
)
from dialpact.compliance.reconcile.whispers import Heard, Spoken, Talk, Whisper, heard, unrecorded, whisper

__all__ = [
    "KINDS",
    "NOTES",
    "SETTLING",
    "AskedCall",
    "CdrCall",
    "CdrFinding",
    "CdrJudge",
    "Counts",
    "Group",
    "Heard",
    "HouseCalls",
    "InboundContexts",
    "KeptRecording",
    "Kind",
    "Matcher",
    "Pair",
    "Reconciliation",
    "Row",
    "SeenLeg",
    "Shift",
    "Spoken",
    "Talk",
    "UnbridgedLeg",
    "Voice",
    "Whisper",
    "grouped",
    "heard",
    "house",
    "merged",
    "seen",
    "unrecorded",
    "whisper",
]
