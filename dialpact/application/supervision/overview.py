"""How all operators and complaints stand, for whatever shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from dialpact.application.supervision import complaints
from dialpact.application.supervision.desk import Desk
from dialpact.compliance import masking
from dialpact.compliance.calendars import WorkingDays
from dialpact.compliance.model import Value
from dialpact.compliance.numbers import masked
from dialpact.compliance.supervision import standing
from dialpact.compliance.supervision.model import (
    Asked,
    Complaint,
    EarlierLog,
    Fork,
    Operator,
    Refused,
    Report,
    Shown,
    Stray,
)
from dialpact.compliance.supervision.standing import Gap, LogState, MonthDue

SHOWN = 50  # rows of each list
WRONG = ("forked", "contradicted", "not-shown", "log-never", "log-late", "report-overdue")
Found = Literal["not-asked", "waiting", "failed", "called", "blocked", "none", "unknown", "contradicted"]


class OperatorStanding(Value, frozen=True, kw_only=True):
    """``age``: seconds since the last checkpoint. ``open_gap``: one that lasts."""

    id: str
    name: str
    origin: str
    key: str
    earlier_keys: int
    earlier_logs: tuple[EarlierLog, ...]
    url: str
    log: LogState
    size: int
    seen_at: datetime | None
    age: int | None
    open_gap: Gap | None
    gaps: tuple[Gap, ...]
    forks: tuple[Fork, ...]
    strays: tuple[Stray, ...]
    months: tuple[MonthDue, ...]
    reports: tuple[Report, ...]
    refused: tuple[Refused, ...]
    denied: int  # complaints in which it is contradicted
    wrong: tuple[str, ...]  # what a person has to look at, the worst first

    @property
    def gravity(self) -> int:
        """The smaller, the worse."""
        return min(map(WRONG.index, self.wrong), default=len(WRONG))


class AnswerStanding(Value, frozen=True, kw_only=True):
    """How one operator stands to one complaint. ``asked``: every question, the oldest first."""

    operator: str
    found: Found
    proven: bool  # a package shows the call, and verifies
    asked: tuple[Asked, ...]
    shown: tuple[Shown, ...]


class ComplaintStanding(Value, frozen=True, kw_only=True):
    """``number``: masked, and so are numbers in what people wrote. ``left``: working days; below zero:
    overdue; None: not known.
    """

    id: int
    reference: str
    number: str
    called_at: datetime
    since: datetime
    before: datetime
    received_at: datetime
    due: date | None
    left: int | None
    overdue: bool
    note: str
    closed_at: datetime | None
    conclusion: str
    answers: tuple[AnswerStanding, ...]


class Overview(Value, frozen=True, kw_only=True):
    at: datetime
    name: str
    title: str
    operators: tuple[OperatorStanding, ...]
    complaints: tuple[ComplaintStanding, ...]


async def overview(desk: Desk) -> Overview:
    """Everything, on one look."""
    calendar = await desk.calendar()
    every = await desk.store.operators.list()
    about = [
        await _complaint(desk, one, every, calendar) for one in await desk.store.complaints.list(SHOWN * 4)
    ]
    operators = [await _operator(desk, one, about) for one in every]
    return Overview(
        at=desk.now(),
        name=desk.signer.name,
        title=desk.config.supervisor.title,
        operators=tuple(operators),
        complaints=tuple(about),
    )


async def complaint(desk: Desk, id: int) -> ComplaintStanding:
    """Fault when there is none."""
    one = await desk.store.complaints.get(id)
    return await _complaint(desk, one, await desk.store.operators.list(), await desk.calendar())


async def _operator(desk: Desk, operator: Operator, about: Sequence[ComplaintStanding]) -> OperatorStanding:
    heads, now = desk.store.heads, desk.now()
    last = await heads.last(operator.id)
    seen = last.last_at if last else None
    reports = await desk.store.reports.list(operator.id)
    months = standing.reports_due(
        operator.reports_from,
        [(one.month, one.received_at) for one in reports],
        now,
        desk.config.reports.due_day,
        until=operator.ended_at,
    )
    forks, strays = await heads.forks(operator.id, SHOWN), await heads.strays(operator.id, SHOWN)
    log = "ended" if operator.ended_at else standing.log_state(seen, now, desk.late)
    denied = sum(
        one.found == "contradicted" and one.operator == operator.id for each in about for one in each.answers
    )
    overdue = any(one.state == "overdue" for one in months)
    found = {
        "forked": bool(forks),
        "contradicted": denied > 0,
        "not-shown": bool(strays),
        "log-never": log == "never",
        "log-late": log == "late",
        "report-overdue": overdue,
    }
    return OperatorStanding(
        id=operator.id,
        name=operator.name,
        origin=operator.origin,
        key=operator.vkey,
        earlier_keys=len(operator.earlier),
        earlier_logs=tuple(await heads.earlier(operator.id)),
        url=operator.url,
        log=log,
        size=last.size if last else 0,
        seen_at=seen,
        age=int((now - seen).total_seconds()) if seen else None,
        open_gap=None if operator.ended_at else standing.open_gap(seen or operator.added_at, now, desk.late),
        gaps=tuple(await heads.gaps(operator.id, SHOWN)),
        forks=tuple(forks),
        strays=tuple(strays),
        months=tuple(months),
        reports=tuple(reports[:SHOWN]),
        refused=tuple(await desk.store.reports.refusals(operator.id, SHOWN)),
        denied=denied,
        wrong=tuple(name for name in WRONG if found[name]),
    )


async def _complaint(
    desk: Desk, one: Complaint, operators: Sequence[Operator], calendar: WorkingDays
) -> ComplaintStanding:
    asked = await desk.store.complaints.asked(one.id)
    shown = await desk.store.complaints.shown(one.id)
    today = complaints.today(desk)
    due = complaints.last_day(one, calendar, desk.config.complaints.answer_days)
    left = None if one.closed_at else complaints.left(due, today, calendar)
    return ComplaintStanding(
        id=one.id,
        reference=one.reference,
        number=masked(one.number),
        called_at=one.called_at,
        since=one.since,
        before=one.before,
        received_at=one.received_at,
        due=due,
        left=left,
        overdue=one.closed_at is None and due is not None and today > due,
        note=masking.text(one.note),
        closed_at=one.closed_at,
        conclusion=masking.text(one.conclusion),
        answers=tuple(
            _answer(
                operator.id,
                [each for each in asked if each.operator == operator.id],
                [each for each in shown if each.operator == operator.id],
            )
            for operator in operators
        ),
    )


def _answer(operator: str, asked: Sequence[Asked], shown: Sequence[Shown]) -> AnswerStanding:
    said = [each.said for each in asked if each.outcome == "answered"]
    proven = bool(shown) or any(each.package_state == "valid" for each in asked)
    found: Found = "not-asked"
    if standing.contradicted(said, bool(shown)):
        found = "contradicted"
    elif said:
        found = _as_found(said[-1])
    elif asked:
        found = "waiting" if asked[-1].outcome == "waiting" else "failed"
    elif shown:
        found = "called"
    return AnswerStanding(
        operator=operator, found=found, proven=proven, asked=tuple(asked), shown=tuple(shown)
    )


def _as_found(said: str) -> Found:
    for known in ("called", "blocked", "none"):
        if said == known:
            return known
    return "unknown"
