"""The FastAGI server: bytes to sessions, sessions to the gate, verdicts back.

1. A connection that has sent no complete header costs a buffer and a place in a queue, no task; when all
   places are taken the one that has waited longest without a header makes room.
2. Each session ends by its own deadline, with an answer or without one. Asterisk has no read timeout.
3. ALLOW is written last, and only before the deadline. If the PBX does not confirm it, it is withdrawn.
4. There are never more places than the process has file descriptors for: at the last descriptor the event
   loop would close newcomers unseen, those with a call among them, while idle ones keep their places.
"""

from __future__ import annotations

import asyncio
import resource
from collections import OrderedDict
from functools import partial
from typing import cast

import structlog

from agi import variables
from agi.call import OutboundCall, ProtocolBroken
from agi.limits import LIMITS, Limits
from agi.optout import OptOutCall
from agi.protocol import AgiSession, HungUp, Malformed, Reply, Request
from dialpact.accepting import stop_accepting
from dialpact.application.gate import Gate
from dialpact.application.opt_out import OptOutQueue
from dialpact.compliance.config import Config
from dialpact.compliance.judge import Judge
from dialpact.compliance.meters import METERS

BACKLOG = 1024
SPARE_FILES = 256  # store, log, and what is accepted in one turn of the loop before room is made
CLOCK_TICK = 0.001  # of the event loop's clock
NEVER = float("inf")

log = structlog.get_logger()


class Server:
    """Listens, and gives each complete header to :class:`OutboundCall`, or to :class:`OptOutCall`."""

    def __init__(
        self, config: Config, judge: Judge, gate: Gate, opt_outs: OptOutQueue, limits: Limits = LIMITS
    ) -> None:
        self.config = config
        self.judge = judge
        self.gate = gate
        self.opt_outs = opt_outs
        self.limits = limits
        self.deadline = config.gate.deadline_ms / 1000
        self.places = config.gate.max_sessions
        self.headless: OrderedDict[Connection, None] = OrderedDict()
        self.open: set[Connection] = set()
        self.calls: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server | None = None
        self._closing = False

    async def start(self) -> tuple[str, int]:
        """Returns the address in use (the port may have been 0). Raises OSError when it can not be bound."""
        wanted = self.config.gate.max_sessions
        self.places = places(wanted, _raise_file_limit(wanted + SPARE_FILES))
        if self.places < wanted:
            log.warning("too few file descriptors for max_sessions", max_sessions=wanted, places=self.places)
        host, port = self.config.gate.address
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(lambda: Connection(self), host, port, backlog=BACKLOG)
        bound = self._listening.sockets[0].getsockname()
        log.info("gate listening", host=bound[0], port=bound[1])
        return bound[0], bound[1]

    async def close(self) -> None:
        """Takes no new calls, answers those that wait, closes the rest."""
        self._closing = True
        if self._listening is not None:
            await stop_accepting(self._listening)
        for connection in list(self.headless):
            connection.close()
        if self.calls:
            await asyncio.wait(self.calls, timeout=self.deadline + 2 * self.limits.confirm_seconds)
        for connection in list(self.open):
            connection.close()
        if self.calls:  # they see their connections closed
            await asyncio.wait(self.calls, timeout=self.limits.confirm_seconds)

    def admit(self, connection: Connection) -> None:
        self.open.add(connection)
        METERS.connections_open = len(self.open)
        self.headless[connection] = None
        if len(self.open) > self.places:
            victim = next(iter(self.headless))
            METERS.connections_refused["too-many"] += 1
            log.warning("too many sessions", open=len(self.open))
            victim.close()
        elif self._closing:
            connection.close()

    def release(self, connection: Connection) -> None:
        self.open.discard(connection)
        METERS.connections_open = len(self.open)
        self.headless.pop(connection, None)

    def begin(self, connection: Connection, request: Request | Malformed) -> None:
        self.headless.pop(connection, None)
        if isinstance(request, Request) and request.route == variables.OPTOUT:
            opt_out = OptOutCall(connection, self.opt_outs, self.judge, self.deadline, self.limits)
            answering = opt_out.answer(request)
        else:
            call = OutboundCall(connection, self.judge, self.gate, self.deadline, self.limits)
            answering = call.answer(request)
        timed = not isinstance(request, Request) or request.route != variables.PROBE
        since = asyncio.get_running_loop().time()
        task = asyncio.create_task(answering)
        self.calls.add(task)
        task.add_done_callback(partial(self._ended, since if timed else None))

    def _ended(self, since: float | None, task: asyncio.Task[None]) -> None:
        self.calls.discard(task)
        if since is not None:
            METERS.latency.observe(asyncio.get_running_loop().time() - since)
        if not task.cancelled() and task.exception() is not None:
            log.error("session failed", exc_info=task.exception())


class Connection(asyncio.Protocol):
    """One TCP connection: moves bytes between the transport and the session."""

    transport: asyncio.Transport

    def __init__(self, server: Server) -> None:
        self.server = server
        self.session = AgiSession()
        self.reply: asyncio.Future[Reply] | None = None
        self.hung_up = False
        self._loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._rings = self._until = NEVER
        self._broken: ProtocolBroken | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # (uvloop's transports are no subclass of asyncio.Transport)
        self.transport = cast(asyncio.Transport, transport)
        self.server.admit(self)
        self._wait_until(self._loop.time() + self.server.limits.header_seconds)

    def data_received(self, data: bytes) -> None:
        for event in self.session.receive(data):
            if isinstance(event, Request):
                self._until = NEVER
                self.server.begin(self, event)
            elif isinstance(event, Reply):
                if self.reply is not None and not self.reply.done():
                    self.reply.set_result(event)
            elif isinstance(event, HungUp):
                self.hung_up = True
            else:
                self._malformed(event)

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.server.release(self)
        self._fail(ConnectionResetError("the PBX closed the session"))
        self.gone.set_result(None)

    def close(self) -> None:
        """At once: what is unsent is not worth waiting for."""
        self.server.release(self)
        self.transport.abort()

    async def ask(self, command: str, until: float) -> Reply:
        """Raises TimeoutError when no reply came by ``until`` (event loop time), and ConnectionError when the
        peer breaks off or breaks the protocol instead of replying.
        """
        if self._broken is not None:
            raise self._broken
        if self.transport.is_closing():
            raise ConnectionResetError("the PBX closed the session")
        self.reply = self._loop.create_future()
        self.transport.write(self.session.ask(command))
        self._wait_until(until)
        try:
            return await self.reply
        finally:
            self._until = NEVER

    async def last_words(self, commands: list[str], seconds: float) -> None:
        """Tells a peer that is no longer listened to, and gives it time to read before the line is cut."""
        if not self.transport.is_closing():
            self.transport.write("".join(f"{command}\n" for command in commands).encode("ascii"))
            self.transport.write_eof()
            await asyncio.wait([self.gone], timeout=seconds)

    def _wait_until(self, until: float) -> None:
        """One handle serves all that a session waits for; another is made where it would ring too late."""
        self._until = until
        if until < self._rings:
            if self._timer is not None:
                self._timer.cancel()
            self._rings = until
            self._timer = self._loop.call_at(until, self._ring)

    def _ring(self) -> None:
        self._timer, self._rings = None, NEVER
        if self._until - self._loop.time() > CLOCK_TICK:
            if self._until < NEVER:
                self._wait_until(self._until)
        elif self in self.server.headless:
            self._no_header()
        else:
            self._fail(TimeoutError())

    def _malformed(self, event: Malformed) -> None:
        self._until = NEVER
        self._broken = ProtocolBroken(event)
        if self in self.server.headless:
            self.server.begin(self, event)
        self._fail(self._broken)

    def _fail(self, error: Exception) -> None:
        if self.reply is not None and not self.reply.done():
            self.reply.set_exception(error)
            self.reply.exception()  # seen: the asker may have given up already

    def _no_header(self) -> None:
        METERS.connections_refused["no-header"] += 1
        log.info("no header in time", peer=self.transport.get_extra_info("peername"))
        self.close()


def places(wanted: int, files: int) -> int:
    """How many sessions fit into ``files`` descriptors; ``wanted`` at most."""
    return min(wanted, max(files - SPARE_FILES, files // 2))


def _raise_file_limit(wanted: int) -> int:
    """As far as it goes. Returns how many of the wanted descriptors there are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    enough = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))
    return enough
