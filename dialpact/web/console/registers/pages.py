"""The pages of a register, made of its declaration: its list, one entry, adding one, what is done to one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from dialpact.application import browsing
from dialpact.compliance.registers.fault import Fault
from dialpact.web.console.addresses import whole
from dialpact.web.console.page import AnyPage, Asked, Form, Page, Redirect, Shown
from dialpact.web.console.registers import history, shown
from dialpact.web.console.registers.declared import Deed, Done, Register, Whole
from dialpact.web.console.registers.within import told

ROWS = 50  # of a list, at once


class Named(Form, frozen=True, kw_only=True):
    """Of an entry by what it goes by: a number is in a form, and in no address."""

    key: str


class OfActs(Named, frozen=True, kw_only=True):
    after: str


def pages_of(register: Register) -> list[AnyPage]:
    return list(_pages(register))


def _pages(register: Register) -> Iterator[AnyPage]:
    path, name, readers = register.path, f"registers.{register.noun}", register.readers

    def read(method: Any, at: str, action: str, handle: Any, form: Any = None) -> AnyPage:
        return Page(method=method, path=at, action=action, roles=readers, handle=handle, form=form)

    yield read("GET", path, name, _list(register), None if register.secret else register.search)
    yield read("POST", path, f"{name}.search", _list(register), register.search)
    yield read("GET", f"{path}/entry/{{id}}", f"{name}.entry", _entry(register))
    if register.by_number:
        yield read("POST", f"{path}/entry", f"{name}.find", _found(register), Named)
    yield read("POST", f"{path}/acts", f"{name}.acts", _acts(register), OfActs)
    if add := register.add:
        yield Page(
            method="GET", path=f"{path}/add", action=f"{name}.form", roles=add.roles, handle=_form(register)
        )
        yield Page(
            method="POST",
            path=f"{path}/add",
            action=f"{name}.add",
            roles=add.roles,
            handle=_done(register, add.do),
            form=add.form,
            changes=True,
            uploads=add.uploads,
            most_body=add.most_body,
        )
    for act in register.acts:
        yield Page(
            method="POST",
            path=f"{path}/{act.name}",
            action=f"{name}.{act.name}",
            roles=act.roles,
            handle=_done(register, act.do),
            form=act.form,
            changes=True,
            uploads=act.uploads,
            most_body=act.most_body,
        )


def _list(register: Register) -> Any:
    async def handle(asked: Asked[Any]) -> Shown:
        if not isinstance(asked.form, register.search):  # (a GET of what goes by numbers has no form)
            asked = replace(asked, form=register.search())
        part = await register.listed(asked)
        fields = shown.sent(asked.form)
        values = {
            **shown.head(asked, register),
            "rows": [shown.row(asked, register, each) for each in part.rows],
            "heads": shown.heads(asked, register.columns),
            "next": part.next,
            "looked": bool(part.next) and len(part.rows) < ROWS,
            "filters": await shown.fields(asked, register.filters, fields),
            "sent": {name: value for name, value in fields.items() if name != "after"},
            "begun": not asked.form.after,
        }
        return Shown(
            template="registers/list.html", values=values, part="rows" if asked.form.after else "found"
        )

    return handle


def _entry(register: Register) -> Any:
    async def handle(asked: Asked[Any]) -> Shown:
        id = asked.path["id"]
        if register.by_number:
            key = await browsing.key_of(asked.context, register.logged_as, whole(id))
            try:
                return await _whole(asked, register, key)
            except Fault as error:  # what it goes by is not for who may not see it
                if error.key != "not-registered":
                    raise
                raise Fault("not-registered", entry=id) from error
        return await _whole(asked, register, id)

    return handle


def _found(register: Register) -> Any:
    async def handle(asked: Asked[Named]) -> Shown:
        return await _whole(asked, register, asked.form.key)

    return handle


async def _whole(asked: Asked[Any], register: Register, key: str) -> Shown:
    whole = await register.whole(asked, key)
    entries = whole.entry.entries
    columns = register.kept or register.columns
    acts = [act for act in register.acts if asked.account.role in act.roles]
    values = {
        **shown.head(asked, register),
        "shown": whole.shown,
        "key": whole.entry.key,
        "heads": shown.heads(asked, columns),
        "entries": [
            (shown.cells(asked, columns, each), await _row_deeds(asked, whole, acts, each))
            for each in entries
        ],
        "deeds": [
            await _deed(asked, whole, act, dict(act.sends(entries)) if act.sends else {})
            for act in acts
            if act.rows is None and act.when(entries)
        ],
        "acts": [history.line(asked, each) for each in whole.entry.acts],
        "imports": [history.line(asked, each) for each in whole.entry.imports],
        "searched": whole.entry.searched,
        "next": whole.entry.next,
        "alerts": [
            *([asked.text("registers.differs")] if whole.entry.differs else []),
            *(
                asked.text(key, **{name: told(asked, name, value) for name, value in given.items()})
                for key, given in whole.alerts
            ),
        ],
        **whole.values,
    }
    return Shown(template=register.template, values=values)


async def _row_deeds(
    asked: Asked[Any], whole: Whole, acts: Sequence[Deed], row: Any
) -> list[shown.DeedShown]:
    return [
        await _deed(asked, whole, act, hidden)
        for act in acts
        if act.rows is not None and (hidden := act.rows(row)) is not None
    ]


async def _deed(asked: Asked[Any], whole: Whole, act: Deed, hidden: Any) -> shown.DeedShown:
    first = whole.entry.entries[-1] if whole.entry.entries else None
    before = {**whole.begin, **(act.now(first) if act.now and first is not None else {})}
    fields = await shown.fields(asked, act.fields, before)
    return shown.deed(asked, act, fields, {"key": whole.entry.key, **hidden})


def _form(register: Register) -> Any:
    async def handle(asked: Asked[Any]) -> Shown:
        assert register.add
        values = {
            **shown.head(asked, register),
            "fields": await shown.fields(asked, register.add.fields, {}),
            "uploads": register.add.uploads,
        }
        return Shown(template="registers/add.html", values=values)

    return handle


def _done(register: Register, do: Any) -> Any:
    async def handle(asked: Asked[Any]) -> Redirect:
        done: Done = await do(asked)
        return Redirect(to=done.to or await _address(asked, register, done.key), said=done.said)

    return handle


async def _address(asked: Asked[Any], register: Register, key: str) -> str:
    """Of an entry: by what it goes by, or by the leaf of the last act on it."""
    if not register.by_number:
        return f"{register.path}/entry/{quote(key, safe='')}"
    leaf = await browsing.last_leaf(asked.context, register.logged_as, key)
    return register.path if leaf is None else f"{register.path}/entry/{leaf}"


def _acts(register: Register) -> Any:
    async def handle(asked: Asked[OfActs]) -> Shown:
        whole = await register.whole(asked, asked.form.key)  # (who may see it)
        part = await browsing.more_acts(
            asked.context, register.logged_as, whole.entry.key, after=asked.form.after
        )
        values = {
            **shown.head(asked, register),
            "acts": [history.line(asked, each) for each in part.rows],
            "next": part.next,
            "key": whole.entry.key,
            "shown": whole.shown,
        }
        return Shown(template="registers/acts.html", values=values, part="acts")

    return handle
