"""The events that a receiver can be told, each with its schema: ``type``, ``timestamp``, ``data``.

``timestamp`` is when it happened, not when it was sent. What has no value is empty or null, never left out.
A field may be added; none is taken away or given another meaning.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple, TypeAlias

from dialpact.compliance.model import Mode, Value


class BlockedCall(Value, frozen=True, kw_only=True):
    """A call that may not be made. ``number``: E.164, or what was dialled where that is no number."""

    decision: str
    decided_at: datetime
    node: str
    number: str
    caller_id: str
    campaign: str
    business: str
    agent: str
    trunk: str
    reasons: tuple[str, ...]
    retry_at: datetime | None  # when the same call could pass, where that is known
    mode: Mode  # in "shadow" it was put through all the same
    continues: str  # the first decision of the call that this one is another way of
    undelivered: bool  # allowed, and withdrawn as the PBX was not told in time


class BlockedCalls(Value, frozen=True, kw_only=True):
    """One, or where very many are blocked several, in the order in which they were decided."""

    decisions: tuple[BlockedCall, ...]


class OptOutAdded(Value, frozen=True, kw_only=True):
    """A person's no that is in force from now on; or a whole list of them, which has ``count`` and ``file``.

    ``how``: callee-key, agent-key, line, command, complaint, import; ``by``: who took it.
    """

    number: str  # E.164; empty for a list
    scope: str  # all, industry, business; empty for a list
    value: str  # the industry or the business
    requested_at: datetime
    source: str
    how: str
    by: str
    decision: str  # the call, where it was one of ours
    count: int = 1
    file: str = ""


class RecordingFailed(Value, frozen=True, kw_only=True):
    """A recording that ended as a failure: its incidents say what was wrong with it."""

    recording: str
    decision: str
    node: str
    number: str
    caller_id: str
    campaign: str
    business: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    seconds: float | None  # that were recorded
    talk_seconds: float | None


class IncidentCreated(Value, frozen=True, kw_only=True):
    """What a person has to know: ``kind`` as in docs/incidents.md."""

    incident: int
    at: datetime
    node: str
    kind: str
    decision: str
    channel: str
    detail: str


class ComplaintDue(Value, frozen=True, kw_only=True):
    """An open complaint whose last day for the answer is near, or over (``overdue``)."""

    complaint: int
    number: str
    source: str
    campaign: str
    business: str  # of its call; empty where it was matched to none
    decision: str
    called_at: datetime
    received_at: datetime
    due: date
    working_days_left: int | None  # below zero: since then; null: the calendar does not know them
    overdue: bool


class CalendarEnding(Value, frozen=True, kw_only=True):
    """The calendar of working days ends soon; after ``last_known`` every call is blocked."""

    last_known: date
    days_left: int
    next_year: int  # whose calendar is needed


class Counted(Value, frozen=True, kw_only=True):
    key: str
    count: int


class Digest(Value, frozen=True, kw_only=True):
    """A local day in figures; of one business only what is of its calls, its incidents likewise."""

    day: date
    business: str  # empty: all
    allowed: int
    blocked: int  # undelivered ones included
    undelivered: int
    reasons: tuple[Counted, ...]  # of the blocks, the first of each; the most frequent first
    recordings_kept: int
    recordings_failed: int
    incidents: tuple[Counted, ...]  # by kind
    opt_outs: int  # that were added one by one
    complaints_open: int
    complaints_overdue: int
    calendar_last_known: date
    calendar_days_left: int


class Test(Value, frozen=True, kw_only=True):
    """Nothing has happened: somebody tries whether it arrives."""

    __test__ = False  # (no test of pytest's)
    webhook: str
    by: str


class _Event(Value, frozen=True, kw_only=True, tag_field="type"):
    timestamp: datetime


class DecisionBlockedEvent(_Event, frozen=True, kw_only=True, tag="decision.blocked"):
    data: BlockedCalls


class OptOutAddedEvent(_Event, frozen=True, kw_only=True, tag="opt_out.added"):
    data: OptOutAdded


class RecordingFailedEvent(_Event, frozen=True, kw_only=True, tag="recording.failed"):
    data: RecordingFailed


class IncidentCreatedEvent(_Event, frozen=True, kw_only=True, tag="incident.created"):
    data: IncidentCreated


class ComplaintDueEvent(_Event, frozen=True, kw_only=True, tag="complaint.due"):
    data: ComplaintDue


class CalendarEndingEvent(_Event, frozen=True, kw_only=True, tag="calendar.ending"):
    data: CalendarEnding


class DailyDigestEvent(_Event, frozen=True, kw_only=True, tag="digest.daily"):
    data: Digest


class TestEvent(_Event, frozen=True, kw_only=True, tag="webhook.test"):
    __test__ = False
    data: Test


Event: TypeAlias = (
    DecisionBlockedEvent
    | OptOutAddedEvent
    | RecordingFailedEvent
    | IncidentCreatedEvent
    | ComplaintDueEvent
    | CalendarEndingEvent
    | DailyDigestEvent
    | TestEvent
)
Happened: TypeAlias = BlockedCall | OptOutAdded | RecordingFailed | IncidentCreated

# For the API's document: name and schema of each.
WEBHOOKS: tuple[tuple[str, type[_Event]], ...] = (
    ("decision.blocked", DecisionBlockedEvent),
    ("opt_out.added", OptOutAddedEvent),
    ("recording.failed", RecordingFailedEvent),
    ("incident.created", IncidentCreatedEvent),
    ("complaint.due", ComplaintDueEvent),
    ("calendar.ending", CalendarEndingEvent),
    ("digest.daily", DailyDigestEvent),
    ("webhook.test", TestEvent),
)


class Happening(NamedTuple):
    """What a leaf of the log says has happened, with numbers in full. ``about``: whose numbers they are, as
    dialled and as E.164; ``own``: registered caller IDs among them, which are nobody's private number.
    """

    leaf: int
    at: datetime
    business: str  # empty: of none
    data: Happened
    about: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
