"""What is done for every endpoint alike: who asks, how often he may, how long it takes, how it fails.

In this order, so that nobody learns more than he may: the key; its quota; its scope; the query; the body; the
handler (``answering``). Whatever fails is a problem (``problem``), and nothing of ours is in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from importlib import import_module
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Send
from starlette.types import Scope as Connection

from dialpact.application import api_keys
from dialpact.application.context import Context
from dialpact.compliance.errors import DialpactError, StoreError
from dialpact.compliance.numbers import areas
from dialpact.compliance.registers.api_key import ApiKey
from dialpact.web.api import problem
from dialpact.web.api.answering import Answering
from dialpact.web.api.endpoint import Endpoint
from dialpact.web.api.keys import Keys
from dialpact.web.api.language import language
from dialpact.web.api.names import MODULES
from dialpact.web.site import Site

PREFIX = "/v1/"
AnyEndpoint = Endpoint[Any, Any]
NOBODY = ApiKey(
    id="anybody",
    scopes=(),
    businesses=(),
    expires=date.min,
    added_at=datetime.min.replace(tzinfo=UTC),
    added_by="",
)
log = structlog.get_logger()


def endpoints() -> tuple[AnyEndpoint, ...]:
    """All that the product has, in the order of their addresses."""
    found = [endpoint for name in MODULES for endpoint in import_module(f"dialpact.web.api.{name}").ENDPOINTS]
    return tuple(sorted(found, key=lambda each: (each.path, each.method)))


def routes(site: Site) -> Sequence[BaseRoute]:
    return routes_of(site, endpoints())


def routes_of(site: Site, found: Sequence[AnyEndpoint]) -> Sequence[BaseRoute]:
    """What is fixed goes before what is a parameter: ``/v1/calls/search`` is no call's id."""
    keys, answering = Keys(site), Answering(site)
    by_path: dict[str, dict[str, AnyEndpoint]] = {}
    for endpoint in found:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    ordered = sorted(by_path, key=lambda path: [(step.startswith("{"), step) for step in path.split("/")])
    return [
        *(Route(path, Address(site, keys, answering, by_path[path])) for path in ordered),
        Route(PREFIX + "{rest:path}", Address(site, keys, answering, {})),
    ]


class Address:
    """An ASGI application: what answers at one path, by method. Without any, nothing is there."""

    def __init__(
        self, site: Site, keys: Keys, answering: Answering, by_method: Mapping[str, AnyEndpoint]
    ) -> None:
        self._site, self._keys, self._answering = site, keys, answering
        self._by_method = by_method

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        said = language(request.headers.get("accept-language", ""))
        endpoint = self._by_method.get(request.method if request.method != "HEAD" else "GET")
        if not self._by_method:
            await problem.plain(404, "not-found", said)(scope, receive, send)
            return
        if endpoint is None:
            allowed = ", ".join(sorted({*self._by_method, *(["HEAD"] if "GET" in self._by_method else [])}))
            refused = problem.plain(405, "not-by-this-method", said, allowed=allowed)
            refused.headers["Allow"] = allowed
            await refused(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        asker: list[ApiKey] = []
        try:
            async with asyncio.timeout(endpoint.seconds):
                response = await self._answer(endpoint, request, said, asker)
                await response(scope, receive, watched)
        except ClientDisconnect:
            return  # whoever leaves is owed nothing
        except Exception as error:
            late = isinstance(error, TimeoutError)
            (log.warning if late else log.exception)("a program was not answered", endpoint=endpoint.name)
            if begun:
                raise ConnectionAbortedError from error  # half an answer must not look like a whole one
            status, code = (503, "too-late") if late else (500, "failed")
            refused = problem.plain(endpoint.failing or status, code, said)
            refused.headers["Connection"] = "close"
            await refused(scope, receive, send)
        finally:
            if asker:
                self._keys.end(asker[0])
        if asker:
            await self._keys.note(asker[0])

    async def _answer(
        self, endpoint: AnyEndpoint, request: Request, said: Any, asker: list[ApiKey]
    ) -> Response:
        fields: Mapping[str, str] = {}
        try:
            key, actor = NOBODY, api_keys.actor(NOBODY)
            if endpoint.scope is not None:
                key, fields = await self._keys.of(request)
                actor = api_keys.actor(key)
                asker.append(key)
            site = self._site
            areas.KNOWN.set(site.rules().policy.areas)
            context = Context(site.store, actor, site.clock, site.uptime, lambda: site.rules().policy.regions)
            response = await self._answering.answer(
                endpoint, request, key, context, said, partial(self._keys.still, request)
            )
        except DialpactError as error:
            response = problem.response(error, said, request.path_params, endpoint.failing)
        except OSError as error:  # a disk that is full, say: it may be none later
            log.error("a program was not answered", endpoint=endpoint.name, error=str(error))
            response = problem.response(StoreError(str(error)), said, failing=endpoint.failing)
        response.headers.update({**fields, "X-Content-Type-Options": "nosniff"})
        return response
