"""Starting a recording, believing it, and keeping it.

Asterisk's ``Success`` and its ``MixMonitorStart`` come also when nothing is recorded. A recording is believed
when all of this holds: Asterisk took the action, or said that it started; the mix and both directions are on
disk with their headers; there is room left; and the MixMonitor is attached to the channel by the id it got
(``Pbx.attached`` says why not ``mixmonitor list``). Whether it grows is looked at from the third second on,
as data reaches the disk in steps of 32 kB.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from ami_listener.ami.connection import OutcomeUnknown
from ami_listener.ami.pbx import SNOOP, NoChannel, Pbx
from ami_listener.recording import disk, files, repair, sound
from ami_listener.recording.files import Files, Replaced, Sizes
from ami_listener.recording.measured import Problem, problems, soundtrack
from ami_listener.recording.segment import Segment
from ami_listener.timings import USUAL, MeasuredLimits, RecorderTimings
from dialpact.compliance.errors import RecordingError
from dialpact.compliance.recorded import Finished

SIDES = ("mix", "callee", "agent")


class Recorder:
    """Starts and proves recordings in one directory."""

    def __init__(
        self, directory: Path, format: str, min_free_mb: int, timings: RecorderTimings = USUAL.recorder
    ) -> None:
        self.directory, self.format, self._min_free_mb = directory, format, min_free_mb
        self._timings = timings

    async def plan(self, decision: str, at: datetime, first: int) -> Files:
        """Unused files below a folder that is there, or that Asterisk will make. Raises RecordingError."""
        return await disk.ask(self._plan, decision, at, first)

    def _plan(self, decision: str, at: datetime, first: int) -> Files:
        try:
            planned = files.plan(self.directory, decision, at, self.format, first)
            if not self.directory.is_dir():
                raise RecordingError(f"{self.directory} is not a directory")
            files.make_folder(self.directory, planned.main.parent)
            self._look_for_room(self.directory)
        except OSError as error:
            raise RecordingError(f"{self.directory}: {error.strerror or error}") from error
        return planned

    async def start(self, pbx: Pbx, segment: Segment) -> None:
        """Asks Asterisk; fills in the MixMonitor's id. No answer in time is left to the proof.

        Raises NoChannel, RecordingError, LinkError (the link is gone, so nothing can be proven).
        """
        main, callee, agent = map(str, segment.files.all)
        # The carrier leg receives the callee; a channel at the other end receives whom the callee talks with.
        # So does the channel of an ARI snoop, and what it is sent is whispered.
        hears_callee = segment.part == "carrier" or segment.channel.startswith(SNOOP)
        received, sent = (callee, agent) if hears_callee else (agent, callee)
        try:
            segment.monitor = await pbx.record(segment.channel, main, received, sent, segment.variable)
        except OutcomeUnknown:
            segment.monitor = ""

    async def prove(
        self,
        pbx: Pbx,
        segment: Segment,
        begun: Callable[[], bool],
        ended: Callable[[], str],
    ) -> None:
        """Returns once the recording is a fact; ``begun``: Asterisk said so; ``ended``: why it is over, if
        it is.

        Raises RecordingError with what is missing when the time for the proof is over; NoChannel, LinkError.
        """
        deadline = time.monotonic() + self._timings.proof
        # Asked first: meanwhile Asterisk makes the files.
        if segment.monitor and not await pbx.attached(segment.channel, segment.monitor):
            if not await pbx.is_live(segment.channel, segment.uniqueid):
                raise NoChannel(f"{segment.channel} is gone")
            raise RecordingError("no such MixMonitor on the channel")
        pause = self._timings.poll
        while missing := await disk.ask(self._missing, segment, begun):
            if reason := ended():
                raise RecordingError(reason)
            if time.monotonic() >= deadline:
                raise RecordingError(missing)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.05)  # forty who look at once would keep Asterisk from its work
        if reason := ended():
            raise RecordingError(reason)
        # (After that look, in a hop of its own: who is stopped from here on has begun, and is recorded anew.)
        segment.identities = await disk.ask(files.identities, segment.files)

    def _missing(self, segment: Segment, begun: Callable[[], bool]) -> str:
        if not segment.monitor and not begun():
            return "Asterisk has not answered that it records"
        if missing := files.begun(segment.files, segment.format):
            return missing
        try:
            self._look_for_room(segment.files.main.parent)
        except OSError as error:
            return f"{segment.files.main.parent}: {error.strerror or error}"
        except RecordingError as error:
            return str(error)
        return ""

    def _look_for_room(self, folder: Path) -> None:
        if (free := files.free_mb(folder)) < self._min_free_mb:
            raise RecordingError(f"only {free} MB free for recordings")

    async def retire(self, pbx: Pbx, segment: Segment) -> None:
        """Ends a MixMonitor that another has taken over from, if it still runs."""
        if segment.monitor:
            await pbx.stop(segment.channel, segment.monitor)


async def missing(segment: Segment) -> str:
    """What its files lack for it to be a recording; empty when they lack nothing."""
    try:
        return await disk.ask(files.begun, segment.files, segment.format)
    except RecordingError as error:
        return str(error)


async def are_absent(segment: Segment) -> bool:
    """Whether it is certain that it has no file."""
    try:
        return await disk.ask(files.absent, segment.files)
    except RecordingError:
        return False


async def last_written(segment: Segment) -> datetime | None:
    """None when there is no file, or the disk does not say."""
    try:
        return await disk.ask(files.modified, segment.files.main)
    except RecordingError:
        return None


async def settle(segment: Segment, timings: RecorderTimings = USUAL.recorder) -> bool:
    """Waits until the files are complete and have stopped changing, ``timings.settle`` seconds at most;
    longer only while the kernel says that one of them is being written. Whether they are, and have.
    """
    began = time.monotonic()
    before = None
    while True:
        now, complete = await asyncio.to_thread(_settled, segment, before)
        if now is None or complete:
            return complete
        waited = time.monotonic() - began
        if waited >= timings.closing:
            return False
        if waited >= timings.settle and not await asyncio.to_thread(_is_open, segment):
            return False
        before = now
        await asyncio.sleep(0.05 if waited < timings.settle else 0.5)


def _settled(segment: Segment, before: Sizes | None) -> tuple[Sizes | None, bool]:
    """The files' sizes, None when one is gone; whether they are ``before``'s and the files complete."""
    now = files.sizes(segment.files)
    complete = now is not None and now == before
    return now, complete and not any(sound.header_flaw(path, segment.format) for path in segment.files.all)


def _is_open(segment: Segment) -> bool:
    return any(repair.is_being_written(path) for path in segment.files.all)


def damages(segment: Segment) -> list[repair.Damage]:
    """The headers that can be mended. Blocking: run it in a thread."""
    if segment.format != "wav":
        return []
    found = (repair.find(path, segment.identity(side)) for side, path in enumerate(segment.files.all))
    return [damage for damage in found if damage]


def conclude(
    segment: Segment, keep_until: Callable[[datetime], date], limits: MeasuredLimits = USUAL.measured
) -> tuple[Finished, list[Problem]]:
    """Measures what there is and says what becomes of it. Blocking: run it in a thread.

    A call that was not answered has no files, or some without sound, which are removed. Whatever holds sound
    is kept, and so is every file of a call whose end nobody saw: it may have been answered, and sound reaches
    the disk late. Why one that was answered was not recorded has been told.
    """
    assert segment.ended_at is not None
    if not segment.begun and files.absent(segment.files):
        state = "failed" if segment.answered_at else "unanswered"
        unseen = segment.unseen and segment.answered_at is None
        return Finished(id=segment.id, state=state, ended_at=segment.ended_at, unseen=unseen), []
    told: list[Problem] = []
    measured = [_measure(segment, side, told) for side in range(len(SIDES))]
    main, callee, agent = measured
    track = soundtrack(segment, measured)
    talk = segment.talk_seconds()
    answered = talk is not None
    unseen = segment.unseen and not answered
    if not segment.begun:  # that it was not, has been told; it was not let through to be talked on
        told = [problem for problem in told if problem.kind != "recording-missing"]
    if not answered and not unseen and not any(found and found.audio_bytes for found in measured):
        _remove(segment.files)
        replaced = [problem for problem in told if problem.kind == "recording-replaced"]
        return Finished(id=segment.id, state="unanswered", ended_at=segment.ended_at), replaced
    if flaws := [
        f"{side}: {found.flaw}" for side, found in zip(SIDES, measured, strict=True) if found and found.flaw
    ]:
        told.append(Problem("recording-incomplete", "; ".join(flaws)))
    if talk is not None:
        told += problems(segment, measured, track, limits)
    try:
        files.flush_folder(segment.files.main.parent)
    except OSError as error:
        told.append(
            Problem("recording-incomplete", f"{segment.files.main.parent}: {error.strerror or error}")
        )
    return (
        Finished(
            id=segment.id,
            state=_state(any(measured), answered or unseen, segment.begun or answered),
            ended_at=segment.ended_at,
            bytes=main.bytes if main else None,
            seconds=main.seconds if main else None,
            talk_seconds=talk,
            sha256=main.sha256 if main else None,
            callee_sha256=callee.sha256 if callee else None,
            callee_dbfs=callee.dbfs if callee else None,
            agent_sha256=agent.sha256 if agent else None,
            agent_dbfs=agent.dbfs if agent else None,
            keep_until=keep_until(segment.ended_at) if any(measured) else None,
            unseen=unseen,
            sound=track.encode() if any(measured) else "",
            waveforms={
                name: found.waveform
                for name, found in zip(SIDES, measured, strict=True)
                if found and found.waveform
            },
        ),
        told,
    )


def _state(is_there: bool, counts: bool, was_due: bool) -> str:
    """``counts``: answered, or perhaps; ``was_due``: there should be files of it."""
    if is_there:
        return "kept" if counts else "unanswered"
    return "failed" if was_due else "unanswered"


def _measure(segment: Segment, side: int, told: list[Problem]) -> sound.Sound | None:
    path, identity = segment.files.all[side], segment.identity(side)
    try:
        with files.open_kept(path, identity) as file:
            if (names := os.fstat(file.fileno()).st_nlink) != 1:
                told.append(Problem("recording-linked", f"{path.name} has {names} names"))
            elif exposed := files.restrict(file, path):
                told.append(Problem("recording-exposed", exposed))
            return sound.measure_open(file, segment.format, draw=side > 0)
    except Replaced as error:
        told.append(Problem("recording-replaced", str(error)))
    except OSError as error:
        told.append(Problem("recording-missing", f"{path.name}: {error.strerror or error}"))
    return None


def _remove(unused: Files) -> None:
    for path in unused.all:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            continue  # Asterisk made the folder as its own: 44 bytes stay
