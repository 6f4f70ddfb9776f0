"""The log for mirrors and monitors (C2SP tlog-tiles): ``/checkpoint`` and ``/tile/...``.

Whoever can reach this process may ask; there is nothing in it but hashes, and how many calls and acts there
were. A tile is for ever the same, so whatever lies between may keep it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Sequence
from typing import TypeVar

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.ledger import tiles
from dialpact.application.ledger.tiles import WIDTH, NoTile
from dialpact.compliance.errors import LedgerError, StoreError
from dialpact.web.site import Site

T = TypeVar("T")
AT_ONCE = 4  # looks into the log; who comes then waits for his turn, as long as any answer may take
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
SHORTLY = {"Cache-Control": "public, max-age=2"}
# Level or "entries"; number in elements of three digits, all but the last behind an x; width of a part.
_PATH = re.compile(
    r"(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)
log = structlog.get_logger()


def routes(site: Site) -> Sequence[BaseRoute]:
    anybody = Actor(name="anybody", door=Door.API, rights=frozenset())
    context, turn = Context(site.store, anybody, site.clock, site.uptime), asyncio.Semaphore(AT_ONCE)

    async def checkpoint(_: Request) -> Response:
        text = await _asked(turn, tiles.checkpoint(context))
        return Response(text, headers=SHORTLY, media_type="text/plain")

    async def tile(request: Request) -> Response:
        what, number, width = _parsed(str(request.scope["path"]).removeprefix("/tile/"))
        if what == "entries":
            found = tiles.entries(context, number, width)
        else:
            found = tiles.tile(context, int(what), number, width)
        content = await _asked(turn, found)
        return Response(content, headers=FOR_EVER, media_type="application/octet-stream")

    return [Route("/checkpoint", checkpoint), Route("/tile/{path:path}", tile)]


def _parsed(path: str) -> tuple[str, int, int]:
    """Level or ``entries``, number, width; 404 for all but the one spelling of each."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise HTTPException(404)
    what, elements, part = found.groups()
    number, width = int(re.sub("[x/]", "", elements)), int(part or WIDTH)
    if elements.startswith("x000/") or (part and width >= WIDTH):
        raise HTTPException(404)
    return what, number, width


async def _asked(turn: asyncio.Semaphore, found: Awaitable[T]) -> T:
    async with turn:
        try:
            return await found
        except NoTile as error:
            raise HTTPException(404) from error
        except LedgerError as error:
            log.error("the log is damaged", error=str(error))
            raise HTTPException(500) from error
        except StoreError as error:
            log.warning("the log can not be read", error=str(error))
            raise HTTPException(503) from error
