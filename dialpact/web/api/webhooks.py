"""``/v1/webhooks``: how it stands with the receivers, and what did not reach them. Who they are says the
configuration alone.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from dialpact.application.webhooks import desk
from dialpact.application.webhooks.desk import Standing, Word
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.webhooks.delivery import DeliveryEntry
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, NoQuery, Paged


class WebhookShown(msgspec.Struct, frozen=True, kw_only=True):
    """``receiver``: of its address scheme, host and port; behind them may be a secret. ``why``: of its last
    failure.
    """

    name: str
    state: Word
    receiver: str
    events: tuple[str, ...]
    business: str
    waiting: int
    dead: int
    delivered: int
    delivered_at: datetime | None
    failing_since: datetime | None
    why: str


class WebhookList(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[WebhookShown, ...]
    next: str = ""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """What was given up. ``id``: its webhook-id, by which it is replayed."""

    id: str
    webhook: str
    type: str
    made_at: datetime
    attempts: int
    last_at: datetime | None
    why: str


class DeadLetterList(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[DeadLetter, ...]
    next: str


class ReplayOrder(Body, frozen=True, kw_only=True):
    """``id``: of one; ``webhook``: all of this one; neither: all."""

    id: str = ""
    webhook: str = ""


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    replayed: int


async def listed(asked: Asked[NoQuery, None]) -> Answer:
    found = await desk.standing(asked.context, asked.site.config, businesses=asked.key.businesses)
    return Answer(body=WebhookList(items=tuple(map(_shown, found))))


async def dead(asked: Asked[Paged, None]) -> Answer:
    found = await desk.listed(
        asked.context,
        names=desk.of_businesses(asked.site.config, asked.key.businesses),
        state="dead",
        after=asked.query.after,
        most=asked.query.limit,
    )
    return Answer(body=DeadLetterList(items=tuple(map(_letter, found.rows)), next=found.next))


async def replay(asked: Asked[NoQuery, ReplayOrder]) -> Answer:
    names = desk.of_businesses(asked.site.config, asked.key.businesses)
    if wanted := asked.body.webhook:
        names = frozenset({wanted} if names is None else names & {wanted})
    before = [int(one.key) for one in asked.again.written if one.kind == "register-change"]
    made = await asked.context.store.changes.made(before)
    count = await desk.replay(asked.context, asked.body.id, names=names, made=made)
    return Answer(body=Replayed(replayed=count))


def _shown(one: Standing) -> WebhookShown:
    state, url = one.state, urlsplit(one.url)
    return WebhookShown(
        name=one.name,
        state=one.word,
        receiver=f"{url.scheme}://{url.netloc}" if one.url else "",
        events=one.events,
        business=one.business,
        waiting=state.waiting if state else 0,
        dead=state.dead if state else 0,
        delivered=state.delivered if state else 0,
        delivered_at=state.delivered_at if state else None,
        failing_since=state.failing_since if state else None,
        why=state.why if state else "",
    )


def _letter(one: DeliveryEntry) -> DeadLetter:
    return DeadLetter(
        id=one.id,
        webhook=one.webhook,
        type=one.type,
        made_at=one.made_at,
        attempts=one.attempts,
        last_at=one.last_at,
        why=one.why,
    )


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/webhooks",
        scope=Scope.CALLS,
        summary="Who is told outside, and how it stands with each.",
        handle=listed,
        answers={200: WebhookList},
    ),
    Endpoint(
        method="GET",
        path="/v1/webhooks/dead",
        scope=Scope.CALLS,
        summary="What was given up after ten attempts in three days, the newest first.",
        handle=dead,
        query=Paged,
        answers={200: DeadLetterList},
    ),
    Endpoint(
        method="POST",
        path="/v1/webhooks/replay",
        scope=Scope.REGISTERS,
        summary="Send again what was given up: the same bytes under the same id.",
        handle=replay,
        body=ReplayOrder,
        answers={200: Replayed},
    ),
)
