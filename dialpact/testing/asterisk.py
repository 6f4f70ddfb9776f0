"""A strict Asterisk for an AGI server: dials, sends the header, does as told, fails what is not expected.

``told = await FakeAsterisk(host, port).dial("13800138000", campaign="spring")`` gives the channel as the
dialplan then has it. ``told.verdict`` is None when the gate gave none: the dialplan blocks such a call.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dialpact.testing.agi_commands import MAX_LINE, AgiChannel
from dialpact.testing.agi_header import Ringing, header

PATIENCE = 5.0  # seconds; Asterisk itself waits for ever
ASKS = r"GET FULL VARIABLE \$\{FILTER\(0-9\+,\$\{CALLERID\(num\)\}\)\}"
REASONS = r"SET VARIABLE DIALPACT_REASONS [a-z,-]+"
TELLS = r"EXEC MSet [^ ]*DIALPACT_VERDICT=(ALLOW|BLOCK)"
USUAL = (ASKS, f"({REASONS})?", TELLS)  # one that may be empty may be left out
REFUSED_AT_SIGHT = (TELLS,)
NOTHING = ()


class UnexpectedCommand(AssertionError):
    """The AGI side said something else than was expected of it, or not all of it."""


@dataclass
class Told:
    """A channel after its AGI session."""

    channel: AgiChannel
    commands: list[str] = field(default_factory=list)
    left: bytes = b""  # of a command that was cut off
    hung_up: bool = False  # by us

    @property
    def verdict(self) -> str | None:
        return self.channel.variables.get("DIALPACT_VERDICT")

    @property
    def allowed(self) -> bool:
        """What the dialplan asks: the exact word, and something to dial."""
        return self.verdict == "ALLOW" and bool(self.number)

    @property
    def reasons(self) -> list[str]:
        found = self.channel.variables.get("DIALPACT_REASONS", "")
        assert self.channel.variables.get("DIALPACT_REASON", "") == found.partition(",")[0]
        return found.split(",") if found else []

    @property
    def number(self) -> str:
        return self.channel.variables.get("DIALPACT_NUMBER", "")

    @property
    def decision(self) -> str:
        assert "DIALPACT_ID" not in self.channel.variables or "DIALPACT_ID" in self.channel.inherited
        return self.channel.variables.get("DIALPACT_ID", "")


@dataclass(frozen=True)
class FakeAsterisk:
    """The gate's address and how this Asterisk behaves.

    ``pieces``: sizes in which the header is written, the last one repeated (``(1,)``: bytes one at a time).
    ``raw``: sent instead of the header. ``hang_up_after`` so many commands have come the connection is cut,
    the last one unanswered unless ``politely``; ``deaf_after`` so many none is answered any more;
    ``announce``: a HANGUP line goes ahead of the reply to that command.
    ``replies``: instead of the reply to command n, these bytes. ``expect``: the commands, as patterns.
    ``about``: ``subject`` that the channel of an opt-out has, ``variables`` and ``answers`` of the channel
    (:class:`dialpact.testing.agi_commands.AgiChannel`). ``encoding``: of the commands; the gate's are ASCII.
    ``patience``: seconds for the whole session, which Asterisk itself would wait for ever.
    """

    host: str
    port: int
    pieces: Sequence[int] = ()
    raw: bytes | None = None
    hang_up_after: int | None = None
    politely: bool = False
    deaf_after: int | None = None
    announce: int | None = None
    replies: dict[int, bytes] = field(default_factory=dict)
    expect: Sequence[str] = USUAL
    about: Mapping[str, Any] = field(default_factory=dict)
    encoding: str = "ascii"
    patience: float = PATIENCE

    async def dial(self, number: str = "13800138000", campaign: str = "spring", **call: Any) -> Told:
        """One session to its end. ``call``: the other fields of :class:`Ringing`."""
        ringing = Ringing(number=number, campaign=campaign, **call)
        told = Told(AgiChannel(ringing.caller_id, **self.about))
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            async with asyncio.timeout(self.patience):
                await self._send(writer, header(ringing) if self.raw is None else self.raw)
                await self._session(reader, writer, told)
        except TimeoutError:
            raise TimeoutError(silent(told, self.patience)) from None
        except ConnectionError:
            pass  # the gate cut it: whatever it has said by then holds
        finally:
            writer.close()
        self.check(told)
        return told

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, told: Told) -> None:
        told.hung_up = self.hang_up_after == 0
        while not told.hung_up:
            try:
                line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError as ended:
                told.left = ended.partial
                return
            assert len(line) <= MAX_LINE
            told.commands.append(line[:-1].decode(self.encoding))
            serial = len(told.commands)
            told.hung_up = self.hang_up_after == serial
            if told.hung_up and not self.politely:
                return
            if self.announce == serial:
                writer.write(b"HANGUP\n")
            reply = told.channel.execute(line[:-1])
            if self.deaf_after is None or serial <= self.deaf_after:
                await self._send(writer, self.replies.get(serial, reply))

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        """Each piece is handed to the kernel, and the gate gets the loop, before the next one."""
        sizes = iter(self.pieces)
        size = len(data)
        while data:
            size = next(sizes, size)
            writer.write(data[:size])
            await writer.drain()
            data = data[size:]
            if data:
                await asyncio.sleep(0)

    def check(self, told: Told) -> None:
        check(told, self.expect)


def check(told: Told, expect: Sequence[str]) -> None:
    """Every command was expected, every expectation met, in this order. UnexpectedCommand says which not."""
    if told.left:
        raise UnexpectedCommand(f"half a command: {told.left!r}")
    place = 0
    for pattern in expect:
        if place < len(told.commands) and re.fullmatch(pattern, told.commands[place]):
            place += 1
        elif not re.fullmatch(pattern, ""):
            came = repr(told.commands[place]) if place < len(told.commands) else "the end of the session"
            raise UnexpectedCommand(
                f"expected {pattern!r} as command {place + 1}, then came {came}{_all(told)}"
            )
    if more := told.commands[place:]:
        raise UnexpectedCommand(f"more than was expected: {more}{_all(told)}")


def silent(told: Told, patience: float) -> str:
    """What to say when the AGI side neither spoke nor ended."""
    return f"the AGI side neither said anything more nor ended within {patience:g} s{_all(told)}"


def _all(told: Told) -> str:
    return f"; all commands: {told.commands}" if told.commands else "; it sent no command"
