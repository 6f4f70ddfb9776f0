"""Do not call: who opted out of what. An opt-out has no expiry."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from dialpact.application import approvals, browsing, do_not_call
from dialpact.compliance.model import SCOPES, DncEntry, Scope
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.approval import OptOutRemoval
from dialpact.compliance.registers.fault import Faults
from dialpact.store.ports.page import Page as Part
from dialpact.web.console.page import Asked, Form, Paged
from dialpact.web.console.registers.alerts import asked_for
from dialpact.web.console.registers.declared import (
    OFFICERS,
    REASON,
    Addition,
    Column,
    Deed,
    Done,
    Field,
    Reasoned,
    Register,
    Whole,
)
from dialpact.web.console.registers.pages import ROWS
from dialpact.web.console.registers.within import speaks_for


class Search(Paged, frozen=True, kw_only=True):
    number: str = ""
    scope: Literal["", Scope] = ""
    value: str = ""


class Add(Form, frozen=True, kw_only=True):
    """``call``: the decision's id of the call in which it was said."""

    number: str
    scope: Scope = "all"
    value: str = ""
    requested_at: datetime | None = None
    source: str = ""
    call: str = ""


class Removal(Reasoned, frozen=True, kw_only=True):
    scope: Scope
    value: str = ""


async def listed(asked: Asked[Search]) -> Part[DncEntry]:
    form = asked.form
    return await browsing.opt_outs(
        asked.context, number=form.number, scope=form.scope, value=form.value, after=form.after, most=ROWS
    )


async def whole(asked: Asked[Any], key: str) -> Whole:
    entry, said = await browsing.opt_outs_of(asked.context, key)
    abouts = [OptOutRemoval(number=one.number, scope=one.scope, value=one.value) for one in entry.entries]
    alerts = await asked_for(asked.context, *abouts)
    return Whole(entry=entry, shown=entry.key, values={"said_times": said}, alerts=alerts)


async def add(asked: Asked[Add]) -> Done:
    """A supervisor speaks for his own businesses, and for everybody who wants no call at all."""
    form, account = asked.form, asked.account
    told = do_not_call.Told(
        number=form.number,
        scope=form.scope,
        value=form.value,
        requested_at=form.requested_at.isoformat() if form.requested_at else "",
        source=form.source,
        call=form.call.strip(),
    )
    only = await speaks_for(asked)
    try:
        (done,) = await do_not_call.add_all(
            asked.context, [told], node=asked.site.config.node.name, only=only
        )
    except Faults as faults:
        raise faults.each[0][1] from faults
    said = "registers-said.unknown" if done.unknown else f"registers-said.opt-out-{done.outcome}"
    to = "/registers/dnc/add" if account.role is Role.SUPERVISOR else ""
    return Done(key=done.entry.number, said=said, to=to)


async def remove(asked: Asked[Removal]) -> Done:
    """Asks for it: another officer confirms."""
    form = asked.form
    about = OptOutRemoval(number=form.key, scope=form.scope, value=form.value)
    await approvals.ask(asked.context, about, reason=form.reason)
    return Done(key=form.key, said="registers-said.asked", to="/approvals")


COLUMNS = (
    Column(name="number", look="number"),
    Column(name="scope", words="inspection-scope"),
    Column(name="value"),
    Column(name="requested_at"),
    Column(name="source"),
)

REGISTER = Register(
    noun="dnc",
    columns=COLUMNS,
    search=Search,
    filters=(
        Field(name="number", most=40),
        Field(name="scope", kind="choice", options=("", *SCOPES), words="inspection-scope"),
        Field(name="value", most=64),
    ),
    listed=listed,
    key=lambda row: row.number,
    whole=whole,
    add=Addition(
        form=Add,
        fields=(
            Field(name="number", needed=True, most=40),
            Field(name="scope", kind="choice", needed=True, options=SCOPES, words="inspection-scope"),
            Field(name="value", hint="registers-hint.value", most=64),
            Field(name="requested_at", kind="moment", hint="registers-hint.requested"),
            Field(name="source", hint="registers-hint.source"),
            Field(name="call", label="registers.call", hint="registers-hint.call", most=64),
        ),
        do=add,
        roles=OFFICERS | {Role.SUPERVISOR},
    ),
    acts=(
        Deed(
            name="remove",
            form=Removal,
            fields=(REASON,),
            do=remove,
            rows=lambda row: {"scope": row.scope, "value": row.value},
            grave=True,
            texts="dnc-remove",
        ),
    ),
    by_number=True,
    template="registers/dnc.html",
    imported=True,
    exported=True,
)
