"""A plain register: its pages, made of its declaration, as its commands are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, cast

import msgspec

from dialpact.application import browsing, plain_registers
from dialpact.compliance.registers.plain import PlainEntry, PlainRegister
from dialpact.compliance.texts import Language
from dialpact.store.ports.page import Page as Part
from dialpact.web.console.page import Asked, Form, Paged
from dialpact.web.console.registers.declared import (
    REASON,
    Addition,
    Column,
    Deed,
    Done,
    Field,
    FieldKind,
    Reasoned,
    Register,
    Whole,
)
from dialpact.web.console.registers.pages import ROWS

YES_OR_NO = ("yes", "no")
KINDS: dict[type, FieldKind] = {bool: "choice", date: "date", datetime: "moment"}


def declared(register: PlainRegister[Any], *, added: bool = True) -> Register:
    """``added``: entries are put in by a form of this page."""
    return Register(
        noun=register.noun,
        log=register.logged_as,
        columns=(Column(name="id"), *columns(register)),
        search=Paged,
        filters=(),
        listed=partial(_listed, register),
        key=lambda row: str(row.id),
        whole=partial(_whole, register),
        add=_addition(register) if added else None,
        acts=(
            Deed(
                name="remove",
                form=Reasoned,
                fields=(REASON,),
                do=partial(_remove, register),
                grave=True,
                texts="plain-remove",
            ),
        ),
        titled=partial(titled, register),
    )


def titled(register: PlainRegister[Any], language: Language) -> tuple[str, str]:
    words = register.words(language)
    return words.title, words.about


def columns(register: PlainRegister[Any]) -> Sequence[Column]:
    return [Column(name=name, said=partial(_said, register, name)) for name in register.cells]


def _said(register: PlainRegister[Any], name: str, language: Language) -> str:
    return register.words(language).fields[name]


async def _listed(register: PlainRegister[Any], asked: Asked[Paged]) -> Part[PlainEntry]:
    return cast(
        Part[PlainEntry],
        await plain_registers.listed(asked.context, register, after=asked.form.after, most=ROWS),
    )


async def _whole(register: PlainRegister[Any], asked: Asked[Any], key: str) -> Whole:
    return Whole(entry=await browsing.plain(asked.context, register, key), shown=key)


def _addition(register: PlainRegister[Any]) -> Addition:
    """Every field is read as text, as at the command line: what is wrong is said in the same words."""
    fields = [Field(name="id", needed=True, hint="registers-hint.id", most=64)]
    sent: list[tuple[str, Any] | tuple[str, Any, Any]] = [("id", str)]
    for name, cell in register.cells.items():
        fields.append(
            Field(
                name=name,
                kind=KINDS.get(cell.kind, "text"),
                needed=cell.needed,
                options=(*(() if cell.needed else ("",)), *YES_OR_NO) if cell.kind is bool else (),
                words="say",
                said=partial(_said, register, name),
            )
        )
        sent.append((name, str) if cell.needed else (name, str, ""))
    form = cast(
        type[Form],
        msgspec.defstruct(
            f"Add{register.kind.__name__}", sent, bases=(Form,), frozen=True, kw_only=True, module=__name__
        ),
    )
    return Addition(form=form, fields=fields, do=partial(_add, register))


async def _add(register: PlainRegister[Any], asked: Asked[Any]) -> Done:
    given: dict[str, str | None] = {
        name: _zoned(asked, cell.kind, getattr(asked.form, name)) or None
        for name, cell in register.cells.items()
    }
    done = await plain_registers.add(asked.context, register, asked.form.id, given)
    return Done(key=done.entry.id, said=f"registers-said.{done.outcome}")


def _zoned(asked: Asked[Any], kind: type, text: str) -> str:
    """What a field for day and time sends has no zone: it is the installation's."""
    if kind is not datetime:
        return text
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at if at.tzinfo else at.replace(tzinfo=asked.zone)).isoformat()


async def _remove(register: PlainRegister[Any], asked: Asked[Reasoned]) -> Done:
    removed = await plain_registers.remove(asked.context, register, asked.form.key, reason=asked.form.reason)
    return Done(key=removed.id, said="registers-said.removed")
