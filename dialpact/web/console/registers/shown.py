"""From declarations and rows to what the templates print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from dialpact.application import browsing
from dialpact.compliance.model import ANY
from dialpact.compliance.texts import Language, catalogue
from dialpact.store.ports.browsing import ANYTHING
from dialpact.store.ports.page import Page as Part
from dialpact.web.console import texts
from dialpact.web.console.page import Asked
from dialpact.web.console.registers.declared import Badge, Column, Deed, Field, Look, Register
from dialpact.web.console.registers.within import told, within

PROPOSED = 200  # ids that a field proposes; where there are more, none


class Cell(NamedTuple):
    """``to``: an address that it leads to; empty: none. ``kind``: of a badge."""

    label: str
    look: Look
    value: Any
    to: str = ""
    kind: str = ""


class RowShown(NamedTuple):
    """``to``: of its entry; where that goes by a number, ``key`` is sent instead, and ``to`` is empty."""

    cells: list[Cell]
    to: str
    key: str


class FieldShown(NamedTuple):
    """``options``: pairs of value and words; ``proposed``: ids; ``given``: what is in it, a box: ``true``."""

    name: str
    kind: str
    label: str
    needed: bool
    hint: str
    most: int
    given: str
    options: list[tuple[str, str]]
    proposed: list[str]


class DeedShown(NamedTuple):
    name: str
    title: str
    what: str
    path: str
    grave: bool
    uploads: bool
    fields: list[FieldShown]
    hidden: Mapping[str, str]


def head(asked: Asked[Any], register: Register) -> dict[str, Any]:
    """What every page of a register has."""
    title, about = title_of(asked.language, register)
    return {
        "register": register,
        "title": title,
        "about": about,
        "one": title if register.titled else asked.text(f"register.{register.noun}"),
        "adds": register.add is not None and asked.account.role in register.add.roles,
        "beside": [
            (path, asked.text(name)) for path, name, roles in register.beside if asked.account.role in roles
        ],
    }


def title_of(language: Language, register: Register) -> tuple[str, str]:
    if register.titled:
        return register.titled(language)
    return (
        texts.text(f"registers-title.{register.noun}", language),
        texts.text(f"registers-about.{register.noun}", language),
    )


def heads(asked: Asked[Any], columns: Sequence[Column]) -> list[tuple[str, str]]:
    """Pairs of words and class."""
    return [(heading(asked, column), "figure" if column.look == "count" else "") for column in columns]


def heading(asked: Asked[Any], column: Column) -> str:
    if column.said:
        return column.said(asked.language)
    return asked.text(column.heading or f"column.{column.name}")


def row(asked: Asked[Any], register: Register, row: Any) -> RowShown:
    key = register.key(row)
    to = "" if register.by_number else f"{register.path}/entry/{in_path(key)}"
    return RowShown(cells(asked, register.columns, row), to, key)


def in_path(key: str) -> str:
    return quote(key, safe="")


def cells(asked: Asked[Any], columns: Sequence[Column], row: Any) -> list[Cell]:
    return [_cell(asked, column, row) for column in columns]


def _cell(asked: Asked[Any], column: Column, row: Any) -> Cell:
    value = column.value(asked, row) if column.value else getattr(row, column.name)
    value = told(asked, column.name, value)
    label, look = heading(asked, column), column.look
    if isinstance(value, Badge):
        return Cell(label, "badge", asked.text(value.key), kind=value.kind)
    if value is None or value in ("", ()):
        return Cell(label, "text", None)
    if column.words and isinstance(value, (tuple, list)):
        value = [word(asked.language, column.words, str(one)) for one in value]
    elif column.words:
        value = word(asked.language, column.words, str(value))
    to = f"/registers/{column.to}/entry/{in_path(str(value))}" if column.to else ""
    return Cell(label, _look(look, value), value, to)


def _look(look: Look, value: object) -> Look:
    if look != "text":
        return look
    match value:
        case bool():
            return "flag"
        case datetime():
            return "moment"
        case date():
            return "day"
        case tuple() | list():
            return "list"
    return look


def word(language: Language, table: str, value: str) -> str:
    """Of a value of ours; one that nobody knows (of another version) speaks for itself."""
    if value == ANY:
        return texts.text("registers.any", language)
    key = f"{table}.{value}"
    if found := catalogue(language).get(key):
        return found
    try:
        return texts.text(key, language)
    except KeyError:
        return value


async def fields(asked: Asked[Any], declared: Sequence[Field], given: Mapping[str, str]) -> list[FieldShown]:
    return [await _field(asked, field, given) for field in declared]


async def _field(asked: Asked[Any], field: Field, given: Mapping[str, str]) -> FieldShown:
    options = [(one, word(asked.language, field.words, one) if one else "") for one in field.options]
    return FieldShown(
        name=field.name,
        kind=field.kind,
        label=label(asked, field),
        needed=field.needed,
        hint=asked.text(field.hint) if field.hint else "",
        most=field.most,
        given=given.get(field.name, field.value),
        options=options,
        proposed=await _proposed(asked, field.known) if field.known else [],
    )


def label(asked: Asked[Any], field: Field) -> str:
    if field.said:
        return field.said(asked.language)
    return asked.text(field.label or f"column.{field.name}")


async def _proposed(asked: Asked[Any], register: str) -> list[str]:
    limits, context = within(asked), asked.context
    found: Part[Any]
    if register == "campaign":
        found = await browsing.campaigns(context, within=limits, most=PROPOSED)
    elif register == "script":
        found = await browsing.read_scripts(context, within=limits, most=PROPOSED)
    elif limits is ANYTHING:
        found = await browsing.businesses(context, most=PROPOSED)
    else:
        return list(limits.businesses)
    return [] if found.next else [one.id for one in found.rows]


def deed(asked: Asked[Any], act: Deed, shown: list[FieldShown], hidden: Mapping[str, str]) -> DeedShown:
    return DeedShown(
        name=act.name,
        title=asked.text(f"registers-act.{act.texts or act.name}"),
        what=asked.text(f"registers-act-what.{act.texts or act.name}"),
        path="",
        grave=act.grave,
        uploads=act.uploads,
        fields=shown,
        hidden=hidden,
    )


def sent(form: Any) -> dict[str, str]:
    """What a search was sent, as its form has it."""
    return {
        name: "true" if value is True else str(value)
        for name, value in msgspec.structs.asdict(form).items()
        if value not in ("", False)
    }
