"""A recording's sound for a program that may hear it.

1. Only what was recorded is given out: the row must fit its leaf of the ledger, and the file, opened without
   following a link, the row's SHA-256. What does not is an incident, and nobody hears it.
2. That it is heard is an act in the log before a byte leaves: who, which recording and side, from which byte
   to which. One that is disposed of meanwhile is not heard any more.
3. It is read from the file that was looked at, in pieces; when that is touched meanwhile, it ends there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar
from weakref import WeakSet

from dialpact.application import listings, recording_files
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.recording_files import OpenFile
from dialpact.compliance.errors import StoreBusy
from dialpact.compliance.model import Value
from dialpact.compliance.recording import Recording
from dialpact.compliance.registers.fault import Fault

T = TypeVar("T")
Side = Literal["mix", "callee", "agent"]
SIDES: tuple[Side, ...] = ("mix", "callee", "agent")
PIECE = 1 << 18  # bytes
# Whoever hears long recordings takes the threads of nobody else.
_READERS = ThreadPoolExecutor(2, "sound")
# Nor all connections, however slowly they are heard.
MOST_HEARD = 32
_heard: WeakSet[OpenFile] = WeakSet()


class Kept(Value, frozen=True, kw_only=True):
    """One file of a recording, as it must be. ``flaw``: how what is known of it fails its leaf."""

    recording: Recording
    side: Side
    path: Path
    sha256: str
    flaw: str


async def find(context: Context, id: str, side: Side, businesses: Sequence[str] = ()) -> Kept:
    """Faults: ``not-registered``; ``recording-disposed``, ``recording-not-over``, ``no-recording-file``: it
    has none to hear.
    """
    context.actor.need(Right.EVIDENCE)
    found = await listings.of_business(context, id, businesses)
    return kept(found.recording, side, found.standing.flaw)


def kept(one: Recording, side: Side, flaw: str) -> Kept:
    """Of one that was found for who may hear it. Faults: as :func:`find`, but the first."""
    if one.disposed_at is not None:
        raise Fault("recording-disposed", entry=one.id)
    if one.ended_at is None:
        raise Fault("recording-not-over", entry=one.id)
    path, sha256 = {
        "mix": (one.path, one.sha256),
        "callee": (one.callee_path, one.callee_sha256),
        "agent": (one.agent_path, one.agent_sha256),
    }[side]
    if not sha256:
        raise Fault("no-recording-file", entry=one.id, side=side)
    return Kept(recording=one, side=side, path=Path(path), sha256=sha256, flaw=flaw)


async def whole(context: Context, kept: Kept) -> None:
    """Fault ``recording-flawed``, which is an incident: what is known of it is not what the log says."""
    if kept.flaw:
        await tell(context, kept.recording, kept.side, kept.flaw)
        raise Fault("recording-flawed", entry=kept.recording.id)


async def opened(context: Context, kept: Kept, directory: Path) -> OpenFile:
    """To be closed by whoever asked. Fault ``recording-changed``, ``recording-missing`` (both are incidents),
    ``recording-unreadable``. StoreBusy while so many are heard already.
    """
    _admit()
    # One recorded when the directory was another is still to be found by its path.
    below = directory if kept.path.is_relative_to(directory) else kept.path.parent
    found = await _read(partial(recording_files.opened, kept.path, kept.sha256, below))
    if isinstance(found, OpenFile):
        _heard.add(found)
        return found
    id = kept.recording.id
    if found.problem == "unreadable":
        raise Fault("recording-unreadable", entry=id)
    again = await context.store.listings.recording(id)
    if again is not None and again.recording.disposed_at is not None:  # since it was looked up
        raise Fault("recording-disposed", entry=id)
    missing = found.problem == "missing"
    await tell(context, kept.recording, kept.side, "missing" if missing else "changed")
    raise Fault("recording-missing", entry=id) if missing else Fault("recording-changed", entry=id)


def again(file: OpenFile) -> OpenFile | None:
    """One that was looked at before, for another part of it; None when it was touched since. StoreBusy."""
    _admit()
    found = file.again()
    if found is not None:
        _heard.add(found)
    return found


def _admit() -> None:
    if sum(one.is_open for one in _heard) >= MOST_HEARD:
        raise StoreBusy(f"{MOST_HEARD} recordings are heard already")


async def note(context: Context, kept: Kept, file: OpenFile, first: int, last: int, **more: object) -> None:
    """Bytes, both included, that are about to leave. Fault: it was disposed of meanwhile."""
    detail = {
        "side": kept.side,
        "first": first,
        "last": last,
        "bytes": file.size,
        "sha256": kept.sha256,
        **more,
    }
    await context.store.custody.heard(kept.recording.id, detail, by=context.by, at=context.now())


async def pieces(file: OpenFile, first: int, last: int) -> AsyncIterator[bytes]:
    """RecordingError in the middle where the file was touched."""
    at = first
    while at <= last:
        piece = await _read(partial(file.read, at, min(PIECE, last + 1 - at)))
        yield piece
        at += len(piece)


async def _read(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_READERS, work)


async def tell(context: Context, one: Recording, side: Side, problem: str) -> None:
    """Once, however often it is asked for."""
    await context.store.incidents.add(
        at=context.now(),
        node=one.node,
        kind="recording-changed",
        decision=one.decision,
        detail=f"recording {one.id}, {side}: {problem}",
        once=True,
    )
