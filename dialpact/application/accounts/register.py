"""The accounts of the console: opened, changed, disabled; by who may say who comes in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from dialpact.application.accounts import links
from dialpact.application.accounts.keys import Keys
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance.model import Value
from dialpact.compliance.registers.account import Account, Wanted, account_id, wanted
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.change import Made
from dialpact.compliance.registers.factor import Factor, Kind
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.accounts import KeptAccount, ShownAccount
from dialpact.store.ports.page import ALL, Page

OTHERS = ("role", "businesses", "campaigns", "agents", "until")  # what nobody changes of his own
SECRET = ("sha256",)  # nobody's business, in a history


class Given(Value, frozen=True, kw_only=True):
    """An account, and the token of its one-time link, which nobody can be shown again. Empty: it has none, as
    it signs in by the identity provider.
    """

    account: Account
    token: str = ""


async def add(
    context: Context,
    keys: Keys,
    id: str,
    *,
    name: str,
    role: str,
    businesses: Sequence[str] = (),
    campaigns: Sequence[str] = (),
    agents: Sequence[str] = (),
    until: str | date | None = None,
    language: str = "",
    subject: str = "",
) -> Given:
    """Fault for an id that was used before, and for what does not go with the role. ConfigError."""
    context.actor.need(Right.ACCESS)
    wished, now = account_id(id), context.now()
    new = wanted(
        name=name,
        role=role,
        businesses=businesses,
        campaigns=campaigns,
        agents=agents,
        until=until,
        language=language,
        subject=subject,
    )
    token = "" if new.subject else links.token(wished)
    factors: list[Factor] = [links.factor(keys, wished, token, now)] if token else []
    account = await context.store.accounts.add(wished, new, factors, by=context.by, at=now)
    return Given(account=account, token=token)


async def change(
    context: Context,
    id: str,
    *,
    name: str | None = None,
    role: str | None = None,
    businesses: Sequence[str] | None = None,
    campaigns: Sequence[str] | None = None,
    agents: Sequence[str] | None = None,
    until: str | date | None = None,
    language: str | None = None,
    subject: str | None = None,
) -> Account:
    """What is None stays as it is; an empty ``until`` is no last day. It counts from the next page on. Fault;
    NotPermitted, also for one's own role and limits: nobody raises himself. Fault, too, where somebody was
    faster.
    """
    context.actor.need(Right.ACCESS)
    wished = account_id(id)
    before = (await _find(context, wished)).account
    given: dict[str, Any] = {
        "name": name,
        "role": role,
        "businesses": businesses,
        "campaigns": campaigns,
        "agents": agents,
        "until": until,
        "language": language,
        "subject": subject,
    }
    fields = {field: value for field, value in given.items() if value is not None}
    kept = {field: getattr(before, field) for field in Wanted.__struct_fields__}
    after = wanted(**(kept | fields))
    if wished == context.by and any(getattr(after, field) != kept[field] for field in OTHERS):
        raise Fault("account-own", entry=wished)
    return await context.store.accounts.change(
        wished, after, expected=before, by=context.by, at=context.now()
    )


async def set_language(context: Context, id: str, language: str) -> Account:
    """One's own. Fault, also where somebody was faster: his role is not made again what it was."""
    before = (await _find(context, account_id(id))).account
    if before.id != context.by:
        context.actor.need(Right.ACCESS)
    kept = {field: getattr(before, field) for field in Wanted.__struct_fields__}
    after = wanted(**(kept | {"language": language}))
    return await context.store.accounts.change(
        before.id, after, expected=before, by=context.by, at=context.now()
    )


async def reset(context: Context, keys: Keys, id: str, *, reason: str) -> Given:
    """For who has lost what he signs in by, or from whom it was stolen: all of it is gone, his sessions end,
    and a new one-time link is made. Nobody but he learns his password. Fault; ConfigError.
    """
    context.actor.need(Right.ACCESS)
    wished, why, now = account_id(id), free_text(reason, "reason"), context.now()
    kept = await _find(context, wished)
    token = links.token(wished)
    await context.store.accounts.refactor(
        wished,
        new=(links.factor(keys, wished, token, now),),
        gone=[each.place for each in kept.factors if each.kind is not Kind.LINK],
        reason=why,
        by=context.by,
        at=now,
    )
    await context.store.sessions.end(wished, reason=why, by=context.by, at=now)
    return Given(account=kept.account, token=token)


async def disable(context: Context, id: str, *, reason: str) -> Account:
    """It opens nothing from the next page on. Fault where it is disabled, or the last administrator's."""
    context.actor.need(Right.ACCESS)
    wished, why = account_id(id), free_text(reason, "reason")
    return await context.store.accounts.disable(wished, reason=why, by=context.by, at=context.now())


async def enable(context: Context, id: str, *, reason: str) -> Account:
    """Fault."""
    context.actor.need(Right.ACCESS)
    wished, why = account_id(id), free_text(reason, "reason")
    return await context.store.accounts.enable(wished, reason=why, by=context.by, at=context.now())


async def listed(context: Context, *, after: str = "", most: int = ALL) -> Page[ShownAccount]:
    """By their ids, those that hold no longer as well."""
    context.actor.need(Right.ACCESS)
    return await context.store.accounts.list(after=after, most=most)


async def show(context: Context, id: str) -> ShownAccount:
    """Fault where there is none."""
    context.actor.need(Right.ACCESS)
    wished = account_id(id)
    rows = (await context.store.accounts.list(id=wished)).rows
    if not rows:
        raise Fault("not-registered", entry=wished)
    return rows[0]


async def history(context: Context, id: str, *, after: str = "", most: int = ALL) -> Page[Made]:
    """The newest first: what it became, what it signs in by, when it did, what an auditor opened."""
    context.actor.need(Right.ACCESS)
    found = await context.store.accounts.history(account_id(id), after=after, most=most)
    return Page([_told(each) for each in found.rows], found.next)


def _told(made: Made) -> Made:
    detail = {name: said for name, said in made.detail.items() if name not in SECRET}
    return msgspec.structs.replace(made, detail=detail)


async def _find(context: Context, id: str) -> KeptAccount:
    kept = await context.store.accounts.find(id)
    if kept is None:
        raise Fault("not-registered", entry=id)
    return kept
