"""``GET /v1/key``: which key this is, what it may, and until when."""

from __future__ import annotations

from datetime import date

import msgspec

from dialpact.compliance.registers.api_key import Scope
from dialpact.web.api.endpoint import ANY_KEY, Answer, Asked, Endpoint, NoQuery


class KeyShown(msgspec.Struct, frozen=True, kw_only=True):
    """``businesses``: none named means all. ``expires``: its last day."""

    id: str
    scopes: tuple[Scope, ...]
    businesses: tuple[str, ...]
    expires: date


async def show(asked: Asked[NoQuery, None]) -> Answer:
    key = asked.key
    return Answer(body=KeyShown(id=key.id, scopes=key.scopes, businesses=key.businesses, expires=key.expires))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/key",
        scope=ANY_KEY,
        summary="Which key this is, what it may ask, of whose data, and until when.",
        handle=show,
        answers={200: KeyShown},
    ),
)
