"""``/complaints/new``: a complaint is entered; its call is looked for, and it is an opt-out."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from dialpact.application import complaints
from dialpact.compliance.registers.complaint import WITHIN
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.filing import Filed
from dialpact.web.console.complaints.whose import ENTER, theirs
from dialpact.web.console.page import Asked, Form, NoForm, Page, Redirect, Shown

MOST_WITHIN = 1440  # minutes


class New(Form, frozen=True, kw_only=True):
    """``within``: minutes; ``opt_out``: whose calls the person is to have no more of."""

    number: str
    called_at: datetime
    source: str = "12321"
    caller_id: str = ""
    note: str = ""
    received_at: datetime | None = None
    within: int = WITHIN
    opt_out: Literal["business", "all"] = "business"


async def blank(asked: Asked[NoForm]) -> Shown:
    return Shown(template="complaints/new.html", values={"within": WITHIN})


async def add(asked: Asked[New]) -> Redirect:
    form = asked.form
    filed = await complaints.add(
        asked.context,
        form.number,
        asked.site.rules().policy,
        called_at=form.called_at.isoformat(),
        source=form.source,
        caller_id=form.caller_id,
        note=form.note,
        received_at=form.received_at.isoformat() if form.received_at else "",
        within=minutes(form.within),
        from_all=form.opt_out == "all",
        only=asked.account.businesses or None,
    )
    id, calendar = filed.complaint.id, asked.site.rules().policy.calendar
    try:
        await complaints.deadline(asked.context, id, calendar, theirs(asked.account))
    except Fault:
        return Redirect(to="/complaints", said="complaints.filed-elsewhere")
    return Redirect(to=f"/complaints/{id}", said=f"complaints.{_said(filed)}")


def minutes(within: int) -> int:
    if not 0 <= within <= MOST_WITHIN:
        raise Fault("page-value", field="within", why=f"0 … {MOST_WITHIN}")
    return within


def _said(filed: Filed) -> str:
    """What followed from it, the gravest first."""
    if filed.suspended:
        return "filed-suspended"
    if not filed.complaint.decision:
        return "filed-unmatched"
    return "filed" if filed.outcome == "added" else "filed-already"


PAGES = (
    Page(method="GET", path="/complaints/new", action="complaints.new", roles=ENTER, handle=blank),
    Page(
        method="POST",
        path="/complaints/new",
        action="complaints.add",
        roles=ENTER,
        handle=add,
        form=New,
        changes=True,
    ),
)
