"""``dialpact api-key``: which programs may ask `dialpact web`, what, of whose data, and until when."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from dialpact.application import api_keys
from dialpact.application.api_keys import Given
from dialpact.cli import entry
from dialpact.cli.command import command, group
from dialpact.cli.command_context import DONE, FAILED, CommandContext
from dialpact.cli.flag import After, By, Limit, Why
from dialpact.compliance.ledger import keys
from dialpact.compliance.model import Value
from dialpact.compliance.registers.api_key import ApiKey, ShownKey, new_secret

app = group("The keys of the API: which programs may ask, what, of whose data, and until when.")

Id = Annotated[str, typer.Argument(help="ASCII letters, digits, '.', '_', '-'; never given twice.")]
COLUMNS = ("id", "scopes", "businesses", "expires", "used_at", "revoked_at", "reason")


@command(app, "add")
async def add(
    session: CommandContext,
    id: Id,
    *,
    scopes: Annotated[
        list[str],
        typer.Option(help="check, opt-out, consent, leads, calls, evidence, registers; numbers: not masked."),
    ],
    businesses: Annotated[
        list[str] | None, typer.Option(help="Whose data it sees and changes; left out: everybody's.")
    ] = None,
    expires: Annotated[str, typer.Option(metavar="DAY", help="Its last day.")],
    by: By,
) -> None:
    """Give a key. Its token is shown once, and kept nowhere."""
    made = secret(session)
    async with session.context(by) as context:
        given = await api_keys.add(
            context, id, made, scopes=scopes, businesses=businesses or (), expires=expires
        )
    _given(session, "added", given)


@command(app, "rotate")
async def rotate(session: CommandContext, id: Id, *, by: By) -> None:
    """Give a key another token; the one before opens nothing more."""
    made = secret(session)
    async with session.context(by) as context:
        given = await api_keys.rotate(context, id, made)
    _given(session, "rotated", given)


@command(app, "revoke")
async def revoke(session: CommandContext, id: Id, *, reason: Why, by: By) -> None:
    """End a key: it opens nothing from the next request on."""
    async with session.context(by) as context:
        key = await api_keys.revoke(context, id, reason=reason)
    name = session.text("register.api-key")
    session.answer(
        {"register": "api-key", "result": "revoked", "entry": key},
        session.text("done.ended", register=name, entry=key.id),
    )


@command(app, "list")
async def list_(session: CommandContext, *, limit: Limit = 0, after: After = "") -> None:
    """All keys, those that hold no longer as well, and when each was last used."""
    async with session.context() as context:
        found = await api_keys.listed(context, after=after, most=limit)
    session.table(COLUMNS, [_row(one) for one in found.rows], [_flat(one) for one in found.rows])
    session.more(found)


@command(app, "show")
async def show(session: CommandContext, id: Id) -> int:
    """One key and its history."""
    async with session.context() as context:
        found = await api_keys.show(context, id)
    if session.as_json:
        session.json(
            {"key": found.key, "entries": [_flat(one) for one in found.entries], "history": found.history}
        )
    else:
        session.table(COLUMNS, [_row(one) for one in found.entries], None)
        session.note(session.text("say.history"))
        entry.changes(session, found.history)
    return DONE if found.entries else FAILED


class Told(Value, frozen=True, kw_only=True):
    """What a program needs of a key that was just given."""

    register: str
    result: str
    entry: ApiKey
    token: str


def _given(session: CommandContext, outcome: str, given: Given) -> None:
    name = session.text("register.api-key")
    done = session.text(f"done.{outcome}", register=name, entry=given.key.id)
    told = Told(register="api-key", result=outcome, entry=given.key, token=given.token)
    session.answer(told, given.token)
    session.note(done)
    session.note(session.text("say.api-key-once"))


def _flat(one: ShownKey) -> dict[str, object]:
    return {**msgspec.structs.asdict(one.key), "used_at": one.used_at}


def _row(one: ShownKey) -> list[object]:
    flat = _flat(one)
    return [flat[name] for name in COLUMNS]


def secret(session: CommandContext) -> bytes:
    """Of the keyed hashes; made where there is none yet. ConfigError; OSError."""
    config = session.config
    file = config.path(config.api.secret_file)
    if not file.exists():
        keys.write_new(file, new_secret(), 0o600)
    return config.api.secret(config)
