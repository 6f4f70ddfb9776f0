"""Signing in by a password and a code, and the proof of being oneself that a grave act wants once more."""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from dialpact.application.accounts import recovery, sessions, totp
from dialpact.application.accounts.desk import Desk
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.registers.account import Account, account_id
from dialpact.compliance.registers.factor import Factor, Kind
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.session import Session, Way, same
from dialpact.store.ports import Store
from dialpact.store.ports.accounts import KeptAccount

USE = "mark"  # of a browser
FRESH = timedelta(minutes=5)  # after signing in, in which nobody is asked to do so again
_MARK = re.compile(r"([A-Za-z0-9_-]{16})\.([0-9a-f]{64})")
log = structlog.get_logger()


class Caller(NamedTuple):
    """Where somebody signs in from. ``mark``: what his browser kept of the last time."""

    address: str
    browser: str
    mark: str = ""


class Opened(NamedTuple):
    """``token``: of the session. ``mark``: for the browser to keep. ``left``: recovery codes; None: none was
    used.
    """

    account: Account
    token: str
    mark: str
    left: int | None = None


async def by_password(
    desk: Desk, store: Store, now: datetime, caller: Caller, *, id: str, given: str, code: str
) -> Opened:
    """Fault: anything of it is wrong (``sign-in-wrong``, which says not what), or too much was
    (``sign-in-wait``). ConfigError where the secret can not be read.
    """
    name = _named(id)
    mark = _marked(desk, name, caller.mark)
    await _begin(desk, store, name, caller.address, mark, now)
    kept = await store.accounts.find(name) if name else None
    right = await desk.passwords.matches(name, kept.factor(Kind.PASSWORD) if kept else None, given)
    if kept is None or not right or not usable(kept, now):
        raise Fault("sign-in-wrong")
    used = await _used(desk, store, kept, code, now)
    if used is None:
        raise Fault("sign-in-wrong")
    desk.guesses.right(name, caller.address, mark)
    return await opened(desk, store, kept.account, used, caller, now)


async def opened(
    desk: Desk, store: Store, account: Account, way: Way, caller: Caller, now: datetime
) -> Opened:
    """Whoever has shown to be this account is signed in."""
    token = await sessions.begin(
        store,
        desk.keys,
        account,
        way,
        desk.config.web,
        now=now,
        address=caller.address,
        browser=caller.browser,
    )
    left = None
    if way is Way.RECOVERY and (kept := await store.accounts.find(account.id)):
        left = recovery.left(kept.factor(Kind.RECOVERY))
    return Opened(account, token, _new_mark(desk, account.id), left)


async def by_provider(
    desk: Desk, store: Store, now: datetime, caller: Caller, *, given: Mapping[str, str], flow: str
) -> tuple[Opened, str]:
    """And the page that was wanted. Fault; ConfigError."""
    if desk.provider is None:
        raise Fault("provider-none")
    back = await desk.provider.back(now, given, flow)
    kept = await store.accounts.find_subject(back.subject) if back.subject else None
    if kept is None or not usable(kept, now):
        log.warning("the identity provider knows somebody who has no account here")
        raise Fault("provider-no-account")
    return await opened(desk, store, kept.account, Way.PROVIDER, caller, now), back.to


async def prove(
    desk: Desk, store: Store, now: datetime, session: Session, *, given: str, code: str = ""
) -> KeptAccount:
    """Who has signed in says his password once more, and a code where ``code`` is not empty. Who has none, as
    the identity provider knows him, has signed in there a moment ago. Fault as ``by_password``.
    """
    name, place = session.account, f"session {session.id}"
    wait = desk.guesses.begin(name, place, place, now)
    if wait:
        raise Fault("sign-in-wait", seconds=str(math.ceil(wait.total_seconds())))
    kept = await store.accounts.find(name)
    if kept is None or not usable(kept, now):
        raise NotPermitted(f"{name}: no account that holds")
    own = kept.factor(Kind.PASSWORD)
    if own is None:
        if now - session.opened_at >= FRESH:
            raise Fault("sign-in-again", minutes=str(FRESH.seconds // 60))
    elif not await desk.passwords.matches(name, own, given):
        raise Fault("sign-in-password")
    if code and await _used(desk, store, kept, code, now) is None:
        raise Fault("sign-in-code")
    desk.guesses.right(name, place, place)
    return kept


def usable(kept: KeptAccount, now: datetime) -> bool:
    """Whether it may be signed in to at all."""
    if not kept.bound:
        log.error("an account is not what the log says: it opens nothing", account=kept.account.id)
        return False
    return kept.account.holds(now)


async def _begin(desk: Desk, store: Store, name: str, address: str, mark: str, now: datetime) -> None:
    held = desk.guesses.is_held(name, now)
    wait = desk.guesses.begin(name, address, mark, now)
    if wait:
        raise Fault("sign-in-wait", seconds=str(math.ceil(wait.total_seconds())))
    if not held and desk.guesses.is_held(name, now) and await store.accounts.find(name):
        log.warning("an account is guessed at: tries wait", account=name)
        await store.sessions.note(name, "guessed-at", {"address": address}, by="dialpact", at=now)


async def _used(desk: Desk, store: Store, kept: KeptAccount, code: str, now: datetime) -> Way | None:
    """By which way the code is right, and used up; None: it is not, or it was used before."""
    id = kept.account.id
    step = totp.known_step(desk.keys, id, kept.factor(Kind.TOTP), code, now)
    if step is not None:
        return Way.PASSWORD if await store.accounts.use_step(id, step) else None
    before = kept.factor(Kind.RECOVERY)
    left: Factor | None = recovery.without(desk.keys, id, before, code)
    if left is None or before is None:
        return None
    try:
        await store.accounts.refactor(
            id, expected=(before,), new=(left,), reason="a recovery code was used", by=id, at=now
        )
    except Fault:  # somebody has used it meanwhile
        return None
    return Way.RECOVERY


def _named(id: str) -> str:
    """Empty for what can be no account's."""
    try:
        return account_id(id)
    except Fault:
        return ""


def _new_mark(desk: Desk, account: str) -> str:
    nonce = secrets.token_urlsafe(12)
    return f"{nonce}.{desk.keys.mac(USE, account, nonce)}"


def _marked(desk: Desk, account: str, mark: str) -> str:
    """The name of a browser that has signed in to this account before; empty: none such."""
    found = _MARK.fullmatch(mark)
    return found[1] if found and same(desk.keys.mac(USE, account, found[1]), found[2]) else ""
