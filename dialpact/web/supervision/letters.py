"""The letter box: checkpoints to be cosigned (C2SP tlog-witness), reports, new keys. Bodies only, all
bounded.

Whoever comes is a stranger until his signature holds: he learns a code, and nothing of him is logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dialpact.application.supervision import reports, witness
from dialpact.application.supervision.desk import Desk
from dialpact.compliance.ledger import witnessing
from dialpact.compliance.supervision import handed, new_key
from dialpact.compliance.supervision import witness as rules
from dialpact.compliance.supervision.refusal import Refusal
from dialpact.web.bounds import Bounds

AT_ONCE = 4  # large bodies that are in memory
SMALL = 128 << 10  # bytes; a body up to this waits for none that is slow
BODY_SECONDS = 30.0
log = structlog.get_logger()

Handle = Callable[[bytes], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def letters(desk: Desk) -> Starlette:
    large = asyncio.Semaphore(AT_ONCE)

    async def add_checkpoint(body: bytes) -> Response:
        judged = await witness.add_checkpoint(desk, body)
        if judged.forked:
            log.error("a log has forked", known=judged.known)
        if judged.refusal is None:
            return Response(judged.line, headers={"content-type": "text/plain; charset=utf-8"})
        if judged.refusal.code == "conflict":
            said = {"content-type": witnessing.SIZE_KIND}  # exactly that: without a charset
            return Response(f"{judged.known}\n", 409, headers=said)
        raise judged.refusal

    async def report(body: bytes) -> Response:
        return Response(await reports.take(desk, body), headers={"content-type": "text/plain; charset=utf-8"})

    async def rotation(body: bytes) -> Response:
        try:
            line = await witness.follow_key(desk, body)
        except Refusal as refusal:
            if refusal.code != "conflict":
                raise
            known = await witness.size_of(desk, body)
            return Response(f"{known}\n", 409, headers={"content-type": witnessing.SIZE_KIND})
        return Response(line, headers={"content-type": "text/plain; charset=utf-8"})

    async def strays(body: bytes) -> Response:
        return Response(await witness.strays(desk, body), media_type="application/json")

    async def explain(body: bytes) -> Response:
        await witness.explain(desk, body)
        return Response("\n", headers={"content-type": "text/plain; charset=utf-8"})

    async def last(request: Request) -> Response:
        """What was cosigned last, for the log itself and for everybody (the standard's monitoring)."""
        found = await witness.cosigned_last(desk, request.path_params["digest"])
        if found is None:
            return JSONResponse({"error": "unknown-operator"}, 404)
        return Response(found, headers={"content-type": "text/plain; charset=utf-8"})

    def taken(
        handle: Handle, most: int, turns: asyncio.Semaphore | None = None
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                async with AsyncExitStack() as held:
                    return await handle(await whole(request, most, (held, turns) if turns else None))
            except Refusal as refusal:
                return JSONResponse({"error": refusal.code}, refusal.status)

        return endpoint

    app = Starlette(
        routes=[
            Route("/add-checkpoint", taken(add_checkpoint, rules.MOST_BYTES), methods=["POST"]),
            Route("/strays", taken(strays, rules.MOST_BYTES), methods=["POST"]),
            Route("/explain", taken(explain, rules.MOST_BYTES), methods=["POST"]),
            Route("/{digest}/checkpoint", last),
            Route("/report", taken(report, handed.MOST_BYTES, large), methods=["POST"]),
            Route("/rotation", taken(rotation, new_key.MOST_BYTES), methods=["POST"]),
        ],
        middleware=[Middleware(Bounds, most_body=handed.MOST_BYTES + 1, seconds=2 * BODY_SECONDS)],
    )
    app.router.redirect_slashes = False  # nobody's words go into a header of ours
    return app


async def whole(
    request: Request, most: int, turn: tuple[AsyncExitStack, asyncio.Semaphore] | None = None
) -> bytes:
    """The body. Refusal ``too-large``, ``malformed`` for one that does not come. ``turn``: what is taken, and
    held until the stack ends, for one that is not small; ``too-often`` where there is none to be had.
    """
    parts, size, waiting = [], 0, False
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise Refusal("too-large", 413)
                if turn and size > SMALL:
                    (held, turns), turn, waiting = turn, None, True
                    await held.enter_async_context(turns)
                    waiting = False
                parts.append(part)
    except (TimeoutError, ClientDisconnect) as error:
        if waiting:
            raise Refusal("too-often", 429) from error
        raise Refusal("malformed", 400) from error
    return b"".join(parts)
