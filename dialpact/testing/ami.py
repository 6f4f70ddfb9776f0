"""A strict fake of Asterisk's manager on a real socket, for everything that talks AMI.

    async with FakeAmi() as ami:
        leg = ami.dial("13800138000", decision)     # Newchannel, DialBegin
        await ami.seen("Setvar", Variable="DIALPACT_RECORDING")
        leg.answer(); leg.enter_bridge(); leg.speak(3.0); leg.hang_up()

It knows the listener's actions and their rights; any other action, an action that Asterisk would not take for
one, a MixMonitor that would run a shell or overwrite a file: each is a failure, told when the block is
left. So is an expectation (:meth:`expect`) that was not met. What it can be made to do wrong:
``monitor_mode``, ``silent`` actions, :meth:`freeze`, :meth:`drop`, :meth:`restart`, :meth:`raw`,
``dribble``, ``booted``. Behaviour and words are those of Asterisk 22.10.1 (tests/transcripts/ami).
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from typing import Literal, Self

from dialpact.accepting import stop_accepting
from dialpact.compliance.clock import Clock, SystemClock
from dialpact.testing.ami_answers import CLASSES, Answers, Headers
from dialpact.testing.ami_calls import STATES, Channel, Monitor

NEEDS = {
    "Login": {"Username", "Secret"},
    "Getvar": {"Variable"},
    "Setvar": {"Channel", "Variable", "Value"},
    "MixMonitor": {"Channel", "File"},
    "MixMonitorMute": {"Channel", "Direction", "State"},
    "StopMixMonitor": {"Channel"},
    "PlayDTMF": {"Channel", "Digit", "Duration"},
    "Hangup": {"Channel"},
}


class FakeFailure(AssertionError):
    """What the fake saw and Asterisk, or the design, would not have."""


class _Connection:
    def __init__(self, ami: FakeAmi, writer: asyncio.StreamWriter) -> None:
        self.ami, self.writer = ami, writer
        self.logged_in = False
        self.wants_events = True

    def send(self, headers: Headers) -> None:
        self.raw("".join(f"{key}: {value}\r\n" for key, value in headers).encode() + b"\r\n")

    def raw(self, data: bytes) -> None:
        if self.ami.frozen or self.writer.is_closing():
            return
        if self.ami.dribble:
            for n in range(len(data)):
                self.writer.write(data[n : n + 1])
        else:
            self.writer.write(data)


class FakeAmi:
    """See the module. ``write`` and ``read`` are the user's classes; ``clock`` tells this PBX the time.

    ``house_rules`` False: for programs that are not Dialpact's listener. They need no random ActionID, and
    may record without a file for each direction. What else they may say, :meth:`knows` says.
    """

    def __init__(
        self,
        *,
        username: str = "dialpact",
        secret: str = "hush",
        read: set[str] | None = None,
        write: set[str] | None = None,
        house_rules: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.house_rules = house_rules
        self.username, self.secret = username, secret
        self.read = {"call", "system", "dtmf"} if read is None else read
        self.write = {"call", "system"} if write is None else write
        self.monitor_mode: Literal["works", "lies", "empty", "refuses", "stops"] = "works"
        self.silent: set[str] = set()  # actions that are done but never answered
        self.dropped: set[str] = set()  # actions that are neither done nor answered
        self.dribble = self.frozen = False
        self.booted = True
        self.heeds_monitor_id = True  # in MixMonitorMute; Asterisk 16 does not
        self.tells_monitor_id = True  # in the answer to MixMonitor
        self.greeting = "Asterisk Call Manager/11.0.0"
        self.globals: dict[str, str] = {}
        self.port = 0
        self.logins = 0
        self.channels: dict[str, Channel] = {}
        self.actions: list[dict[str, str]] = []
        self.failures: list[str] = []
        self.known: dict[str, list[Headers]] = {}
        self.answers = Answers(self)
        self._expected: list[tuple[str, dict[str, str]]] = []
        self._forbidden: list[tuple[str, dict[str, str]]] = []
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._serial = itertools.count()
        self._epoch = int(self.clock.now().timestamp())
        self.started_at = self.clock.now()  # of this Asterisk: its uptime tells it

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        await self.stop()
        if kind is None and (wrong := self.complaints()):
            raise FakeFailure("; ".join(wrong))

    def complaints(self) -> list[str]:
        """Whatever came that should not have, and whatever should have come and did not."""
        came = ", ".join(dict.fromkeys(action.get("Action", "?") for action in self.actions)) or "nothing"
        unmet = [f"never came: {_said(action, want)} (what came: {came})" for action, want in self._expected]
        return self.failures + unmet

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Nothing listens any more; calls stay."""
        server, self._server = self._server, None
        if server is not None:
            await stop_accepting(server)
        self.drop()
        if server is not None:
            await server.wait_closed()

    async def restart(self) -> None:
        """As a crash and a start of Asterisk: every call is gone, names and unique ids start anew."""
        await self.stop()
        self.channels.clear()
        self._serial = itertools.count()
        self._epoch += 1
        self.started_at = self.clock.now()
        await self.start()

    # Expectations

    def knows(self, action: str, *answers: dict[str, str]) -> None:
        """Another action that may come, and what it is answered: the headers of each message, ``Response:
        Success`` if nothing is said. The ActionID goes into all of them.
        """
        self.known[action] = [list(answer.items()) for answer in answers] or [[("Response", "Success")]]

    def expect(self, action: str, **headers: str) -> None:
        """``action`` with these headers has to come before the block is left."""
        if not self._matching(action, headers):
            self._expected.append((action, headers))

    def forbid(self, action: str, **headers: str) -> None:
        """``action`` with these headers must not come from now on."""
        self._forbidden.append((action, headers))

    async def seen(self, action: str, timeout: float = 10.0, **headers: str) -> dict[str, str]:
        """Waits for an action (it may have come already) and returns it."""
        deadline = time.monotonic() + timeout
        while not (found := self._matching(action, headers)):
            if time.monotonic() > deadline:
                came = [sent.get("Action", "?") for sent in self.actions]
                raise TimeoutError(f"{_said(action, headers)} did not come within {timeout:g} s, but {came}")
            await asyncio.sleep(0.002)
        return found[-1]

    def count(self, action: str, **headers: str) -> int:
        return len(self._matching(action, headers))

    def _matching(self, action: str, headers: dict[str, str]) -> list[dict[str, str]]:
        return [sent for sent in self.actions if sent["Action"] == action and headers.items() <= sent.items()]

    # Calls

    def call_in(self, number: str, *, endpoint: str = "carrier") -> Channel:
        """The carrier's own call, ringing at us."""
        made = self.channel(endpoint, state="Ring")
        made.number, made.incoming, made.application = number, True, "Wait"
        self.event("Newchannel", "call", made.block())
        return made

    def channel(self, endpoint: str, *, caller: Channel | None = None, state: str = "Down") -> Channel:
        """A channel that exists; no event."""
        number = next(self._serial)
        uniqueid = f"{self._epoch}.{number}"
        made = Channel(
            name=f"PJSIP/{endpoint}-{number:08x}",
            uniqueid=uniqueid,
            linkedid=caller.linkedid if caller else uniqueid,
            send=self.event,
            forget=self._forget,
            renamed=self._rename,
            clock=self.clock,
            caller=caller,
            state=state,
        )
        self.channels[made.name] = made
        return made

    def find(self, name: str) -> Channel | None:
        """The channel of this name or, as Asterisk has it, of this unique id."""
        found = self.channels.get(name)
        return found or next((one for one in self.channels.values() if one.uniqueid == name), None)

    def _rename(self, old: str, new: str) -> None:
        self.channels[new] = self.channels.pop(old)

    def _forget(self, channel: Channel) -> None:
        self.channels.pop(channel.name, None)

    def dial(
        self,
        number: str,
        decision: str = "",
        *,
        endpoint: str = "carrier",
        agent: bool = True,
        dial_string: str = "",
        quiet: bool = False,
        hidden: bool = False,
        by: Channel | None = None,
        caller_id: str = "",
    ) -> Channel:
        """An agent's call to a carrier leg, up to its DialBegin. ``agent`` False: an AMI Originate. ``by``: a
        channel that dials (again). ``hidden``: its DialBegin does not come. ``caller_id``: what the carrier
        is shown; none: the number that the fake's agents have.
        """
        caller = by or (self.channel("agent1001", state="Ring") if agent else None)
        if caller:
            caller.application = "Dial"
        leg = self.channel(endpoint, caller=caller)
        leg.number = number
        leg.caller_id = caller_id or leg.caller_id
        leg.dial_string = dial_string or f"{number}@{endpoint}"
        if agent:
            leg.variables["DIALEDPEERNUMBER"] = leg.dial_string
        leg.application = "AppDial" if agent else "AppDial2"
        if decision:
            leg.variables["DIALPACT_ID"] = decision
        if not quiet:
            self.event("Newchannel", "call", leg.block())
            if not hidden:
                leg.dial_begin()
        return leg

    # Faults

    def event(self, name: str, privilege: str, headers: Headers) -> None:
        """An event for everyone who may read its class."""
        message = [("Event", name), ("Privilege", f"{privilege},all"), *headers]
        for connection in self._connections:
            if connection.logged_in and connection.wants_events and privilege in self.read:
                connection.send(message)

    def raw(self, data: bytes) -> None:
        """Bytes as they are, to everyone who is logged in."""
        for connection in self._connections:
            if connection.logged_in:
                connection.raw(data)

    @property
    def listeners(self) -> int:
        """Connections that are logged in."""
        return sum(connection.logged_in for connection in self._connections)

    @property
    def pending(self) -> int:
        """Bytes that were said and that the slowest of those that are logged in has not taken yet."""
        sizes = (
            connection.writer.transport.get_write_buffer_size()
            for connection in self._connections
            if connection.logged_in
        )
        return max(sizes, default=0)

    def boot(self) -> None:
        """From starting to started."""
        self.booted = True
        self.event("FullyBooted", "system", self._fully_booted())

    def shut_down(self) -> None:
        self.event("Shutdown", "system", [("Shutdown", "Cleanly"), ("Restart", "False")])

    def freeze(self) -> None:
        """Half-open: connections stay, nobody answers, as with a stopped process or a dead link."""
        self.frozen = True

    def thaw(self) -> None:
        self.frozen = False

    def drop(self) -> None:
        """Breaks every connection."""
        for connection in list(self._connections):
            connection.writer.transport.abort()

    # The protocol

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(self, writer)
        self._connections.add(connection)
        connection.raw(f"{self.greeting}\r\n".encode())
        try:
            while True:
                await self._take(connection, await reader.readuntil(b"\r\n\r\n"))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._connections.discard(connection)
            writer.close()

    async def _take(self, connection: _Connection, raw: bytes) -> None:
        if self.frozen:
            return
        action = self._parse(raw)
        name = action.get("Action", "")
        self._judge(name, action, connection)
        self.actions.append(action)
        self._expected = [
            (wanted, headers)
            for wanted, headers in self._expected
            if not (wanted == name and headers.items() <= action.items())
        ]
        if name in self.dropped:
            return
        ident = [("ActionID", action["ActionID"])] if "ActionID" in action else []
        if name == "Login":
            await self._login(connection, action, ident)
            return
        answers = self.answers.to(name, action, ident, connection.logged_in)
        if name not in self.silent:
            for answer in answers:
                connection.send(answer)

    def _parse(self, raw: bytes) -> dict[str, str]:
        action: dict[str, str] = {}
        for line in raw.decode().removesuffix("\r\n\r\n").split("\r\n"):
            key, colon, value = line.partition(": ")
            if not colon or key in action or not value.isprintable():
                self.failures.append(f"not a header, or twice: {line!r}")
            action[key] = value
        return action

    def _judge(self, name: str, action: dict[str, str], connection: _Connection) -> None:
        """Everything that is wrong with an action whatever Asterisk would do with it."""
        if name not in CLASSES and name not in self.known and name != "Login":
            self.failures.append(f"unexpected action {name}")
        elif name != "Login" and not connection.logged_in:
            self.failures.append(f"unexpected action {name} before the login")
        if self.house_rules and not re.fullmatch(r"[0-9a-f]{32}", action.get("ActionID", "")):
            self.failures.append(f"{name} without a random ActionID")
        elif "ActionID" in action and any(
            sent.get("ActionID") == action["ActionID"] for sent in self.actions
        ):
            self.failures.append(f"{name} was sent twice")
        if missing := NEEDS.get(name, set()) - action.keys():
            self.failures.append(f"{name} without {sorted(missing)}")
        for forbidden, headers in self._forbidden:
            if forbidden == name and headers.items() <= action.items():
                self.failures.append(f"forbidden: {_said(name, headers)}")

    async def _login(self, connection: _Connection, action: dict[str, str], ident: Headers) -> None:
        if (action.get("Username"), action.get("Secret")) != (self.username, self.secret):
            connection.send([("Response", "Error"), *ident, ("Message", "Authentication failed")])
            await asyncio.sleep(0)
            connection.writer.close()
            return
        connection.logged_in = True
        connection.wants_events = action.get("Events") != "off"
        self.logins += 1
        connection.send([("Response", "Success"), *ident, ("Message", "Authentication accepted")])
        if self.booted and "system" in self.read and connection.wants_events:
            connection.send([("Event", "FullyBooted"), ("Privilege", "system,all"), *self._fully_booted()])

    def _fully_booted(self) -> Headers:
        uptime = int((self.clock.now() - self.started_at).total_seconds())
        return [("Uptime", str(uptime)), ("LastReload", str(uptime)), ("Status", "Fully Booted")]


def _said(action: str, headers: dict[str, str]) -> str:
    wanted = ", ".join(f"{name}={value}" for name, value in headers.items())
    return f"{action} with {wanted}" if wanted else action


__all__ = ["STATES", "Channel", "FakeAmi", "FakeFailure", "Monitor"]
