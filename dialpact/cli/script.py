"""``dialpact script``: what agents read, checked for forbidden phrases and approved."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dialpact.application import scripts
from dialpact.application.entry import ShownEntry
from dialpact.application.policy import load_policy
from dialpact.application.scripts import CheckedText
from dialpact.cli import entry
from dialpact.cli.command import command, group
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.cli.flag import After, By, Limit, Why
from dialpact.compliance.model import Script
from dialpact.compliance.registers import script as register
from dialpact.compliance.registers.fault import Fault

app = group("The scripts: what agents read, checked for forbidden phrases and approved.")

Id = Annotated[str, typer.Argument(help="As the campaign names it.")]


@command(app, "add")
async def add(
    session: CommandContext,
    id: Id,
    *,
    file: Annotated[str, typer.Option("--file", metavar="FILE", help="Plain text; - for standard input.")],
    by: By,
) -> None:
    """Register a script, or its new text: a changed text is a new version, and not approved."""
    content = _content(file)
    async with session.context(by) as context:
        done = await scripts.add(context, id, content)
    entry.done(session, "script", done.outcome, done.entry)


@command(app, "approve")
async def approve(
    session: CommandContext,
    id: Id,
    *,
    expires_at: Annotated[str, typer.Option(help="A bare date ends with that day; else never.")] = "",
    by: By,
) -> int:
    """Approve the newest version. Exit 3, and nothing is approved, when it contains a forbidden phrase."""
    profiles = load_policy(session.config).profiles
    async with session.context(by) as context:
        done = await scripts.approve(context, id, profiles, expires_at=expires_at)
    if done.approved is None:
        _tell(session, "refused", done.checked)
        session.note(session.text("say.not-approved", entry=done.checked.id, count=len(done.checked.hits)))
        return FOUND
    entry.done(session, "script", "approved", done.approved)
    if not done.checked.rules:
        session.note(session.text("say.no-phrases"))
    return DONE


@command(app, "revoke")
async def revoke(session: CommandContext, id: Id, *, reason: Why, by: By) -> None:
    """Take the approval of the newest version back: it counts from the next attempt on."""
    async with session.context(by) as context:
        revoked = await scripts.revoke(context, id, reason=reason)
    entry.done(session, "script", "revoked", revoked)


@command(app, "check")
async def check(
    session: CommandContext,
    what: Annotated[str, typer.Argument(metavar="FILE|ID", help="A file, - or a registered script.")],
) -> int:
    """Show the forbidden phrases in a text with their place; approves nothing. Exit 3 when there are any."""
    profiles = load_policy(session.config).profiles
    if _is_file(what):
        checked = scripts.check_text(what, _content(what), profiles)
    else:
        async with session.context() as context:
            checked = await scripts.check(context, what, profiles)
    _tell(session, "found" if checked.hits else "clean", checked)
    return FOUND if checked.hits else DONE


@command(app, "list")
async def list_(session: CommandContext, *, limit: Limit = 0, after: After = "") -> None:
    """The newest version of every script."""
    async with session.context() as context:
        found = await scripts.listed(context, after=after, most=limit)
    entry.listed(session, Script, found.rows)
    session.more(found)


@command(app, "show")
async def show(
    session: CommandContext,
    id: Id,
    *,
    text: Annotated[bool, typer.Option("--text", help="Only the newest version's text.")] = False,
) -> int:
    """All versions of a script and their history."""
    async with session.context() as context:
        found = await scripts.show(context, id)
    if text and found.entries:
        newest = found.entries[-1]
        shown = {"key": found.key, "version": newest.version, "text": newest.text}
        session.answer(shown, newest.text.removesuffix("\n"))
        return DONE
    versions = tuple(version.without_text() for version in found.entries)
    return entry.shown(session, Script, ShownEntry(key=found.key, entries=versions, history=found.history))


def _is_file(what: str) -> bool:
    return what == "-" or Path(what).is_file()


def _content(file: str) -> bytes:
    """At most one byte more than a script may have."""
    if file == "-":
        return sys.stdin.buffer.read(register.MOST + 1)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(register.MOST + 1)
    except OSError as error:
        raise Fault("file", file=file, error=error.strerror or str(error)) from error


def _tell(session: CommandContext, result: str, checked: CheckedText) -> None:
    hits = checked.hits
    answer = {
        "register": "script",
        "result": result,
        "id": checked.id,
        "version": checked.version,
        "hits": hits,
    }
    rows = [[hit.phrase, hit.line, hit.column, hit.excerpt] for hit in hits]
    session.table(("phrase", "line", "column", "excerpt"), rows, answer)
