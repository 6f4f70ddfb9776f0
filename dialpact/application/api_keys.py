"""The keys of the API: given, shown, revoked; and whose a token is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
import structlog

from dialpact.application.actor import Actor, Door, Right
from dialpact.application.context import Context
from dialpact.application.entry import ShownEntry, shown
from dialpact.compliance.ledger.bound.api_keys import NAME
from dialpact.compliance.model import Value
from dialpact.compliance.registers import api_key
from dialpact.compliance.registers.api_key import ApiKey, Scope, ShownKey
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import HOME, day
from dialpact.store.ports import Store
from dialpact.store.ports.page import ALL, Page

RIGHTS: Mapping[Scope, frozenset[Right]] = {
    Scope.CHECK: frozenset({Right.CHECK}),
    Scope.OPT_OUT: frozenset({Right.OPT_OUT}),
    Scope.CONSENT: frozenset({Right.CONSENT}),
    Scope.LEADS: frozenset({Right.LEADS}),
    Scope.CALLS: frozenset({Right.CALLS}),
    Scope.EVIDENCE: frozenset({Right.EVIDENCE}),
    Scope.REGISTERS: frozenset({Right.COMPLAINTS, Right.SCRIPTS, Right.WEBHOOKS}),
    Scope.NUMBERS: frozenset(),
}
log = structlog.get_logger()


class Given(Value, frozen=True, kw_only=True):
    """A key and its token, which nobody can be shown again."""

    key: ApiKey
    token: str


async def add(
    context: Context,
    id: str,
    secret: bytes,
    *,
    scopes: Sequence[str],
    businesses: Sequence[str] = (),
    expires: str,
) -> Given:
    """``secret``: of the keyed hashes. Fault for an id that was used before, unknown scopes or businesses,
    and a last day that is over.
    """
    context.actor.need(Right.ACCESS)
    wanted, now = api_key.key_id(id), context.now()
    last = day(expires, "expires")
    if last < now.astimezone(HOME).date():
        raise Fault("api-key-over", value=last.isoformat())
    token = api_key.new_token(wanted)
    key = await context.store.api_keys.add(
        wanted,
        scopes=api_key.scopes(scopes),
        businesses=api_key.businesses(businesses),
        expires=last,
        mac=api_key.mac(token, secret),
        by=context.by,
        at=now,
    )
    return Given(key=key, token=token)


async def rotate(context: Context, id: str, secret: bytes) -> Given:
    """Another token; the one before is none from now on. Fault for a key that is not there or was revoked."""
    context.actor.need(Right.ACCESS)
    wanted = api_key.key_id(id)
    token = api_key.new_token(wanted)
    mac = api_key.mac(token, secret)
    key = await context.store.api_keys.rotate(wanted, mac=mac, by=context.by, at=context.now())
    return Given(key=key, token=token)


async def revoke(context: Context, id: str, *, reason: str) -> ApiKey:
    """It is none from the next request on. Fault for a key that is not there or was revoked."""
    context.actor.need(Right.ACCESS)
    wanted, why = api_key.key_id(id), free_text(reason, "reason")
    return await context.store.api_keys.revoke(wanted, reason=why, by=context.by, at=context.now())


async def listed(context: Context, *, after: str = "", most: int = ALL) -> Page[ShownKey]:
    """By their ids, those that hold no longer as well."""
    context.actor.need(Right.ACCESS)
    return await context.store.api_keys.list(after=after, most=most)


async def show(context: Context, id: str) -> ShownEntry[ShownKey]:
    """With its history, of which the hashes are nobody's business. Fault when there never was one."""
    context.actor.need(Right.ACCESS)
    wanted = api_key.key_id(id)
    rows = (await context.store.api_keys.list(id=wanted)).rows
    found = await shown(context, NAME, wanted, rows)
    history = tuple(
        msgspec.structs.replace(
            change, detail={name: said for name, said in change.detail.items() if name != "mac"}
        )
        for change in found.history
    )
    return msgspec.structs.replace(found, history=history)


async def authenticated(
    store: Store, token: str, secret: Callable[[], bytes], now: datetime
) -> ApiKey | None:
    """The key whose token this is, and which holds now; None: nobody's. StoreError; ConfigError where the
    secret can not be read. Asks the store each time: what is revoked opens nothing more.
    """
    id = api_key.named(token)
    kept = await store.api_keys.find(id) if id else None
    if kept is None or not api_key.same_mac(api_key.mac(token, secret()), kept.mac):
        return None
    if not kept.bound:
        log.error("a key of the API is not what the log says: it opens nothing", key=id)
        return None
    return kept.key if kept.key.holds(now) else None


def actor(key: ApiKey) -> Actor:
    """As the log names it, with what its scopes permit."""
    rights = frozenset[Right]().union(*(RIGHTS[scope] for scope in key.scopes))
    return Actor(name=f"api:{key.id}", door=Door.API, rights=rights)
