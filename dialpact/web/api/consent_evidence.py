"""``POST /v1/consents/evidence``: a file that proves consents, kept under its SHA-256, and never given back.

What no consent names is let go after a week, by this process.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

import msgspec
import structlog

from dialpact.application import consent_evidence
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.compliance.config import Config
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.change import ITSELF
from dialpact.compliance.registers.consent_evidence import MEDIA_TYPES, MOST
from dialpact.compliance.registers.fault import Fault
from dialpact.web.api import entries
from dialpact.web.api.endpoint import Answer, Asked, Endpoint, NoQuery
from dialpact.web.api.problem import Refusal
from dialpact.web.site import Site

FIRST_SECONDS, EVERY_SECONDS = 3_600.0, 86_400.0  # first: what was lost with a database is entered again
log = structlog.get_logger()


class KeptEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """``sha256``: what a consent names it by. ``already``: these bytes were kept before."""

    result: Literal["added", "already"]
    sha256: str
    bytes: int
    media_type: str


def folder(config: Config) -> Path:
    return config.path(config.api.consent_evidence)


async def keep(asked: Asked[NoQuery, None]) -> Answer:
    assert asked.upload is not None  # (the endpoint takes nothing else)
    sent, place = asked.upload, folder(asked.site.config)
    try:
        done = await consent_evidence.keep(asked.context, place, sent.file, sent.media_type)
    except Fault as fault:
        if fault.key != "file":
            raise
        log.error("a proof could not be kept", error=str(fault))  # our folder is nobody's fault outside
        raise Refusal(503, "not-now", headers={"Retry-After": "60"}, why="folder") from fault
    is_new = done.outcome == "added" or bool(await entries.made(asked))
    item = KeptEvidence(
        result="added" if is_new else "already",
        sha256=done.entry.id,
        bytes=done.entry.bytes,
        media_type=done.entry.media_type,
    )
    return Answer(status=entries.status([item.result]), body=item)


async def tidy(site: Site) -> None:
    """An hour after the start, and every day."""
    actor = Actor(name=ITSELF, door=Door.DAEMON)
    context = Context(site.store, actor, site.clock, site.uptime)
    seconds = FIRST_SECONDS
    while True:
        await asyncio.sleep(seconds)
        seconds = EVERY_SECONDS
        try:
            if dropped := await consent_evidence.tidy(context, folder(site.config)):
                log.info("proofs that no consent names were let go", files=dropped)
        except DialpactError as error:
            log.warning("the proofs of consents were not tidied", error=str(error))


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/consents/evidence",
        scope=Scope.CONSENT,
        summary="Keep a file that proves consents; a consent then names it by its SHA-256.",
        handle=keep,
        uploads=MEDIA_TYPES,
        most_body=MOST,
        seconds=120.0,
        answers={201: KeptEvidence, 200: KeptEvidence},
    ),
)
