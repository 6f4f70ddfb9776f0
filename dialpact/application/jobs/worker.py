"""The worker as its runner sees it: a child process that does one job after the other.

Its stdin is a pipe that nobody else holds: it ends when we do, however that happens. The lock that it is
given ends with it, and so no later worker begins beside one that is not quite dead.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Self

from dialpact.application.jobs import line
from dialpact.application.jobs.line import Said
from dialpact.compliance.jobs import Job

LONGEST = 1 << 20  # bytes of a line
END_SECONDS = 2.0  # for one that has been told to end


class Worker:
    """``idle``: what it was started as."""

    def __init__(self, running: asyncio.subprocess.Process, idle: bool) -> None:
        self._running, self.idle = running, idle

    @classmethod
    async def start(cls, command: Sequence[str], idle: bool, lock: int) -> Self:
        """OSError when it can not be."""
        running = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(lock,),
            limit=LONGEST,
        )
        return cls(running, idle)

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def lives(self) -> bool:
        return self._running.returncode is None

    async def ask(self, job: Job) -> None:
        assert self._running.stdin is not None
        with contextlib.suppress(ConnectionError):  # it has ended: that is heard
            self._running.stdin.write(line.written(job))
            await self._running.stdin.drain()

    async def hear(self) -> Said | None:
        """What it says next; None: it has ended, or talks nonsense and will be."""
        assert self._running.stdout is not None
        try:
            came = await self._running.stdout.readline()
            return line.said(came) if came.endswith(b"\n") else None
        except ValueError:
            return None

    async def kill(self) -> None:
        """At once; when this returns it is no more."""
        with contextlib.suppress(ProcessLookupError):
            self._running.kill()
        await self._running.wait()

    async def end(self) -> None:
        """One that has nothing to do."""
        assert self._running.stdin is not None
        self._running.stdin.close()
        try:
            await asyncio.wait_for(self._running.wait(), END_SECONDS)
        except TimeoutError:
            await self.kill()
