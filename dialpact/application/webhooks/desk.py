"""What a person can do with the receivers: look, send again, try one out, change its keys."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from msgspec import to_builtins

from dialpact.application import new_file
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.webhooks.posting import Poster
from dialpact.compliance.config import Config
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.model import Value
from dialpact.compliance.registers.change import Made
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.webhooks import events, secret
from dialpact.compliance.webhooks.delivery import DeliveryEntry, HookState, ShownDelivery
from dialpact.compliance.webhooks.events import TestEvent
from dialpact.compliance.webhooks.packing import delivery
from dialpact.compliance.webhooks.retry import Heard
from dialpact.compliance.webhooks.signature import WebhookKey, generated
from dialpact.store.ports.page import ALL, Page

REGISTER = "webhook"
LONGEST_OVERLAP = 24 * 30  # hours
Word = Literal["well", "failing", "gone", "not-begun", "not-configured"]


class Standing(Value, frozen=True, kw_only=True):
    """A receiver: as it is configured, and how it stands with it.

    ``configured``: the file has it. ``state``: None where `dialpact web` has not begun with it yet.
    """

    name: str
    configured: bool
    url: str
    events: tuple[str, ...]
    business: str
    numbers: bool
    state: HookState | None

    @property
    def word(self) -> Word:
        if not self.configured:
            return "not-configured"
        if self.state is None:
            return "not-begun"
        if self.state.disabled_at:
            return "gone"
        return "failing" if self.state.failing_since else "well"


class PublicKey(Value, frozen=True, kw_only=True):
    """A key of a receiver, as may be shown. ``public``: ``whpk_...``; empty for a shared secret."""

    scheme: str
    public: str
    until: datetime | None


class Keys(Value, frozen=True, kw_only=True):
    """``shared``: the secrets (``whsec_...``) themselves, where they were asked for."""

    webhook: str
    file: str
    keys: tuple[PublicKey, ...]
    shared: tuple[str, ...] = ()


class Tried(Value, frozen=True, kw_only=True):
    """What came of a test. ``outcome``: delivered, away, refused, gone."""

    webhook: str
    id: str
    outcome: str
    why: str


async def standing(
    context: Context, config: Config, *, businesses: Collection[str] = ()
) -> Sequence[Standing]:
    """All that are configured or were, by name. ``businesses``: only those that hear of these alone."""
    context.actor.need(Right.CALLS)
    known = {state.name: state for state in await context.store.webhooks.states()}
    mine = of_businesses(config, businesses)
    return [
        _standing(name, config, known.get(name))
        for name in sorted({*config.webhooks, *known})
        if mine is None or name in mine
    ]


def of_businesses(config: Config, businesses: Collection[str]) -> frozenset[str] | None:
    """The receivers that hear of one of these businesses alone; None where no business is named: all."""
    if not businesses:
        return None
    return frozenset(name for name, hook in config.webhooks.items() if hook.business in businesses)


def _standing(name: str, config: Config, state: HookState | None) -> Standing:
    hook = config.webhooks.get(name)
    return Standing(
        name=name,
        configured=hook is not None,
        url=hook.url if hook else "",
        events=hook.events if hook else (),
        business=hook.business if hook else "",
        numbers=hook.numbers if hook else False,
        state=state,
    )


async def listed(
    context: Context,
    *,
    names: Collection[str] | None = None,
    state: str = "",
    after: str = "",
    most: int = ALL,
) -> Page[DeliveryEntry]:
    """Deliveries, the newest first. ``names``: of these receivers; None: of all. ``state``: waiting,
    delivered, dead; empty: any.
    """
    context.actor.need(Right.CALLS)
    return await context.store.webhooks.list(names=names, state=state, after=after, most=most)


async def show(context: Context, id: str) -> ShownDelivery:
    """With what is sent, which has numbers in full where its receiver gets them. Fault for none."""
    context.actor.need(Right.CALLS)
    found = await context.store.webhooks.get(id)
    if found is None:
        raise Fault("not-registered", entry=id)
    return found


async def replay(
    context: Context, id: str = "", *, names: Collection[str] | None = None, made: Sequence[Made] = ()
) -> int:
    """Dead letters are sent again: that of ``id``, else all (of these receivers); how many.

    ``made``: the acts of an earlier try that was cut off before it could say so. Fault for an id of none.
    """
    context.actor.need(Right.WEBHOOKS)
    store, now = context.store.webhooks, context.now()
    if acts := [one for one in made if (one.register, one.action) == (REGISTER, "replay")]:
        return sum(int(one.detail["count"]) for one in acts)
    count = await store.replay(names, id, by=context.by, at=now)
    if id and not count:
        found = await store.get(id)
        if found is None or (names is not None and found.entry.webhook not in names):
            raise Fault("not-registered", entry=id)
        raise Fault("webhook-not-dead", entry=id, state=found.entry.state)
    return count


async def resume(context: Context, webhook: str, *, skip: bool = False) -> int:
    """It is sent to again. ``skip``: only what happens from now on; how many deliveries that threw away."""
    context.actor.need(Right.OPERATE)
    return await context.store.webhooks.resume(webhook, skip=skip, by=context.by, at=context.now())


async def forget(context: Context, config: Config, webhook: str) -> int:
    """All that is kept of one that is configured no more; how many deliveries. Fault for any other."""
    context.actor.need(Right.OPERATE)
    if webhook in config.webhooks:
        raise Fault("webhook-configured", entry=webhook)
    return await context.store.webhooks.forget(webhook, by=context.by, at=context.now())


async def test(context: Context, config: Config, webhook: str) -> Tried:
    """An event that says nothing has happened is sent at once, past all that waits. ConfigError, Fault."""
    context.actor.need(Right.OPERATE)
    _need(config, webhook)
    now = context.now()
    event = TestEvent(timestamp=now, data=events.Test(webhook=webhook, by=context.by))
    sent = delivery(webhook, event, (), secrets.token_hex(8))
    heard: Heard = await Poster(config, webhook, context.clock).post(sent.id, sent.body)
    return Tried(webhook=webhook, id=sent.id, outcome=heard.word, why=heard.why)


async def keys(context: Context, config: Config, webhook: str, *, shared: bool = False) -> Keys:
    """Its keys; those that are missing are made, which is an act in the log. What happens from then on it is
    told.

    ``shared``: with the secrets that it is to be given. ConfigError, Fault, OSError.
    """
    context.actor.need(Right.OPERATE)
    _need(config, webhook)
    file = secret.file_of(config, webhook)
    there = await asyncio.to_thread(os.path.lexists, file)
    found = list(await asyncio.to_thread(secret.load, config, webhook)) if there else []
    if made := [generated(scheme) for scheme in secret.missing(found, config.webhooks[webhook])]:
        found = [*made, *found]
        await _noted(context, webhook, "key", found)
        await context.store.webhooks.begin([webhook], context.now())
        await asyncio.to_thread(_write, file, found, force=there)
    return _shown(webhook, file, found, shared)


async def rotate(context: Context, config: Config, webhook: str, *, hours: int, shared: bool = False) -> Keys:
    """New keys, and for so many hours the old ones beside them: receivers take the new ones meanwhile.

    ConfigError, Fault, OSError. In the log before it is in the file.
    """
    context.actor.need(Right.OPERATE)
    _need(config, webhook)
    if not 0 <= hours <= LONGEST_OVERLAP:
        raise Fault("webhook-hours", value=str(hours), most=str(LONGEST_OVERLAP))
    now, file = context.now(), secret.file_of(config, webhook)
    before = await asyncio.to_thread(secret.load, config, webhook)
    until = now + timedelta(hours=hours)
    old = [
        WebhookKey(key.text, min(key.until or until, until))
        for key in before
        if hours and (key.until is None or key.until > now)
    ]
    new = [generated(scheme) for scheme in config.webhooks[webhook].signing]
    await _noted(context, webhook, "rotate", [*new, *old])
    await asyncio.to_thread(_write, file, [*new, *old], force=True)
    return _shown(webhook, file, [*new, *old], shared)


def _need(config: Config, webhook: str) -> None:
    if webhook not in config.webhooks:
        raise Fault("webhook-unknown", value=webhook)


async def _noted(context: Context, webhook: str, action: str, found: Sequence[WebhookKey]) -> None:
    said = [to_builtins(_public(key)) for key in found]
    detail = {"keys": said}
    changes = context.store.changes
    await changes.note(REGISTER, action, webhook, detail, by=context.by, at=context.now())


def _write(file: Path, found: Sequence[WebhookKey], *, force: bool) -> None:
    """0600, of whoever had the file before: whole on disk, or as it was."""
    if not file.parent.is_dir():
        raise ConfigError(f"{file}: no such folder")
    owner = file.stat() if force else None
    with new_file.beside(file) as (temporary, opened):
        opened.write(secret.lines(found).encode())
        opened.flush()
        if owner is not None and os.geteuid() == 0:
            os.fchown(opened.fileno(), owner.st_uid, owner.st_gid)
        os.fsync(opened.fileno())
        new_file.give_name(temporary, file, force=force)


def _public(key: WebhookKey) -> PublicKey:
    return PublicKey(scheme=key.scheme, public=key.public, until=key.until)


def _shown(webhook: str, file: Path, found: Sequence[WebhookKey], shared: bool) -> Keys:
    whole = tuple(key.text for key in found if key.scheme == "v1") if shared else ()
    public = tuple(map(_public, found))
    return Keys(webhook=webhook, file=str(file), keys=public, shared=whole)
