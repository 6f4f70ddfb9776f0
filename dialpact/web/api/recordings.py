"""``/v1/recordings``: what is known of the recordings, and their sound."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from dialpact.application import hearing, listings
from dialpact.application.context import Context
from dialpact.application.hearing import SIDES, Kept, Side
from dialpact.application.recording_files import OpenFile
from dialpact.compliance import soundtrack
from dialpact.compliance.ledger.entry import Standing
from dialpact.compliance.ledger.erasure import Remains
from dialpact.compliance.recording import Recording, State
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.soundtrack import Soundtrack
from dialpact.compliance.veil import Veil
from dialpact.store.ports.listings import Wanted
from dialpact.web.api import sound
from dialpact.web.api.endpoint import Answer, Asked, Endpoint, NoQuery, Query
from dialpact.web.api.veiled import PERSONAL, At, Spanned, veil, wanted

AUDIO = "audio/*"


class SideShown(msgspec.Struct, frozen=True, kw_only=True):
    """A file of it: both together (``mix``), what the callee said, what he was sent. ``dbfs``: its level
    relative to full scale. ``audio``: where its sound is, as long as there is any.
    """

    side: Side
    sha256: str
    dbfs: float | None
    audio: str


class RecordingShown(msgspec.Struct, frozen=True, kw_only=True):
    """A recording of a call; there may be several of one. ``part``: whose channel: ``carrier``, ``joined``,
    ``supervisor``. ``state`` unseen: nobody saw how the call ended, until that is ``settled``.
    ``keep_until``: its last day. ``holds``: legal holds on it now; it stays as long as there is one.
    ``sound``: which second of the call is where in the file, and what is silent.
    """

    id: str
    decision: str
    node: str
    part: str
    state: State
    settled: Literal["", "answered", "unanswered"]
    number: str
    caller_id: str
    campaign: str
    channel: str
    uniqueid: str
    started_at: At
    answered_at: At | None
    ended_at: At | None
    format: str
    bytes: int | None
    seconds: float | None
    talk_seconds: float | None
    keep_until: date | None
    disposed_at: At | None
    holds: int
    sides: tuple[SideShown, ...]
    sound: Soundtrack | None


class InLedger(msgspec.Struct, frozen=True, kw_only=True):
    """``leaf``: its place in the log. ``flaw``: how what is stored fails it; empty: it fits. ``remains``: of
    one that was erased, whether what is left of it is what was left then.
    """

    leaf: int | None
    flaw: str
    remains: Remains


class WholeRecordingShown(RecordingShown, frozen=True, kw_only=True):
    """``business``: of its call. ``ledger``: of one that has ended."""

    business: str
    ledger: InLedger


class RecordingList(msgspec.Struct, frozen=True, kw_only=True):
    """``next``: to be given as ``after`` for what is older; empty: that was all. A part of a list that is
    filtered may have fewer than ``limit``, even none, and still a ``next``.
    """

    items: tuple[RecordingShown, ...]
    next: str


class RecordingsQuery(Spanned, frozen=True, kw_only=True):
    """``since``, ``until``: of the calls. ``decision``: of this one alone, whatever else is asked."""

    campaign: Annotated[str, Meta(description="Of calls of this campaign alone.")] = ""
    state: Annotated[State | None, Meta(description="As it is told.")] = None
    decision: Annotated[str, Meta(description="Of this call alone, by its id.")] = ""


class Sides(Query, frozen=True, kw_only=True):
    side: Annotated[Side, Meta(description="Both together, what the callee said, what he was sent.")] = "mix"


async def list_(asked: Asked[RecordingsQuery, None]) -> Answer:
    query = asked.query
    found = wanted(asked, query, campaign=query.campaign)
    async with asked.context.looking() as context:
        if query.decision:
            rows, next = await _of_call(context, query.decision, found), ""
        else:
            page = await listings.recordings(
                context, found, state=query.state or "", after=query.after, most=query.limit
            )
            rows, next = tuple(page.rows), page.next
        hidden = await veil(asked, context, (), {one.caller_id for one in rows})
    items = await asyncio.to_thread(lambda: tuple(shown_recording(one, hidden) for one in rows))
    return Answer(body=RecordingList(items=items, next=next), headers=PERSONAL)


async def _of_call(context: Context, id: str, found: Wanted) -> tuple[Recording, ...]:
    try:
        return (await listings.call(context, id, found.businesses)).recordings
    except Fault:  # a filter that nothing fits
        return ()


async def show(asked: Asked[NoQuery, None]) -> Answer:
    async with asked.context.looking() as context:
        found = await listings.recording(context, asked.path["id"], asked.key.businesses)
        hidden = await veil(asked, context, (), (found.recording.caller_id,))
    one = found.recording
    flaw = found.standing.flaw if one.ended_at else ""
    return Answer(
        body=WholeRecordingShown(
            **_fields(one, hidden),
            business=found.business,
            ledger=in_ledger(found.standing._replace(flaw=flaw)),
        ),
        headers=PERSONAL,
    )


async def hear(asked: Asked[Sides, None]) -> Answer:
    """What is answered without a byte of sound is no access; all else is, and is noted first."""
    site = asked.site
    async with asked.context.looking() as context:
        kept = await hearing.find(context, asked.path["id"], asked.query.side, asked.key.businesses)
    await hearing.whole(asked.context, kept)
    if sound.unchanged(asked.headers, kept):
        return Answer(status=304, headers=sound.headers(kept))
    file = await hearing.opened(asked.context, kept, site.config.recordings)
    try:
        return await _heard(asked, kept, file)
    except BaseException:
        file.close()
        raise


async def _heard(asked: Asked[Sides, None], kept: Kept, file: OpenFile) -> Answer:
    part = sound.part(asked.headers, kept, file.size)
    if asked.method == "HEAD":
        file.close()
        return Answer(body=sound.head(kept, file.size))
    await hearing.note(asked.context, kept, file, part.first, part.last)
    return Answer(body=sound.answer(kept, file, part))


def shown_recording(one: Recording, hidden: Veil) -> RecordingShown:
    return RecordingShown(**_fields(one, hidden))


def _fields(one: Recording, hidden: Veil) -> dict[str, Any]:
    hidden = hidden.about((one.number,))
    track = soundtrack.decode(one.sound)
    return {
        "id": one.id,
        "decision": one.decision,
        "node": one.node,
        "part": one.part,
        "state": one.state,
        "settled": one.settled,
        "number": hidden.number(one.number),
        "caller_id": hidden.caller_id(one.caller_id),
        "campaign": hidden.text(one.campaign),
        "channel": hidden.text(one.channel),
        "uniqueid": hidden.text(one.uniqueid),
        "started_at": one.started_at,
        "answered_at": one.answered_at,
        "ended_at": one.ended_at,
        "format": one.format,
        "bytes": one.bytes,
        "seconds": one.seconds,
        "talk_seconds": one.talk_seconds,
        "keep_until": one.keep_until,
        "disposed_at": one.disposed_at,
        "holds": one.holds,
        "sides": tuple(_sides(one)),
        "sound": track,
    }


def _sides(one: Recording) -> list[SideShown]:
    """Those that there are, or were."""
    known = {
        "mix": (one.sha256, None),
        "callee": (one.callee_sha256, one.callee_dbfs),
        "agent": (one.agent_sha256, one.agent_dbfs),
    }
    found = []
    for side in SIDES:
        sha256, dbfs = known[side]
        if sha256:
            audio = "" if one.disposed_at else f"/v1/recordings/{one.id}/audio?side={side}"
            found.append(SideShown(side=side, sha256=sha256, dbfs=dbfs, audio=audio))
    return found


def in_ledger(standing: Standing) -> InLedger:
    return InLedger(leaf=standing.leaf, flaw=standing.flaw, remains=standing.remains)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/recordings",
        scope=Scope.CALLS,
        summary="What is known of the recordings, those of the newest calls first.",
        handle=list_,
        query=RecordingsQuery,
        answers={200: RecordingList},
    ),
    Endpoint(
        method="GET",
        path="/v1/recordings/{id}",
        scope=Scope.CALLS,
        summary="What is known of one recording, and whether the ledger bears it out.",
        handle=show,
        answers={200: WholeRecordingShown},
    ),
    Endpoint(
        method="GET",
        path="/v1/recordings/{id}/audio",
        scope=Scope.EVIDENCE,
        summary="Its sound, whole or a range of it; that it is heard is in the ledger before a byte leaves.",
        handle=hear,
        query=Sides,
        answers={200: AUDIO, 206: AUDIO, 304: None},
        problems=(409, 410, 412, 416),
        seconds=sound.SECONDS,
    ),
)
