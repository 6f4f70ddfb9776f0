"""``POST /v1/opt-outs``: a person's no. It counts from the next attempt on when the answer is 201."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from dialpact.application import do_not_call
from dialpact.application.answer import HIDDEN
from dialpact.application.do_not_call import Told
from dialpact.application.entry import Entered
from dialpact.compliance.model import DncEntry
from dialpact.compliance.model import Scope as OfCalls
from dialpact.compliance.registers.api_key import Scope
from dialpact.web.api import entries
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, NoQuery
from dialpact.web.api.entries import MOST, Moment, Number

FIELDS = {"industry": "value", "business": "value"}  # the register names the value by its scope


class OptOut(Body, frozen=True, kw_only=True):
    number: Number
    scope: Annotated[OfCalls, Meta(description="What the person opted out of.")] = "all"
    value: Annotated[
        str, Meta(description="The industry or the business; nothing for all.", max_length=200)
    ] = ""
    requested_at: Annotated[
        Moment | None, Meta(description="When the person said so; else now. Not in the future.")
    ] = None
    source: Annotated[
        str, Meta(description="How it became known; else the name of the key.", max_length=500)
    ] = ""
    call: Annotated[
        str, Meta(description="The whole id of the decision of the call in which it was said.", max_length=64)
    ] = ""


class OptOuts(Body, frozen=True, kw_only=True):
    entries: Annotated[tuple[OptOut, ...], Meta(min_length=1, max_length=MOST)]


class EnteredOptOut(msgspec.Struct, frozen=True, kw_only=True):
    """As it is in force: with ``already`` as it was first recorded; ``***`` for a ``source`` that another
    business may have written. ``unknown``: names in it that nothing goes by here, likely a slip of the pen.
    """

    result: Literal["added", "already"]
    number: str
    scope: OfCalls
    value: str
    requested_at: Moment
    source: str
    unknown: tuple[str, ...]


class EnteredOptOuts(msgspec.Struct, frozen=True, kw_only=True):
    """In the order in which they were sent."""

    items: tuple[EnteredOptOut, ...]


async def add(asked: Asked[NoQuery, OptOut]) -> Answer:
    (item,) = await _entered(asked, [asked.body])
    return Answer(status=entries.status([item.result]), body=item)


async def add_all(asked: Asked[NoQuery, OptOuts]) -> Answer:
    items = await _entered(asked, asked.body.entries, within="entries")
    return Answer(
        status=entries.status(item.result for item in items), body=EnteredOptOuts(items=tuple(items))
    )


async def _entered(
    asked: Asked[NoQuery, OptOut] | Asked[NoQuery, OptOuts], given: Sequence[OptOut], within: str = ""
) -> list[EnteredOptOut]:
    told = [
        Told(
            number=one.number,
            scope=one.scope,
            value=one.value,
            requested_at=entries.text(one.requested_at),
            source=one.source,
            call=one.call,
        )
        for one in given
    ]
    work = do_not_call.add_all(
        asked.context,
        told,
        node=asked.site.config.node.name,
        only=entries.only(asked),
        made=await entries.made(asked),
    )
    return [
        EnteredOptOut(
            result="added" if done.outcome == "added" else "already",
            number=asked.number(done.entry.number),
            scope=done.entry.scope,
            value=done.entry.value,
            requested_at=done.entry.requested_at,
            source=_source(asked, sent, done),
            unknown=done.unknown,
        )
        for sent, done in zip(
            given, await entries.placed(asked, work, within=within, fields=FIELDS), strict=True
        )
    ]


def _source(asked: Asked[Any, Any], sent: OptOut, done: Entered[DncEntry]) -> str:
    """What another has written down is told to who may see all; a no to everybody is anybody's to record."""
    source = done.entry.source
    if done.outcome == "added" or source in (sent.source, asked.context.by):
        return source
    hidden = asked.key.businesses and done.entry.scope != "business"
    return HIDDEN if hidden else asked.text(source)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/opt-outs",
        scope=Scope.OPT_OUT,
        summary="Record a person's opt-out: it counts from the next attempt on.",
        handle=add,
        body=OptOut,
        answers={201: EnteredOptOut, 200: EnteredOptOut},
    ),
    Endpoint(
        method="POST",
        path="/v1/opt-outs/batch",
        scope=Scope.OPT_OUT,
        summary="Record up to 1,000 opt-outs: all of them, or none.",
        handle=add_all,
        body=OptOuts,
        most_body=entries.MOST_BODY,
        answers={201: EnteredOptOuts, 200: EnteredOptOuts},
    ),
)
