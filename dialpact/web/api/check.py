"""``POST /v1/check``: what the gate would say, and until when. Records nothing."""

from __future__ import annotations

from dialpact.application import check as use_case
from dialpact.application.answer import Answer as Told
from dialpact.application.predial import permitted
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.moment import zoned
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, NoQuery


class CheckBody(Body, frozen=True, kw_only=True):
    """``number``: as it would be dialled. ``trunk``: may be left out where one is configured. ``at``: another
    instant than now, RFC 3339 with its zone. ``live``: whether the recorder counts.
    """

    number: str
    campaign: str
    caller_id: str
    trunk: str = ""
    agent: str = ""
    at: str = ""
    live: bool = False


async def check(asked: Asked[NoQuery, CheckBody]) -> Answer:
    body = asked.body
    at = zoned(body.at, "at") if body.at else None
    await permitted(asked.context, body.campaign, asked.key.businesses)
    checked = await use_case.check(
        asked.context,
        asked.site.rules(),
        body.number,
        campaign=body.campaign,
        caller_id=body.caller_id,
        trunk=body.trunk,
        agent=body.agent,
        at=at,
        live=body.live,
    )
    return Answer(body=checked.answer(asked.language, asked.key.businesses, numbers=asked.sees_numbers))


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/check",
        scope=Scope.CHECK,
        summary="What the gate would say to a call, all reasons, and until when that holds; records nothing.",
        handle=check,
        body=CheckBody,
        answers={200: Told},
        kept=False,
    ),
)
