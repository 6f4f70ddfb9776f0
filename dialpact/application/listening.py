"""A person hears a recording in a player, which asks for its sound in many parts.

1. Why is asked first: the act in the log says who hears which side of which recording, why, and until when.
   Only then is there sound, for this one, of this side, until then: each part is given out under that act.
2. So nothing is heard without an act, and a player that asks for a hundred parts makes no hundred acts. Who
   says the same again within its time has it already.
3. The time is what the whole takes at half speed, and half an hour. Then he is asked anew.
4. The file is held against its hash once, and kept open for a while: each further part is read from the file
   that was looked at, as long as it was not touched since.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from dialpact.application import hearing, recordings
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.hearing import SIDES, Kept, Side
from dialpact.application.recording_files import OpenFile
from dialpact.compliance.clock import instant
from dialpact.compliance.model import Value
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.change import Change
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.recording_search import EVERYBODY, Whose

MOST_OPEN = 16
OPEN_SECONDS = 120.0
SPARE = timedelta(minutes=30)
SLOWEST = 0.5  # times as fast as it was


class Listening(Value, frozen=True, kw_only=True):
    """``since``: when its act was made."""

    side: Side
    reason: str
    since: datetime
    until: datetime


class Looked:
    """Files that were held against their hashes, open for ``seconds`` since the last part of each, and at
    most so many.
    """

    def __init__(self, most: int = MOST_OPEN, seconds: float = OPEN_SECONDS) -> None:
        self._most, self._seconds = most, seconds
        self._open: OrderedDict[str, tuple[float, OpenFile]] = OrderedDict()  # by hash, the last asked last

    def again(self, kept: Kept) -> OpenFile | None:
        """None for one that is not open, or was touched since."""
        found = self._open.pop(kept.sha256, None)
        if found is None:
            return None
        _, file = found
        if (further := hearing.again(file)) is None:
            file.close()
            return None
        self._put(kept.sha256, file)
        return further

    def keep(self, kept: Kept, file: OpenFile) -> None:
        own = file.again()
        if own is not None:
            self._put(kept.sha256, own)

    def _put(self, sha256: str, file: OpenFile) -> None:
        before = self._open.pop(sha256, None)
        if before is not None:
            before[1].close()
        loop = asyncio.get_running_loop()
        self._open[sha256] = loop.time(), file
        if len(self._open) > self._most:
            self._open.popitem(last=False)[1][1].close()
        loop.call_later(self._seconds, self._let_go, loop)

    def _let_go(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._open:
            sha256, (at, file) = next(iter(self._open.items()))
            if at + self._seconds > loop.time():
                return
            file.close()
            del self._open[sha256]


async def begin(
    context: Context, id: str, side: Side, directory: Path, *, reason: str, whose: Whose = EVERYBODY
) -> Listening:
    """The file is looked at first: what can not be heard is no act. Faults: as of
    :mod:`dialpact.application.hearing`; an empty reason.
    """
    context.actor.need(Right.EVIDENCE)
    why = free_text(reason, "reason")
    kept = await _kept(context, id, side, whose)
    under = await _under(context, kept)
    if under is not None and under.reason == why:
        return under
    await hearing.whole(context, kept)
    file = await hearing.opened(context, kept, directory)
    try:
        now = context.now()
        until = now + SPARE + timedelta(seconds=(kept.recording.seconds or 0) / SLOWEST)
        more = {"reason": why, "until": until}
        await hearing.note(context, kept, file, 0, file.size - 1, **more)
    finally:
        file.close()
    return Listening(side=side, reason=why, since=now, until=until)


async def under_way(context: Context, id: str) -> Mapping[Side, Listening]:
    """What the actor may hear of it now, by side."""
    context.actor.need(Right.EVIDENCE)
    now, found = context.now(), dict[Side, Listening]()
    for act in await context.store.recording_search.heard(id, context.by):
        one = _of(act)
        if one is not None and one.since <= now < one.until:
            found.setdefault(one.side, one)
    return found


async def hear(
    context: Context, id: str, side: Side, directory: Path, looked: Looked, *, whose: Whose = EVERYBODY
) -> tuple[Kept, OpenFile]:
    """To be closed by whoever asked. Fault ``not-listening``: nobody has said why, or the time is over; and
    those of :mod:`dialpact.application.hearing`.
    """
    context.actor.need(Right.EVIDENCE)
    kept = await _kept(context, id, side, whose)
    await hearing.whole(context, kept)
    if await _under(context, kept) is None:
        raise Fault("not-listening", entry=id)
    file = looked.again(kept)
    if file is None:
        file = await hearing.opened(context, kept, directory)
        looked.keep(kept, file)
    return kept, file


async def _kept(context: Context, id: str, side: Side, whose: Whose) -> Kept:
    found = await recordings.found(context, id, whose)
    return hearing.kept(found.recording, side, found.flaw)


async def _under(context: Context, kept: Kept) -> Listening | None:
    return (await under_way(context, kept.recording.id)).get(kept.side)


def _of(act: Change) -> Listening | None:
    """None for what a program heard, part by part."""
    said = act.detail
    if not isinstance(said, dict) or "until" not in said or said.get("side") not in SIDES:
        return None
    return Listening(
        side=said["side"],
        reason=str(said.get("reason", "")),
        since=act.at,
        until=instant(str(said["until"])),
    )
