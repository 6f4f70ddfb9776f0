"""What is done for every page alike: who asks, what he may, how long it takes, how it fails.

In this order, so that nobody learns more than he may: where a form comes from; the session; the role; what
was sent; the handler. Whatever fails is said in the asked language, and nothing of ours is in it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Send
from starlette.types import Scope as Connection

from dialpact.application.accounts import rights
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.compliance.errors import DialpactError, StoreError
from dialpact.compliance.numbers import areas
from dialpact.compliance.registers.account import Account, Role
from dialpact.compliance.registers.session import SignedIn
from dialpact.compliance.texts import Language
from dialpact.web.api import problem
from dialpact.web.api.problem import Refusal
from dialpact.web.console import assets, headers, language, reading, rendering, texts
from dialpact.web.console.names import MODULES, ORDER
from dialpact.web.console.origin import ours
from dialpact.web.console.page import AnyPage, Asked, Pages, Redirect, Shown
from dialpact.web.console.reading import TooLarge
from dialpact.web.site import Site

SIGN_IN = "/sign-in"
IN_ADDRESS = "/?#[]@!$&'()*+,;=:%"  # what means something there (RFC 3986), and is left as it is
STRANGER = Actor(name="anybody", door=Door.PAGE, rights=frozenset())
NOBODY = Account(
    id=STRANGER.name,
    name="",
    role=Role.AUDITOR,
    added_at=datetime.min.replace(tzinfo=UTC),
    added_by="",
)
log = structlog.get_logger()


class Visitors(Protocol):
    """How a page learns who asks. StoreError."""

    async def who(self, site: Site, request: Request) -> SignedIn | None: ...

    async def opened(self, asked: Asked[Any], page: AnyPage) -> None:
        """Before an auditor's page is made: it is an act."""


def pages() -> Pages:
    """All that the product has, in the order of their addresses."""
    found = [page for name in MODULES for page in import_module(f"dialpact.web.console.{name}").PAGES]
    return tuple(sorted(found, key=lambda each: (each.path, each.method)))


def owns(path: str) -> bool:
    """Whether it is the address of a page, which has bounds of its own. Not every address has a slash."""
    return path.startswith("/") and path.split("/")[1] in _rooms()


def _rooms() -> frozenset[str]:
    return frozenset({"static", *(page.path.split("/")[1] for page in pages())})


def routes(site: Site, visitors: Visitors, found: Pages | None = None) -> Sequence[BaseRoute]:
    """What is fixed goes before what is a parameter."""
    by_path: dict[str, dict[str, AnyPage]] = {}
    every = pages() if found is None else found
    for page in every:
        by_path.setdefault(page.path, {})[page.method] = page
    ordered = sorted(by_path, key=lambda path: [(step.startswith("{"), step) for step in path.split("/")])
    navigation = sorted((page for page in every if page.nav), key=lambda page: ORDER.index(page.nav))
    return [
        Route(assets.PREFIX + "{name:path}", assets.serve),
        *(Route(path, Address(site, visitors, by_path[path], every, navigation)) for path in ordered),
    ]


class Address:
    """An ASGI application: what answers at one path, by method."""

    def __init__(
        self,
        site: Site,
        visitors: Visitors,
        by_method: Mapping[str, AnyPage],
        every: Pages,
        navigation: Pages,
    ) -> None:
        self._site, self._visitors, self._by_method = site, visitors, by_method
        self._navigation = navigation
        self._roles = {page.action: page.roles for page in every}
        self._open: Counter[str] = Counter()  # by action: those that are being answered

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        asking = _Asking(request, self._site)
        page = self._by_method.get("GET" if request.method == "HEAD" else request.method)
        if page is None:
            await self._said(asking, 405, "not-by-this-method")(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with asyncio.timeout(page.seconds), AsyncExitStack() as held:
                response = await self._answer(page, asking, held)
                await response(scope, receive, watched)
        except ClientDisconnect:
            return  # whoever leaves is owed nothing
        except Exception as error:
            late = isinstance(error, TimeoutError)
            (log.warning if late else log.exception)("a page was not made", action=page.action)
            if begun:
                raise ConnectionAbortedError from error  # half a page must not look like a whole one
            refused = self._said(asking, *((503, "too-late") if late else (500, "failed")))
            await refused(scope, receive, send)

    async def _answer(self, page: AnyPage, asking: _Asking, held: AsyncExitStack) -> Response:
        site, request = self._site, asking.request
        try:
            if page.method == "POST" and not ours(request, site.config.web.base_url):
                return self._said(asking, 403, "not-from-here")
            found = await self._visitors.who(site, request)
            asking.signed_in = found
            if page.roles is not None:
                if found is None:
                    return self._to_sign_in(page, asking)
                if found.account.role not in page.roles:
                    return self._said(asking, 403, "not-your-page")
            if page.at_once:
                if self._open[page.action] >= page.at_once:
                    return self._said(asking, 503, "come-again")
                self._open[page.action] += 1
                held.callback(self._open.subtract, {page.action: 1})
            return await self._handled(page, asking, held)
        except TooLarge:
            return self._said(asking, 413, "too-large")
        except DialpactError as error:
            return self._failed(asking, error)
        except (UnicodeError, OverflowError):  # what is no text; a number or a day beyond what is counted
            return self._failed(asking, Refusal(422, "refused"))
        except OSError as error:  # a disk that is full, say
            log.error("a page was not made", action=page.action, error=str(error))
            return self._failed(asking, StoreError(str(error)))

    async def _handled(self, page: AnyPage, asking: _Asking, held: AsyncExitStack) -> Response:
        site, request = self._site, asking.request
        form, files = await reading.sent(request, page, site, asking.zone, held)
        areas.KNOWN.set(site.rules().policy.areas)
        actor = rights.actor(asking.account) if asking.signed_in else STRANGER
        asked = Asked[Any](
            site=site,
            context=Context(site.store, actor, site.clock, site.uptime, lambda: site.rules().policy.regions),
            account=asking.account,
            form=form,
            path=dict(request.path_params),
            files=files,
            language=asking.language,
            now=asking.now,
            zone=asking.zone,
            htmx=asking.htmx,
            headers=request.headers,
            still=partial(self._still, asking),
            url=request.url.path,
            session=asking.signed_in.session if asking.signed_in else None,
            address=request.client.host if request.client else "",
            cookies=request.cookies,
        )
        if page.noted and page.roles is not None and asking.account.role is Role.AUDITOR:
            await self._visitors.opened(asked, page)
        made = await page.handle(asked)
        if isinstance(made, Shown) and not (asking.htmx and made.part):
            asking.badges = await self._badges(asking, asked.context)
        return self.response(asking, made)

    async def _badges(self, asking: _Asking, context: Context) -> dict[str, int]:
        """How many things wait behind the entries of the navigation, by their addresses."""
        role = asking.account.role if asking.signed_in else None
        badges = [page for page in self._navigation if page.badge and _permits(page.roles, role)]
        return {page.path: await page.badge(context) for page in badges if page.badge}

    async def _still(self, asking: _Asking) -> bool:
        found, before = await self._visitors.who(self._site, asking.request), asking.signed_in
        if found is None or before is None:
            return False
        return (found.session.id, found.account) == (before.session.id, before.account)

    def response(self, asking: _Asking, made: Shown | Redirect | Response) -> Response:
        if isinstance(made, Response):
            for name, value in headers.of_page(asking.nonce, secure=asking.secure).items():
                made.headers.setdefault(name, value)
            return made
        if isinstance(made, Redirect):
            return self._redirect(asking, made)
        body = self._page(asking, made)
        response = Response(body, made.status, self._headers(asking), "text/html; charset=utf-8")
        response.headers.update(made.headers)
        self._set(asking, response, made.cookies)
        return response

    def _redirect(self, asking: _Asking, made: Redirect) -> Response:
        to = local(made.to)
        if made.said:
            to += ("&" if "?" in to else "?") + f"said={quote(made.said)}"
        response = Response(status_code=204 if asking.htmx else 303, headers=self._headers(asking))
        response.headers["HX-Redirect" if asking.htmx else "Location"] = to
        self._set(asking, response, made.cookies)
        return response

    def _to_sign_in(self, page: AnyPage, asking: _Asking) -> Response:
        to = SIGN_IN
        if page.method == "GET" and not asking.htmx and asking.request.url.path != "/":
            to += f"?to={quote(asking.request.url.path)}"
        if page.method == "POST" and not asking.htmx:
            return self._said(asking, 401, "signed-out")
        return self._redirect(asking, Redirect(to=to))

    def _page(self, asking: _Asking, made: Shown) -> str:
        values = {
            **self._common(asking),
            "said": texts.said(asking.request.query_params.get("said", ""), asking.language),
            **made.values,
        }
        part = made.part if asking.htmx else ""
        return rendering.page(made.template, part, asking.language, values)

    def _common(self, asking: _Asking) -> dict[str, Any]:
        role = asking.account.role if asking.signed_in else None
        path = asking.request.url.path
        return {
            "account": asking.account if asking.signed_in else None,
            "role": role,
            "path": path,
            "nonce": asking.nonce,
            "hx": rendering.mark(asking.nonce),
            "now": asking.now,
            "zone": asking.zone,
            "node": self._site.config.node.name,
            "may": lambda action: _permits(self._roles[action], role),
            "badges": asking.badges,
            "nav": [page for page in self._navigation if _permits(page.roles, role)],
        }

    def _failed(self, asking: _Asking, error: DialpactError) -> Response:
        told = problem.told(error, asking.request.path_params)
        own = f"problem.{told.code}"  # (the API speaks of a key where a page speaks of an account)
        if texts.known(own):
            return self._said(asking, told.status, told.code)
        words = problem.words(told, error, asking.language, texts.fault)
        return self._problem(asking, told.status, words)

    def _said(self, asking: _Asking, status: int, code: str) -> Response:
        return self._problem(asking, status, texts.text(f"problem.{code}", asking.language))

    def _problem(self, asking: _Asking, status: int, words: str) -> Response:
        title = texts.text(f"problem-title.{status}", asking.language)
        shown = Shown(
            template="problem.html", values={"title": title, "words": words}, status=status, part="alert"
        )
        return self.response(asking, shown)

    def _headers(self, asking: _Asking) -> dict[str, str]:
        return headers.of_page(asking.nonce, secure=asking.secure)

    @staticmethod
    def _set(asking: _Asking, response: Response, cookies: Mapping[str, str]) -> None:
        for name, value in cookies.items():
            if not value:
                response.delete_cookie(name, secure=asking.secure, httponly=True, samesite="strict")
            else:
                response.set_cookie(name, value, secure=asking.secure, httponly=True, samesite="strict")


class _Asking:
    """A request, and what is known of it so far."""

    def __init__(self, request: Request, site: Site) -> None:
        self.request = request
        self.signed_in: SignedIn | None = None
        self.badges: dict[str, int] = {}
        self.nonce = headers.nonce()
        whole = request.headers.get("hx-request-type") == "full"
        self.htmx = request.headers.get("hx-request") == "true" and not whole
        self.zone = site.rules().policy.profiles[0].zone
        self.now = site.clock.now().astimezone(self.zone)

    @property
    def account(self) -> Account:
        return self.signed_in.account if self.signed_in else NOBODY

    @property
    def language(self) -> Language:
        return language.of(self.request, self.signed_in.account.language if self.signed_in else "")

    @property
    def secure(self) -> bool:
        return self.request.url.scheme == "https"


def _permits(roles: frozenset[Role] | None, role: Role | None) -> bool:
    return roles is None or role in roles


def local(to: str) -> str:
    """A path of ours, or the first page: nobody is sent elsewhere. As it may stand in a header."""
    try:
        parts = urlsplit(to)
    except ValueError:
        return "/"
    plain = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() and "\\" not in to
    return quote(to, safe=IN_ADDRESS) if plain and not parts.scheme and not parts.netloc else "/"
