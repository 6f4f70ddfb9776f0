"""A recording is heard: first why, which is an act; then its sound, part by part, under that act."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from dialpact.application import listening
from dialpact.application.hearing import SIDES, Side
from dialpact.compliance.registers.fault import Fault
from dialpact.web.api import sound
from dialpact.web.api.problem import Refusal
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
        asked.context, asked.path["id"], side, asked.site.config.recordings, whose=whose(asked)
    )
    try:
        part = sound.part(asked.headers, kept, file.size)
        response = sound.answer(kept, file, part)
    except Refusal as refused:  # behind the end: a player asks, and reads no words
        file.close()
        return Response(status_code=refused.status, headers=refused.headers)
    except BaseException:
        file.close()
        raise
    response.headers["Vary"] = "Cookie"
    return response


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
    ),
)
