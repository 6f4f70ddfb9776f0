"""From a request of a known key to the answer of its endpoint, once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from dialpact.application.context import Context
from dialpact.compliance.errors import DialpactError, StoreError
from dialpact.compliance.judge import new_id
from dialpact.compliance.registers.api_key import ApiKey
from dialpact.compliance.texts import Language
from dialpact.store.ports import receipts
from dialpact.store.ports.idempotency import Answered
from dialpact.store.ports.idempotency import Request as Named
from dialpact.web.api import idempotency, problem, reading
from dialpact.web.api.endpoint import Again, Answer, Asked, Endpoint, NoQuery
from dialpact.web.api.idempotency import Once
from dialpact.web.api.problem import Refusal
from dialpact.web.api.reading import JSON, Sent
from dialpact.web.site import Site

AnyEndpoint = Endpoint[Any, Any]
REPLAYED = {"Idempotency-Replayed": "true"}
KEPT_HEADERS = ("content-type", "content-language", "location", "cache-control")
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Accept-Language, Authorization"}
SLOW = 1.0  # seconds in which what is sent comes; else the key is looked at once more
NOT_KEPT = {"Cache-Control": "no-store"}
log = structlog.get_logger()


class Answering:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._once = Once(site.store, site.clock, site.config.database.parent)

    async def answer(
        self,
        endpoint: AnyEndpoint,
        request: Request,
        key: ApiKey,
        context: Context,
        said: Language,
        still: Callable[[], Awaitable[None]],
    ) -> Response:
        """DialpactError, to be told as a problem. ``still``: raises it where the key is none any more."""
        if endpoint.scope is not None and not set(endpoint.scopes) & set(key.scopes):
            wanted = " | ".join(endpoint.scopes)
            raise Refusal(403, "not-permitted", why=f"{key.id}: {wanted}")
        query = reading.query(request, endpoint.query or NoQuery, said)
        now = asyncio.get_running_loop().time
        begun = now()
        sent = await self._sent(endpoint, request)
        try:
            if endpoint.scope is not None and now() - begun >= SLOW:
                await still()
            body = None
            if endpoint.body is not None and sent.upload is None:
                body = reading.body(sent, endpoint.body, said)
            asked = Asked[Any, Any](
                site=self._site,
                context=context,
                key=key,
                path=dict(request.path_params),
                query=query,
                body=body,
                language=said,
                upload=sent.upload,
                again=Again(new_id()),
                method=request.method,
                headers=request.headers,
            )
            if endpoint.method == "POST" and (header := request.headers.get("idempotency-key")) is not None:
                return await self._once_only(endpoint, request, asked, sent, idempotency.name(header))
            response = await _handled(endpoint, asked)
            return _unchanged(request, response) or response
        finally:
            if sent.upload:
                sent.upload.file.close()

    async def _sent(self, endpoint: AnyEndpoint, request: Request) -> Sent:
        takes_json = endpoint.body is not None
        if endpoint.uploads and not (takes_json and reading.is_json(request)):
            known = (*endpoint.uploads, *([JSON] if takes_json else []))
            kind = reading.media_type(request, known)
            most = await self._most(endpoint)
            folder = self._site.config.path(self._site.config.api.folder)
            upload = await reading.spooled(request, most, kind, folder)
            return Sent(None, upload, kind, upload.sha256)
        if endpoint.body is None:
            await reading.whole(request, 0)
            return Sent(None, None, "", "")
        kind = reading.media_type(request, (JSON,))
        most = min(await self._most(endpoint), reading.MOST_JSON)
        content = await reading.whole(request, most)
        return Sent(content, None, kind, hashlib.sha256(content).hexdigest())

    async def _most(self, endpoint: AnyEndpoint) -> int:
        most = endpoint.most_body
        return most if isinstance(most, int) else await asyncio.to_thread(most, self._site)

    async def _once_only(
        self, endpoint: AnyEndpoint, request: Request, asked: Asked[Any, Any], sent: Sent, name: str
    ) -> Response:
        secret = self._site.config.api.secret(self._site.config)
        address = request.url.path, request.scope["query_string"].decode("latin-1")
        fields = [request.headers.get(name, "") for name in endpoint.fields]
        digest = idempotency.digest(secret, request.method, *address, *fields, sent.media_type, sent.sha256)
        named = Named(asked.key.id, name, digest, partial(idempotency.sealed, secret))
        claimed = await self._once.claim(named)
        if (before := claimed.answer) is not None:
            return Response(before.body, before.status, {**before.headers, **REPLAYED})
        try:
            asked = replace(asked, again=Again(claimed.act, claimed.written, named=True))
            with receipts.noting(self._site.store.idempotency.receipt(named)):
                try:
                    response = await _handled(endpoint, asked)
                except DialpactError as error:
                    response = problem.response(error, asked.language, asked.path, endpoint.failing)
            if endpoint.kept and response.status_code < 500:
                await self._keep(named, response)
            return response
        finally:
            self._once.forget(named)

    async def _keep(self, named: Named, response: Response) -> None:
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        answer = Answered(status=response.status_code, headers=headers, body=bytes(response.body))
        try:
            await self._once.answered(named, answer)
        except StoreError as error:  # it is done, and noted as that: whoever asks again is told the same
            log.warning("an answer was not kept", error=str(error))


async def _handled(endpoint: AnyEndpoint, asked: Asked[Any, Any]) -> Response:
    try:
        answer = await endpoint.handle(asked)
    except (UnicodeError, OverflowError) as error:  # what is no text, a number beyond the store's
        raise Refusal(422, "refused") from error
    return _rendered(answer, endpoint.method, asked.language)


def _rendered(answer: Answer, method: str, said: Language) -> Response:
    if isinstance(answer.body, Response):
        answer.body.headers.update(answer.headers)
        return answer.body
    kept: Mapping[str, str] = PRIVATE if method == "GET" and answer.status == 200 else NOT_KEPT
    if answer.body is None:
        return Response(None, answer.status, {**kept, **answer.headers})
    headers = {**kept, "Content-Language": said, **answer.headers}
    return Response(msgspec.json.encode(answer.body), answer.status, headers, JSON)


def _unchanged(request: Request, response: Response) -> Response | None:
    """304 where the asker has it already. Says the ``ETag`` of what is JSON."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200:
        return None
    if response.headers.get("content-type") != JSON:
        return None
    tag = '"' + hashlib.sha256(response.body).hexdigest()[:32] + '"'
    response.headers["ETag"] = tag
    wanted = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if tag not in wanted and "*" not in wanted:
        return None
    kept = {
        name: value
        for name, value in response.headers.items()
        if name not in ("content-length", "content-type")
    }
    return Response(None, 304, kept)
