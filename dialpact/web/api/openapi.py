"""``GET /v1/openapi.json``: what can be asked here, for programs that make programs. It is anybody's."""

from __future__ import annotations

from functools import cache

from starlette.responses import Response

from dialpact.web.api.endpoint import Answer, Asked, Endpoint, NoQuery

JSON = "application/json"


@cache
def _document() -> bytes:
    from dialpact.web.api.document import written
    from dialpact.web.api.routing import endpoints

    return written(endpoints())


async def show(asked: Asked[NoQuery, None]) -> Answer:
    return Answer(
        body=Response(_document(), headers={"Cache-Control": "public, max-age=300"}, media_type=JSON)
    )


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/openapi.json",
        scope=None,
        summary="This document: every address, what it takes and what it can answer.",
        handle=show,
        answers={200: JSON},
    ),
)
