"""The listener's word to the gate that a call could be recorded now. Without it no call is allowed.

Renewed every second, good for three: a listener that dies, hangs or loses its store says nothing, and that
is a No by itself. All reasons for a No are looked at each time; the first one found is told.
"""

from __future__ import annotations

import asyncio
import re
import time

import structlog

from ami_listener.ami.connection import Session
from ami_listener.outbox import Outbox
from ami_listener.recording import access
from ami_listener.recording.access import Identity
from ami_listener.timings import USUAL, LeaseTimings
from dialpact.compliance.clock import Clock
from dialpact.compliance.config import Config
from dialpact.compliance.errors import StoreError, StoreRefused
from dialpact.compliance.meters import METERS
from dialpact.store.ports import Store

_FIGURES = re.compile(r"[0-9]+")  # seconds that pass and room that shrinks are told once, not every second
log = structlog.get_logger()


class Lease:
    """Readiness in parts, each set by whoever knows it."""

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Clock,
        outbox: Outbox,
        timings: LeaseTimings = USUAL.lease,
    ) -> None:
        self._timings = timings
        self._config, self._store, self._clock, self._outbox = config, store, clock, outbox
        self.session: Session | None = None
        self.link_problem = "not connected to the Asterisk manager yet"
        self.booted = False
        self.right_problem = "the AMI user's rights are not known yet"
        self.synchronised = False
        self.blind = ""  # why events seem to be missing
        self.who: Identity | None = None
        self._penalty_until = 0.0
        self._told: str | None = None
        self._changed = asyncio.Event()
        self._disk_check: asyncio.Task[str] | None = None

    def wake(self) -> None:
        """Something changed: say so now, not at the next second."""
        self._changed.set()

    def connected(self, session: Session) -> None:
        self.session, self.link_problem = session, ""
        METERS.ami_up = True
        self.booted = self.synchronised = False
        self.right_problem = "the AMI user's rights are not known yet"
        self.wake()

    def disconnected(self, why: str) -> None:
        """Withdraws the lease at once."""
        METERS.ami_up = False
        self.session, self.link_problem = None, f"no connection to the Asterisk manager: {why}"
        self.wake()

    def failed(self) -> None:
        """A recording failed that all checks had called possible: nobody is rung for a while."""
        self._penalty_until = time.monotonic() + self._timings.penalty
        self.wake()

    async def why_not(self) -> str:
        """Why no call could be recorded now; empty when one could."""
        if self.session is None or self.session.lost.is_set():
            return self.link_problem or "no connection to the Asterisk manager"
        if time.monotonic() - self.session.pong_at > self._timings.pong:
            return "Asterisk has not answered a ping in time"
        if not self.booted:
            return "Asterisk is still starting (no FullyBooted event; the AMI user needs read = system)"
        if self.right_problem:
            return self.right_problem
        if not self.synchronised:
            return "the calls that are up are still being looked at"
        if self.blind:
            return self.blind
        if (age := self._outbox.age) > self._timings.unwritten:
            waiting = f"{len(self._outbox)} writes are waiting"
            return f"{waiting}, the oldest for {age:.0f} s: what is not on disk proves nothing"
        if problem := await self._disk_problem():
            return problem
        if time.monotonic() < self._penalty_until:
            return f"a recording failed less than {self._timings.penalty:g} seconds ago"
        return ""

    async def _disk_problem(self) -> str:
        """In a thread: a file system that hangs must not hang the listener, nor gather threads."""
        recording = self._config.recording
        today = self._config.recordings / self._clock.now().strftime("%Y/%m/%d")
        if self._disk_check is None or self._disk_check.done():
            self._disk_check = asyncio.create_task(
                asyncio.to_thread(
                    access.why_not, self._config.recordings, today, self.who, recording.min_free_mb
                )
            )
        done, _ = await asyncio.wait({self._disk_check}, timeout=self._timings.disk)
        return self._disk_check.result() if done else f"{recording.directory} does not answer"

    async def run(self) -> None:
        """Renews until cancelled; then the lease is withdrawn."""
        try:
            while True:
                self._changed.clear()
                await self.renew(await self.why_not())
                try:
                    async with asyncio.timeout(self._timings.renew):
                        await self._changed.wait()
                except TimeoutError:
                    pass
        finally:
            await asyncio.shield(self.renew("the listener was stopped"))

    async def renew(self, why: str) -> None:
        """Says it; a store that does not take it is told once, and the lease runs out by itself."""
        unwritten = ""
        try:
            await self._store.recorder_leases.renew(
                self._config.node.name,
                ready=not why,
                why=why,
                seconds=self._timings.life,
                at=self._clock.now(),
            )
        except (StoreError, StoreRefused) as error:
            unwritten = f"store unavailable: {error}"
        told = unwritten or why
        if (same := _FIGURES.sub("", told)) != self._told:
            (log.warning if told else log.info)("recorder lease", ready=not told, why=told)
            self._told = same
