"""What the gate and the process that decides say to one another: msgpack, each message after its length.

Both ends are the product's own, on a socket that nobody else has: the rules go over it as a pickle.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from dialpact.compliance.errors import DialpactError, StoreBusy, StoreError, StoreGone, StoreRefused
from dialpact.compliance.model import Decision
from dialpact.store.ports.decisions import Undelivered, WaitingAttempt

OPENED = 0  # the serial number of the first answer: the database is open, or why not
MOST_RULES = (
    4  # that the process keeps: of two in force while a reload goes on, and of calls that began before
)
_LENGTH = struct.Struct(">I")


class Rules(msgspec.Struct, tag=True):
    """A judge and a clock, from now on known by ``number``."""

    number: int
    pickled: bytes


class Decide(msgspec.Struct, tag=True):
    serial: int
    rules: int
    batch: list[WaitingAttempt]
    overdue: list[Decision]


class Mark(msgspec.Struct, tag=True):
    serial: int
    marks: list[Undelivered]


class Done(msgspec.Struct, tag=True):
    """``decided``: each decision, and what was raised where judging it failed."""

    serial: int
    decided: list[tuple[Decision, str | None]]


class Failed(msgspec.Struct, tag=True):
    """``kind``: the name of one of :data:`ERRORS`; empty: an error of the product's own."""

    serial: int
    kind: str
    why: str


ERRORS: dict[str, type[DialpactError]] = {
    error.__name__: error for error in (StoreBusy, StoreError, StoreGone, StoreRefused)
}
Question = Rules | Decide | Mark
Answer = Done | Failed
QUESTIONS = msgspec.msgpack.Decoder(Question)
ANSWERS = msgspec.msgpack.Decoder(Answer)
_ENCODER = msgspec.msgpack.Encoder()


def frame(message: Question | Answer) -> bytes:
    said = _ENCODER.encode(message)
    return _LENGTH.pack(len(said)) + said


class Frames:
    """Bytes as they come to whole messages."""

    def __init__(self) -> None:
        self._came = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._came += data
        while len(self._came) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._came)
            end = _LENGTH.size + length
            if len(self._came) < end:
                return
            message = bytes(self._came[_LENGTH.size : end])
            del self._came[:end]
            yield message
