"""The listener: hears of every carrier leg, has it recorded, keeps the recording, says whether it could.

Its parts meet here and nowhere else. One task reads events and only distributes them; every leg has a
worker of its own; what must reach the store goes through the outbox; files of ended calls are measured in
two threads. A lost connection ends all legs' workers, and the next session reads the real state
(``rounds``, ``resync``), exactly as after a restart: nothing that was under way is ever sent again.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Container, Iterator
from datetime import datetime

import structlog

from ami_listener.ami import events
from ami_listener.ami.connection import LinkError, LoginRefused, Session
from ami_listener.ami.pbx import Pbx
from ami_listener.calls.changes import Changes
from ami_listener.calls.companions import Companions
from ami_listener.calls.inside import Inside
from ami_listener.calls.keys import Keys
from ami_listener.calls.spies import Spies
from ami_listener.calls.unlisted import Unlisted
from ami_listener.endings import Endings
from ami_listener.instance_lock import instance_lock
from ami_listener.lease import Lease
from ami_listener.legs.claims import Claims
from ami_listener.legs.leg import Leg
from ami_listener.legs.leg_context import LegContext
from ami_listener.legs.live_legs import LiveLegs
from ami_listener.legs.pending_dials import PendingDials
from ami_listener.missed_calls import Gap
from ami_listener.outbox import Outbox, Waiting
from ami_listener.recording.recorder import Recorder
from ami_listener.rounds import Rounds
from ami_listener.sound.hearing import Hearing
from ami_listener.terms import KeepUntil, Terms
from ami_listener.timings import USUAL, ListenerTimings, Timings
from dialpact.compliance.clock import Clock
from dialpact.compliance.config import Config, OptOutConfig, Supervisor
from dialpact.compliance.errors import ConfigError, StoreError
from dialpact.store.ports import Store

Observer = Callable[[Pbx, events.ChannelEvent], None]
log = structlog.get_logger()


def pauses(timings: ListenerTimings) -> Iterator[float]:
    """Seconds before each attempt to connect: at once, then doubling, with jitter so that nodes do not
    march.
    """
    yield 0.0
    pause = timings.first_pause
    while True:
        yield pause * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        pause = min(pause * 2, timings.longest_pause)


class Listener:
    """``await run()`` until cancelled or :meth:`close` is called.

    ``keep_until`` gives the last day on which a recording that ended at an instant must still be there. At
    the end the lease is withdrawn; recordings that run go on in Asterisk and are adopted at the next start.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Clock,
        keep_until: KeepUntil,
        *,
        timings: Timings = USUAL,
    ) -> None:
        self._store, self._clock, self._timings = store, clock, timings
        self.outbox = Outbox(self._write_refused, timings.outbox)
        self.lease = Lease(config, store, clock, self.outbox, timings.lease)
        self._live = LiveLegs(self._leg_failed)
        self.endings = Endings(store, self.outbox, lambda: self.terms)
        self._pending = PendingDials(self._found)
        self.companions = Companions(self)
        self.hearing = Hearing(self, self.companions, timings.sound)
        # Each hears of every event about any channel, in their order, before its leg does. None waits.
        self.unlisted, self.spies = Unlisted(self, timings.unlisted), Spies(self, self.companions)
        self._observers: list[Observer] = [
            self.companions.feed,
            Inside(self).feed,
            self.unlisted.feed,
            self.spies.feed,
        ]
        self.changes = Changes()
        self._closing = asyncio.Event()
        self.gap = Gap(timings.missed)
        self.hearing_since = clock.now()
        recording = config.recording
        context = LegContext(
            node=config.node.name,
            store=store,
            clock=clock,
            recorder=Recorder(config.recordings, recording.format, recording.min_free_mb, timings.recorder),
            outbox=self.outbox,
            finish=self.endings.finish,
            failed=self.lease.failed,
            claims=Claims(),
            foreign=set(),
            guarded=config.guarded,
            numbered=config.numbered,
            shadow=config.policy.mode == "shadow",
            shapes=config.shapes,
            timings=timings,
        )
        self._rounds = Rounds(self, timings.listener)
        self.terms: Terms = Terms(config, context, tuple(config.trunks.items()), ((None, keep_until),))
        self.keys = Keys(self, self.companions)
        self._observers.append(self.keys.feed)

    @property
    def legs(self) -> dict[str, Leg]:
        """The carrier legs that are up, by unique id."""
        return self._live.known

    @property
    def finishing(self) -> set[str]:
        """Ids of recordings whose files are being measured."""
        return self.endings.finishing

    # What is in force

    @property
    def context(self) -> LegContext:
        return self.terms.context

    @property
    def endpoints(self) -> dict[str, str]:
        return self.terms.endpoints

    @property
    def opt_out(self) -> OptOutConfig:
        return self.terms.config.opt_out

    def trunks_of(self, channel: str) -> dict[str, str]:
        return self.terms.trunks_of(channel)

    def area_codes(self, trunks: Container[str]) -> dict[str, str]:
        return self.terms.area_codes(trunks)

    def supervisor_rule(self, leg: Leg) -> Supervisor:
        return self.terms.supervisor_rule(leg)

    def replace(self, config: Config, keep_until: KeepUntil) -> Callable[[], None]:
        """Other terms, for the calls that begin from now on; returns what takes them back."""
        former = self.terms
        self.terms = former.replaced(config, keep_until, self._clock.now())

        def back() -> None:
            self.terms = former

        return back

    # Life

    async def run(self) -> None:
        """Raises RecordingError when another listener of this node is running, and what no part of it
        foresaw; the lease is withdrawn in any case.
        """
        mine = instance_lock(self.terms.config.database, self.terms.config.node.name)
        await asyncio.to_thread(mine.__enter__)
        try:
            await self._run()
        finally:
            mine.__exit__(None, None, None)

    async def _run(self) -> None:
        closing = asyncio.create_task(self._closing.wait())
        try:
            if (last := await self._last_word()) is not None:
                self.gap.open(last)
            async with asyncio.TaskGroup() as group:
                parts = [
                    group.create_task(part, name=name)
                    for name, part in (
                        ("lease", self.lease.run()),
                        ("outbox", self.outbox.run()),
                        ("keys", self.keys.run()),
                        ("hearing", self._listen_in()),
                        ("connection", self._stay_connected()),
                    )
                ]
                await closing
                lease, outbox, keys, hearing, connection = parts
                for part in (connection, hearing, lease):
                    part.cancel()
                await asyncio.wait({connection, hearing, lease})
                await self._hand_over()
                for part in (outbox, keys):
                    part.cancel()
        finally:
            closing.cancel()
            await self._drop_legs()
            await self.endings.close()
            self.hearing.close()

    async def close(self) -> None:
        """Ends :meth:`run` in order: no new calls, no connection, then what is under way is written."""
        self._closing.set()

    async def _hand_over(self) -> None:
        try:
            async with asyncio.timeout(self._timings.listener.patience):
                await self.endings.measured()
                await self.keys.close()
                await self.outbox.drained()
        except TimeoutError:
            log.warning("left for the next start", recordings=len(self.finishing), writes=len(self.outbox))

    async def _last_word(self) -> datetime | None:
        """When the listener before this one was last alive."""
        try:
            return await self._store.recorder_leases.renewed_at(self.terms.config.node.name)
        except StoreError as error:
            log.error("store unavailable, calls may have been missed", error=str(error))
            return self._clock.now()

    # Connection

    async def _stay_connected(self) -> None:
        waiting = pauses(self._timings.listener)
        while True:
            await asyncio.sleep(next(waiting))
            try:
                session = await self.connect()
            except (LinkError, ConfigError) as error:
                (log.error if isinstance(error, LoginRefused | ConfigError) else log.info)(
                    "not connected", error=str(error)
                )
                self.lease.disconnected(str(error))
                continue
            since = time.monotonic()
            try:
                await self._serve(session)
            finally:
                self.gap.open(self._clock.now(), session.pong_at if session.silent else None)
                self.lease.disconnected(session.why_lost or "closed")
                await session.close()
                await self._drop_legs()
            log.warning("connection lost", why=session.why_lost)
            if time.monotonic() - since > self._timings.listener.patience:
                waiting = pauses(self._timings.listener)

    async def connect(self, *, events: bool = True) -> Session:
        """A new session. Raises LinkError, ConfigError."""
        ami = self.terms.config.ami
        secret = await asyncio.to_thread(self.terms.config.ami_secret)
        return await Session.open(
            ami.host, ami.port, ami.username, secret, events=events, timings=self._timings.link
        )

    async def _serve(self, session: Session) -> None:
        """One session, until it is lost."""
        pbx = Pbx(session)
        self.hearing_since = self._clock.now()
        self.lease.connected(session)
        log.info("connected")
        booted = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(self._rounds.run(session, pbx, booted), name="resync")
            async for event in session.events():
                if isinstance(event, events.Booted):
                    self.gap.answered(self._clock.now(), event.uptime)
                    booted.set()
                elif isinstance(event, events.ShuttingDown):
                    session.lose("Asterisk is shutting down")
                elif isinstance(event, events.ChannelEvent):
                    self._distribute(pbx, event)
            looking.cancel()

    # Events

    def _distribute(self, pbx: Pbx, event: events.ChannelEvent) -> None:
        """Never waits. An event counts only for a leg that is known by unique id and name alike."""
        self.changes.feed(event)
        for observe in self._observers:
            observe(pbx, event)
        if isinstance(event, events.Created):
            if self.trunks_of(event.channel):
                self._pending.expect(pbx, event, self._clock.now())
            return
        if isinstance(event, events.DialBegun):
            self.lease.blind = ""
            self._pending.forget(event.uniqueid)
            if event.uniqueid not in self.legs and (trunks := self.trunks_of(event.channel)):
                leg = Leg(
                    self.context,
                    pbx,
                    event.channel,
                    event.uniqueid,
                    trunks,
                    began=self._clock.now(),
                    dial=event.dial,
                    origin=event.origin,
                )
                leg.judge()
                self.take(leg)
            return
        if isinstance(event, events.HungUp):
            self._pending.forget(event.uniqueid)
        leg_known = self.legs.get(event.uniqueid)
        if leg_known is not None and leg_known.channel == event.channel:
            leg_known.feed(event)

    def _found(self, pbx: Pbx, event: events.Created, began: datetime) -> None:
        """A leg that is being dialled and of which no DialBegin came."""
        if event.uniqueid not in self.legs and (trunks := self.trunks_of(event.channel)):
            leg = Leg(self.context, pbx, event.channel, event.uniqueid, trunks, began=began)
            leg.judge()
            self.take(leg)

    def take(self, leg: Leg) -> None:
        """Starts a leg's worker."""
        self._live.take(leg)

    def _leg_failed(self, leg: Leg) -> None:
        self.context.report("listener-error", leg.decision, leg.channel, "see the listener's log")
        self.lease.failed()

    async def _drop_legs(self) -> None:
        await self._live.drop()
        await self.companions.drop()
        await self.unlisted.drop()
        await self.spies.drop()
        self.keys.forget()
        self._pending.close()

    async def _listen_in(self) -> None:
        """A disk that does not answer holds up the look at the files, and nothing else."""
        looking: asyncio.Task[None] | None = None
        try:
            while True:
                await asyncio.sleep(self._timings.listener.look)
                for leg in list(self.legs.values()):
                    leg.look()
                self.spies.look()
                if looking is None or looking.done():
                    if looking is not None:
                        looking.result()
                    looking = asyncio.create_task(self.hearing.look(), name="look")
        finally:
            if looking is not None:
                looking.cancel()

    def _write_refused(self, waiting: Waiting, why: str) -> None:
        if waiting.what != "incident write-refused":  # else it would go round for ever
            self.context.report("write-refused", waiting.decision, waiting.channel, f"{waiting.what}: {why}")
