"""Campaigns: for which business, in which industry, to what purpose."""

from __future__ import annotations

from typing import Any, Literal

from dialpact.application import browsing, campaigns, suspensions
from dialpact.compliance.model import PURPOSES, Purpose
from dialpact.compliance.registers.campaign import CampaignEntry
from dialpact.store.ports.page import Page as Part
from dialpact.web.console.page import Asked, Form, Paged
from dialpact.web.console.registers.alerts import suspended
from dialpact.web.console.registers.declared import (
    EVERYBODY,
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
from dialpact.web.console.registers.within import need_campaign, within


class Search(Paged, frozen=True, kw_only=True):
    find: str = ""
    business: str = ""
    purpose: Literal["", Purpose] = ""


class Add(Form, frozen=True, kw_only=True):
    id: str
    business: str
    industry: str
    purpose: Purpose
    script: str = ""
    scrub_leads: bool = False


class Change(Reasoned, frozen=True, kw_only=True):
    industry: str
    purpose: Purpose
    script: str = ""
    scrub_leads: bool = False


async def listed(asked: Asked[Search]) -> Part[CampaignEntry]:
    form = asked.form
    return await browsing.campaigns(
        asked.context,
        find=form.find,
        business=form.business,
        purpose=form.purpose,
        within=within(asked),
        after=form.after,
        most=ROWS,
    )


async def whole(asked: Asked[Any], key: str) -> Whole:
    await need_campaign(asked, key)
    entry = await browsing.campaign(asked.context, key)
    return Whole(entry=entry, shown=entry.key, alerts=await suspended(asked.context, "campaign", entry.key))


async def add(asked: Asked[Add]) -> Done:
    form = asked.form
    done = await campaigns.add(
        asked.context,
        form.id,
        business=form.business,
        industry=form.industry,
        purpose=form.purpose,
        script=form.script,
        scrub_leads=form.scrub_leads,
    )
    return Done(key=done.entry.id, said=f"registers-said.{done.outcome}")


async def change(asked: Asked[Change]) -> Done:
    form = asked.form
    done = await campaigns.change(
        asked.context,
        form.key,
        industry=form.industry,
        purpose=form.purpose,
        script=form.script,
        scrub_leads=form.scrub_leads,
        reason=form.reason,
    )
    return Done(key=done.entry.id, said=f"registers-said.{done.outcome}")


async def suspend(asked: Asked[Reasoned]) -> Done:
    form = asked.form
    await suspensions.suspend(asked.context, "campaign", form.key, reason=form.reason)
    return Done(key=form.key, said="registers-said.suspended")


FIELDS = (
    Field(name="industry", needed=True, hint="registers-hint.industry", most=64),
    Field(name="purpose", kind="choice", needed=True, options=PURPOSES, words="purpose"),
    Field(name="script", known="script", most=64),
    Field(name="scrub_leads", kind="box"),
)

REGISTER = Register(
    noun="campaign",
    columns=(
        Column(name="id"),
        Column(name="business", to="business"),
        Column(name="industry"),
        Column(name="purpose", words="purpose"),
        Column(name="script", to="script"),
        Column(name="scrub_leads"),
    ),
    search=Search,
    filters=(
        Field(name="find", label="registers.find"),
        Field(name="business", known="business", most=64),
        Field(name="purpose", kind="choice", options=("", *PURPOSES), words="purpose"),
    ),
    listed=listed,
    key=lambda row: row.id,
    whole=whole,
    add=Addition(
        form=Add,
        fields=(
            Field(name="id", needed=True, hint="registers-hint.campaign", most=64),
            Field(name="business", needed=True, known="business", most=64),
            *FIELDS,
        ),
        do=add,
    ),
    acts=(
        Deed(
            name="change",
            form=Change,
            fields=(*FIELDS, REASON),
            do=change,
            texts="campaign-change",
            now=lambda row: {
                "industry": row.industry,
                "purpose": row.purpose,
                "script": row.script,
                "scrub_leads": "true" if row.scrub_leads else "",
            },
        ),
        Deed(name="suspend", form=Reasoned, fields=(REASON,), do=suspend, grave=True),
    ),
    readers=EVERYBODY,
)
