"""Who asks: the account behind a session's token. And how sessions begin and end."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from dialpact.application.accounts.keys import Keys
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance.config import WebConfig
from dialpact.compliance.registers import session as sessions
from dialpact.compliance.registers.account import Account, account_id
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.session import Session, SignedIn, Way
from dialpact.store.ports import Store

SEEN = timedelta(minutes=1)  # between two notes of a session's use
LONGEST = 200  # characters of what a browser says to be
USE = "session"  # the key's
log = structlog.get_logger()


def cookie(secure: bool) -> str:
    """The name of the cookie that has the token. ``secure``: whether it goes over TLS alone."""
    return "__Host-dialpact" if secure else "dialpact"


async def who(store: Store, keys: Keys, token: str, now: datetime, limits: WebConfig) -> SignedIn | None:
    """Whose token it is, in a session that runs, of an account that holds; None: nobody's. Asks the store
    each time: what has ended opens nothing more. StoreError; ConfigError where the secret can not be read.
    """
    id = sessions.named(token)
    kept = await store.sessions.find(id) if id else None
    if kept is None or not sessions.same(sessions.seal(kept.session, token, keys.of(USE)), kept.mac):
        return None
    if kept.whose is None or not kept.session.runs(now, limits.idle_minutes * 60):
        return None
    if not kept.whose.bound:
        log.error("an account is not what the log says: it opens nothing", account=kept.whose.account.id)
        return None
    if not kept.whose.account.holds(now):
        return None
    return SignedIn(kept.session, kept.whose.account)


async def touch(store: Store, found: SignedIn, now: datetime) -> None:
    """That it was used, at most once a minute: not by what a page asks by itself. StoreError."""
    if now - found.session.seen_at >= SEEN:
        await store.sessions.seen(found.session.id, now)


async def opened(store: Store, account: Account, action: str, path: str, at: datetime) -> None:
    """That an auditor opened a page: an act, before he sees it."""
    await store.sessions.note(account.id, "opened", {"action": action, "path": path}, by=account.id, at=at)


async def begin(
    store: Store,
    keys: Keys,
    account: Account,
    way: Way,
    limits: WebConfig,
    *,
    now: datetime,
    address: str,
    browser: str,
) -> str:
    """A new session; its token, which is kept nowhere."""
    id = secrets.token_hex(16)
    session = Session(
        id=id,
        account=account.id,
        way=way,
        opened_at=now,
        ends_at=now + timedelta(hours=limits.session_hours),
        seen_at=now,
        address=address[:LONGEST],
        browser="".join(each for each in browser if each.isprintable())[:LONGEST],
    )
    token = sessions.new_token(id)
    await store.sessions.open(session, sessions.seal(session, token, keys.of(USE)))
    return token


async def sign_out(context: Context, found: SignedIn) -> None:
    await context.store.sessions.end(
        found.account.id, (found.session.id,), reason="signed out", by=context.by, at=context.now()
    )


async def of(context: Context, account: str) -> Sequence[Session]:
    """That run, of oneself or, for who may say who comes in, of anybody. NotPermitted."""
    _need(context, account)
    return await context.store.sessions.running(account, context.now())


async def end(context: Context, account: str, ids: Sequence[str] = (), *, but: str = "", reason: str) -> int:
    """Those named, or all, ``but`` one. How many that were. Fault; NotPermitted."""
    _need(context, account)
    return await context.store.sessions.end(
        account, ids, but=but, reason=free_text(reason, "reason"), by=context.by, at=context.now()
    )


async def end_all(context: Context, *, reason: str) -> int:
    """Everybody's, one's own as well. Fault; NotPermitted."""
    context.actor.need(Right.ACCESS)
    why, now, count = free_text(reason, "reason"), context.now(), 0
    for whose in sorted({each.account for each in await context.store.sessions.running("", now)}):
        count += await context.store.sessions.end(whose, reason=why, by=context.by, at=now)
    return count


def _need(context: Context, account: str) -> None:
    if not account:
        raise Fault("empty", column="id")
    if account_id(account) != context.by:
        context.actor.need(Right.ACCESS)
