"""``POST /v1/scripts``: what agents are to read. A program brings it; a person approves it: no key can."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dialpact.application import scripts
from dialpact.application.scripts import ScriptState, Standing
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.fault import Fault
from dialpact.web.api import entries
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, NoQuery
from dialpact.web.api.problem import NotFound

MOST_TEXT = 262_144  # characters


class ScriptText(Body, frozen=True, kw_only=True):
    id: Annotated[str, Meta(description="As the campaign names it.", max_length=200)]
    text: Annotated[
        str, Meta(description="Plain text; another one than before is a new version.", max_length=MOST_TEXT)
    ]


class ForbiddenPhrase(msgspec.Struct, frozen=True, kw_only=True):
    """``line`` and ``column`` from 1; ``excerpt``: of that line."""

    phrase: str
    line: int
    column: int
    excerpt: str


class ScriptShown(msgspec.Struct, frozen=True, kw_only=True):
    """The newest version. Only a script whose ``state`` is ``approved`` lets anybody be called;
    ``unchecked``: it was approved before the lists of forbidden phrases were what they are today.
    """

    id: str
    version: int
    sha256: str
    state: ScriptState
    approved_by: str
    approved_at: datetime | None
    expires_at: datetime | None
    forbidden: tuple[ForbiddenPhrase, ...]


class EnteredScript(ScriptShown, frozen=True, kw_only=True):
    """``updated``: a new version of it."""

    result: Outcome


async def add(asked: Asked[NoQuery, ScriptText]) -> Answer:
    body, held = asked.body, entries.only(asked)
    content = body.text.encode("utf-8")
    done = await scripts.add(asked.context, body.id, content, only=held, made=await entries.made(asked))
    standing = await _standing(asked, done.entry.id)
    item = EnteredScript(result=done.outcome, **_fields(standing))
    location = {"Location": f"/v1/scripts/{done.entry.id}"} if done.entry.id.isascii() else {}
    return Answer(status=entries.status([done.outcome]), body=item, headers=location)


async def show(asked: Asked[NoQuery, None]) -> Answer:
    try:
        standing = await _standing(asked, asked.path["id"])
    except Fault as fault:
        raise NotFound from fault
    return Answer(body=ScriptShown(**_fields(standing)))


async def _standing(asked: Asked[NoQuery, ScriptText] | Asked[NoQuery, None], id: str) -> Standing:
    profiles = asked.site.rules().policy.profiles
    return await scripts.standing(asked.context, id, profiles, only=entries.only(asked))


def _fields(standing: Standing) -> dict[str, Any]:
    script = standing.script
    return {
        "id": script.id,
        "version": script.version,
        "sha256": script.sha256,
        "state": standing.state,
        "approved_by": script.approved_by,
        "approved_at": script.approved_at,
        "expires_at": script.expires_at,
        "forbidden": tuple(
            ForbiddenPhrase(phrase=hit.phrase, line=hit.line, column=hit.column, excerpt=hit.excerpt)
            for hit in standing.checked.hits
        ),
    }


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/scripts",
        scope=Scope.REGISTERS,
        summary="Bring a script, or its new text, for a person to approve.",
        handle=add,
        body=ScriptText,
        answers={201: EnteredScript, 200: EnteredScript},
    ),
    Endpoint(
        method="GET",
        path="/v1/scripts/{id}",
        scope=Scope.REGISTERS,
        summary="Whether a script is approved, by whom, and the forbidden phrases in it.",
        handle=show,
        answers={200: ScriptShown},
    ),
)
