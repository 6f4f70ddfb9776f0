"""``dialpact complaint``: who complained about which call, and what followed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal, NamedTuple

import msgspec
import typer

from dialpact.application.policy import load_policy
from dialpact.cli import entry
from dialpact.cli.command import command, group
from dialpact.cli.flag import By, Limit
from dialpact.cli.session import Session
from dialpact.compliance.calendars import WorkingDays
from dialpact.compliance.registers import complaint as register
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.complaint import WITHIN, Complaint, Status
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.sections import SuspensionRule
from dialpact.store.sqlite import registers
from dialpact.store.sqlite.registers import Filed

app = group("The complaints: about which call, what followed, and by when they must be answered.")

Id = Annotated[int, typer.Argument(min=1, help="The complaint's number in this register.")]
LISTED = (
    *("id", "number", "called_at", "source", "caller_id", "campaign", "agent"),
    *("due", "days_left", "status", "decision"),
)
BRIEF = ("id", "number", "called_at", "source", "caller_id", "campaign", "agent", "due", "status", "decision")


@command(app, "add")
async def add(
    session: Session,
    number: Annotated[str, typer.Argument(help="Who was called.")],
    *,
    at: Annotated[str, typer.Option(help="When the call was; without a zone: Asia/Shanghai.")],
    source: Annotated[str, typer.Option(help="Where it came from.")] = "12321",
    caller_id: Annotated[str, typer.Option(help="The number that was shown.")] = "",
    note: Annotated[str, typer.Option(help="What is complained about.")] = "",
    received_at: Annotated[str, typer.Option(help="When it arrived; else now.")] = "",
    within: Annotated[
        int, typer.Option(min=0, max=1440, help="Minutes before and after, in which the call is looked for.")
    ] = WITHIN,
    refuse: Annotated[
        Literal["business", "all"],
        typer.Option(help="Whose calls are refused from now on; all when no call is found."),
    ] = "business",
    by: By,
) -> None:
    """File a complaint with its call. It is a refusal too, and enough of them suspend."""
    policy, now = load_policy(session.config), session.clock.now()
    new = register.complaint(
        number, at, source, caller_id, note, received_at, now=now, calendar=policy.calendar
    )
    rules: dict[str, SuspensionRule] = {
        profile.id: profile.suspension
        for profile in policy.profiles
        if profile.suspension and profile.suspension.effective_from <= now.astimezone(profile.zone).date()
    }
    async with session.store() as store:
        filed = await registers.add_complaint(
            store,
            new,
            within=timedelta(minutes=within),
            refuse_all=refuse == "all",
            rules=rules,
            by=by,
            at=now,
        )
    _tell(session, filed)


@command(app, "answer")
async def answer(
    session: Session,
    id: Id,
    *,
    note: Annotated[str, typer.Option(help="What was answered.")],
    by: By,
) -> None:
    """Record the answer to a complaint."""
    text = free_text(note, "note")
    async with session.store() as store:
        answered = await registers.answer_complaint(store, id, text, by=by, at=session.clock.now())
    entry.done(session, "complaint", "answered", answered)


@command(app, "list")
async def list_(
    session: Session,
    *,
    status: Annotated[Status | None, typer.Option()] = None,
    number: Annotated[str, typer.Option(help="Of this person.")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Open ones whose last day is over.")] = False,
    limit: Limit = 100,
) -> None:
    """Complaints, the newest first, and how long there is to answer them."""
    calendar = load_policy(session.config).calendar
    today = session.clock.now().astimezone(HOME).date()
    async with session.store() as store:
        found = await registers.list_complaints(
            store,
            number=entry.callee(number),
            status="open" if overdue and status is None else status or "",
            most=limit + 1 if limit and not overdue else registers.ALL,
        )
    deadlines = [_deadline(one, today, calendar) for one in found]
    wanted = [one for one in deadlines if one.overdue or not overdue]
    shown = session.limited(wanted, limit)
    rows = [
        [_left(session, one) if name == "days_left" else one.field(name) for name in LISTED] for one in shown
    ]
    session.table(LISTED, rows, [one.answer() for one in shown])
    if late := sum(one.overdue for one in shown):
        session.note(session.text("say.complaint-overdue-count", count=late))


@command(app, "show")
async def show(session: Session, id: Id) -> int:
    """One complaint and its history."""
    async with session.store() as store:
        found = await registers.list_complaints(store, id=id)
        if not found:
            raise Fault("not-registered", entry=str(id))
        return await entry.of_register(session, store, "complaint", str(id), Complaint, found)


class _Deadline(NamedTuple):
    """A complaint with its last day for the answer, as the calendar of today knows it."""

    complaint: Complaint
    due: date | None
    left: int | None  # working days; None: answered, or not known
    overdue: bool

    def field(self, name: str) -> object:
        return self.due if name == "due" else getattr(self.complaint, name)

    def answer(self) -> dict[str, object]:
        about = {"due": self.due, "days_left": self.left, "overdue": self.overdue}
        return msgspec.structs.asdict(self.complaint) | about


def _deadline(complaint: Complaint, today: date, calendar: WorkingDays) -> _Deadline:
    due = complaint.due or register.due(complaint.received_at, calendar)
    is_open = complaint.status == "open" and due is not None
    left = register.days_left(due, today, calendar) if is_open and due else None
    return _Deadline(complaint, due, left, register.is_overdue(complaint, due, today))


def _left(session: Session, one: _Deadline) -> str:
    if one.overdue:
        return session.text("say.complaint-overdue", days="?" if one.left is None else -one.left)
    if one.left == 0:
        return session.text("say.complaint-today")
    return "" if one.left is None else str(one.left)


def _tell(session: Session, filed: Filed) -> None:
    if session.as_json:
        session.json(
            {
                "register": "complaint",
                "result": filed.outcome,
                "entry": filed.complaint,
                "matched": bool(filed.complaint.decision),
                "refusal": filed.refusal,
                "refused": filed.refused,
                "suspended": filed.suspended,
            }
        )
        return
    complaint = filed.complaint
    entry.done(session, "complaint", filed.outcome, complaint)
    session.facts([(name, getattr(complaint, name)) for name in BRIEF[4:]])
    if not complaint.decision:
        session.note(session.text("say.no-call"))
    entry.done(session, "dnc", filed.refused, filed.refusal)
    for found in filed.suspended:
        kind = session.text(f"kind.{found.kind}")
        typer.echo(session.text("say.suspended", kind=kind, entry=found.key, cause=found.cause))
    if complaint.due is None:
        session.note(session.text("say.no-due"))
