"""One logged-in AMI connection; the only import of panoramisk.

panoramisk pairs answers with actions and gathers lists; the few actions of which every call has some, and
whose answer is one message (``PLAIN``), are paired here, for a fifth of the work. What panoramisk would do
beyond that is taken from it here, each for a reason that was seen:

1. Framing, decoding and judging of messages is ours (``wire``); a repeated header would kill its connection.
2. A :class:`Session` is one connection. It never reconnects by itself, so nothing is ever sent twice: an
   action that was under way when the link went down has an unknown outcome, and its sender is told so.
3. Every action has a time limit and an unguessable id, and no control character gets into it.
4. Events go into one queue for one reader. When it is fuller than its bound the link is given up:
   whoever is that far behind has to look at the real state anyway, and memory stays bounded.
5. A ping goes out every second; without its pong within two the link is lost, whatever TCP thinks of it
   (``timings`` has both).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Self

import msgspec
import panoramisk
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message as Paired

from ami_listener.ami import events, wire
from ami_listener.ami.wire import Message
from ami_listener.timings import USUAL, LinkTimings
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.meters import METERS
from dialpact.compliance.randomness import Randomness

PLAIN = frozenset(
    {"Getvar", "Setvar", "MixMonitor", "MixMonitorMute", "StopMixMonitor", "Hangup", "Ping", "Login"}
)
_IDS = Randomness(16)


class LinkError(DialpactError):
    """There is no AMI connection."""


class LoginRefused(LinkError):
    """Asterisk refuses the user name or the secret."""


class OutcomeUnknown(LinkError):
    """It is not known whether Asterisk did what it was asked."""


class Answer(msgspec.Struct, frozen=True):
    """What Asterisk said to an action; ``rows`` are the messages of a list."""

    success: bool
    message: str
    headers: Mapping[str, str]
    rows: tuple[Mapping[str, str], ...] = ()


class _Protocol(AMIProtocol):  # type: ignore[misc]
    """Reads with our framer; hands panoramisk only what answers one of its actions."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._framer = wire.Framer()

    def data_received(self, data: bytes) -> None:
        for message in self._framer.feed(data):
            ident = message.get("ActionID")
            if message.flaw or not ident:
                self._session._take(message)
            elif ident in self.responses:
                self.handle_message(Paired(dict(message.headers)))
            elif message.kind != "Response" or not self._session._answered(ident, message):
                self._session._take(message)
        greeting = self._framer.greeting
        if greeting is not None and not greeting.startswith("Asterisk Call Manager/"):
            self._session.lose("the other side is no Asterisk manager")

    def connection_lost(self, exc: Exception | None) -> None:
        self._session.lose(str(exc) if exc else "Asterisk closed the connection")


class _Manager(panoramisk.Manager):  # type: ignore[misc]
    """Without timers of its own: it neither pings nor reconnects."""

    def ping(self) -> None:
        """Ours has a time limit."""

    def login(self, future: asyncio.Future[Any]) -> None:
        """The session waits for the login itself."""

    def connection_lost(self, exc: object) -> None:
        """The session knows already; a new connection is a new session."""


class Session:
    """An open, logged-in connection. Made by :meth:`open`, over when :attr:`lost` is set."""

    def __init__(self, timings: LinkTimings = USUAL.link) -> None:
        self._timings = timings
        self.lost = asyncio.Event()
        self.why_lost = ""
        self.silent = False  # it was lost because Asterisk does not answer
        self.pong_at = time.monotonic()
        self.ignored = 0  # messages with a flaw
        self._events: asyncio.Queue[events.Event | None] = asyncio.Queue()
        self._manager: Any = None
        self._asked: dict[str, asyncio.Future[Answer | None]] = {}  # by the action's id; None: it was lost
        self._transport: asyncio.Transport | None = None
        self._pinger: asyncio.Task[None] | None = None
        self._log = logging.getLogger("ami_listener.panoramisk")
        self._log.setLevel(logging.CRITICAL)  # it logs whole actions, secrets and numbers included

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        username: str,
        secret: str,
        *,
        events: bool = True,
        timings: LinkTimings = USUAL.link,
    ) -> Self:
        """Raises LoginRefused, or LinkError with the reason. ``events``: whether they are sent at all."""
        session = cls(timings)
        try:
            async with asyncio.timeout(timings.login):
                await session._connect(host, port, username, secret, events)
        except TimeoutError:
            await session.close()
            raise LinkError(f"no answer from the manager at {host}:{port}") from None
        except OSError as error:
            raise LinkError(f"no manager at {host}:{port}: {error.strerror or error}") from error
        except BaseException:
            await session.close()
            raise
        session._pinger = asyncio.create_task(session._ping(), name="ami ping")
        return session

    async def _connect(self, host: str, port: int, username: str, secret: str, events: bool) -> None:
        wire.check_action({"Secret": secret})
        loop = asyncio.get_running_loop()
        self._manager = _Manager(loop=loop, host=host, port=port, log=self._log)
        opened = loop.create_connection(lambda: _Protocol(self), host, port)
        connected: asyncio.Task[Any] = asyncio.ensure_future(opened)
        await connected
        self._transport = connected.result()[0]
        self._manager.connection_made(connected)  # wires protocol and manager; without a username, no login
        wanted = "on" if events else "off"
        limit = self._timings.login
        answer = await self.act("Login", Username=username, Secret=secret, Events=wanted, limit=limit)
        if not answer.success:
            raise LoginRefused(f"the manager refuses user {username}: {answer.message}")

    async def act(self, action: str, *, limit: float | None = None, **headers: str) -> Answer:
        """Sends an action and waits for its answer, ``limit`` seconds at most (None: as usual).

        Raises ValueError (not fit to be sent), LinkError (not sent), OutcomeUnknown (sent, no answer).
        """
        wire.check_action(headers)
        if self.lost.is_set():
            raise LinkError(f"not sent: {self.why_lost}")
        limit = self._timings.action if limit is None else limit
        ident, loop = _IDS.take().hex(), asyncio.get_running_loop()
        asked: asyncio.Future[Answer | None] = loop.create_future()
        self._asked[ident] = asked
        if action in PLAIN:
            lines = [f"Action: {action}", f"ActionID: {ident}", *map(": ".join, headers.items()), "\r\n"]
            self._manager.protocol.transport.write("\r\n".join(lines).encode())
        else:
            gathered = self._manager.send_action({"Action": action, "ActionID": ident, **headers})
            gathered.add_done_callback(lambda found: _settle(asked, _answer(found.result())))
        patience = loop.call_later(limit, _settle, asked, None)
        try:
            answer = await asked
        finally:
            patience.cancel()
            del self._asked[ident]  # a late answer is nobody's
            self._manager.protocol.responses.pop(ident, None)
        if answer is None:
            why = self.why_lost or f"no answer within {limit:g} s"
            raise OutcomeUnknown(f"{action}: outcome unknown, {why}")
        return answer

    def _answered(self, ident: str, message: Message) -> bool:
        """Whether it answers what was asked; a second answer does not."""
        asked = self._asked.get(ident)
        if asked is None or asked.done():
            return False
        headers = dict(zip(message.keys, message.values, strict=True))
        asked.set_result(Answer(_is_success(message.name), headers.get("Message", ""), headers))
        return True

    async def events(self) -> AsyncIterator[events.Event]:
        """Every event in order, until the link is lost."""
        while (event := await self._events.get()) is not None:
            METERS.ami_queue = self._events.qsize()
            yield event

    @property
    def addresses(self) -> tuple[tuple[str, int], tuple[str, int]] | None:
        """Our end and Asterisk's end of the connection."""
        if self._transport is None or self.lost.is_set():
            return None
        ours, theirs = (self._transport.get_extra_info(end) for end in ("sockname", "peername"))
        return (ours[0], ours[1]), (theirs[0], theirs[1])

    @property
    def unanswered(self) -> int:
        """Actions that were sent and whose answer is still waited for."""
        return len(self._asked) + len(self._manager.awaiting_actions)

    def lose(self, why: str, *, silent: bool = False) -> None:
        """Gives the connection up. The first reason counts."""
        if self.lost.is_set():
            return
        self.why_lost, self.silent = why, silent
        self.lost.set()
        self._events.put_nowait(None)
        for asked in self._asked.values():
            _settle(asked, None)
        if self._pinger is not None:
            self._pinger.cancel()
        if self._manager is not None and self._manager.protocol is not None:
            self._manager.protocol.responses.clear()
            self._manager.awaiting_actions.clear()
            self._manager.close()
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        self.lose("closed")
        if self._pinger is not None:
            await asyncio.gather(self._pinger, return_exceptions=True)

    def _take(self, message: Message) -> None:
        """The one synchronous way from the socket into the queue."""
        if message.flaw:
            self.ignored += 1
            METERS.ami_flawed += 1
            return
        event = events.read(message)
        if event is None or self.lost.is_set():
            return
        self._events.put_nowait(event)
        METERS.ami_queue = self._events.qsize()
        if self._events.qsize() > self._timings.queue:
            self.lose("too many events waiting; the real state has to be read anew")

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self._timings.ping)
            try:
                answer = await self.act("Ping", limit=self._timings.pong)
            except OutcomeUnknown:
                self.lose(f"Asterisk has not answered a ping within {self._timings.pong:g} s", silent=True)
                return
            except LinkError:
                return
            if answer.success:
                self.pong_at = time.monotonic()


def _answer(result: Any) -> Answer:
    first, *rest = result if isinstance(result, list) else [result]
    rows = tuple(dict(row.items()) for row in rest if not str(row.event).endswith("Complete"))
    return Answer(
        success=_is_success(first.response),
        message=str(first.message),
        headers=dict(first.items()),
        rows=rows,
    )


def _is_success(response: str) -> bool:
    return response in ("Success", "Goodbye")


def _settle(asked: asyncio.Future[Answer | None], answer: Answer | None) -> None:
    """The first word counts."""
    if not asked.done():
        asked.set_result(answer)
