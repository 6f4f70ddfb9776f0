"""What waits for a second officer: who asked for what, and why; confirm, decline, take back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dialpact.application import approvals
from dialpact.application.jobs import erasing
from dialpact.compliance.clock import instant
from dialpact.compliance.errors import StoreError
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.approval import (
    Approval,
    Erasure,
    HoldRelease,
    OptOutRemoval,
    SuspensionLift,
)
from dialpact.web.console import jobs
from dialpact.web.console.addresses import whole
from dialpact.web.console.page import Asked, Form, NoForm, Page, Paged, Redirect, Shown

OFFICERS = frozenset({Role.OFFICER})
READERS = frozenset({Role.OFFICER, Role.AUDITOR, Role.ADMINISTRATOR})
ROWS = 50
ASKED = "approvals.asked"  # what pages say that have asked
BADGES = {
    "open": "open",
    "lapsed": "plain",
    "declined": "plain",
    "withdrawn": "plain",
    "confirmed": "ok",
    "done": "ok",
}


# How what is asked about stood, as it is shown: the text's key, and the filter.
SEEN = {
    "kind": ("column.kind", "kind"),
    "scope": ("column.scope", "scope"),
    "key": ("approvals.about", ""),
    "cause": ("column.cause", ""),
    "reason": ("column.reason", ""),
    "by": ("column.by", ""),
    "since": ("column.since", "moment"),
    "requested_at": ("column.requested_at", "moment"),
    "created_at": ("column.added_at", "moment"),
    "source": ("column.source", ""),
    "said": ("approvals.said", ""),
    "said_last": ("approvals.said-last", "moment"),
}


class Why(Form, frozen=True, kw_only=True):
    reason: str


async def listed(asked: Asked[Paged]) -> Shown:
    """Those that wait, and behind them those that are closed."""
    context, now = asked.context, asked.now
    waiting = await approvals.waiting(context, most=ROWS)
    closed = await approvals.listed(context, after=asked.form.after, most=ROWS)
    over = [one for one in closed.rows if not one.is_open(now)]
    values = {
        "waiting": [_row(asked, one) for one in waiting.rows],
        "more": bool(waiting.next),
        "closed": [_row(asked, one) for one in over],
        "next": closed.next,
    }
    return Shown(template="approvals/list.html", values=values, part="closed")


async def show(asked: Asked[NoForm]) -> Shown:
    found = await approvals.show(asked.context, whole(asked.path["id"]))
    job = await erasing.begun(asked.context, found)
    values = {
        "one": _row(asked, found),
        "seen": list(_seen(found)),
        "own": found.asked_by == asked.account.id,
        "open": found.is_open(asked.now),
        "job": job,
        "why": jobs.why(asked, job) if job else "",
    }
    return Shown(template="approvals/show.html", values=values)


async def confirm(asked: Asked[NoForm]) -> Redirect:
    id = whole(asked.path["id"])
    found = await approvals.show(asked.context, id)
    if not isinstance(found.about, Erasure):
        await approvals.confirm(asked.context, id)
        return Redirect(to=f"/approvals/{id}", said="approvals.confirmed")
    if asked.site.jobs is None:
        raise StoreError("nobody does jobs here")
    await erasing.confirm(asked.context, asked.site.jobs.files, id)
    asked.site.jobs.wake()
    return Redirect(to=f"/approvals/{id}", said="approvals.erasure-begun")


async def decline(asked: Asked[Why]) -> Redirect:
    await approvals.decline(asked.context, whole(asked.path["id"]), reason=asked.form.reason)
    return Redirect(to="/approvals", said="approvals.declined")


async def withdraw(asked: Asked[Why]) -> Redirect:
    await approvals.withdraw(asked.context, whole(asked.path["id"]), reason=asked.form.reason)
    return Redirect(to="/approvals", said="approvals.withdrawn")


def _row(asked: Asked[Any], found: Approval) -> dict[str, Any]:
    """A request with its state and what it is about, for the templates."""
    state = found.shown(asked.now)
    return {
        "it": found,
        "what": found.what,
        "about": found.about,
        "number": _number(found),
        "state": state,
        "badge": BADGES[state],
    }


def _seen(found: Approval) -> Iterator[tuple[str, str, Any]]:
    """Key of the text, how it is shown (a filter, or a table of texts), value."""
    for name, (key, shown) in SEEN.items():
        if value := found.seen.get(name):
            of_callee = name == "key" and bool(_number(found))
            yield key, "number" if of_callee else shown, instant(value) if shown == "moment" else value


def _number(found: Approval) -> str:
    """The callee that it is about; empty: it is about none."""
    match found.about:
        case OptOutRemoval():
            return found.about.number
        case HoldRelease() if found.seen["scope"] == "callee":
            return found.seen["key"]
        case HoldRelease() | SuspensionLift() | Erasure():
            return ""


PAGES = (
    Page(
        method="GET",
        path="/approvals",
        action="approvals.list",
        roles=READERS,
        handle=listed,
        form=Paged,
        nav="nav.approvals",
        badge=approvals.count,
    ),
    Page(
        method="POST",
        path="/approvals",
        action="approvals.more",
        roles=READERS,
        handle=listed,
        form=Paged,
    ),
    Page(method="GET", path="/approvals/{id}", action="approvals.show", roles=READERS, handle=show),
    Page(
        method="POST",
        path="/approvals/{id}/confirm",
        action="approvals.confirm",
        roles=OFFICERS,
        handle=confirm,
        changes=True,
    ),
    Page(
        method="POST",
        path="/approvals/{id}/decline",
        action="approvals.decline",
        roles=OFFICERS,
        handle=decline,
        form=Why,
        changes=True,
    ),
    Page(
        method="POST",
        path="/approvals/{id}/withdraw",
        action="approvals.withdraw",
        roles=OFFICERS,
        handle=withdraw,
        form=Why,
        changes=True,
    ),
)
