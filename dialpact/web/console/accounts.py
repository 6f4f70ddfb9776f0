"""The accounts: who comes in, as what, of whose data, until when. An administrator's alone."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from dialpact.application.accounts import links, register, sessions
from dialpact.application.accounts.register import Given
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.fault import Fault
from dialpact.web.console.account import signed_in
from dialpact.web.console.page import Asked, Form, NoForm, Page, Paged, Redirect, Shown

ROLES = frozenset({Role.ADMINISTRATOR})
MOST = 50  # of a part of the list
LINK = "link of "
# What we wrote as a reason ourselves, by the text that says it; every other one is a person's.
REASONS = {
    "added": "added",
    "chosen by a one-time link": "by-link",
    "changed by himself": "changed",
    "made anew by himself": "made-anew",
    "added by himself": "added-himself",
    "removed by himself": "removed",
    "ended by himself": "ended",
    "signed out": "signed-out",
    "too many": "too-many",
    "disabled": "disabled",
    "the passkeys were changed": "passkeys-changed",
    "a recovery code was used": "recovery-code",
}


class Fields(Form, frozen=True, kw_only=True):
    """Lists are written with commas or spaces."""

    name: str
    role: Role
    businesses: str = ""
    campaigns: str = ""
    agents: str = ""
    until: date | None = None
    subject: str = ""


class New(Fields, frozen=True, kw_only=True):
    id: str


class Act(Form, frozen=True, kw_only=True):
    do: Literal["reset", "end", "disable", "enable"]
    reason: str


class Why(Form, frozen=True, kw_only=True):
    reason: str


async def listed(asked: Asked[Paged]) -> Shown:
    found = await register.listed(asked.context, after=asked.form.after, most=MOST)
    values = {"rows": found.rows, "next": found.next, "after": asked.form.after}
    return Shown(template="accounts/list.html", values=values, part="rows" if asked.form.after else "")


async def new(asked: Asked[NoForm]) -> Shown:
    values = {"roles": tuple(Role), "provider": asked.site.config.web.oidc is not None}
    return Shown(template="accounts/new.html", values=values)


async def add(asked: Asked[New]) -> Redirect:
    form = asked.form
    if form.until is not None and form.until < asked.now.date():  # a slip, and the id would be used up
        raise Fault("account-over", value=form.until.isoformat())
    made = await register.add(
        asked.context,
        asked.site.desk.keys,
        form.id,
        name=form.name,
        role=form.role,
        businesses=(form.businesses,),
        campaigns=(form.campaigns,),
        agents=(form.agents,),
        until=form.until,
        subject=form.subject,
    )
    return _given(asked, made, "accounts.added")


async def show(asked: Asked[Paged]) -> Shown:
    id = asked.path["id"]
    row = await register.show(asked.context, id)
    history = await register.history(asked.context, id, after=asked.form.after, most=MOST)
    token = asked.site.desk.once.get(signed_in(asked).session.id, LINK + id, asked.context.now())
    values = {
        "row": row,
        "history": history,
        "sessions": await sessions.of(asked.context, id),
        "link": links.address(asked.site.config.web.base, token) if token else "",
        "roles": tuple(Role),
        "provider": asked.site.config.web.oidc is not None,
        "own": id == asked.account.id,
        "reasons": REASONS,
    }
    part = "history" if asked.form.after else ""
    return Shown(template="accounts/account.html", values=values, part=part)


async def change(asked: Asked[Fields]) -> Redirect:
    form, id = asked.form, asked.path["id"]
    await register.change(
        asked.context,
        id,
        name=form.name,
        role=form.role,
        businesses=(form.businesses,),
        campaigns=(form.campaigns,),
        agents=(form.agents,),
        until=form.until or "",
        subject=form.subject if asked.site.config.web.oidc else None,
    )
    return Redirect(to=f"/accounts/{id}", said="accounts.changed")


async def act(asked: Asked[Act]) -> Redirect:
    id, reason = asked.path["id"], asked.form.reason
    match asked.form.do:
        case "reset":
            made = await register.reset(asked.context, asked.site.desk.keys, id, reason=reason)
            return _given(asked, made, "accounts.was-reset")
        case "end":
            await sessions.end(asked.context, id, reason=reason)
            return Redirect(to=f"/accounts/{id}", said="accounts.ended")
        case "disable":
            await register.disable(asked.context, id, reason=reason)
            return Redirect(to=f"/accounts/{id}", said="accounts.disabled")
        case "enable":
            await register.enable(asked.context, id, reason=reason)
            return Redirect(to=f"/accounts/{id}", said="accounts.enabled")


async def end_all(asked: Asked[Why]) -> Redirect:
    await sessions.end_all(asked.context, reason=asked.form.reason)
    return Redirect(to="/sign-in", said="accounts.all-ended")


def _given(asked: Asked[Any], made: Given, said: str) -> Redirect:
    """The link is shown for some minutes, to who has made it."""
    id = made.account.id
    if made.token:
        asked.site.desk.once.put(signed_in(asked).session.id, LINK + id, made.token, asked.context.now())
    return Redirect(to=f"/accounts/{id}", said=said)


PAGES = (
    Page(
        method="GET",
        path="/accounts",
        action="accounts.list",
        roles=ROLES,
        handle=listed,
        form=Paged,
        nav="nav.accounts",
    ),
    Page(method="GET", path="/accounts/new", action="accounts.new", roles=ROLES, handle=new),
    Page(
        method="POST",
        path="/accounts/new",
        action="accounts.add",
        roles=ROLES,
        handle=add,
        form=New,
        changes=True,
    ),
    Page(
        method="POST",
        path="/accounts/end-all",
        action="accounts.end-all",
        roles=ROLES,
        handle=end_all,
        form=Why,
        changes=True,
    ),
    Page(method="GET", path="/accounts/{id}", action="accounts.show", roles=ROLES, handle=show, form=Paged),
    Page(
        method="POST",
        path="/accounts/{id}",
        action="accounts.change",
        roles=ROLES,
        handle=change,
        form=Fields,
        changes=True,
    ),
    Page(
        method="POST",
        path="/accounts/{id}/act",
        action="accounts.act",
        roles=ROLES,
        handle=act,
        form=Act,
        changes=True,
    ),
)
