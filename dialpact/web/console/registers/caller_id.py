"""Caller IDs: the numbers that may be shown, and what for."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from dialpact.application import browsing, caller_ids, suspensions
from dialpact.compliance.model import ANY, PURPOSES, CallerId
from dialpact.compliance.numbers import HOME
from dialpact.store.ports.browsing import Validity
from dialpact.store.ports.page import Page as Part
from dialpact.web.console.page import Asked, Form, Paged
from dialpact.web.console.registers.alerts import suspended
from dialpact.web.console.registers.declared import (
    NO_REASON,
    OFFICERS,
    REASON,
    Addition,
    Column,
    Deed,
    Done,
    Field,
    OfEntry,
    Reasoned,
    Register,
    Whole,
)
from dialpact.web.console.registers.pages import ROWS
from dialpact.web.console.registers.validity import VALIDITIES, validity

PURPOSES_OF = (ANY, *PURPOSES)


class Search(Paged, frozen=True, kw_only=True):
    find: str = ""
    business: str = ""
    state: Validity = ""


class Put(Form, frozen=True, kw_only=True):
    """``trunks``, ``sent_as``: several, with commas between."""

    number: str
    business: str
    licence: str
    carrier: str
    authenticated: Literal["yes", "no"]
    trunks: str
    purposes: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    sent_as: str = ""
    as_written: bool = False


class Change(OfEntry, frozen=True, kw_only=True):
    business: str
    licence: str
    carrier: str
    authenticated: Literal["yes", "no"]
    trunks: str
    purposes: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    sent_as: str = ""


class Removal(OfEntry, frozen=True, kw_only=True):
    reason: str = ""


async def listed(asked: Asked[Search]) -> Part[CallerId]:
    form = asked.form
    return await browsing.shown_numbers(
        asked.context,
        find=form.find,
        business=form.business,
        state=form.state,
        after=form.after,
        most=ROWS,
    )


async def whole(asked: Asked[Any], key: str) -> Whole:
    entry = await browsing.shown_number(asked.context, key)
    alerts = await suspended(asked.context, "caller-id", entry.key)
    return Whole(entry=entry, shown=entry.key, alerts=alerts)


async def put(asked: Asked[Put]) -> Done:
    return await _put(asked, asked.form.number, as_written=asked.form.as_written)


async def change(asked: Asked[Change]) -> Done:
    """The number of an entry is known: it is as it was written."""
    return await _put(asked, asked.form.key, as_written=True)


async def _put(asked: Asked[Any], number: str, *, as_written: bool) -> Done:
    form, at_home = asked.form, asked.context.regions()[:1] == HOME
    done = await caller_ids.put(
        asked.context,
        number,
        business=form.business,
        licence=form.licence,
        carrier=form.carrier,
        authenticated=form.authenticated == "yes",
        trunks=[form.trunks],
        purposes=form.purposes,
        valid_from=form.valid_from.isoformat() if form.valid_from else "",
        valid_to=form.valid_to.isoformat() if form.valid_to else "",
        sent_as=[form.sent_as] if form.sent_as.strip() else (),
        as_written=as_written or not at_home,
        known_trunks=asked.site.config.trunks,
    )
    said = "registers-said.unknown-trunk" if done.unknown else f"registers-said.{done.outcome}"
    return Done(key=done.entry.number, said=said)


async def remove(asked: Asked[Removal]) -> Done:
    removed = await caller_ids.remove(asked.context, asked.form.key, reason=asked.form.reason)
    return Done(key=removed.number, said="registers-said.removed")


async def suspend(asked: Asked[Reasoned]) -> Done:
    form = asked.form
    await suspensions.suspend(asked.context, "caller-id", form.key, reason=form.reason)
    return Done(key=form.key, said="registers-said.suspended")


FIELDS = (
    Field(name="business", needed=True, known="business", most=64),
    Field(name="licence", needed=True),
    Field(name="carrier", needed=True),
    Field(name="authenticated", kind="choice", needed=True, options=("yes", "no"), words="say", value="no"),
    Field(name="trunks", needed=True, hint="registers-hint.trunks"),
    Field(name="purposes", kind="boxes", needed=True, options=PURPOSES_OF, words="purpose"),
    Field(name="valid_from", kind="date", hint="registers-hint.valid-from"),
    Field(name="valid_to", kind="date", hint="registers-hint.valid-to"),
    Field(name="sent_as", hint="registers-hint.sent-as"),
)


def now(row: CallerId) -> dict[str, str]:
    return {
        "business": row.business,
        "licence": row.licence,
        "carrier": row.carrier,
        "authenticated": "yes" if row.authenticated else "no",
        "trunks": ", ".join(row.trunks),
        "purposes": ",".join(row.purposes),
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat() if row.valid_to else "",
        "sent_as": ", ".join(row.sent_as),
    }


COLUMNS = (
    Column(name="number", look="own"),
    Column(name="business", to="business"),
    Column(name="carrier"),
    Column(name="authenticated"),
    Column(name="purposes", words="purpose"),
    Column(name="valid_to"),
    Column(name="state", value=validity),
)

REGISTER = Register(
    noun="caller-id",
    columns=COLUMNS,
    kept=(
        *COLUMNS[:2],
        Column(name="licence"),
        *COLUMNS[2:5],
        Column(name="trunks"),
        Column(name="valid_from"),
        *COLUMNS[5:],
        Column(name="sent_as"),
    ),
    search=Search,
    filters=(
        Field(name="find", label="registers.find-number"),
        Field(name="business", known="business", most=64),
        Field(name="state", kind="choice", options=("", *VALIDITIES), words="registers-validity"),
    ),
    listed=listed,
    key=lambda row: row.number,
    whole=whole,
    add=Addition(
        form=Put,
        fields=(
            Field(name="number", needed=True, hint="registers-hint.caller-id", most=40),
            *FIELDS,
            Field(name="as_written", kind="box", label="registers.as-written"),
        ),
        do=put,
    ),
    acts=(
        Deed(name="change", form=Change, fields=FIELDS, do=change, now=now, texts="caller-id-change"),
        Deed(name="suspend", form=Reasoned, fields=(REASON,), do=suspend, grave=True),
        Deed(
            name="remove", form=Removal, fields=(NO_REASON,), do=remove, grave=True, texts="caller-id-remove"
        ),
    ),
    by_number=True,
    imported=True,
    exported=True,
    beside=(("/registers/caller-id/reconcile", "registers.reconcile", OFFICERS),),
)
