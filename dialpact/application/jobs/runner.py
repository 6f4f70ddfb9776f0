"""Hands one job after the other to the worker, and writes down how far it is and what came of it.

1. One runner at a time, by a lock of the kernel that its worker holds too. Whatever ran when it gets the lock
   is done by nobody, and waits anew.
2. A job begins from its beginning, each time. It is done by its row alone, and its row says so after its file
   is whole: in one transaction with what the job does to the registers.
3. A job that ends its worker is begun three times, then it has failed. Our own orderly end does not count.
4. What fails here (the store, the disk) is logged and tried again: it ends no process that answers others.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import chain, repeat

import structlog

from dialpact.application.context import Context
from dialpact.application.jobs.files import JobFiles
from dialpact.application.jobs.kinds import KINDS, Outcome
from dialpact.application.jobs.line import Done, Failed, Far, Said
from dialpact.application.jobs.worker import Worker
from dialpact.compliance.errors import DialpactError, StoreError, StoreRefused
from dialpact.compliance.jobs import MOST_STARTS, UNDER_WAY, Job, JobError
from dialpact.compliance.meters import METERS
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.together import as_one

LOOK_SECONDS = 5.0  # between two looks for jobs that another process has taken in
SPARE_SECONDS = 60.0  # a worker without work is kept for so long
SWEEP_SECONDS = 600.0
PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)  # seconds after the first failure in a row, the second ...
STRAY = timedelta(hours=1)  # a folder of no job is older than any that is just being made
SWEPT = 1000  # jobs at a time
log = structlog.get_logger()


class Runner:
    """``command``: of a worker, idle or not. ``kept``: for how long results are."""

    def __init__(
        self, context: Context, files: JobFiles, command: Callable[[bool], Sequence[str]], kept: timedelta
    ) -> None:
        self.files = files
        self._context, self._command, self._kept = context, command, kept
        self._jobs = context.store.jobs
        self._wake, self._cancelled = asyncio.Event(), asyncio.Event()
        self._current = self._said = ""
        self._worker: Worker | None = None

    def wake(self) -> None:
        """There is a job."""
        self._wake.set()

    def cancel(self, id: str) -> None:
        """It is cancelled, by its row."""
        if id == self._current:
            self._cancelled.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; then what runs waits for the next start."""
        pauses = _pauses()
        while not stop.is_set():
            try:
                with _locked(self.files) as lock:
                    if lock is not None:
                        await self._work(lock, stop)
                pauses, pause = _pauses(), LOOK_SECONDS
            except Exception as error:
                self._say(error)
                pause = next(pauses)
            finally:
                await self._end_worker()
            await _wait(stop, seconds=pause)

    def _say(self, error: Exception) -> None:
        """Once, however often it is tried: where nobody asks for jobs, none may be meant to be done."""
        if str(error) != self._said:
            expected = isinstance(error, DialpactError | OSError)
            log.error("jobs are not done", error=str(error), exc_info=None if expected else error)
        self._said = str(error)

    async def _work(self, lock: int, stop: asyncio.Event) -> None:
        for left in await self._jobs.running():
            log.warning("a job is begun anew", job=left.id, starts=left.starts)
            await self._jobs.put_back(left.id, blameless=False)
        time = asyncio.get_running_loop().time
        swept, busy, pauses = -SWEEP_SECONDS, time(), _pauses()
        while not stop.is_set():
            if time() - swept >= SWEEP_SECONDS:
                await self.sweep()
                swept = time()
            self._wake.clear()
            job = await self._jobs.take(self._context.now())
            if job is None:
                if time() - busy >= SPARE_SECONDS:
                    await self._end_worker()
                await _wait(stop, self._wake, seconds=LOOK_SECONDS)
                continue
            if await self._do(job, lock, stop):
                pauses = _pauses()
            else:
                await _wait(stop, seconds=next(pauses))
            busy = time()

    async def _do(self, job: Job, lock: int, stop: asyncio.Event) -> bool:
        """False when the worker has died of it, or can not be had."""
        if job.starts > MOST_STARTS:
            await self._fail(job, _crash(MOST_STARTS), stop)
            return True
        self._cancelled.clear()
        self._current = job.id
        try:
            return await self._done(job, await self._hired(job, lock), stop)
        except OSError as error:
            log.error("the worker can not be started", error=str(error))
            await self._jobs.put_back(job.id, blameless=True)
            return False
        finally:
            self._current = ""

    async def _done(self, job: Job, worker: Worker, stop: asyncio.Event) -> bool:
        await asyncio.to_thread(self.files.clear, job.id)
        await worker.ask(job)
        while True:
            heard = await _heard(worker, stop, self._cancelled)
            if self._cancelled.is_set():
                await worker.kill()
                await asyncio.to_thread(self.files.drop, job.id)
                return True
            if stop.is_set():
                await worker.kill()
                await self._jobs.put_back(job.id, blameless=True)
                return True
            match heard:
                case Far():
                    await self._far(job, heard)
                case Done():
                    await self._patiently(partial(self._finish, job, heard.outcome), stop)
                    return True
                case Failed():
                    await self._fail(job, heard.error, stop)
                    return True
                case _:
                    await worker.kill()
                    return await self._crashed(job, stop)

    async def _far(self, job: Job, far: Far) -> None:
        try:
            if not await self._jobs.progress(job.id, far.rows, far.of):
                self._cancelled.set()  # by another process
        except DialpactError as error:  # the next word tells it
            log.warning("progress is not noted", job=job.id, error=str(error))

    async def _finish(self, job: Job, outcome: Outcome) -> None:
        about = {name: getattr(outcome, name) for name in ("file", "media_type", "bytes", "sha256")}
        finish = partial(self._jobs.finish, job.id, about | dict(outcome.counts), self._context.now())
        conclude = KINDS[job.kind].conclude
        act = conclude(self._context, job, outcome) if conclude else None
        try:
            await (finish() if act is None else as_one([act, finish]))
        except StoreRefused:  # it was cancelled, which this overtook; or is done: its commit was said to fail
            left = await self._jobs.get(job.id)
            if left is None or left.state != "done":
                await asyncio.to_thread(self.files.drop, job.id)
                return
        except Fault as fault:  # what it was to do to the registers can not be done any more
            await self._failed(job, JobError.of(fault))
            return
        await asyncio.to_thread(self.files.drop_input, job.id)
        METERS.jobs["done"] += 1
        log.info("a job is done", job=job.id, kind=job.kind)

    async def _fail(self, job: Job, error: JobError, stop: asyncio.Event) -> None:
        await self._patiently(partial(self._failed, job, error), stop)

    async def _failed(self, job: Job, error: JobError) -> None:
        await self._jobs.fail(job.id, error, self._context.now())
        await asyncio.to_thread(self.files.drop, job.id)
        METERS.jobs["failed"] += 1
        log.warning("a job has failed", job=job.id, kind=job.kind, code=error.code)

    async def _crashed(self, job: Job, stop: asyncio.Event) -> bool:
        log.error("the worker has died of a job", job=job.id, starts=job.starts)
        if job.starts >= MOST_STARTS:
            await self._fail(job, _crash(job.starts), stop)
        else:
            await self._jobs.put_back(job.id, blameless=False)
        return False

    async def _patiently(self, write: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
        """Again and again while the store can not: what was done is not to be done anew. At the end of this
        process it is left to the next one.
        """
        for pause in _pauses():
            try:
                await write()
                return
            except (StoreError, OSError) as error:
                if stop.is_set():
                    raise
                log.error("the end of a job is not noted", error=str(error))
            await _wait(stop, seconds=pause)

    async def _hired(self, job: Job, lock: int) -> Worker:
        idle = KINDS[job.kind].idle
        if self._worker is None or not self._worker.lives or self._worker.idle is not idle:
            await self._end_worker()
            self._worker = await Worker.start(self._command(idle), idle, lock)
        return self._worker

    async def _end_worker(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.end()

    async def sweep(self) -> None:
        """What is kept no longer goes: results of old jobs, and what is left of none."""
        now = self._context.now()
        for job in await self._jobs.over_before(now - self._kept, SWEPT):
            await asyncio.to_thread(self.files.drop, job.id)
            await self._jobs.expire(job.id)
        there = await asyncio.to_thread(self.files.there, now - STRAY)
        states = await self._jobs.states(there)
        for id, is_old in there.items():
            state = states.get(id)
            if state == "done":  # (it goes then; whoever was ended there has left it)
                await asyncio.to_thread(self.files.drop_input, id)
            elif is_old if state is None else state not in UNDER_WAY:
                await asyncio.to_thread(self.files.drop, id)


def _crash(starts: int) -> JobError:
    return JobError.of(Fault("job-crashed", starts=str(starts)))


def _pauses() -> Iterator[float]:
    return chain(PAUSES, repeat(PAUSES[-1]))


@contextmanager
def _locked(files: JobFiles) -> Iterator[int | None]:
    """The lock of the folder, for the worker to hold as well; None while another process has it."""
    files.prepare()
    lock = os.open(files.folder / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield lock
    finally:
        os.close(lock)


async def _wait(*events: asyncio.Event, seconds: float) -> None:
    """Until one of them is set, or for so long."""
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _heard(worker: Worker, *events: asyncio.Event) -> Said | None:
    """What the worker says next, unless one of the events is set before."""
    hearing = asyncio.create_task(worker.hear())
    others = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait([hearing, *others], return_when=asyncio.FIRST_COMPLETED)
        return await hearing if hearing.done() else None
    finally:
        for task in (hearing, *others):
            task.cancel()
