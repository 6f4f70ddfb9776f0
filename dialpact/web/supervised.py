"""The operator's side of supervision, in ``dialpact web``: a supervisor's letters, and what answers them.

Only who is supervised (``[supervision]``) has these paths. A letter that is refused is told a code, and what
a stranger sends reaches no log. Where it is we who can not answer (a file, the
database), the supervisor is told that alone, and our own log says why. An answer has one length, and the
same headers, whatever it says.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.evidence.cover import Renderer
from dialpact.application.supervised import answering, giving
from dialpact.application.supervised.ours import Desk
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.supervision.letter import MOST_BYTES
from dialpact.compliance.supervision.refusal import Refusal
from dialpact.web.site import Site
from dialpact.web.supervision.letters import whole

CHUNK = 1 << 18
log = structlog.get_logger()
PLAIN = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}


def supervised(render: Renderer) -> Callable[[Site], Sequence[BaseRoute]]:
    """``render``: the pages of a package, which this room has no words for."""

    def routes(site: Site) -> Sequence[BaseRoute]:
        ours = site.config.supervision
        if ours is None or not ours.vkey:
            return []
        name = Verifier.parse(ours.vkey).name  # LedgerError: better at the start than at the first letter
        actor = Actor(name=name, door=Door.API)
        context, desk = Context(site.store, actor, site.clock, site.uptime), Desk()

        async def question(request: Request) -> Response:
            try:
                text = (await whole(request, MOST_BYTES)).decode("utf-8", "replace")
                return Response(await answering.answer(context, site.config, desk, text), headers=PLAIN)
            except DialpactError as error:
                return _refused(error)

        async def package(request: Request) -> Response:
            try:
                text = (await whole(request, MOST_BYTES)).decode("utf-8", "replace")
                held = AsyncExitStack()
                path = await held.enter_async_context(
                    giving.package(context, site.config, desk, text, render)
                )
            except DialpactError as error:
                return _refused(error)
            size = str(path.stat().st_size)
            kind = {"content-type": "application/zip", "content-length": size, "cache-control": "no-store"}
            return _Held(_content(path), held, kind)

        return [
            Route("/supervision/question", question, methods=["POST"]),
            Route("/supervision/package", package, methods=["POST"]),
        ]

    return routes


class _Held(StreamingResponse):
    """``held`` ends with the answer, also where nobody waits for it any more."""

    def __init__(self, content: AsyncIterator[bytes], held: AsyncExitStack, headers: dict[str, str]) -> None:
        super().__init__(content, headers=headers)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held:
            await super().__call__(scope, receive, send)


async def _content(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk


def _refused(error: DialpactError) -> Response:
    if isinstance(error, Refusal):
        refusal = error
    else:
        log.error("letter-not-answered", error=str(error))
        refusal = Refusal("not-ready", 503)
    return JSONResponse({"error": refusal.code}, refusal.status, headers={"cache-control": "no-store"})
