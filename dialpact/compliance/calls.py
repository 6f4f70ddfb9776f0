"""A call as it is told afterwards: what was asked, what was answered, and what Asterisk said of its legs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from dialpact.compliance.model import Decision, Mode, Value
from dialpact.compliance.outcome import Word

Verdict = Literal["ALLOW", "BLOCK"]


class CallEntry(Value, frozen=True, kw_only=True):
    """A decision in a list. An ALLOW that was never delivered is told as the BLOCK that it became.

    ``behind_us``: how far its time lies before the latest that was known then, in microseconds.
    ``talk_seconds``: None where nobody talked, or where it is not known yet.
    """

    seq: int
    id: str
    node: str
    decided_at: datetime
    verdict: Verdict
    reasons: tuple[str, ...]
    number: str  # E.164; empty where it was none
    given: str
    caller_id: str
    campaign: str
    business: str
    agent: str
    trunk: str
    attack: str
    retry_at: datetime | None
    mode: Mode
    behind_us: int
    continues: str  # the first decision of the call that this one is another way of
    undelivered: str | None  # why
    outcome: Word
    talk_seconds: float | None


class Supervisor(Value, frozen=True, kw_only=True):
    """Who listened to a call, or spoke into it, without being in its bridge. No ``until``: he still is."""

    channel: str
    way: str
    heard_by: str
    since: datetime
    until: datetime | None = None


class LegEntry(Value, frozen=True, kw_only=True):
    """What Asterisk told of a carrier leg. ``hangup_cause``: Q.850; None while it is up, or if missed."""

    channel: str
    uniqueid: str
    linkedid: str
    sip_call_id: str
    dialled_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    dial_status: str
    hangup_cause: int | None
    sent_from: str
    interlock: str
    supervision: tuple[Supervisor, ...]


class StoredCall(Value, frozen=True, kw_only=True):
    """One decision with all its inputs. ``undelivered``: why the PBX was never told of it, if so.

    ``behind``: how far its time lies before the latest that was known then.
    """

    decision: Decision
    undelivered: str | None
    behind: timedelta
    carrier_legs: tuple[LegEntry, ...]  # the first one first

    @property
    def verdict(self) -> Verdict:
        return "BLOCK" if self.undelivered else self.decision.verdict

    @property
    def reasons(self) -> tuple[str, ...]:
        return (self.undelivered,) if self.undelivered else self.decision.reasons
