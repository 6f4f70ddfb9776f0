"""What is going on: the first page, and the stream of what changes while somebody looks at it."""

from __future__ import annotations

from dialpact.compliance.errors import DialpactError
from dialpact.web.console.now.board import Board, Seen
from dialpact.web.console.now.stream import stream
from dialpact.web.console.page import EVERYBODY, Asked, NoForm, Page, Shown


async def now(asked: Asked[NoForm]) -> Shown:
    """As it is at this moment; without a script it stays so."""
    board = Board.of(asked.site)
    try:
        seen = await board.look(asked)
    except DialpactError as error:
        seen = Seen(why=asked.fault(error), look=await board.standing(asked))
    return Shown(template="now/now.html", values=board.values(seen, asked))


PAGES = (
    Page(
        method="GET",
        path="/",
        action="now",
        roles=EVERYBODY,
        handle=now,
        form=NoForm,
        nav="nav.now",
    ),
    Page(
        method="GET",
        path="/now/stream",
        action="now.stream",
        roles=EVERYBODY,
        handle=stream,
        form=NoForm,
        seconds=None,
    ),
)
