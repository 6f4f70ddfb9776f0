"""A suspension with its history, and under which key its register has it. Its whole way:

1. Who suspends: an officer (``application/suspensions.py``); enough complaints, counted as one is filed
   (``filing.py`` beside this file says who and how many); enough blocked attempts, counted in the
   decision's own transaction. All three end in the register's one ``suspend``; the thresholds of the last
   two are a profile's (``compliance/sections/limits.py``).
2. Who reads it: each decision, with its facts; ``policy/suspension.py`` blocks by it.
3. Who lifts it: an officer alone (``application/suspensions.py``). What was counted before counts no more.
"""

from __future__ import annotations

from datetime import datetime

from dialpact.compliance.model import Suspendable, Suspension
from dialpact.compliance.registers.cell import free_text, identifier
from dialpact.compliance.registers.number import caller_id


class SuspensionEntry(Suspension, frozen=True, kw_only=True):
    """One with its history: who suspended and on which evidence, who lifted it and why."""

    by: str
    evidence: tuple[str, ...]  # ids of the decisions or complaints that led to it
    lifted_at: datetime | None
    lifted_by: str
    lift_reason: str


def suspended_key(kind: Suspendable, text: str) -> str:
    """The agent, campaign or caller ID as the gate compares it. Raises Fault."""
    if kind == "campaign":
        return identifier(text, "campaign")
    return caller_id(text) if kind == "caller-id" else free_text(text, "agent")


def entry_key(kind: str, key: str) -> str:
    """Under which the log has it: a campaign and an agent may have the same name."""
    return f"{kind} {key}"
