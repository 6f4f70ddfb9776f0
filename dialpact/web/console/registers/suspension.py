"""Suspensions: who may not call until two officers lift it."""

from __future__ import annotations

from typing import Any, Literal

from dialpact.application import approvals, browsing, suspensions
from dialpact.compliance.model import SUSPENDABLE, Suspendable
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.approval import SuspensionLift
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.suspension import SuspensionEntry, entry_key
from dialpact.store.ports.page import Page as Part
from dialpact.web.console.page import Asked, Form, Paged
from dialpact.web.console.registers.alerts import asked_for
from dialpact.web.console.registers.declared import (
    EVERYBODY,
    REASON,
    Addition,
    Badge,
    Column,
    Deed,
    Done,
    Field,
    Reasoned,
    Register,
    Whole,
)
from dialpact.web.console.registers.pages import ROWS
from dialpact.web.console.registers.within import need, need_campaign, within


class Search(Paged, frozen=True, kw_only=True):
    find: str = ""
    kind: Literal["", Suspendable] = ""
    lifted: bool = False


class Add(Form, frozen=True, kw_only=True):
    kind: Suspendable
    key: str
    reason: str


async def listed(asked: Asked[Search]) -> Part[SuspensionEntry]:
    form = asked.form
    return await browsing.suspensions(
        asked.context,
        kind=form.kind,
        find=form.find,
        lifted=form.lifted,
        within=within(asked),
        after=form.after,
        most=ROWS,
    )


async def whole(asked: Asked[Any], key: str) -> Whole:
    kind, what = suspended_of(key)
    if asked.account.role is Role.SUPERVISOR:
        if kind == "campaign":
            await need_campaign(asked, what)
        else:
            need(key, seen=kind == "agent" and what in asked.account.agents)
    entry = await browsing.suspensions_of(asked.context, kind, what)
    alerts = await asked_for(asked.context, SuspensionLift(of=kind, key=what))
    return Whole(entry=entry, shown=f"{asked.text(f'kind.{kind}')} {what}", alerts=alerts)


def suspended_of(key: str) -> tuple[Suspendable, str]:
    """Of ``campaign spring``, as the log has it. Fault."""
    kind, _, what = key.partition(" ")
    if kind not in SUSPENDABLE or not what:
        raise Fault("not-registered", entry=key)
    return kind, what


async def add(asked: Asked[Add]) -> Done:
    form = asked.form
    done = await suspensions.suspend(asked.context, form.kind, form.key, reason=form.reason)
    said = "registers-said.suspended" if done.outcome == "added" else "registers-said.already"
    return Done(key=key_of(done.entry), said=said)


async def lift(asked: Asked[Reasoned]) -> Done:
    """Asks for it: another officer confirms."""
    kind, what = suspended_of(asked.form.key)
    await approvals.ask(asked.context, SuspensionLift(of=kind, key=what), reason=asked.form.reason)
    return Done(key=asked.form.key, said="registers-said.asked", to="/approvals")


def key_of(row: SuspensionEntry) -> str:
    return entry_key(row.kind, row.key)


def state(_: object, row: SuspensionEntry) -> Badge:
    if row.lifted_at is None:
        return Badge(kind="bad", key="registers.in-force")
    return Badge(kind="plain", key="registers.lifted")


COLUMNS = (
    Column(name="key"),
    Column(name="kind", words="kind"),
    Column(name="since"),
    Column(name="cause"),
    Column(name="state", value=state),
)

REGISTER = Register(
    noun="suspension",
    columns=COLUMNS,
    kept=(
        *COLUMNS,
        Column(name="by"),
        Column(name="evidence"),
        Column(name="lifted_at"),
        Column(name="lifted_by"),
        Column(name="lift_reason"),
    ),
    search=Search,
    filters=(
        Field(name="find", label="registers.find"),
        Field(name="kind", kind="choice", options=("", *SUSPENDABLE), words="kind"),
        Field(name="lifted", kind="box", label="registers.also-lifted"),
    ),
    listed=listed,
    key=key_of,
    whole=whole,
    add=Addition(
        form=Add,
        fields=(
            Field(name="kind", kind="choice", needed=True, options=SUSPENDABLE, words="kind"),
            Field(name="key", needed=True, hint="registers-hint.suspended"),
            REASON,
        ),
        do=add,
    ),
    acts=(
        Deed(
            name="lift",
            form=Reasoned,
            fields=(REASON,),
            do=lift,
            when=lambda rows: any(row.lifted_at is None for row in rows),
        ),
    ),
    by_number=True,
    readers=EVERYBODY,
)
