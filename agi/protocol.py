"""The AGI conversation, without I/O: bytes in, events out.

The text that a SIP peer puts into a dialled number, a caller number or a name arrives here as protocol:
PJSIP percent-decodes it and Asterisk writes it raw into the session's header, newlines included. Hence:

1. Everything is bounded: the header in all, each line, the number of lines, each reply.
2. A header line has the form ``agi_name: value``. No name comes twice. Only names that Asterisk sends come
   before ``agi_threadid``, which closes the fields that carry SIP text.
3. The arguments ``agi_arg_1..N`` come last, in order and without a gap, since Asterisk sends them so; an
   argument that arrived inside a caller's name does not.
4. Route, channel, unique id and the first argument must be there (a blank line inside a name ends the
   header early).
5. Nothing but ``HANGUP`` may arrive while no command is outstanding. What a forged header pushed out of the
   header arrives there: at once, in the same segment, when it was forged as a reply, since Asterisk writes
   each header line in one piece; or in the place of the first reply, and is none. So no verdict is given
   before one command was answered properly (``agi.call`` asks for the caller ID).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache

MAX_HEADER = 16_384  # bytes; a real one has about 700
MAX_LINE = 2_048
MAX_LINES = 96
MAX_REPLY = 4_096

HEADER_LINE = re.compile(rb"(agi_[a-z0-9_]{1,40}):(?: (.*))?")
# Lines as they should be, one after the other. Possessive, as no shorter match of a part would help another.
HEADER_LINES = re.compile(rb"(?:agi_[a-z0-9_]{1,40}+:(?: .*+)?+\n)++")
ARGUMENT = re.compile(rb"agi_arg_([1-9][0-9]?)")
REPLY = re.compile(rb"(\d{3}) result=(-?\d{1,10})(?: \((.*)\))?(?: endpos=\d{1,18})?")
KNOWN = frozenset(
    b"agi_" + name.encode()
    for name in (
        *("network", "network_script", "request", "channel", "language", "type", "uniqueid", "version"),
        *("callerid", "calleridname", "callingpres", "callingani2", "callington", "callingtns", "dnid"),
        *("rdnis", "context", "extension", "priority", "enhanced", "accountcode", "threadid"),
    )
)
REQUIRED = (b"agi_network_script", b"agi_channel", b"agi_uniqueid")
CALLER = b"agi_callerid"
LAST_FIXED = b"agi_threadid"
FIRST = b"agi_arg_1"  # must be there, may be empty: an invalid number, not an attack


@dataclass(frozen=True, slots=True)
class Request:
    """The session's header. ``arguments`` as the dialplan gave them."""

    route: str
    channel: str
    uniqueid: str
    callerid: str | None  # hostile text: only for comparison with what the channel says
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """``200 result=1 (data)``. A code other than 200 is an error reply (510, 511, 520)."""

    code: int
    result: int = -1
    data: str = ""

    @property
    def ok(self) -> bool:
        return self.code == 200 and self.result >= 0


@dataclass(frozen=True, slots=True)
class Malformed:
    """The peer broke the protocol: the session is over. ``hostile``: as text from a SIP peer would."""

    why: str
    hostile: bool


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller hung up; the channel may still answer commands."""


Event = Request | Reply | Malformed | HungUp


class State(Enum):
    HEADER = auto()
    READY = auto()  # header read, no command outstanding
    ASKED = auto()  # one command outstanding
    BROKEN = auto()


@dataclass(slots=True)
class AgiSession:
    """One AGI session, the server's side. Feed :meth:`receive`; send what :meth:`ask` returns."""

    state: State = State.HEADER
    _buffer: bytearray = field(default_factory=bytearray)
    _header: list[tuple[bytes, bytes]] = field(default_factory=list)
    _taken: int = 0  # header bytes so far
    _usage: bool = False  # inside a multi-line 520 reply

    @property
    def broken(self) -> bool:
        return self.state is State.BROKEN

    @property
    def held(self) -> int:
        """Bytes that wait for the end of their line."""
        return len(self._buffer)

    def ask(self, command: str) -> bytes:
        """The bytes of one command. Raises ValueError for one that is not a single plain line in time."""
        if self.state is not State.READY:
            raise ValueError(f"no command can be sent in state {self.state.name}")
        if not command.isascii() or not command.isprintable() or len(command) >= MAX_LINE:
            raise ValueError("a command is one line of printable ASCII")
        self.state = State.ASKED
        return command.encode("ascii") + b"\n"

    def receive(self, data: bytes) -> list[Event]:
        """Any split of the stream gives the same events. After Malformed nothing more is read."""
        events: list[Event] = []
        if not self.broken:
            self._buffer += data
        if self.state is State.HEADER:
            self._header_lines()
        while not self.broken:
            end = self._buffer.find(b"\n")
            limit = MAX_LINE if self.state is State.HEADER else MAX_REPLY
            if end < 0 and len(self._buffer) <= limit:
                break
            if end < 0 or end > limit:
                events.append(self._broken("a line is too long", hostile=False))
                break
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            event = self._header_line(line) if self.state is State.HEADER else self._line(line)
            if event is not None:
                events.append(event)
        return events

    def _broken(self, why: str, *, hostile: bool = True) -> Malformed:
        self.state = State.BROKEN
        self._buffer.clear()
        return Malformed(why, hostile)

    def _header_lines(self) -> None:
        """Takes those that came together at once, when nothing is odd about them. What it leaves, ``receive``
        looks at line by line, and says what is wrong with it.
        """
        last = self._buffer.find(b"\n\n")
        size = 1 + (last if last >= 0 else self._buffer.rfind(b"\n"))
        if not size or size > MAX_LINE or self._taken + size > MAX_HEADER:
            return
        lines = bytes(self._buffer[:size])
        if HEADER_LINES.fullmatch(lines) is None:
            return
        found = HEADER_LINE.findall(lines)
        if len(self._header) + len(found) > MAX_LINES:
            return
        self._header += found
        self._taken += size
        del self._buffer[:size]

    def _header_line(self, line: bytes) -> Event | None:
        self._taken += len(line) + 1
        if self._taken > MAX_HEADER or len(self._header) >= MAX_LINES:
            return self._broken("the header is too long", hostile=False)
        if line == b"":
            return self._request()
        found = HEADER_LINE.fullmatch(line)
        if found is None:
            return self._broken("a header line has no `agi_name: value` form", hostile=bool(self._header))
        self._header.append((found[1], found[2] or b""))
        return None

    def _request(self) -> Event:
        header = dict(self._header)
        if len(header) != len(self._header):
            return self._broken("a header comes twice")
        missing = [name for name in REQUIRED if not header.get(name)]
        if FIRST not in header:
            missing.append(FIRST)
        if missing:
            return self._broken(f"no {missing[0].decode()}", hostile=CALLER in header)
        arguments, wrong = _arguments(tuple(header))
        if wrong:
            return self._broken(wrong)
        self.state = State.READY
        return Request(
            route=_text(header[REQUIRED[0]]),
            channel=_text(header[REQUIRED[1]]),
            uniqueid=_text(header[REQUIRED[2]]),
            callerid=_text(header[CALLER]) if CALLER in header else None,
            arguments=tuple([_text(header[name]) for name in arguments]),
        )

    def _line(self, line: bytes) -> Event | None:
        if line == b"HANGUP":
            return HungUp()
        if self.state is not State.ASKED:
            return self._broken("text where none was asked for")
        if self._usage or line.startswith(b"520-"):
            self._usage = not line.startswith(b"520 ")
            return None if self._usage else self._replied(Reply(520))
        found = REPLY.fullmatch(line)
        if found is not None:
            return self._replied(Reply(int(found[1]), int(found[2]), _text(found[3] or b"")))
        if line[:4] in (b"510 ", b"511 ", b"520 "):
            return self._replied(Reply(int(line[:3])))
        return self._broken("a reply that is none")

    def _replied(self, reply: Reply) -> Reply:
        self.state = State.READY
        return reply


@lru_cache(maxsize=16)  # one PBX sends one order of names
def _arguments(names: tuple[bytes, ...]) -> tuple[tuple[bytes, ...], str]:
    """Those of ``names`` that are arguments, one at least, and what is wrong with them or with the others."""
    arguments = [name for name in names if ARGUMENT.fullmatch(name)]
    count = len(arguments)
    fixed = names[:-count]
    if arguments != [b"agi_arg_%d" % n for n in range(1, count + 1)] or (*fixed, *arguments) != names:
        return (), "the arguments are not the last headers, in order"
    closed = fixed.index(LAST_FIXED) if LAST_FIXED in fixed else len(fixed)
    if not KNOWN.issuperset(fixed[:closed]):
        return (), "a header that Asterisk does not send"
    return tuple(arguments), ""


def _text(sent: bytes) -> str:
    return sent.decode("utf-8", "replace")
