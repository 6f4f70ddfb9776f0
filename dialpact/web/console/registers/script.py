"""Scripts: what agents read, with the forbidden phrases marked in the text, and who approved it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from dialpact.application import browsing, scripts
from dialpact.compliance.model import Script
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.script import MOST
from dialpact.store.ports.page import Page as Part
from dialpact.web.console.addresses import whole as number_of
from dialpact.web.console.page import Asked, Form, Page, Paged, Shown, Upload
from dialpact.web.console.registers.declared import (
    EVERYBODY,
    REASON,
    Addition,
    Badge,
    BadgeKind,
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
from dialpact.web.console.registers.within import need, within

MOST_BODY = 2 * MOST * 3  # a text that is typed comes three times as long
STATES: dict[scripts.ScriptState, BadgeKind] = {
    "approved": "ok",
    "not-approved": "open",
    "expired": "bad",
    "unchecked": "bad",
}


class Search(Paged, frozen=True, kw_only=True):
    find: str = ""


class Text(Form, frozen=True, kw_only=True):
    """A text that was typed; or a file."""

    text: str = ""


class Add(Text, frozen=True, kw_only=True):
    id: str


class Change(OfEntry, frozen=True, kw_only=True):
    text: str = ""


class Approve(OfEntry, frozen=True, kw_only=True):
    """``version``: the one that was looked at."""

    version: int
    expires_at: date | None = None


async def listed(asked: Asked[Search]) -> Part[Script]:
    form = asked.form
    return await browsing.read_scripts(
        asked.context, find=form.find, within=within(asked), after=form.after, most=ROWS
    )


async def whole(asked: Asked[Any], key: str) -> Whole:
    """With the newest version's text, and what is forbidden in it."""
    entry = await browsing.read_script(asked.context, key)
    await _needed(asked, entry.key)
    if not entry.entries:  # (a script is never removed: of an id that only the log knows)
        raise Fault("not-registered", entry=key)
    profiles = asked.site.rules().policy.profiles
    marked = await scripts.marked(asked.context, entry.key, entry.entries[0].version, profiles)
    return Whole(entry=entry, shown=entry.key, values={"marked": marked}, begin={"text": marked.text})


async def _needed(asked: Asked[Any], id: str) -> None:
    """A supervisor reads what his campaigns read."""
    if asked.account.role is Role.SUPERVISOR:
        found = await browsing.read_scripts(asked.context, find=id, within=within(asked), most=ROWS)
        need(id, seen=any(one.id == id for one in found.rows))


async def add(asked: Asked[Add]) -> Done:
    return await _brought(asked, asked.form.id)


async def change(asked: Asked[Change]) -> Done:
    return await _brought(asked, asked.form.key)


async def _brought(asked: Asked[Any], id: str) -> Done:
    done = await scripts.add(asked.context, id, _content(asked))
    return Done(key=done.entry.id, said=f"registers-said.script-{done.outcome}")


def _content(asked: Asked[Any]) -> bytes:
    """At most one byte more than a script may have."""
    file: Upload | None = asked.files.get("file")
    if file is not None and asked.form.text.strip():
        raise Fault("console-file-or-text")
    return file.file.read(MOST + 1) if file is not None else asked.form.text.encode()


async def approve(asked: Asked[Approve]) -> Done:
    """Of the version that was looked at: a newer one is to be looked at first."""
    form = asked.form
    done = await scripts.approve(
        asked.context,
        form.key,
        asked.site.rules().policy.profiles,
        expires_at=form.expires_at.isoformat() if form.expires_at else "",
        version=form.version,
    )
    if done.approved is None:
        raise Fault("console-script-forbidden", entry=done.checked.id, count=str(len(done.checked.hits)))
    said = "registers-said.approved" if done.checked.rules else "registers-said.approved-unchecked"
    return Done(key=done.approved.id, said=said)


async def revoke(asked: Asked[Reasoned]) -> Done:
    revoked = await scripts.revoke(asked.context, asked.form.key, reason=asked.form.reason)
    return Done(key=revoked.id, said="registers-said.revoked")


async def version(asked: Asked[Any]) -> Shown:
    """An older text."""
    id, number = asked.path["id"], asked.path["version"]
    await _needed(asked, id)
    profiles = asked.site.rules().policy.profiles
    marked = await scripts.marked(asked.context, id, number_of(number), profiles)
    return Shown(template="registers/script_text.html", values={"marked": marked, "id": marked.id})


async def check_form(asked: Asked[Any]) -> Shown:
    return Shown(template="registers/script_check.html", values={"marked": None, "text": ""})


async def check(asked: Asked[Text]) -> Shown:
    """A text that nobody has registered: nothing is kept of it."""
    marked = scripts.marked_text(_content(asked), asked.site.rules().policy.profiles)
    return Shown(
        template="registers/script_check.html", values={"marked": marked, "text": marked.text}, part="checked"
    )


def state(asked: Asked[Any], row: Script) -> Badge:
    found = scripts.state(row, asked.site.rules().policy.profiles, asked.now)
    return Badge(kind=STATES[found], key=f"registers-script.{found}")


def newest_approved(rows: Sequence[Script]) -> bool:
    return bool(rows) and bool(rows[0].approved_by)


COLUMNS = (
    Column(name="id"),
    Column(name="version", look="count"),
    Column(name="state", value=state),
    Column(name="approved_by"),
    Column(name="approved_at"),
    Column(name="expires_at"),
)
TEXT = Field(name="text", kind="textarea", label="registers.text", most=MOST)
FILE = Field(name="file", kind="file", label="registers.text-file", hint="registers-hint.text-file")

REGISTER = Register(
    noun="script",
    columns=COLUMNS,
    kept=(*COLUMNS, Column(name="sha256", look="code")),
    search=Search,
    filters=(Field(name="find", label="registers.find"),),
    listed=listed,
    key=lambda row: row.id,
    whole=whole,
    add=Addition(
        form=Add,
        fields=(Field(name="id", needed=True, hint="registers-hint.script", most=64), TEXT, FILE),
        do=add,
        uploads=True,
        most_body=MOST_BODY,
    ),
    acts=(
        Deed(
            name="approve",
            form=Approve,
            fields=(Field(name="expires_at", kind="date", hint="registers-hint.approval-expires"),),
            do=approve,
            sends=lambda rows: {"version": str(rows[0].version)},
            texts="script-approve",
        ),
        Deed(
            name="change",
            form=Change,
            fields=(TEXT, FILE),
            do=change,
            uploads=True,
            most_body=MOST_BODY,
            texts="script-change",
        ),
        Deed(
            name="revoke",
            form=Reasoned,
            fields=(REASON,),
            do=revoke,
            when=newest_approved,
            grave=True,
            texts="script-revoke",
        ),
    ),
    readers=EVERYBODY,
    template="registers/script.html",
    beside=(("/registers/script/check", "registers.check-text", EVERYBODY),),
)

PAGES = (
    Page(
        method="GET",
        path="/registers/script/entry/{id}/version/{version}",
        action="registers.script.version",
        roles=EVERYBODY,
        handle=version,
    ),
    Page(
        method="GET",
        path="/registers/script/check",
        action="registers.script.check-form",
        roles=EVERYBODY,
        handle=check_form,
    ),
    Page(
        method="POST",
        path="/registers/script/check",
        action="registers.script.check",
        roles=EVERYBODY,
        handle=check,
        form=Text,
        uploads=True,
        most_body=MOST_BODY,
    ),
)
