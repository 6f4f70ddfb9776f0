"""``dialpact account``: who may sign in to the console, as what, of whose data, until when."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from dialpact.application.accounts import links, register, sessions
from dialpact.application.accounts.keys import Keys
from dialpact.application.accounts.register import Given
from dialpact.cli import entry
from dialpact.cli.api_key import secret
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import After, By, Limit, Why
from dialpact.compliance.model import Value
from dialpact.compliance.registers.account import Account
from dialpact.store.ports.accounts import ShownAccount

app = group("The accounts of the console: who signs in, as what, of whose data, until when.")

Id = Annotated[str, typer.Argument(help="Small letters, digits, '.', '_', '-'; never given twice.")]
Name = Annotated[str | None, typer.Option(help="As people call the person.")]
Role = Annotated[str | None, typer.Option(help="administrator, officer, supervisor, auditor.")]
Businesses = Annotated[list[str] | None, typer.Option(help="Of a supervisor: whose data is seen.")]
Campaigns = Annotated[list[str] | None, typer.Option(help="Of a supervisor: which campaigns.")]
Agents = Annotated[list[str] | None, typer.Option(help="Of a supervisor: which agents.")]
Until = Annotated[str | None, typer.Option(metavar="DAY", help="The last day; an auditor has one.")]
Language = Annotated[str | None, typer.Option(help="zh, en; else as the browser asks.")]
Subject = Annotated[str | None, typer.Option(help="Who it is at the identity provider; it gets no link.")]
COLUMNS = (
    *("id", "name", "role", "businesses", "campaigns", "agents"),
    *("until", "disabled_at", "signs_in_by", "last_seen"),
)


@command(app, "add")
async def add(
    session: CommandContext,
    id: Id,
    *,
    name: Annotated[str, typer.Option(help="As people call the person.")],
    role: Annotated[str, typer.Option(help="administrator, officer, supervisor, auditor.")],
    businesses: Businesses = None,
    campaigns: Campaigns = None,
    agents: Agents = None,
    until: Until = None,
    language: Language = None,
    subject: Subject = None,
    by: By,
) -> None:
    """Open an account. Its one-time link is shown once: the person chooses the password by it."""
    keys = _keys(session)
    async with session.context(by) as context:
        given = await register.add(
            context,
            keys,
            id,
            name=name,
            role=role,
            businesses=businesses or (),
            campaigns=campaigns or (),
            agents=agents or (),
            until=until,
            language=language or "",
            subject=subject or "",
        )
    _given(session, "added", given)


@command(app, "change")
async def change(
    session: CommandContext,
    id: Id,
    *,
    name: Name = None,
    role: Role = None,
    businesses: Businesses = None,
    campaigns: Campaigns = None,
    agents: Agents = None,
    until: Until = None,
    language: Language = None,
    subject: Subject = None,
    by: By,
) -> None:
    """Change an account; what is left out stays. An empty list or day takes a limit away."""
    async with session.context(by) as context:
        account = await register.change(
            context,
            id,
            name=name,
            role=role,
            businesses=businesses,
            campaigns=campaigns,
            agents=agents,
            until=until,
            language=language,
            subject=subject,
        )
    _done(session, "updated", account)


@command(app, "reset")
async def reset(session: CommandContext, id: Id, *, reason: Why, by: By) -> None:
    """For who lost password or telephone: all of it is gone, sign-ins end, and a new link is shown."""
    keys = _keys(session)
    async with session.context(by) as context:
        given = await register.reset(context, keys, id, reason=reason)
    _given(session, "reset", given)


@command(app, "disable")
async def disable(session: CommandContext, id: Id, *, reason: Why, by: By) -> None:
    """Nobody signs in by it from now on, and who is signed in is not any more."""
    async with session.context(by) as context:
        account = await register.disable(context, id, reason=reason)
    _done(session, "disabled", account)


@command(app, "enable")
async def enable(session: CommandContext, id: Id, *, reason: Why, by: By) -> None:
    """A disabled account may be signed in to again."""
    async with session.context(by) as context:
        account = await register.enable(context, id, reason=reason)
    _done(session, "enabled", account)


@command(app, "sign-out")
async def sign_out(
    session: CommandContext,
    id: Annotated[str, typer.Argument(help="Whose sign-ins end; left out: everybody's.")] = "",
    *,
    reason: Why,
    by: By,
) -> None:
    """End the sign-ins of an account, or of everybody."""
    async with session.context(by) as context:
        ended = await (
            sessions.end(context, id, reason=reason) if id else sessions.end_all(context, reason=reason)
        )
    session.answer({"ended": ended}, session.text("say.signed-out", count=ended))


@command(app, "list")
async def list_(session: CommandContext, *, limit: Limit = 0, after: After = "") -> None:
    """All accounts, those that hold no longer as well."""
    async with session.context() as context:
        found = await register.listed(context, after=after, most=limit)
    session.table(COLUMNS, [_row(one) for one in found.rows], [_flat(one) for one in found.rows])
    session.more(found)


@command(app, "show")
async def show(session: CommandContext, id: Id) -> None:
    """One account, and its history with each sign-in."""
    async with session.context() as context:
        found = await register.show(context, id)
        history = (await register.history(context, id)).rows[::-1]
    if session.as_json:
        session.json({"key": found.account.id, "entries": [_flat(found)], "history": history})
    else:
        session.table(COLUMNS, [_row(found)], None)
        session.note(session.text("say.history"))
        entry.changes(session, history)


class Told(Value, frozen=True, kw_only=True):
    """``link``: empty where the account signs in by the identity provider."""

    register: str
    result: str
    entry: Account
    link: str


def _given(session: CommandContext, outcome: str, given: Given) -> None:
    link = links.address(session.config.web.base, given.token) if given.token else ""
    told = Told(register="account", result=outcome, entry=given.account, link=link)
    session.answer(told, link)
    session.note(_said(session, outcome, given.account))
    if link:
        session.note(session.text("say.account-link"))


def _done(session: CommandContext, outcome: str, account: Account) -> None:
    answer = {"register": "account", "result": outcome, "entry": account}
    session.answer(answer, _said(session, outcome, account))


def _said(session: CommandContext, outcome: str, account: Account) -> str:
    name = session.text("register.account")
    return session.text(f"done.{outcome}", register=name, entry=account.id)


def _keys(session: CommandContext) -> Keys:
    secret(session)  # made where there is none yet
    return Keys(session.config)


def _flat(one: ShownAccount) -> dict[str, object]:
    return {**msgspec.structs.asdict(one.account), "signs_in_by": one.kinds, "last_seen": one.seen_at}


def _row(one: ShownAccount) -> list[object]:
    flat = _flat(one)
    return [flat[name] for name in COLUMNS]
