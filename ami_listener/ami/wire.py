"""AMI on the wire: bytes in, messages out, and what may go into an action. No socket in this file.

1. Bytes are framed first and decoded message by message, so a character split between two reads is whole.
2. A message longer than ``LONGEST`` is skipped up to its end: memory stays bounded whatever a value holds.
3. A message with a flaw is still handed on, with the flaw named, and nobody may take it for a fact: text from
   SIP can put line ends, and with them headers and whole messages, into a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

LONGEST = 65536  # bytes; Asterisk's own are below 4 kB, a channel variable of 8 kB included below 20 kB
_BLANK = b"\r\n\r\n"
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.()/-]{0,127}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

MOST_KINDS = 512  # of messages whose keys are remembered
_flawless: dict[tuple[str, ...], tuple[str, ...]] = {}  # keys of messages in which nothing was wrong


class Message(msgspec.Struct, frozen=True):
    """One AMI message: its headers in order, and what is wrong with it (empty: nothing)."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    flaw: str = ""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return tuple(zip(self.keys, self.values, strict=True))

    @property
    def kind(self) -> str:
        """``Event`` or ``Response``; empty for anything else."""
        first = self.keys[0] if self.keys else ""
        return first if first in ("Event", "Response") else ""

    @property
    def name(self) -> str:
        return self.values[0] if self.values else ""

    def get(self, key: str) -> str:
        """The first value of ``key``; empty when there is none."""
        return self.values[self.keys.index(key)] if key in self.keys else ""


class Framer:
    """Cuts a connection's bytes into messages."""

    def __init__(self, longest: int = LONGEST) -> None:
        self.greeting: str | None = None  # the server's first line, once it is there
        self.skipped = 0  # messages that were too long
        self._longest = longest
        self._buffer = bytearray()
        self._searched = 0
        self._skipping = False

    @property
    def held(self) -> int:
        """Bytes that wait for the rest of their message."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Message]:
        """The messages that ``data`` completes."""
        self._buffer += data
        if self.greeting is None and not self._greet():
            return []
        found = []
        if self._buffer.find(_BLANK, max(0, self._searched - 3)) >= 0:
            *whole, rest = bytes(self._buffer).split(_BLANK)
            self._buffer = bytearray(rest)
            for raw in whole:
                if self._skipping or len(raw) > self._longest:
                    self._skipping = False
                    self.skipped += 1
                elif raw.strip(b"\r\n"):
                    found.append(read(raw))
        if len(self._buffer) > self._longest:
            self._skipping = True
            del self._buffer[:-3]  # the blank line may be half here
        self._searched = len(self._buffer)
        return found

    def _greet(self) -> bool:
        line, end, rest = bytes(self._buffer).partition(b"\r\n")
        if not end and len(line) <= 256:
            return False
        self.greeting = line[:256].decode("utf-8", "replace")
        self._buffer = bytearray(rest)
        return True


def read(raw: bytes) -> Message:
    """One framed message. Repeated headers are a flaw, but for the channel variables a site may ask for."""
    lines = raw.decode("utf-8", "replace").lstrip("\r\n").split("\r\n")
    keys, colons, values = zip(*[line.partition(": ") for line in lines], strict=True)
    # Of one like it the keys were looked at; and what can be printed has no control character.
    if (known := _flawless.get(keys)) and "" not in colons and "".join(values).isprintable():
        return Message(known, values)
    return _read(lines)


def _read(lines: list[str]) -> Message:
    """Header by header."""
    keys: list[str] = []
    values: list[str] = []
    seen: set[str] = set()
    flaw = ""
    for line in lines:
        key, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if not colon or not _KEY.fullmatch(key):
            flaw = flaw or "a line that is no header"
            continue
        if _CONTROL.search(value):
            flaw = flaw or f"a control character in {key}"
        if key.lower() in seen and not key.endswith("ChanVariable"):
            flaw = flaw or f"{key} twice"
        seen.add(key.lower())
        keys.append(key)
        values.append(value)
    if keys and keys[0] not in ("Event", "Response"):
        flaw = flaw or "neither event nor response"
    message = Message(tuple(keys), tuple(values), flaw)
    if not flaw:
        if len(_flawless) >= MOST_KINDS:  # who can make keys up must not fill our memory
            _flawless.clear()
        _flawless[message.keys] = message.keys
    return message


def check_action(headers: Mapping[str, str]) -> None:
    """Refuses what would become a header, or an action, of its own. Raises ValueError."""
    for key, value in headers.items():
        if not _KEY.fullmatch(key) or _CONTROL.search(value) or len(value) > 4096:
            raise ValueError(f"not fit for an AMI action: {key}")
