"""Who did what: the acts of the ledger, by who, what and day; what auditors opened is among them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from dialpact.application import acts
from dialpact.store.ports.acts import ActPage, ActsWanted
from dialpact.web.console.days import span
from dialpact.web.console.ledger import words
from dialpact.web.console.ledger.readers import READERS, ROWS
from dialpact.web.console.page import Asked, Form, NoForm, Page, Shown

TEMPLATE = "ledger/acts.html"
HIDDEN = frozenset({"mac", "hash", "secret", "token"})  # of keys and passwords: nobody needs them here
MOST_DETAIL = 20_000  # characters; the leaf has all


class Wanted(Form, frozen=True, kw_only=True):
    """``kind``: ``register``, or ``register action``. ``since``, ``until``: days, the last one included."""

    actor: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None
    after: str = ""


async def show(asked: Asked[NoForm]) -> Shown:
    return await _found(asked, Wanted())


async def search(asked: Asked[Wanted]) -> Shown:
    return await _found(asked, asked.form)


async def _found(asked: Asked[Any], form: Wanted) -> Shown:
    register, _, action = form.kind.partition(" ")
    days = span(asked, form.since, form.until)
    wanted = ActsWanted(
        actor=form.actor.strip(),
        register=register,
        action=action,
        since=days.since,
        until=days.until,
    )
    page = await acts.listed(asked.context, wanted, after=form.after, most=ROWS)
    kinds = await acts.kinds(asked.context)
    registers = list(dict.fromkeys(kind.register for kind in kinds))
    choices = [("", asked.text("acts.all-kinds"))]
    for one in registers:
        choices.append((one, words.register(asked, one)))
        choices += [
            (f"{one} {kind.action}", f"{words.register(asked, one)} · {words.action(asked, kind.action)}")
            for kind in kinds
            if kind.register == one
        ]
    fields = {name: value for name, value in msgspec.to_builtins(form).items() if value and name != "after"}
    values = {
        "wanted": form,
        "choices": choices,
        "fields": fields,
        "rows": [_row(asked, one) for one in page.rows],
        "next": page.next,
        "reach": _reach(page),
    }
    return Shown(template=TEMPLATE, values=values, part="more" if form.after else "found")


def _row(asked: Asked[Any], one: Any) -> Mapping[str, Any]:
    detail = msgspec.json.format(msgspec.json.encode(_shown(one.detail)), indent=1).decode()
    return {
        "act": one,
        "what": f"{words.register(asked, one.register)} · {words.action(asked, one.action)}",
        "detail": detail if len(detail) <= MOST_DETAIL else "",
    }


def _shown(detail: Any) -> Any:
    if isinstance(detail, dict):
        return {name: "…" if name in HIDDEN else _shown(value) for name, value in detail.items()}
    if isinstance(detail, list):
        return [_shown(one) for one in detail]
    return detail


def _reach(page: ActPage) -> datetime | None:
    """How far back was looked, where fewer were found than are shown at once."""
    return page.reach if len(page.rows) < ROWS else None


PAGES = (
    Page(method="GET", path="/ledger/acts", action="ledger.acts.show", roles=READERS, handle=show),
    Page(
        method="POST",
        path="/ledger/acts",
        action="ledger.acts.search",
        roles=READERS,
        handle=search,
        form=Wanted,
    ),
)
