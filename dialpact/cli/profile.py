"""``dialpact profile``: the rules that ship, to be looked at and copied."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialpact.application import profiles
from dialpact.application.profiles import ShownSection
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.profile import SUFFIX, is_name
from dialpact.presentation.rule import rule_name
from dialpact.presentation.setting import toml

app = group("The profiles: the rules that ship, to be looked at and copied.")

HEAD = ("id", "version", "title", "source", "looked_up", "timezone", "sha256")
ORIGIN = ("clause", "source", "looked_up", "unconfirmed", "effective_from", "purposes")

Name = Annotated[str, typer.Argument(help="One that ships, or a .toml file.")]


@command(app, "list")
def list_(session: CommandContext) -> None:
    """The profiles that ship, and files of one's own that are in force."""
    named = _in_force(session)
    own = [session.config.path(name) for name in named or () if name.endswith(SUFFIX)]
    found, faults = profiles.listed(named, own)
    columns = ("id", "version", "regions", "looked_up", "in_force", "file", "title")
    session.table(columns, [[getattr(one, name) for name in columns] for one in found], found)
    for fault in faults:
        session.note(str(fault))


@command(app, "show")
def show(
    session: CommandContext,
    name: Name,
    *,
    text: Annotated[bool, typer.Option("--text", help="The file as it is, and nothing else.")] = False,
) -> None:
    """One profile: each rule with its values, its clause, its source and when that was looked up."""
    found = profiles.show(name)
    if session.as_json:
        session.json(found)
        return
    if text:
        typer.echo(found.text, nl=not found.text.endswith("\n"))
        return
    session.facts([(column, getattr(found, column)) for column in HEAD])
    for section in found.sections:
        typer.echo(f"\n[{section.section}] {_rule(session, section)}")
        session.facts([(column, getattr(section, column)) for column in ORIGIN])
        for key, value in section.settings.items():
            typer.echo(f"{key} = {toml(value)}")


@command(app, "copy")
def copy(
    session: CommandContext,
    name: Name,
    file: Annotated[Path, typer.Argument(help="A new file, FILE.toml; never one that is there.")],
) -> None:
    """A profile as a file of one's own, to be changed and named in [policy] profiles."""
    found = profiles.copy(name, file)
    ships = is_name(name)
    said = session.text(
        "say.profile-copied" if ships else "say.profile-copied-file", file=file, profile=found.id, name=name
    )
    session.answer({"profile": found.id, "file": str(file), "sha256": found.sha256}, said)


def _in_force(session: CommandContext) -> tuple[str, ...] | None:
    """None where there is no configuration, or one that is yet to be corrected: this list may be why."""
    try:
        return session.config.policy.profiles
    except ConfigError:
        return None


def _rule(session: CommandContext, section: ShownSection) -> str:
    return rule_name("number" if section.section == "numbers" else section.section, session.language)
