"""Recordings that have ended: their files are waited for, mended where a crash left them open, and measured.

In two threads of their own. It goes on when the connection to Asterisk is lost; what is not done when the
listener ends is done at its next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog

from ami_listener.legs.leg_context import LegContext
from ami_listener.outbox import Outbox
from ami_listener.recording import recorder, repair
from ami_listener.recording.segment import Segment
from ami_listener.terms import Terms
from dialpact.compliance.errors import RecordingError
from dialpact.compliance.meters import METERS
from dialpact.store.ports import Store

log = structlog.get_logger()


class Endings:
    """``terms`` gives what is in force at the moment."""

    def __init__(self, store: Store, outbox: Outbox, terms: Callable[[], Terms]) -> None:
        self._store, self._outbox, self._terms = store, outbox, terms
        self.finishing: set[str] = set()  # ids of recordings whose files are being measured
        # Those that could not be ended: told once, left to the next start.
        self.set_aside: set[str] = set()
        self._written: set[str] = set()  # their end is on disk; since ``remember``
        self._tasks: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="measure")
        self._exposed: set[str] = set()

    @property
    def _context(self) -> LegContext:
        return self._terms().context

    async def measured(self) -> None:
        """Waits until what is being measured is handed to the outbox."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Breaks off what is not measured yet."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def remember(self) -> None:
        """From now on whose end is written. To be called before rows are read: what is read as open may have
        ended by the time that somebody looks at it.
        """
        self._written.clear()

    def has(self, recording: str) -> bool:
        """Whether its end is known here: under way, written since ``remember``, or left to the next start."""
        return recording in self.finishing or recording in self._written or recording in self.set_aside

    def finish(self, segment: Segment) -> None:
        """Takes over the files of a segment that has ended. Goes on when the connection is lost."""
        if segment.id in self.finishing:
            return
        self.finishing.add(segment.id)
        task = asyncio.create_task(self._conclude(segment), name=f"finish {segment.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _conclude(self, segment: Segment) -> None:
        try:
            timings = self._context.timings
            complete = await recorder.settle(segment, timings.recorder)
            loop = asyncio.get_running_loop()
            if not complete:
                await self._repair(segment)
            end, problems = await loop.run_in_executor(
                self._threads,
                recorder.conclude,
                segment,
                self._terms().keep_until(segment),
                timings.measured,
            )
        except Exception:
            log.exception("recording not concluded", recording=segment.id)
            detail = f"recording {segment.id}"
            self._context.report("listener-error", segment.decision, segment.channel, detail, once=True)
            self._leave(segment.id)
            return
        for problem in problems:
            if problem.kind == "recording-exposed":  # true of a folder, not of a call: told once
                if problem.detail in self._exposed:
                    continue
                self._exposed.add(problem.detail)
            self._context.report(problem.kind, segment.decision, segment.channel, problem.detail)

        async def write() -> None:
            if not await self._store.recordings.finish(end):
                log.warning("recording had ended already", recording=end.id, decision=segment.decision)
            self._written.add(segment.id)
            self.finishing.discard(segment.id)

        METERS.recordings[end.state] += 1
        log.info("recording ended", decision=segment.decision, state=end.state, seconds=end.seconds)
        self._outbox.put(
            f"end of recording {end.id}",
            write,
            decision=segment.decision,
            channel=segment.channel,
            dropped=partial(self._leave, end.id),
        )

    def _leave(self, recording: str) -> None:
        """To the next start: the comparison would fail on it every half minute, and say so each time."""
        self.finishing.discard(recording)
        self.set_aside.add(recording)

    async def _repair(self, segment: Segment) -> None:
        """Mends what a crash left unclosed, after the incident with the file's old hash is on disk."""
        loop = asyncio.get_running_loop()
        for damage in await loop.run_in_executor(self._threads, recorder.damages, segment):
            self._context.report("recording-repaired", segment.decision, segment.channel, damage.detail)
            await self._outbox.drained()
            try:
                await loop.run_in_executor(self._threads, repair.mend, damage)
            except (OSError, RecordingError) as error:
                # What is still wrong with the file is reported when it is measured.
                log.error("recording not repaired", file=damage.path.name, error=str(error))
