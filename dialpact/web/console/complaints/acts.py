"""What is done about a complaint: corrected, answered, closed; its recordings held."""

from __future__ import annotations

from datetime import datetime

from dialpact.application import complaints, retention
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.complaint import WITHIN
from dialpact.web.console.complaints.entry import minutes
from dialpact.web.console.complaints.one import deadline
from dialpact.web.console.complaints.whose import ACT
from dialpact.web.console.page import Asked, Form, Page, Redirect


class Correction(Form, frozen=True, kw_only=True):
    """``call``: the id of the call that it is about, whatever its time."""

    called_at: datetime | None = None
    caller_id: str = ""
    call: str = ""
    within: int = WITHIN
    reason: str


class Answer(Form, frozen=True, kw_only=True):
    """``closing``: how it ended; empty: it is not closed yet."""

    note: str
    closing: str = ""


class Closing(Form, frozen=True, kw_only=True):
    closing: str


class Reason(Form, frozen=True, kw_only=True):
    reason: str


async def correct(asked: Asked[Correction]) -> Redirect:
    one, form = (await deadline(asked.context, asked)).complaint, asked.form
    filed = await complaints.correct(
        asked.context,
        one.id,
        asked.site.rules().policy,
        called_at=form.called_at.isoformat() if form.called_at else "",
        caller_id=form.caller_id,
        call=form.call,
        within=minutes(form.within),
        reason=form.reason,
    )
    said = "complaints.corrected" if filed.complaint.decision else "complaints.corrected-unmatched"
    if filed.suspended:
        said = "complaints.corrected-suspended"
    return Redirect(to=f"/complaints/{one.id}", said=said)


async def answer(asked: Asked[Answer]) -> Redirect:
    one, form = (await deadline(asked.context, asked)).complaint, asked.form
    closing = free_text(form.closing, "closing", needed=False)
    await complaints.answer(asked.context, one.id, form.note)
    if closing:
        await complaints.close(asked.context, one.id, closing)
        return Redirect(to=f"/complaints/{one.id}", said="complaints.answered-closed")
    return Redirect(to=f"/complaints/{one.id}", said="complaints.answered")


async def close(asked: Asked[Closing]) -> Redirect:
    one = (await deadline(asked.context, asked)).complaint
    await complaints.close(asked.context, one.id, asked.form.closing)
    return Redirect(to=f"/complaints/{one.id}", said="complaints.closed")


async def hold(asked: Asked[Reason]) -> Redirect:
    one = (await deadline(asked.context, asked)).complaint
    call = await retention.call_of(asked.context, one.id)
    await retention.hold(asked.context, {"call": call}, reason=asked.form.reason)
    return Redirect(to=f"/complaints/{one.id}", said="complaints.held")


PAGES = (
    Page(
        method="POST",
        path="/complaints/{id}/correct",
        action="complaints.correct",
        roles=ACT,
        handle=correct,
        form=Correction,
        changes=True,
    ),
    Page(
        method="POST",
        path="/complaints/{id}/answer",
        action="complaints.answer",
        roles=ACT,
        handle=answer,
        form=Answer,
        changes=True,
    ),
    Page(
        method="POST",
        path="/complaints/{id}/close",
        action="complaints.close",
        roles=ACT,
        handle=close,
        form=Closing,
        changes=True,
    ),
    Page(
        method="POST",
        path="/complaints/{id}/hold",
        action="complaints.hold",
        roles=ACT,
        handle=hold,
        form=Reason,
        changes=True,
    ),
)
