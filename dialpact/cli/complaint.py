"""``dialpact complaint``: who complained about which call, and what followed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
import typer

from dialpact.application import complaints
from dialpact.application.complaints import Deadline
from dialpact.application.policy import load_policy
from dialpact.cli import calls, entry
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import After, By, Limit
from dialpact.compliance.calls import CallEntry
from dialpact.compliance.registers.complaint import WITHIN, Complaint, Status
from dialpact.compliance.registers.filing import Filed
from dialpact.compliance.stamped import stamped

app = group("The complaints: about which call, what followed, and by when they must be answered.")

Id = Annotated[int, typer.Argument(min=1, help="The complaint's number in this register.")]
Within = Annotated[
    int, typer.Option(min=0, max=1440, help="Minutes before and after, in which the call is looked for.")
]
LISTED = (
    *("id", "number", "called_at", "source", "caller_id", "campaign", "agent"),
    *("due", "days_left", "status", "decision"),
)
BRIEF = ("id", "number", "called_at", "source", "caller_id", "campaign", "agent", "due", "status", "decision")


@command(app, "add")
async def add(
    session: CommandContext,
    number: Annotated[str, typer.Argument(help="Who was called.")],
    *,
    at: Annotated[str, typer.Option(help="When the call was; without a zone: Asia/Shanghai.")],
    source: Annotated[str, typer.Option(help="Where it came from.")] = "12321",
    caller_id: Annotated[str, typer.Option(help="The number that was shown.")] = "",
    note: Annotated[str, typer.Option(help="What is complained about.")] = "",
    received_at: Annotated[str, typer.Option(help="When it arrived; else now.")] = "",
    within: Within = WITHIN,
    refuse: Annotated[
        Literal["business", "all"],
        typer.Option(help="Whose calls are blocked from now on; all when no call is found."),
    ] = "business",
    by: By,
) -> None:
    """File a complaint with its call. It is an opt-out too, and enough of them suspend."""
    policy = load_policy(session.config)
    async with session.context(by) as context:
        filed = await complaints.add(
            context,
            number,
            policy,
            called_at=at,
            source=source,
            caller_id=caller_id,
            note=note,
            received_at=received_at,
            within=within,
            from_all=refuse == "all",
        )
        near = await complaints.nearest(context, filed.complaint)
    _tell(session, filed, near)


@command(app, "correct")
async def correct(
    session: CommandContext,
    id: Id,
    *,
    at: Annotated[str, typer.Option(help="When the call was; without a zone: Asia/Shanghai.")] = "",
    caller_id: Annotated[str, typer.Option(help="The number that was shown.")] = "",
    call: Annotated[str, typer.Option(help="The call itself: its decision's id, whatever its time.")] = "",
    within: Within = WITHIN,
    reason: Annotated[str, typer.Option(help="How it is known; kept in the log.")],
    by: By,
) -> None:
    """Correct a complaint's time or call: its call is looked for anew. What was filed stays in the log."""
    policy = load_policy(session.config)
    async with session.context(by) as context:
        filed = await complaints.correct(
            context,
            id,
            policy,
            called_at=at,
            caller_id=caller_id,
            call=call,
            within=within,
            reason=reason,
        )
        near = await complaints.nearest(context, filed.complaint)
    _tell(session, filed, near)


@command(app, "answer")
async def answer(
    session: CommandContext,
    id: Id,
    *,
    note: Annotated[str, typer.Option(help="What was answered.")],
    by: By,
) -> None:
    """Record the answer to a complaint."""
    async with session.context(by) as context:
        answered = await complaints.answer(context, id, note)
    entry.done(session, "complaint", "answered", answered)


@command(app, "close")
async def close(
    session: CommandContext,
    id: Id,
    *,
    closing: Annotated[str, typer.Option(help="How it ended.")],
    by: By,
) -> None:
    """Close a complaint that was answered. Nothing but an answer stops the time that there is for one."""
    async with session.context(by) as context:
        closed = await complaints.close(context, id, closing)
    entry.done(session, "complaint", "closed", closed)


@command(app, "list")
async def list_(
    session: CommandContext,
    *,
    status: Annotated[Status | None, typer.Option()] = None,
    number: Annotated[str, typer.Option(help="Of this person.")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Open ones whose last day is over.")] = False,
    limit: Limit = 100,
    after: After = "",
) -> None:
    """Complaints, the newest first, and how long there is to answer them."""
    calendar = load_policy(session.config).calendar
    async with session.context() as context:
        found = await complaints.listed(
            context,
            calendar,
            number=number,
            status=status or "",
            overdue=overdue,
            after=after,
            most=limit,
        )
    rows = [
        [_left(session, one) if name == "days_left" else _field(one, name) for name in LISTED]
        for one in found.rows
    ]
    session.table(LISTED, rows, [_answer(one) for one in found.rows])
    session.more(found)
    if late := sum(one.overdue for one in found.rows):
        session.note(session.text("say.complaint-overdue-count", count=late))


@command(app, "show")
async def show(session: CommandContext, id: Id) -> int:
    """One complaint and its history."""
    async with session.context() as context:
        found = await complaints.show(context, id)
        near = await complaints.nearest(context, found.entries[0])
    code = entry.shown(session, Complaint, found, nearest=[stamped(one) for one in near])
    if not session.as_json:
        _near(session, found.entries[0], near)
    return code


def _field(one: Deadline, name: str) -> object:
    return one.due if name == "due" else getattr(one.complaint, name)


def _answer(one: Deadline) -> dict[str, object]:
    about = {"due": one.due, "days_left": one.left, "overdue": one.overdue}
    return msgspec.structs.asdict(one.complaint) | about


def _left(session: CommandContext, one: Deadline) -> str:
    if one.overdue:
        return session.text("say.complaint-overdue", days="?" if one.left is None else -one.left)
    if one.left == 0:
        return session.text("say.complaint-today")
    return "" if one.left is None else str(one.left)


def _near(session: CommandContext, complaint: Complaint, near: Sequence[CallEntry]) -> None:
    """For a complaint that fits no call: which it may mean, and what to do then."""
    if near:
        session.note(session.text("say.complaint-near", entry=complaint.id))
        calls.table(session, near, None)


def _tell(session: CommandContext, filed: Filed, near: Sequence[CallEntry]) -> None:
    if session.as_json:
        session.json(
            {
                "register": "complaint",
                "result": filed.outcome,
                "entry": filed.complaint,
                "matched": bool(filed.complaint.decision),
                "nearest": [stamped(one) for one in near],
                "opt_out": filed.opt_out,
                "refusal": filed.opt_out,  # (its old name, for one version)
                "opted_out": filed.entered,
                "refused": filed.entered,  # (its old name, for one version)
                "suspended": filed.suspended,
            }
        )
        return
    complaint = filed.complaint
    entry.done(session, "complaint", filed.outcome, complaint)
    session.facts([(name, getattr(complaint, name)) for name in BRIEF[4:]])
    if not complaint.decision:
        session.note(session.text("say.no-call"))
        _near(session, complaint, near)
    entry.done(session, "dnc", filed.entered, filed.opt_out)
    for found in filed.suspended:
        kind = session.text(f"kind.{found.kind}")
        typer.echo(session.text("say.suspended", kind=kind, entry=found.key, cause=found.cause))
    if complaint.due is None:
        session.note(session.text("say.no-due"))
