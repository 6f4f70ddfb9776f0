"""Who asks for a page: the account of the session that the browser's cookie names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from dialpact.application.accounts import sessions
from dialpact.application.accounts.keys import Keys
from dialpact.compliance.registers.session import SignedIn
from dialpact.web.console import routing
from dialpact.web.console.page import AnyPage, Asked
from dialpact.web.console.routing import Visitors
from dialpact.web.site import Site

ALONE = "hx-alone"  # a request that a page makes by itself says so: nobody is there for it
STREAM = "text/event-stream"  # which goes on by itself, whoever has left


class Sessions(Visitors):
    def __init__(self, site: Site) -> None:
        self._keys = Keys(site.config)

    async def who(self, site: Site, request: Request) -> SignedIn | None:
        secure = site.config.web.secure
        token = request.cookies.get(sessions.cookie(secure), "")
        if not token:
            return None
        now = site.clock.now()
        found = await sessions.who(site.reads or site.store, self._keys, token, now, site.config.web)
        alone = ALONE in request.headers or STREAM in request.headers.get("accept", "")
        if found is not None and not alone:
            await sessions.touch(site.store, found, now)
        return found

    async def opened(self, asked: Asked[Any], page: AnyPage) -> None:
        at = asked.context.now()
        await sessions.opened(asked.site.store, asked.account, page.action, asked.url, at)


def routes(site: Site) -> Sequence[BaseRoute]:
    return routing.routes(site, Sessions(site))
