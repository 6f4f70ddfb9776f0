"""The worker of ``dialpact web``: ``python -m dialpact.cli.job_worker CONFIG (idle|ready) [PROCESSORS]``.

A process of its own that does jobs as it is told on its stdin, and says on its stdout how far it is
(``application/jobs/line.py``). It ends with that pipe, in the midst of whatever it does.

``idle``: it computes when nobody else does, reads the disk when nobody else does (Linux: SCHED_IDLE, whose
I/O is idle too), and holds no lock that anybody waits for. Where that is refused it is as nice as can be.
It may do so on any of ``PROCESSORS``, as in ``0,1``: on those alone to which the pages keep, they would give
it no time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec
import structlog

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.jobs import line
from dialpact.application.jobs.files import JobFiles, need_room
from dialpact.application.jobs.kinds import KINDS, Task
from dialpact.application.jobs.line import Done, Failed, Far, Said
from dialpact.application.policy import know_areas
from dialpact.application.resting import Resting, Written, restless
from dialpact.cli import scheduling
from dialpact.cli.command_context import BUSY_MS, CommandContext
from dialpact.cli.logs import configure_logs
from dialpact.compliance import numbers
from dialpact.compliance.errors import DialpactError, NoRoom
from dialpact.compliance.jobs import Job, JobError
from dialpact.compliance.registers.fault import Fault
from dialpact.presentation.evidence_report import reports
from dialpact.presentation.inspection.paper import paper
from dialpact.store.sqlite import Store

TOLD_SECONDS = 1.0  # between two words of how far it is
log = structlog.get_logger()


def command(config: Path, idle: bool) -> list[str]:
    """``idle``: on any of the processors that the process which hires it has left to others."""
    kind, where = "idle" if idle else "ready", ",".join(map(str, scheduling.left()))
    return [sys.executable, "-P", "-m", "dialpact.cli.job_worker", str(config), kind, where]


class _Line:
    """To the runner. For any thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, message: Said) -> None:
        rest = memoryview(line.written(message))
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


class _Watched:
    """A job's progress: told once a second, and the disk looked at as often."""

    def __init__(self, runner: _Line, folder: Path) -> None:
        self._runner, self._folder, self._next = runner, folder, 0.0

    def __call__(self, rows: int, of: int | None) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + TOLD_SECONDS
            need_room(self._folder)
            self._runner.say(Far(rows=rows, of=of))


async def serve(session: CommandContext, runner: _Line, idle: bool) -> None:
    """Until the pipe ends, and with it the process."""
    jobs: asyncio.Queue[bytes] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def listen() -> None:
        for came in sys.stdin.buffer:
            loop.call_soon_threadsafe(jobs.put_nowait, came)
        os._exit(0)  # whoever would hear of the rest is gone

    async with _context(session, idle) as context:
        numbers.warm()
        await context.store.jobs.running()  # (its thread is there from now on)
        if idle:
            give_way()
        threading.Thread(target=listen, daemon=True).start()
        while True:
            job = line.asked(await jobs.get())
            # With the rules as they are in the files now: a worker may live longer than they do.
            runner.say(await _ended(session.anew(), context, job, runner))


@asynccontextmanager
async def _context(session: CommandContext, idle: bool) -> AsyncIterator[Context]:
    """One that is idle can not even write: a lock of his would be let go when the host has time for him."""
    config = session.config
    if config.policy.areas:
        know_areas(config)
    store = Store(config.database, BUSY_MS, read_only=idle, yields=not idle)
    actor = Actor(name="dialpact", door=Door.DAEMON)
    async with store:
        yield Context(store, actor, session.clock, session.machine.uptime, session.regions)


async def _ended(session: CommandContext, context: Context, job: Job, runner: _Line) -> Said:
    kind = KINDS[job.kind]
    door = Door.API if job.key else Door.PAGE
    actor = Actor(name=job.by, door=door, rights=frozenset(kind.rights))
    try:
        folder = JobFiles(session.config.path(session.config.api.folder)).of(job.id)
        await asyncio.to_thread(need_room, folder)
        task = Task(
            context=msgspec.structs.replace(context, actor=actor),
            config=session.config,
            job=job,
            folder=folder,
            progress=_Watched(runner, folder),
            render=lambda language: partial(reports, language, session.machine.pdf),
            printed=lambda report, language: session.machine.pdf(paper(report, language)),
            rest=Resting(needed=Written(session.config.database)) if kind.idle else restless,
        )
        return Done(outcome=await kind.work(task))
    except Fault as fault:
        return _failed(fault)
    except NoRoom as error:
        return _failed(Fault("no-room", why=str(error)))
    except (DialpactError, OSError) as error:
        log.error("a job can not be done", job=job.id, error=str(error))
        return _failed(Fault("job-failed", why=str(error)))
    except Exception as error:
        log.error("a job can not be done", job=job.id, error=str(error), exc_info=error)
        return _failed(Fault("job-broken"))


def _failed(fault: Fault) -> Failed:
    return Failed(error=JobError.of(fault))


def give_way() -> None:
    """All threads that there are; those that come after them are as they are."""
    if not hasattr(os, "SCHED_IDLE"):
        _nice()
        return
    try:
        for thread in Path("/proc/self/task").iterdir():
            with contextlib.suppress(ProcessLookupError):
                os.sched_setscheduler(int(thread.name), os.SCHED_IDLE, os.sched_param(0))
    except OSError:
        _nice()


def _nice() -> None:
    log.warning("the host does not let the worker be idle: it is nice")
    with contextlib.suppress(OSError):
        os.nice(19)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setpgrp()  # a key that ends who hired it at a terminal is for that one to pass on
    config, kind, *where = sys.argv[1:]
    if kind == "idle":
        scheduling.keep_to([int(one) for one in ",".join(where).split(",") if one])
    run(CommandContext(Path(config), as_json=True, language="en"), kind == "idle")


def run(session: CommandContext, idle: bool) -> None:
    """Until the pipe ends, and with it the process."""
    spoken = os.dup(1)
    os.dup2(2, 1)  # nobody else speaks there
    configure_logs()
    asyncio.run(serve(session, _Line(spoken), idle))


if __name__ == "__main__":
    main()
