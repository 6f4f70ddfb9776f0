"""Leads: numbers that a partner supplied for a campaign, in batches."""

from __future__ import annotations

from typing import Any

from dialpact.application import browsing, leads
from dialpact.compliance.held import finding_of, owes_scrub
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import Delivered
from dialpact.store.ports.browsing import BatchState
from dialpact.store.ports.page import Page as Part
from dialpact.web.console.page import Asked, Paged
from dialpact.web.console.registers.declared import (
    REASON,
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

STATES = ("counting", "held", "withdrawn")


class Search(Paged, frozen=True, kw_only=True):
    number: str = ""
    find: str = ""
    campaign: str = ""
    state: BatchState = ""


async def listed(asked: Asked[Search]) -> Part[Delivered]:
    form = asked.form
    return await browsing.batches(
        asked.context,
        find=form.find,
        number=form.number,
        campaign=form.campaign,
        state=form.state,
        after=form.after,
        most=ROWS,
    )


async def whole(asked: Asked[Any], key: str) -> Whole:
    entry = await browsing.batch(asked.context, number_of(key))
    (row,) = entry.entries
    alerts = []
    if row.withdrawn_at is None and (what := finding_of(row.held)):
        alerts.append(("registers.held", {"what": what}))
    if row.withdrawn_at is None and owes_scrub(row.held):
        alerts.append(("registers.not-scrubbed", {}))
    owes = row.withdrawn_at is None and owes_scrub(row.held)
    return Whole(
        entry=entry, shown=entry.key, alerts=alerts, values={"finding": row.finding, "owes_scrub": owes}
    )


def number_of(key: str) -> int:
    """Of a batch. Fault."""
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        raise Fault("no-batch", entry=key[:40])
    return int(key)


async def release(asked: Asked[Reasoned]) -> Done:
    form = asked.form
    found = await leads.release(asked.context, number_of(form.key), reason=form.reason)
    said = "registers-said.not-scrubbed" if owes_scrub(found.held) else "registers-said.released"
    return Done(key=form.key, said=said)


async def withdraw(asked: Asked[Reasoned]) -> Done:
    form = asked.form
    await leads.withdraw(asked.context, number_of(form.key), reason=form.reason)
    return Done(key=form.key, said="registers-said.withdrawn")


def state(_: Asked[Any], row: Delivered) -> Badge:
    if row.withdrawn_at is not None:
        return Badge(kind="plain", key="registers-batch.withdrawn")
    if row.held:
        return Badge(kind="bad", key="registers-batch.held")
    return Badge(kind="ok", key="registers-batch.counting")


COLUMNS = (
    Column(name="id"),
    Column(name="state", value=state),
    Column(name="campaign", to="campaign"),
    Column(name="partner"),
    Column(name="rows", look="count"),
    Column(name="file"),
    Column(name="imported_at"),
    Column(name="imported_by"),
)

REGISTER = Register(
    noun="leads",
    columns=COLUMNS,
    kept=(
        *COLUMNS[:4],
        Column(name="contract"),
        Column(name="basis"),
        *COLUMNS[4:],
        Column(name="sha256", look="code"),
        Column(name="held"),
        Column(name="withdrawn_at"),
    ),
    search=Search,
    filters=(
        Field(name="number", label="registers.on-batches", most=40),
        Field(name="find", label="registers.find-batch"),
        Field(name="campaign", known="campaign", most=64),
        Field(name="state", kind="choice", options=("", *STATES), words="registers-batch"),
    ),
    listed=listed,
    key=lambda row: str(row.id),
    whole=whole,
    acts=(
        Deed(
            name="release",
            form=Reasoned,
            fields=(REASON,),
            do=release,
            when=lambda rows: rows[0].withdrawn_at is None and bool(finding_of(rows[0].held)),
            grave=True,
            texts="leads-release",
        ),
        Deed(
            name="withdraw",
            form=Reasoned,
            fields=(REASON,),
            do=withdraw,
            when=lambda rows: rows[0].withdrawn_at is None,
            grave=True,
            texts="leads-withdraw",
        ),
    ),
    searched_by_number=True,
    template="registers/leads.html",
    imported=True,
    exported=True,
)
