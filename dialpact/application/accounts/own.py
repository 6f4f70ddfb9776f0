"""What everybody does with his own account: a password and an authenticator chosen, changed, replaced.

Each wants the password once more, and ends the other sessions where that is wished.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from dialpact.application.accounts import links, recovery, sessions, totp
from dialpact.application.accounts.desk import Desk
from dialpact.application.accounts.sign_in import Caller, Opened, opened, prove, usable
from dialpact.application.context import Context
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.registers import passwords
from dialpact.compliance.registers.account import Account, account_id, wanted
from dialpact.compliance.registers.factor import Kind
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.session import SignedIn, Way
from dialpact.store.ports import Store
from dialpact.store.ports.accounts import KeptAccount

CHOSEN = "chosen by a one-time link"
PENDING = "pending"  # the use of what a form brings back


class Invited(NamedTuple):
    """Who came by a link. ``account``: None: the first of all, who gives himself an id and a name.

    ``secret``: of a new authenticator; ``pending``: the same, sealed, for the form.
    """

    account: Account | None
    secret: str
    pending: str


class Enrolled(NamedTuple):
    """``codes``: for recovery; nobody can be shown them again."""

    opened: Opened
    codes: tuple[str, ...]


async def kept(context: Context, found: SignedIn) -> KeptAccount | None:
    """His own, with what he signs in by. None: there is none such (no longer, perhaps)."""
    return await context.store.accounts.find(found.account.id)


async def invited(desk: Desk, store: Store, now: datetime, link: str) -> Invited:
    """Fault: the link opens nothing, or nothing more. ConfigError."""
    kept = await _by_link(desk, store, now, link)
    secret = totp.new_secret()
    return Invited(kept.account if kept else None, secret, desk.keys.sealed(PENDING, link, secret))


async def pending(desk: Desk, about: str, sealed: str) -> str:
    """The authenticator's secret that a form brings back. Fault."""
    try:
        return desk.keys.opened(PENDING, about, sealed)
    except ConfigError as error:
        raise Fault("sign-in-old") from error


async def enrol(
    desk: Desk,
    store: Store,
    now: datetime,
    caller: Caller,
    *,
    link: str,
    sealed: str,
    chosen: str,
    again: str,
    code: str,
    id: str = "",
    name: str = "",
) -> Enrolled:
    """Password and authenticator are his, the link is gone, and he is signed in. ``id``, ``name``: of the
    first account, an administrator's. Fault; ConfigError.
    """
    kept = await _by_link(desk, store, now, link)
    whose = kept.account.id if kept else account_id(id)
    called = kept.account.name if kept else name
    _check(desk, chosen, again, whose, called)
    secret = await pending(desk, link, sealed)
    step = totp.step(secret, code, now)
    if step is None:
        raise Fault("sign-in-code")
    codes = recovery.made(desk.keys, whose)
    factors = (
        await desk.passwords.made(whose, chosen),
        totp.factor(desk.keys, whose, secret),
        codes.factor,
    )
    if kept is None:
        new = wanted(name=name, role="administrator")
        account = await store.accounts.add(whose, new, factors, first=True, by=whose, at=now)
    else:
        account = kept.account
        old = kept.factor(Kind.LINK)
        await store.accounts.refactor(
            whose,
            expected=(old,) if old else (),
            new=factors,
            gone=[(Kind.LINK, ""), *(each.place for each in kept.all(Kind.PASSKEY))],
            reason=CHOSEN,
            by=whose,
            at=now,
        )
        await store.sessions.end(whose, reason=CHOSEN, by=whose, at=now)
    await store.accounts.use_step(whose, step)
    return Enrolled(await opened(desk, store, account, Way.PASSWORD, caller, now), codes.codes)


async def change_password(
    desk: Desk, context: Context, found: SignedIn, *, current: str, chosen: str, again: str, end_others: bool
) -> None:
    """Fault."""
    now = context.now()
    kept = await prove(desk, context.store, now, found.session, given=current)
    _check(desk, chosen, again, found.account.id, found.account.name)
    new = await desk.passwords.made(found.account.id, chosen)
    before = kept.factor(Kind.PASSWORD)
    await context.store.accounts.refactor(
        found.account.id,
        expected=(before,) if before else (),
        new=(new,),
        reason="changed by himself",
        by=context.by,
        at=now,
    )
    if end_others:
        await _end_others(context, found, "the password was changed")


async def new_authenticator(desk: Desk, found: SignedIn) -> tuple[str, str]:
    """A secret to be shown, and the same, sealed, for the form."""
    secret = totp.new_secret()
    return secret, desk.keys.sealed(PENDING, found.session.id, secret)


async def change_authenticator(
    desk: Desk,
    context: Context,
    found: SignedIn,
    *,
    current: str,
    old_code: str,
    sealed: str,
    code: str,
    end_others: bool,
) -> None:
    """``old_code``: of the one before, or a recovery code. Fault."""
    now = context.now()
    secret = await pending(desk, found.session.id, sealed)
    step = totp.step(secret, code, now)
    if step is None:
        raise Fault("sign-in-code")
    if not old_code.strip():
        raise Fault("empty", column="old_code")
    await prove(desk, context.store, now, found.session, given=current, code=old_code)
    await context.store.accounts.refactor(
        found.account.id,
        new=(totp.factor(desk.keys, found.account.id, secret),),
        reason="changed by himself",
        by=context.by,
        at=now,
    )
    await context.store.accounts.use_step(found.account.id, step)
    if end_others:
        await _end_others(context, found, "the authenticator was changed")


async def new_codes(desk: Desk, context: Context, found: SignedIn, *, current: str) -> tuple[str, ...]:
    """Ten more in the place of those before. Fault."""
    now = context.now()
    await prove(desk, context.store, now, found.session, given=current)
    codes = recovery.made(desk.keys, found.account.id)
    await context.store.accounts.refactor(
        found.account.id, new=(codes.factor,), reason="made anew by himself", by=context.by, at=now
    )
    return codes.codes


async def end_sessions(
    desk: Desk, context: Context, found: SignedIn, ids: tuple[str, ...], *, current: str
) -> int:
    """Those named, or all but this one. How many. Fault."""
    await prove(desk, context.store, context.now(), found.session, given=current)
    but = "" if ids else found.session.id
    return await sessions.end(context, found.account.id, ids, but=but, reason="ended by himself")


async def _end_others(context: Context, found: SignedIn, reason: str) -> None:
    await sessions.end(context, found.account.id, but=found.session.id, reason=reason)


async def _by_link(desk: Desk, store: Store, now: datetime, link: str) -> KeptAccount | None:
    """Whose it is; None: the first account's. Fault."""
    whose = links.whose(link)
    if whose == links.FIRST:
        if desk.first.opens(link, now) and not await store.accounts.any():
            return None
        raise Fault("sign-in-link")
    kept = await store.accounts.find(whose) if whose else None
    if kept is None or not links.opens(desk.keys, whose, kept.factor(Kind.LINK), link, now):
        raise Fault("sign-in-link")
    if not usable(kept, now):
        raise Fault("sign-in-link")
    return kept


def _check(desk: Desk, chosen: str, again: str, id: str, name: str) -> None:
    if chosen != again:
        raise Fault("password-differs")
    passwords.check(chosen, (id, name, *desk.named))
