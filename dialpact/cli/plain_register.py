"""``dialpact NOUN``, for each plain register: its commands, made from its declaration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer

from dialpact.application import plain_registers
from dialpact.cli import entry
from dialpact.cli.command import COMMON, command, group, keyword
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import After, By, Limit, Why
from dialpact.compliance.registers.plain import PlainEntry, PlainRegister
from dialpact.compliance.texts import Language
from dialpact.presentation import texts

METAVARS = {str: "TEXT", bool: "YES|NO", int: "NUMBER", date: "DATE", datetime: "TIME"}
TAKEN = {
    "session",
    "id",
    "by",
    "reason",
    "help",
    *(flag.name for flag in COMMON),
}  # what a field can not be called


def add_to(app: typer.Typer, register: PlainRegister[Any], language: Language) -> None:
    """``language``: of the help. Raises TypeError for a name that a command or a common flag has already."""
    commands, groups = app.registered_commands, app.registered_groups
    if register.noun in {*(one.name for one in commands), *(one.name for one in groups)}:
        raise TypeError(f"{register.noun}: there is such a command already")
    app.add_typer(_group(register, language), name=register.noun)


def _group(register: PlainRegister[Any], language: Language) -> typer.Typer:
    words = register.words(language)
    app = group(words.about)

    async def add(session: CommandContext, *, id: str, by: str, **given: str | None) -> None:
        async with session.context(by) as context:
            done = await plain_registers.add(context, register, id, given)
        _done(session, register, done.outcome, done.entry)

    async def list_(session: CommandContext, *, limit: int, after: str) -> None:
        async with session.context() as context:
            found = await plain_registers.listed(context, register, after=after, most=limit)
        entry.listed(session, register.kind, found.rows, register.words(session.language).fields)
        session.more(found)

    async def show(session: CommandContext, *, id: str) -> int:
        async with session.context() as context:
            found = await plain_registers.show(context, register, id)
        return entry.shown(session, register.kind, found, register.words(session.language).fields)

    async def remove(session: CommandContext, *, id: str, reason: str, by: str) -> None:
        async with session.context(by) as context:
            removed = await plain_registers.remove(context, register, id, reason=reason)
        _done(session, register, "removed", removed)

    def declare(name: str, function: Callable[..., Any], *own: Parameter) -> None:
        session = Parameter("session", Parameter.POSITIONAL_OR_KEYWORD)
        function.__signature__ = Signature([session, *own])  # type: ignore[attr-defined]
        function.__doc__ = texts.text(f"plain.{name}", language, title=words.title)
        command(app, name)(function)

    help = texts.text("plain.id", language)
    id, by = keyword("id", Annotated[str, typer.Argument(help=help)]), keyword("by", By)
    declare("add", add, id, *_fields(register, language), by)
    declare("list", list_, keyword("limit", Limit, 0), keyword("after", After, ""))
    declare("show", show, id)
    declare("remove", remove, id, keyword("reason", Why), by)
    return app


def _fields(register: PlainRegister[Any], language: Language) -> list[Parameter]:
    """A flag for each field. All are read as text: what is wrong with one is said in the register's words."""
    found = []
    for name, cell in register.cells.items():
        if name in TAKEN:
            raise TypeError(f"{register.noun}: a field can not be called {name}, a flag of every command")
        flag = typer.Option(
            f"--{name.replace('_', '-')}",
            metavar=METAVARS[cell.kind],
            help=register.words(language).fields[name],
        )
        needed, left_out = Annotated[str, flag], Annotated[str | None, flag]
        found.append(keyword(name, needed) if cell.needed else keyword(name, left_out, None))
    return found


def _done(session: CommandContext, register: PlainRegister[Any], outcome: str, found: PlainEntry) -> None:
    title = register.words(session.language).title
    session.answer(
        {"register": register.noun, "result": outcome, "entry": found},
        session.text(f"done.{outcome}", register=title, entry=found.id),
    )
