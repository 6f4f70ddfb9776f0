"""The application that ``dialpact web`` serves: the routes of its modules, and nothing else.

A module gives its routes by a function of a :class:`~dialpact.web.site.Site`, listed in ``SOURCES``. A path
that nobody has is 404, a method that a path has not is 405; both say so in JSON.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialpact.compliance.meters import METERS
from dialpact.web import telling, tiles
from dialpact.web.api import consent_evidence, idempotency, predial
from dialpact.web.api import routing as api
from dialpact.web.bounds import Bounds
from dialpact.web.console import routing as console
from dialpact.web.console import visitors
from dialpact.web.console.headers import ALWAYS
from dialpact.web.site import RouteSource, Site, Work

LONGER = {"/supervision/package": 900.0}  # seconds: an evidence package with its recordings
SAID = {
    404: "no such page",
    405: "not by this method",
    500: "failed",
    503: "the database can not be read now",
}


def health(site: Site) -> Sequence[BaseRoute]:
    async def live(_: Request) -> Response:
        """This loop turns: that is all it says."""
        return JSONResponse({"live": True}, headers={"Cache-Control": "no-store"})

    return [Route("/health/live", live)]


SOURCES: tuple[RouteSource, ...] = (health, tiles.routes, api.routes, visitors.routes)
WORKS: tuple[Work, ...] = (idempotency.clear, predial.deciding, consent_evidence.tidy, telling.work)


class Counted:
    """Outermost, in plain ASGI: counts what was answered, by its class."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                METERS.requests[f"{message['status'] // 100}xx"] += 1
            await send(message)

        await self._app(scope, receive, counted)


def application(site: Site, sources: Sequence[RouteSource] = SOURCES) -> Starlette:
    routes = [route for source in sources for route in source(site)]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Counted), Middleware(Bounds, longer=LONGER, apart=_bounds_itself)],
        exception_handlers={HTTPException: _refused},
    )
    app.router.redirect_slashes = False  # nobody's words go into a header of ours
    return app


def _bounds_itself(path: str) -> bool:
    return path.startswith(api.PREFIX) or console.owns(path)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = SAID.get(error.status_code, error.detail)
    headers = {**ALWAYS, "Cache-Control": "no-store", **(error.headers or {})}
    return JSONResponse({"error": said}, error.status_code, headers=headers)
