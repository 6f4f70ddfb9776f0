"""A recording is heard: first why, which is an act; then its sound, part by part, under that act."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response

from dialpact.application import audible, listening
from dialpact.application.hearing import SIDES, Side
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.registers.fault import Fault
from dialpact.web.api import ranged, sound
from dialpact.web.api.problem import Refusal
from dialpact.web.api.ranged import PartResponse
from dialpact.web.api.veiled import PERSONAL
from dialpact.web.console.page import Asked, Form, NoForm, Page, Redirect
from dialpact.web.console.recordings.who import READERS, whose


class Why(Form, frozen=True, kw_only=True):
    side: Side = "mix"
    reason: str = ""


async def listen(asked: Asked[Why]) -> Redirect:
    await listening.begin(
        asked.context,
        asked.path["id"],
        asked.form.side,
        asked.site.config.recordings,
        reason=asked.form.reason,
        whose=whose(asked),
    )
    return Redirect(to=f"/recordings/{asked.path['id']}", said="recordings.may-listen")


async def hear(asked: Asked[NoForm]) -> Response:
    side = asked.path["side"]
    if side not in SIDES:
        raise Fault("not-registered", entry=asked.path["id"])
    kept, file = await listening.hear(
        asked.context,
        asked.path["id"],
        side,
        asked.site.config.recordings,
        asked.site.looked,
        whose=whose(asked),
    )
    try:
        size = audible.size(kept, file)
        part = ranged.part(asked.headers, sound.tag(kept), size)
    except Refusal as refused:  # behind the end: a player asks, and reads no words
        file.close()
        return Response(status_code=refused.status, headers=refused.headers)
    except BaseException:
        file.close()
        raise
    content = _still(asked, audible.pieces(kept, file, part.first, part.last))
    about = {**PERSONAL, "ETag": sound.tag(kept), "Accept-Ranges": "bytes", "Vary": "Cookie"}
    return PartResponse(file, content, part, size, media_type="audio/wav", about=about)


async def _still(asked: Asked[Any], pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """As long as the sign-in holds: who is shut out hears no further. NotPermitted in the middle."""
    async for piece in pieces:
        if not await asked.still():
            raise NotPermitted(asked.account.id)
        yield piece


PAGES: tuple[Page[Any], ...] = (
    Page(
        method="POST",
        path="/recordings/{id}/listen",
        action="recordings.listen",
        roles=READERS,
        handle=listen,
        form=Why,
    ),
    Page(
        method="GET",
        path="/recordings/{id}/sound/{side}",
        action="recordings.hear",
        roles=READERS,
        handle=hear,
        form=NoForm,
        seconds=sound.SECONDS,
        noted=False,
    ),
)
