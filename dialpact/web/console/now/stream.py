"""What changes while somebody looks: server-sent events, each with the parts of the page that are others.

1. Each look is shared (``application/now``): who watches costs the writing to his socket.
2. Whose account or session has ended meanwhile is told nothing more, at the latest after
   ``Pace.again``; and a stream ends by itself, so that a browser has to ask anew.
3. A look that fails is said, so that nobody takes what he sees for what is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import msgspec
from starlette.responses import Response, StreamingResponse

from dialpact.compliance.errors import DialpactError
from dialpact.web.console.now.board import Board, Part, Seen, plot
from dialpact.web.console.page import Asked, NoForm

MOST = 100  # streams of a process, of its connections
MOST_OF_ONE = 12  # of an account: nobody keeps the others from looking
RETRY_MS = 2000  # of the browser's, after an end
HEADERS = {"X-Accel-Buffering": "no"}  # (a proxy that keeps it back would show the past as the present)


class Pace(NamedTuple):
    """Seconds: between two looks, between two questions whether he is still signed in, until the end."""

    every: float = 2.0
    again: float = 20.0
    longest: float = 600.0


PACE = Pace()


async def stream(asked: Asked[NoForm]) -> Response:
    """503 where too many watch, or one does too often: his page says that it does not go on."""
    board = Board.of(asked.site)
    own = board.watching[asked.account.id]
    if board.watching.total() >= MOST or own >= MOST_OF_ONE:
        return Response(status_code=503, headers={"Retry-After": "60"})
    return StreamingResponse(events(asked, board), media_type="text/event-stream", headers=HEADERS)


async def events(asked: Asked[Any], board: Board, pace: Pace = PACE) -> AsyncIterator[bytes]:
    time = asyncio.get_running_loop().time
    ends, again = time() + pace.longest, time() + pace.again
    sent: dict[str, Part] = {}
    board.watching[asked.account.id] += 1
    try:
        yield f"retry: {RETRY_MS}\n\n".encode()
        while time() < ends:
            if time() >= again:
                if not await _still(asked):
                    yield _event("out", {})
                    return
                again = time() + pace.again
            yield await _told(asked, board, sent)
            await asyncio.sleep(pace.every)
        yield _event("end", {})
    finally:
        board.watching[asked.account.id] -= 1


async def _still(asked: Asked[Any]) -> bool:
    """What is not known is no."""
    try:
        return await asked.still()
    except DialpactError:
        return False


async def _told(asked: Asked[Any], board: Board, sent: dict[str, Part]) -> bytes:
    """``sent``: what his page shows, which becomes what it will show."""
    try:
        seen = await board.look(asked)
    except DialpactError as error:
        seen = Seen(why=asked.fault(error), look=await board.standing(asked))
    parts = await board.parts(seen, asked)
    if seen.now is None:  # the figures stay as they were, and the page says so
        parts = {"duties": parts["duties"], "standing": parts["standing"]}
    changed = {name: told for name, part in parts.items() if (told := _changed(sent.get(name), part))}
    sent |= parts
    if seen.now is None:
        return _event("unknown", {"why": seen.why, "parts": changed})
    at = seen.now.at.astimezone(asked.zone)
    told = {"at": at.strftime("%H:%M:%S"), "parts": changed, "plot": plot(seen.now)}
    return _event("look", told)


def _changed(before: Part | None, part: Part) -> dict[str, Any]:
    """Empty where nothing is another; without a ``frame`` where that is the same."""
    known = before.rows if before else {}
    rows = {id: html for id, html in part.rows.items() if known.get(id) != html}
    if before is None or before.frame != part.frame:
        return {"frame": part.frame, "rows": rows}
    return {"rows": rows} if rows else {}


def _event(name: str, data: dict[str, Any]) -> bytes:
    """One line of JSON, whatever is in it."""
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
