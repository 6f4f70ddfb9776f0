"""``dialpact script``: what agents read, checked for forbidden phrases and approved."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from dialpact.application.policy import load_policy
from dialpact.cli import entry
from dialpact.cli.command import command, group
from dialpact.cli.flag import By, Why
from dialpact.cli.session import DONE, FOUND, Session
from dialpact.compliance.model import Script
from dialpact.compliance.registers import script as register
from dialpact.compliance.registers.cell import free_text, identifier
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import moment
from dialpact.compliance.registers.script import Hit
from dialpact.compliance.sections import ScriptRule
from dialpact.store.sqlite import registers
from dialpact.store.sqlite.registers import ScriptVersion

app = group("The scripts: what agents read, checked for forbidden phrases and approved.")

Id = Annotated[str, typer.Argument(help="As the campaign names it.")]


@command(app, "add")
async def add(
    session: Session,
    id: Id,
    *,
    file: Annotated[str, typer.Option("--file", metavar="FILE", help="Plain text; - for standard input.")],
    by: By,
) -> None:
    """Register a script, or its new text: a changed text is a new version, and not approved."""
    wanted, text = identifier(id, "id"), register.read(_content(file))
    async with session.store() as store:
        outcome, new = await registers.add_script(
            store, wanted, text, by=free_text(by, "by"), at=session.clock.now()
        )
    entry.done(session, "script", outcome, _without_text(new))


@command(app, "approve")
async def approve(
    session: Session,
    id: Id,
    *,
    expires_at: Annotated[str, typer.Option(help="A bare date ends with that day; else never.")] = "",
    by: By,
) -> int:
    """Approve the newest version. Exit 3, and nothing is approved, when it contains a forbidden phrase."""
    wanted, approver, now = identifier(id, "id"), free_text(by, "by"), session.clock.now()
    ends = _expiry(expires_at, now)
    rules = _rules(session)
    async with session.store() as store:
        newest = await registers.get_script(store, wanted)
        if newest is None:
            raise Fault("not-registered", entry=wanted)
        hits = _hits(newest.text, rules)
        if hits:
            _tell(session, "refused", newest.id, newest.version, hits)
            session.note(session.text("say.not-approved", entry=wanted, count=len(hits)))
            return FOUND
        checked = [rule.digest for rule in rules]
        new = await registers.approve_script(
            store, wanted, sha256=newest.sha256, checked=checked, expires_at=ends, by=approver, at=now
        )
    entry.done(session, "script", "approved", _without_text(new))
    if not rules:
        session.note(session.text("say.no-phrases"))
    return DONE


@command(app, "revoke")
async def revoke(session: Session, id: Id, *, reason: Why, by: By) -> None:
    """Take the approval of the newest version back: it counts from the next attempt on."""
    wanted, why = identifier(id, "id"), free_text(reason, "reason")
    async with session.store() as store:
        new = await registers.revoke_script(store, wanted, reason=why, by=by, at=session.clock.now())
    entry.done(session, "script", "revoked", _without_text(new))


@command(app, "check")
async def check(
    session: Session,
    what: Annotated[str, typer.Argument(metavar="FILE|ID", help="A file, - or a registered script.")],
) -> int:
    """Show the forbidden phrases in a text with their place; approves nothing. Exit 3 when there are any."""
    if _is_file(what):
        name, version, text = what, 0, register.read(_content(what))
    else:
        async with session.store() as store:
            found = await registers.get_script(store, identifier(what, "id"))
        if found is None:
            raise Fault("not-registered", entry=what)
        name, version, text = found.id, found.version, found.text
    hits = _hits(text, _rules(session))
    _tell(session, "found" if hits else "clean", name, version, hits)
    return FOUND if hits else DONE


@command(app, "list")
async def list_(session: Session) -> None:
    """The newest version of every script."""
    async with session.store() as store:
        entry.listed(session, Script, await registers.list_scripts(store))


@command(app, "show")
async def show(
    session: Session,
    id: Id,
    *,
    text: Annotated[bool, typer.Option("--text", help="Only the newest version's text.")] = False,
) -> int:
    """All versions of a script and their history."""
    wanted = identifier(id, "id")
    async with session.store() as store:
        found = await registers.script_versions(store, wanted)
        if text and found:
            shown = {"key": wanted, "version": found[-1].version, "text": found[-1].text}
            session.answer(shown, found[-1].text.removesuffix("\n"))
            return DONE
        versions = [_without_text(version) for version in found]
        return await entry.of_register(session, store, "script", wanted, Script, versions)


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


def _expiry(text: str, now: datetime) -> datetime | None:
    if not text.strip():
        return None
    ends = moment(text, "expires_at", end_of_day=True)
    if ends <= now:
        raise Fault("ends-before-start", start=now.isoformat(timespec="seconds"), end=text.strip())
    return ends


def _rules(session: Session) -> list[ScriptRule]:
    """Also those that bind later or other purposes: an approval is for whatever comes."""
    found = (profile.script for profile in load_policy(session.config).profiles)
    return [rule for rule in found if rule is not None]


def _hits(text: str, rules: list[ScriptRule]) -> list[Hit]:
    return register.phrases(text, {phrase for rule in rules for phrase in rule.forbidden_phrases})


def _tell(session: Session, result: str, id: str, version: int, hits: list[Hit]) -> None:
    answer = {"register": "script", "result": result, "id": id, "version": version, "hits": hits}
    rows = [[hit.phrase, hit.line, hit.column, hit.excerpt] for hit in hits]
    session.table(("phrase", "line", "column", "excerpt"), rows, answer)


def _without_text(version: ScriptVersion) -> Script:
    return Script(**{name: getattr(version, name) for name in Script.__struct_fields__})
