"""What a recording looks like: the levels of both sides, to be drawn before anybody hears it.

1. The listener makes them with the recording. They are taken only where their digest is the one in the
   recording's leaf; what somebody has put in their place is an incident, and is not drawn.
2. What has none is made of the file, which is held against its hash first: by one thread that rests, a few at
   most that wait, and kept in memory alone.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal

from dialpact.application import hearing, recordings
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.hearing import Kept
from dialpact.application.recording_files import OpenFile
from dialpact.application.resting import Resting
from dialpact.compliance import soundtrack
from dialpact.compliance.errors import StoreBusy
from dialpact.compliance.model import Value
from dialpact.compliance.waveform import WIDTH, Waveform, side_by_side, traced
from dialpact.store.ports.recording_search import EVERYBODY, ProvenFound, Whose

DrawnSide = Literal["callee", "agent"]
DRAWN: tuple[DrawnSide, ...] = ("callee", "agent")
MOST_WAITING = 8
MOST_KEPT = 200
_DRAWERS = ThreadPoolExecutor(1, "waveform")


class Drawn(Value, frozen=True, kw_only=True):
    """``sides``: which they are, in the order of ``levels``; of each, on one axis of ``seconds``, fractions
    of full scale.
    """

    seconds: float
    sides: tuple[str, ...]
    levels: list[list[float]]


class Drawing:
    """Makes waveforms of files: of one at a time. ``most_waiting``: files, that one included."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._made: OrderedDict[str, Waveform] = OrderedDict()  # by the file's hash
        self._making: dict[str, asyncio.Task[Waveform]] = {}

    async def made(self, context: Context, kept: Kept, directory: Path) -> Waveform:
        """Faults: as of :func:`hearing.opened`. StoreBusy while so many wait already."""
        if (found := self._made.get(kept.sha256)) is not None:
            return found
        if (task := self._making.get(kept.sha256)) is None:
            if len(self._making) >= self._most_waiting:
                raise StoreBusy(f"{self._most_waiting} waveforms are made already")
            task = asyncio.create_task(self._make(context, kept, directory))
            self._making[kept.sha256] = task
            task.add_done_callback(partial(self._done, kept.sha256))
        return await asyncio.shield(task)

    async def _make(self, context: Context, kept: Kept, directory: Path) -> Waveform:
        file = await hearing.opened(context, kept, directory)
        try:
            return await asyncio.get_running_loop().run_in_executor(
                _DRAWERS, _traced, file, kept.recording.format
            )
        finally:
            file.close()

    def _done(self, sha256: str, task: asyncio.Task[Waveform]) -> None:
        del self._making[sha256]
        if task.cancelled() or task.exception() is not None:
            return
        self._made[sha256] = task.result()
        if len(self._made) > MOST_KEPT:
            self._made.popitem(last=False)


def _traced(file: OpenFile, format: str) -> Waveform:
    return traced(file.read, file.size, format, Resting())


async def drawn(
    context: Context, id: str, directory: Path, drawing: Drawing, *, whose: Whose = EVERYBODY
) -> Drawn:
    """Faults: as of :mod:`dialpact.application.hearing`."""
    context.actor.need(Right.EVIDENCE)
    found = await recordings.found(context, id, whose)
    one = found.recording
    hashes = recordings.hashes(one)
    sides = [side for side in DRAWN if hashes[side] and one.format in WIDTH]
    there = {side: hearing.kept(one, side, found.flaw) for side in sides}
    for kept in there.values():
        await hearing.whole(context, kept)
    stored = await _stored(context, found)
    waves: dict[DrawnSide, Waveform] = {}
    for side, kept in there.items():
        waves[side] = stored.get(side) or await drawing.made(context, kept, directory)
    track = soundtrack.decode(one.sound)
    seconds = max([one.seconds or 0.0, *(track.seconds.values() if track else ())])
    return Drawn(seconds=seconds, sides=tuple(waves), levels=side_by_side(list(waves.values())))


async def _stored(context: Context, found: ProvenFound) -> Mapping[DrawnSide, Waveform]:
    """Those that are what the leaf says."""
    one = found.recording
    track = soundtrack.decode(one.sound)
    if track is None or not track.drawn:
        return {}
    stored, hashes = await context.store.recording_search.waveforms(one.id), recordings.hashes(one)
    true: dict[DrawnSide, Waveform] = {}
    for side in DRAWN:
        if (wave := stored.get(side)) is None:
            continue
        if wave.digest(hashes[side] or "") == track.drawn.get(side):
            true[side] = wave
        else:
            await hearing.tell(context, one, side, "waveform")
    return true
