"""Businesses: who calls, and in which capacity."""

from __future__ import annotations

from typing import Any

from dialpact.application import browsing, businesses
from dialpact.compliance.model import CAPACITIES, Business, Capacity
from dialpact.store.ports.page import Page as Part
from dialpact.web.console.page import Asked, Form, Paged
from dialpact.web.console.registers.declared import Addition, Column, Done, Field, Register, Whole
from dialpact.web.console.registers.pages import ROWS


class Search(Paged, frozen=True, kw_only=True):
    find: str = ""


class Add(Form, frozen=True, kw_only=True):
    id: str
    name: str
    actor: Capacity


async def listed(asked: Asked[Search]) -> Part[Business]:
    form = asked.form
    return await browsing.businesses(asked.context, find=form.find, after=form.after, most=ROWS)


async def whole(asked: Asked[Any], key: str) -> Whole:
    entry = await browsing.business(asked.context, key)
    return Whole(entry=entry, shown=entry.key)


async def add(asked: Asked[Add]) -> Done:
    form = asked.form
    done = await businesses.add(asked.context, form.id, name=form.name, capacity=form.actor)
    return Done(key=done.entry.id, said=f"registers-said.{done.outcome}")


REGISTER = Register(
    noun="business",
    columns=(
        Column(name="id"),
        Column(name="name"),
        Column(name="actor", words="inspection-actor"),
    ),
    search=Search,
    filters=(Field(name="find", label="registers.find"),),
    listed=listed,
    key=lambda row: row.id,
    whole=whole,
    add=Addition(
        form=Add,
        fields=(
            Field(name="id", needed=True, hint="registers-hint.id", most=64),
            Field(name="name", needed=True),
            Field(name="actor", kind="choice", needed=True, options=CAPACITIES, words="inspection-actor"),
        ),
        do=add,
    ),
)
