"""Where the page's parts are, on loopback alone, and for whoever asks for it by one of its own names."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dialpact.application.supervision import overview
from dialpact.application.supervision.desk import Desk
from dialpact.application.supervision.overview import Overview
from dialpact.compliance.addresses import is_loopback
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.texts import Language
from dialpact.web.bounds import Bounds
from dialpact.web.supervision.page import STYLE, html

_ID = re.compile(r"[1-9][0-9]{0,17}")
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def pages(desk: Desk) -> Starlette:
    style = STYLE.read_bytes()

    async def home(request: Request) -> Response:
        return _page(request, "overview.html", seen=await overview.overview(desk))

    async def operator(request: Request) -> Response:
        seen = await overview.overview(desk)
        for one in seen.operators:
            if one.id == request.path_params["id"]:
                return _page(request, "operator.html", seen=seen, one=one)
        return _nothing()

    async def complaints(request: Request) -> Response:
        return _page(request, "complaints.html", seen=await overview.overview(desk))

    async def complaint(request: Request) -> Response:
        if not _ID.fullmatch(given := request.path_params["id"]):  # more than a database can count is none
            return _nothing()
        seen = await overview.overview(desk)
        try:
            one = await overview.complaint(desk, int(given))
        except Fault:
            return _nothing()
        return _page(request, "complaint.html", seen=seen, one=one)

    async def explain(request: Request) -> Response:
        return _page(request, "explain.html", seen=await overview.overview(desk))

    async def sheet(_: Request) -> Response:
        return Response(style, headers=HEADERS | {"content-type": "text/css; charset=utf-8"})

    app = Starlette(
        routes=[
            Route("/", home),
            Route("/operators/{id}", operator),
            Route("/complaints", complaints),
            Route("/complaints/{id}", complaint),
            Route("/explain", explain),
            Route("/style.css", sheet),
        ],
        middleware=[Middleware(Bounds, most_body=0), Middleware(OwnName, name=desk.config.page.host)],
    )
    app.router.redirect_slashes = False  # nobody's words go into a header of ours
    return app


class OwnName:
    """Only who asks for this host by its own name: another name, led here, would let its pages read ours."""

    def __init__(self, app: ASGIApp, name: str) -> None:
        self._app, self._name = app, name.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower()
            host = (
                given.removeprefix("[").partition("]")[0]
                if given.startswith("[")
                else given.partition(":")[0]
            )
            if not host or not (is_loopback(host) or (self._name and host == self._name)):
                await PlainTextResponse("not by this name\n", 421, headers=HEADERS)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _page(request: Request, template: str, seen: Overview, **context: object) -> Response:
    language: Language = "en" if request.query_params.get("lang") == "en" else "zh"
    names = {each.id: each.name for each in seen.operators}
    text = html(template, language, path=request.url.path, seen=seen, names=names, **context)
    return Response(text, headers=HEADERS | {"content-type": "text/html; charset=utf-8"})


def _nothing() -> Response:
    return PlainTextResponse("404\n", 404, headers=HEADERS)
