"""Registrations with authorities: of a business or a campaign, with their ends."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from dialpact.application import browsing, registrations
from dialpact.compliance.model import REGISTRANTS, Registrant, Registration
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.registration import entry_key
from dialpact.store.ports.browsing import Validity
from dialpact.store.ports.page import Page as Part
from dialpact.web.console.page import Asked, Form, Paged
from dialpact.web.console.registers.declared import (
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
from dialpact.web.console.registers.validity import VALIDITIES, validity


class Search(Paged, frozen=True, kw_only=True):
    find: str = ""
    holder: Literal["", Registrant] = ""
    kind: str = ""
    state: Validity = ""


class Add(Form, frozen=True, kw_only=True):
    holder: Registrant
    id: str
    kind: str
    number: str = ""
    valid_from: date
    valid_to: date | None = None


class Removal(Reasoned, frozen=True, kw_only=True):
    kind: str
    valid_from: str


async def listed(asked: Asked[Search]) -> Part[Registration]:
    form = asked.form
    return await browsing.registrations(
        asked.context,
        find=form.find,
        holder=form.holder,
        kind=form.kind,
        state=form.state,
        after=form.after,
        most=ROWS,
    )


async def whole(asked: Asked[Any], key: str) -> Whole:
    holder, id = holder_of(key)
    entry = await browsing.registrations_of(asked.context, holder, id)
    return Whole(entry=entry, shown=f"{asked.text(f'register.{holder}')} {id}")


def holder_of(key: str) -> tuple[Registrant, str]:
    """Of ``business acme``, as the log has it. Fault."""
    holder, _, id = key.partition(" ")
    if holder not in REGISTRANTS:
        raise Fault("not-registered", entry=key)
    return holder, id


async def add(asked: Asked[Add]) -> Done:
    form = asked.form
    done = await registrations.add(
        asked.context,
        form.holder,
        form.id,
        form.kind,
        number=form.number,
        valid_from=form.valid_from.isoformat(),
        valid_to=form.valid_to.isoformat() if form.valid_to else "",
    )
    return Done(key=key_of(done.entry), said=f"registers-said.{done.outcome}")


async def remove(asked: Asked[Removal]) -> Done:
    form = asked.form
    holder, id = holder_of(form.key)
    removed = await registrations.remove(
        asked.context, holder, id, form.kind, valid_from=form.valid_from, reason=form.reason
    )
    return Done(key=key_of(removed), said="registers-said.removed")


def key_of(row: Registration) -> str:
    return entry_key(row.holder, row.id)


REGISTER = Register(
    noun="registration",
    columns=(
        Column(name="id", heading="registers.holder-id"),
        Column(name="holder", words="register"),
        Column(name="kind"),
        Column(name="number", heading="registers.certificate"),
        Column(name="valid_from"),
        Column(name="valid_to"),
        Column(name="state", value=validity),
    ),
    search=Search,
    filters=(
        Field(name="find", label="registers.find"),
        Field(name="holder", kind="choice", options=("", *REGISTRANTS), words="register"),
        Field(name="kind", most=64),
        Field(name="state", kind="choice", options=("", *VALIDITIES), words="registers-validity"),
    ),
    listed=listed,
    key=key_of,
    whole=whole,
    add=Addition(
        form=Add,
        fields=(
            Field(name="holder", kind="choice", needed=True, options=REGISTRANTS, words="register"),
            Field(name="id", needed=True, label="registers.holder-id", most=64),
            Field(name="kind", needed=True, hint="registers-hint.kind", most=64),
            Field(name="number", label="registers.certificate"),
            Field(name="valid_from", kind="date", needed=True),
            Field(name="valid_to", kind="date", hint="registers-hint.valid-to"),
        ),
        do=add,
    ),
    acts=(
        Deed(
            name="remove",
            form=Removal,
            fields=(REASON,),
            do=remove,
            rows=lambda row: {"kind": row.kind, "valid_from": row.valid_from.isoformat()},
            grave=True,
            texts="registration-remove",
        ),
    ),
)
