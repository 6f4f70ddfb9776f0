"""``POST /v1/predial``: may this call be dialled now? 200: dial; 409: do not. The decision is recorded.

So a dialler that asks an address before it dials needs no program: Genesys' Outbound Contact Server, whose
pre-dial validation posts the record as JSON and takes the same two words, asks ``/v1/predial/ocs``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import structs
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as Connection

from dialpact.application import predial as use_case
from dialpact.application.predial import PredialAnswer
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.reasons import Reason
from dialpact.compliance.registers.api_key import Scope
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, NoQuery
from dialpact.web.site import Site

DIAL, DO_NOT = 200, 409
JSON = "application/json"


class PredialBody(Body, frozen=True, kw_only=True):
    """``number``: as it would be dialled. ``trunk``: may be left out where one is configured."""

    number: str
    campaign: str
    caller_id: str
    trunk: str = ""
    agent: str = ""


class OcsRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as Genesys' pre-dial validation posts it; what else is in it is not looked at. The fields in
    small letters are the calling list's own, sent by ``send_attribute``.
    """

    number: str | int = msgspec.field(name="GSW_PHONE", default="")
    campaign: str = msgspec.field(name="GSW_CAMPAIGN_NAME", default="")
    dialpact_campaign: str = ""  # where it is registered under another name than there
    dialpact_caller_id: str | int = ""
    dialpact_trunk: str = ""
    dialpact_agent: str = ""


class Spoken(Response):
    """An answer that sees whether it got out. ``lost`` is called where it did not."""

    def __init__(self, content: bytes, status: int, language: str, lost: Callable[[], None]) -> None:
        headers = {"Cache-Control": "no-store", "Content-Language": language}
        super().__init__(content, status, headers, JSON)
        self._lost = lost

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(receive())  # after the whole body: nothing comes but that he is gone
        try:
            await asyncio.sleep(0)
            if gone.done():
                self._lost()
                return
            await super().__call__(scope, receive, send)
        except BaseException:
            self._lost()
            raise
        finally:
            gone.cancel()


async def deciding(site: Site) -> None:
    """The gate's work. At the end what it still owes is stored, as far as the store lets us."""
    if site.gate is None:
        return
    try:
        await site.gate.run()
    finally:
        await site.gate.close()


async def predial(asked: Asked[NoQuery, PredialBody]) -> Answer:
    return await _answered(asked, asked.body)


async def ocs(asked: Asked[NoQuery, OcsRecord]) -> Answer:
    record = asked.body
    body = PredialBody(
        number=str(record.number),
        campaign=record.dialpact_campaign or record.campaign,
        caller_id=str(record.dialpact_caller_id),
        trunk=record.dialpact_trunk,
        agent=record.dialpact_agent,
    )
    return await _answered(asked, body)


async def _answered(asked: Asked[NoQuery, Any], body: PredialBody) -> Answer:
    site = asked.site
    if (gate := site.gate) is None:
        raise ConfigError("no gate decides in this process")
    told = await use_case.predial(
        structs.replace(asked.context, store=gate.store),
        gate,
        site.rules(),
        body.number,
        campaign=body.campaign,
        caller_id=body.caller_id,
        trunk=body.trunk,
        agent=body.agent,
        seconds=site.config.gate.deadline_ms / 1000,
        id=asked.again.act if asked.again.named else "",
        businesses=asked.key.businesses,
        recorded=site.recorded_rules,
    )

    def lost() -> None:
        # Under an Idempotency-Key it is there for whoever asks again.
        if told.dials and not asked.again.named:
            gate.disown(told.decision, Reason.GATE_ERROR)

    status = DIAL if told.dials else DO_NOT
    said = told.answer(asked.language, asked.key.businesses, numbers=asked.sees_numbers)
    content = msgspec.json.encode(said)
    return Answer(status=status, body=Spoken(content, status, asked.language, lost))


ANSWERS = {DIAL: PredialAnswer, DO_NOT: PredialAnswer}
ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/predial",
        scope=Scope.CHECK,
        summary="May this call be dialled now? 200: dial; 409: do not. The decision is recorded.",
        handle=predial,
        body=PredialBody,
        answers=ANSWERS,
        kept=False,
        failing=DO_NOT,
    ),
    Endpoint(
        method="POST",
        path="/v1/predial/ocs",
        scope=Scope.CHECK,
        summary="The same for the pre-dial validation of Genesys' Outbound Contact Server, in its form.",
        handle=ocs,
        body=OcsRecord,
        answers=ANSWERS,
        kept=False,
        failing=DO_NOT,
    ),
)
