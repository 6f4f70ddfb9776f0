"""The listener: hears of every carrier leg, has it recorded, keeps the recording, says whether it could.

Its parts meet here and nowhere else. One task reads events and only distributes them; every leg has a
worker of its own; what must reach the store goes through the outbox; files of ended calls are measured in
two threads. A lost connection ends all legs' workers, and the next session reads the real state
(``resync``), exactly as after a restart: nothing that was under way is ever sent again.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Container, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import partial

import structlog
from msgspec import structs

from ami_listener import access, events, recorder, repair, resync, unseen
from ami_listener.alone import alone
from ami_listener.claims import Claims
from ami_listener.companions import Companions
from ami_listener.connection import LinkError, LoginRefused, OutcomeUnknown, Session
from ami_listener.dawn import Dawn
from ami_listener.desk import Desk
from ami_listener.hearing import Hearing
from ami_listener.inside import Inside
from ami_listener.keys import Keys
from ami_listener.lease import Lease
from ami_listener.leg import Leg
from ami_listener.outbox import Outbox, Waiting
from ami_listener.pbx import Pbx
from ami_listener.recorder import Recorder, Segment
from ami_listener.spies import Spies
from ami_listener.unlisted import Unlisted
from ami_listener.unseen import Gap
from dialpact.compliance.clock import Clock
from dialpact.compliance.config import Config, OptOut, Supervisor, Trunk
from dialpact.compliance.errors import ConfigError, RecordingError, StoreError
from dialpact.compliance.meters import METERS
from dialpact.store.ports import Store

LOOK_SECONDS = 1.0  # between two looks at the files of calls that talk
SECOND_LOOK_SECONDS = 3.0
JUDGING_SECONDS = 1.0  # for the legs that the second look has found
AUDIT_SECONDS = 30.0  # between two comparisons with the channels there are
PATIENCE_SECONDS = 5.0  # for what is left to be written at the end
KeepUntil = Callable[[datetime], date]
Observer = Callable[[Pbx, events.ChannelEvent], None]
log = structlog.get_logger()


def pauses(first: float = 0.5, longest: float = 30.0) -> Iterator[float]:
    """Seconds before each attempt to connect: at once, then doubling, with jitter so that nodes do not
    march.
    """
    yield 0.0
    while True:
        yield first * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        first = min(first * 2, longest)


def audits() -> Iterator[float]:
    """Seconds after each comparison; the second one is for calls that were too young at the first."""
    yield SECOND_LOOK_SECONDS
    while True:
        yield AUDIT_SECONDS


class Listener:
    """``await run()`` until cancelled or :meth:`close` is called.

    ``keep_until`` gives the last day on which a recording that ended at an instant must still be there. At
    the end the lease is withdrawn; recordings that run go on in Asterisk and are adopted at the next start.
    """

    def __init__(self, config: Config, store: Store, clock: Clock, keep_until: KeepUntil) -> None:
        self._config, self._store, self._clock = config, store, clock
        self._keepers: list[tuple[datetime | None, KeepUntil]] = [(None, keep_until)]  # until when in force
        self._trunks = list(config.trunks.items())  # with those that a reload has taken out
        self.outbox = Outbox(self._write_refused)
        self.lease = Lease(config, store, clock, self.outbox)
        self.legs: dict[str, Leg] = {}  # by unique id
        self.finishing: set[str] = set()  # ids of recordings whose files are being measured
        self.set_aside: set[str] = (
            set()
        )  # and of those that could not be ended: told once, left to the next start
        self._tasks: set[asyncio.Task[None]] = set()
        self._dawn = Dawn(self._found)
        self._leg_tasks: dict[str, asyncio.Task[None]] = {}
        self.companions = Companions(self)
        self.hearing = Hearing(self)
        # Each hears of every event about any channel, in their order, before its leg does. None waits.
        self.unlisted, self.spies = Unlisted(self), Spies(self)
        self._observers: list[Observer] = [
            self.companions.feed,
            Inside(self).feed,
            self.unlisted.feed,
            self.spies.feed,
        ]
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="measure")
        self._closing = asyncio.Event()
        self._exposed: set[str] = set()
        self.gap = Gap()
        self._hearing_since = clock.now()
        recording = config.recording
        self.desk = Desk(
            node=config.node.name,
            store=store,
            clock=clock,
            recorder=Recorder(config.recordings, recording.format, recording.min_free_mb),
            outbox=self.outbox,
            finish=self.finish,
            failed=self.lease.failed,
            claims=Claims(),
            foreign=set(),
            guarded=config.guarded,
            numbered=config.numbered,
            shadow=config.policy.mode == "shadow",
            shapes=config.shapes,
        )
        self.keys = Keys(self)
        self._observers.append(self.keys.feed)

    def trunks_of(self, channel: str) -> dict[str, str]:
        """The trunks that own ``channel`` and their area codes; empty when it is no carrier leg."""
        return {name: trunk.area_code for name, trunk in self._trunks if trunk.owns(channel)}

    @property
    def endpoints(self) -> dict[str, str]:
        """The endpoint of each trunk on PJSIP."""
        return {name: trunk.pjsip for name, trunk in self._trunks if trunk.pjsip}

    def area_codes(self, trunks: Container[str]) -> dict[str, str]:
        return {name: trunk.area_code for name, trunk in self._trunks if name in trunks}

    def supervisor_rule(self, leg: Leg) -> Supervisor:
        """What becomes of a supervisor's voice in the call of ``leg``."""
        name = leg.allowed.trunk if leg.allowed else ""
        rules = [trunk.supervisor for known, trunk in self._trunks if known == name]
        return rules[-1] if rules else "record"

    def replace(self, config: Config, keep_until: KeepUntil) -> Callable[[], None]:
        """Other trunks, mode and retention, for the calls that begin from now on; returns what takes it back.

        A call that is up ends as it began: its leg keeps its desk, a trunk that was taken out stays known
        until the listener ends, and its recording is kept for the longest of what was in force meanwhile.
        """
        former = self._trunks, self._keepers, self._config, self.desk
        gone = [(name, trunk) for name, trunk in self._trunks if config.trunks.get(name) != trunk]
        now = self._clock.now()
        self._set(
            [*gone, *config.trunks.items()],  # (of one name on one endpoint the newest is told)
            [*((until or now, keep) for until, keep in self._keepers), (None, keep_until)],
            config,
            structs.replace(
                self.desk,
                guarded=config.guarded,
                numbered=config.numbered,
                shadow=config.policy.mode == "shadow",
                shapes=config.shapes,
            ),
        )
        return partial(self._set, *former)

    def _set(
        self,
        trunks: list[tuple[str, Trunk]],
        keepers: list[tuple[datetime | None, KeepUntil]],
        config: Config,
        desk: Desk,
    ) -> None:
        self._trunks, self._keepers, self._config, self.desk = trunks, keepers, config, desk

    @property
    def opt_out(self) -> OptOut:
        """The keys that refuse."""
        return self._config.opt_out

    def _keep_until(self, segment: Segment) -> KeepUntil:
        keepers = [keep for until, keep in self._keepers if until is None or segment.started_at < until]
        return lambda ended_at: max(keep(ended_at) for keep in keepers)

    # Life

    async def run(self) -> None:
        """Raises RecordingError when another listener of this node is running, and what no part of it
        foresaw; the lease is withdrawn in any case.
        """
        mine = alone(self._config.database, self._config.node.name)
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
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self.hearing.close()
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def close(self) -> None:
        """Ends :meth:`run` in order: no new calls, no connection, then what is under way is written."""
        self._closing.set()

    async def _hand_over(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(*self._tasks, return_exceptions=True)
                await self.keys.close()
                await self.outbox.drained()
        except TimeoutError:
            log.warning("left for the next start", recordings=len(self.finishing), writes=len(self.outbox))

    async def _last_word(self) -> datetime | None:
        """When the listener before this one was last alive."""
        try:
            return await self._store.recorder_leases.renewed_at(self._config.node.name)
        except StoreError as error:
            log.error("store unavailable, calls may have been missed", error=str(error))
            return self._clock.now()

    # Connection

    async def _stay_connected(self) -> None:
        waiting = pauses()
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
            if time.monotonic() - since > PATIENCE_SECONDS:
                waiting = pauses()

    async def connect(self, *, events: bool = True) -> Session:
        """A new session. Raises LinkError, ConfigError."""
        ami = self._config.ami
        secret = await asyncio.to_thread(self._config.ami_secret)
        return await Session.open(ami.host, ami.port, ami.username, secret, events=events)

    async def _serve(self, session: Session) -> None:
        """One session, until it is lost."""
        pbx = Pbx(session)
        self._hearing_since = self._clock.now()
        self.lease.connected(session)
        log.info("connected")
        booted = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(self._look_around(session, pbx, booted), name="resync")
            async for event in session.events():
                if isinstance(event, events.Booted):
                    self.gap.answered(self._clock.now(), event.uptime)
                    booted.set()
                elif isinstance(event, events.ShuttingDown):
                    session.lose("Asterisk is shutting down")
                elif isinstance(event, events.ChannelEvent):
                    self._distribute(pbx, event)
            looking.cancel()

    async def _look_around(self, session: Session, pbx: Pbx, booted: asyncio.Event) -> None:
        """Rights, user, and the calls there are; then the same comparison again and again."""
        lease = self.lease
        try:
            await booted.wait()
            lease.booted = True
            lease.right_problem = await pbx.missing_right()
            lease.wake()
            if lease.right_problem:  # they are read at the login, so a mended manager.conf needs a new one
                await asyncio.sleep(PATIENCE_SECONDS)
                session.lose(lease.right_problem)
                return
            lease.who = await self._identify(session, pbx)
            for wait in audits():
                unseen = await self._compare(pbx)
                if unseen and wait == AUDIT_SECONDS:
                    lease.blind = "calls are made of which no event came (read = call, or an event filter)"
                lease.synchronised = True
                lease.wake()
                if wait == AUDIT_SECONDS and self.gap.since is not None:
                    await asyncio.sleep(JUDGING_SECONDS)
                    await self._report_unseen()
                await asyncio.sleep(wait)
        except LinkError as error:
            # Lost, or so slow that nothing can be built on it: begin anew.
            session.lose(str(error), silent=isinstance(error, OutcomeUnknown))
        except RecordingError as error:
            session.lose(f"the channels can not be listed: {error}")

    async def _compare(self, pbx: Pbx) -> int:
        while True:
            try:
                return await resync.compare(self, pbx)
            except StoreError as error:
                log.error("store unavailable, calls can not be compared", error=str(error))
                await asyncio.sleep(1.0)

    async def _report_unseen(self) -> None:
        try:
            await unseen.report(self.desk, self.gap, self._hearing_since, self.desk.claims)
        except StoreError as error:
            log.error("store unavailable, missed calls are looked for later", error=str(error))

    async def _identify(self, session: Session, pbx: Pbx) -> access.Identity | None:
        addresses = session.addresses
        if addresses is None:
            return None
        return await asyncio.to_thread(access.identify, *addresses, *await pbx.run_user())

    # Events

    def _distribute(self, pbx: Pbx, event: events.ChannelEvent) -> None:
        """Never waits. An event counts only for a leg that is known by unique id and name alike."""
        for observe in self._observers:
            observe(pbx, event)
        if isinstance(event, events.Created):
            if self.trunks_of(event.channel):
                self._dawn.expect(pbx, event, self._clock.now())
            return
        if isinstance(event, events.DialBegun):
            self.lease.blind = ""
            self._dawn.forget(event.uniqueid)
            if event.uniqueid not in self.legs and (trunks := self.trunks_of(event.channel)):
                leg = Leg(
                    self.desk,
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
            self._dawn.forget(event.uniqueid)
        leg_known = self.legs.get(event.uniqueid)
        if leg_known is not None and leg_known.channel == event.channel:
            leg_known.feed(event)

    def _found(self, pbx: Pbx, event: events.Created, began: datetime) -> None:
        """A leg that is being dialled and of which no DialBegin came."""
        if event.uniqueid not in self.legs and (trunks := self.trunks_of(event.channel)):
            leg = Leg(self.desk, pbx, event.channel, event.uniqueid, trunks, began=began)
            leg.judge()
            self.take(leg)

    def take(self, leg: Leg) -> None:
        """Starts a leg's worker."""
        self.legs[leg.uniqueid] = leg
        METERS.legs = len(self.legs)
        task = asyncio.create_task(self._work(leg), name=f"leg {leg.channel}")
        self._leg_tasks[leg.uniqueid] = task

    async def _work(self, leg: Leg) -> None:
        try:
            await leg.run()
        except Exception:
            # One call's bad luck must not end the others' recordings; its own bridge stays shut or is cut.
            log.exception("leg failed", leg=leg.channel)
            self.desk.report("listener-error", leg.decision, leg.channel, "see the listener's log")
            self.lease.failed()
        finally:
            if self.legs.get(leg.uniqueid) is leg:
                del self.legs[leg.uniqueid]
                self._leg_tasks.pop(leg.uniqueid, None)
                METERS.legs = len(self.legs)

    async def _drop_legs(self) -> None:
        tasks = list(self._leg_tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.legs.clear()
        await self.companions.drop()
        await self.unlisted.drop()
        await self.spies.drop()
        self.keys.forget()
        METERS.legs = 0
        self._leg_tasks.clear()
        self._dawn.close()

    async def _listen_in(self) -> None:
        """A disk that does not answer holds up the look at the files, and nothing else."""
        looking: asyncio.Task[None] | None = None
        try:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
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

    # Endings

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
            await recorder.settle(segment)
            loop = asyncio.get_running_loop()
            await self._repair(segment)
            end, problems = await loop.run_in_executor(
                self._threads, recorder.conclude, segment, self._keep_until(segment)
            )
        except Exception:
            log.exception("recording not concluded", recording=segment.id)
            detail = f"recording {segment.id}"
            self.desk.report("listener-error", segment.decision, segment.channel, detail, once=True)
            self._leave(segment.id)
            return
        for problem in problems:
            if problem.kind == "recording-exposed":  # true of a folder, not of a call: told once
                if problem.detail in self._exposed:
                    continue
                self._exposed.add(problem.detail)
            self.desk.report(problem.kind, segment.decision, segment.channel, problem.detail)

        async def write() -> None:
            if not await self._store.recordings.finish(end):
                log.warning("recording had ended already", recording=end.id, decision=segment.decision)
            self.finishing.discard(segment.id)

        METERS.recordings[end.state] += 1
        log.info("recording ended", decision=segment.decision, state=end.state, seconds=end.seconds)
        self.outbox.put(
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

    def _write_refused(self, waiting: Waiting, why: str) -> None:
        if waiting.what != "incident write-refused":  # else it would go round for ever
            self.desk.report("write-refused", waiting.decision, waiting.channel, f"{waiting.what}: {why}")

    async def _repair(self, segment: Segment) -> None:
        """Mends what a crash left unclosed, after the incident with the file's old hash is on disk."""
        loop = asyncio.get_running_loop()
        for damage in await loop.run_in_executor(self._threads, recorder.damages, segment):
            self.desk.report("recording-repaired", segment.decision, segment.channel, damage.detail)
            await self.outbox.drained()
            try:
                await loop.run_in_executor(self._threads, repair.mend, damage)
            except (OSError, RecordingError) as error:
                # What is still wrong with the file is reported when it is measured.
                log.error("recording not repaired", file=damage.path.name, error=str(error))
