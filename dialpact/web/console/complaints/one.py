"""``/complaints/{id}``: one with its call, or the nearest ones; by when it must be answered; its history."""

from __future__ import annotations

from typing import Any

from dialpact.application import complaints, listings, retention
from dialpact.application.complaints import Deadline
from dialpact.application.context import Context
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.registers.complaint import WITHIN
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.listings import WholeCall
from dialpact.web.console.addresses import whole
from dialpact.web.console.complaints.whose import theirs
from dialpact.web.console.page import EVERYBODY, Asked, NoForm, Page, Shown
from dialpact.web.console.within import veil


async def show(asked: Asked[NoForm]) -> Shown:
    async with asked.context.looking() as context:
        one = await deadline(context, asked)
        call, unreadable = await _call(context, one.complaint.decision)
        near = await complaints.nearest(context, one.complaint)
        shown = await complaints.show(context, one.complaint.id)
        held = call and call.recordings and await retention.holds(context, recording=call.recordings[0].id)
    caller_ids = [one.complaint.caller_id, *(entry.caller_id for entry in near)]
    values = {
        "hidden": await veil(asked, [one.complaint.number], caller_ids),
        "one": one,
        "call": call,
        "unreadable": unreadable,
        "near": near,
        "history": shown.history,
        "held": held.rows if held else (),
        "within": WITHIN,
    }
    return Shown(template="complaints/one.html", values=values)


async def deadline(context: Context, asked: Asked[Any]) -> Deadline:
    """The one that the address names. Fault where it is none that this account sees."""
    whose, calendar = theirs(asked.account), asked.site.rules().policy.calendar
    return await complaints.deadline(context, whole(asked.path["id"]), calendar, whose)


async def _call(context: Context, id: str) -> tuple[WholeCall | None, bool]:
    """And whether what is stored of it can not be read."""
    if not id:
        return None, False
    try:
        return await listings.call(context, id), False
    except (Fault, LedgerError):
        return None, True


PAGES = (
    Page(
        method="GET",
        path="/complaints/{id}",
        action="complaints.show",
        roles=EVERYBODY,
        handle=show,
    ),
)
