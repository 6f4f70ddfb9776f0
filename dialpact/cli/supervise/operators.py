"""``dialpact supervise operator``: who is supervised."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialpact.application.supervision import operators
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import By, Why
from dialpact.cli.supervise.desk import desk
from dialpact.cli.supervise.shown import operator_lines
from dialpact.compliance.ledger import keys
from dialpact.compliance.registers.fault import Fault

app = group("The operators that are supervised: by the keys of their logs.")

Key = Annotated[
    str, typer.Option(metavar="VKEY|FILE", help="The verifier key of his log (`dialpact ledger key`).")
]
Url = Annotated[str, typer.Option(metavar="URL", help="Of his `dialpact web`: where he is asked.")]
SecretFile = Annotated[
    Path, typer.Option(metavar="FILE", help="Where his secret is written, to be handed to him.")
]
Id = Annotated[str, typer.Argument()]


@command(app, "add")
async def add(
    session: CommandContext,
    id: Id,
    *,
    name: Annotated[str, typer.Option(help="As people read it.")],
    key: Key,
    secret: SecretFile,
    url: Url = "",
    reports_from: Annotated[
        str, typer.Option(metavar="MONTH", help="First month whose report is due; else this one.")
    ] = "",
    by: By,
    reason: Why = "",
) -> None:
    """Register an operator. His secret is written to a file, and goes to him alone, by another way."""
    if secret.exists() or secret.is_symlink():
        raise Fault("exists", file=str(secret))
    verifier = keys.load_public(key)
    async with desk(session, by) as here:
        new = await operators.add(
            here, id, name=name, key=verifier, url=url, reports_from=reports_from, reason=reason
        )
        keys.write_new(secret, f"{new.secret.hex()}\n".encode(), 0o600)
    answer = {"id": new.id, "origin": new.origin, "secret": str(secret)}
    session.answer(
        answer, session.text("say.supervise-operator", id=new.id, origin=new.origin, secret=secret)
    )


@command(app, "list")
async def list_(session: CommandContext) -> None:
    """The operators, and what a person has to look at."""
    await operator_lines(session)


@command(app, "key")
async def key_(session: CommandContext, id: Id, *, key: Key, by: By, reason: Why) -> None:
    """Believe another key of an operator whose old one was lost; one that was rotated follows by itself."""
    async with desk(session, by) as here:
        await operators.replace_key(here, id, keys.load_public(key), reason=reason)
    session.answer({"id": id, "result": "updated"}, session.text("say.supervise-key", id=id))


@command(app, "end")
async def end(session: CommandContext, id: Id, *, by: By, reason: Why) -> None:
    """Supervise an operator no more: he is not asked, and owes nothing from now on. What is known stays."""
    async with desk(session, by) as here:
        await operators.end(here, id, reason=reason)
    session.answer({"id": id, "result": "ended"}, session.text("say.supervise-ended", id=id))


@command(app, "secret")
async def secret_(session: CommandContext, id: Id, *, secret: SecretFile, by: By, reason: Why = "") -> None:
    """Make a new secret for an operator, to be handed to him; the old one counts no more."""
    if secret.exists() or secret.is_symlink():
        raise Fault("exists", file=str(secret))
    async with desk(session, by) as here:
        made = await operators.new_secret(here, id, reason=reason)
        keys.write_new(secret, f"{made.hex()}\n".encode(), 0o600)
    session.answer(
        {"id": id, "secret": str(secret)}, session.text("say.supervise-secret", id=id, secret=secret)
    )


@command(app, "url")
async def url_(
    session: CommandContext,
    id: Id,
    url: Annotated[str, typer.Argument(metavar="URL", help="Of his `dialpact web`; empty: nowhere.")],
    *,
    by: By,
    reason: Why = "",
) -> None:
    """Ask an operator at another address from now on."""
    async with desk(session, by) as here:
        await operators.move(here, id, url, reason=reason)
    session.answer({"id": id, "result": "updated"}, session.text("say.supervise-url", id=id))
