"""The process that decides: ``python -m dialpact.store.sqlite.decider SOCKET DATABASE BUSY_MS``.

A gate starts it (``decisions_elsewhere``) and ends it by closing the socket. It has an interpreter to itself:
in the gate's process every statement would hand the interpreter to the event loop and wait to get it back,
which costs more than the statement.
"""

from __future__ import annotations

import pickle
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from dialpact.compliance import masking, numbers
from dialpact.compliance.clock import Clock
from dialpact.compliance.errors import DialpactError, StoreGone
from dialpact.interpreter import settle
from dialpact.store.ports.decisions import Decided, Judging
from dialpact.store.sqlite import frames
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.decisions import deciding, marking
from dialpact.store.sqlite.frames import Answer, Decide, Done, Failed, Question, Rules, frame
from dialpact.store.sqlite.thread import Units

T = TypeVar("T")
RECEIVED = 1 << 18  # bytes at once
MOST_TEXT = 4000  # of an error


class NobodyAsks(Exception):
    """The gate has ended: what it has asked is not to happen any more."""


class Decider:
    """Answers questions, one after the other. ``asked``: whether there still is who wants to know."""

    def __init__(self, database: Database, asked: Callable[[], bool] = lambda: True) -> None:
        self._database, self._asked = database, asked
        self._connection: Units | None = None
        self._rules: dict[int, bytes | tuple[Judging, Clock]] = {}

    def open(self) -> Answer:
        """Whether the database can be opened; if not, each question tries again."""
        return self._answered(frames.OPENED, self._open)

    def answer(self, question: Question) -> Answer | None:
        if isinstance(question, Rules):
            self._rules[question.number] = question.pickled
            while len(self._rules) > frames.MOST_RULES:
                del self._rules[min(self._rules)]
            return None
        if isinstance(question, Decide):
            return self._answered(question.serial, lambda: self._decide(question))
        return self._answered(question.serial, lambda: self._transact(marking(question.marks)))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _decide(self, question: Decide) -> list[Decided]:
        rules = self._rules[question.rules]
        if isinstance(rules, bytes):
            self._rules[question.rules] = rules = pickle.loads(rules)  # noqa: S301 - the gate's own
        judge, clock = rules
        decides = deciding(question.batch, judge, clock, question.overdue)

        def unit(connection: Units) -> list[Decided]:
            decided = decides(connection)
            if not self._asked():  # an ALLOW that nobody tells the PBX must not stand
                raise NobodyAsks
            return decided

        return self._transact(unit)

    def _open(self) -> None:
        self._opened()

    def _opened(self) -> Units:
        if self._connection is None:
            self._connection = self._database.connect()
        return self._connection

    def _transact(self, unit: Callable[[Units], T]) -> T:
        try:
            return self._database.within(unit, self._opened())
        except StoreGone:  # the file may be another one: the next question opens it
            self.close()
            raise

    @staticmethod
    def _answered(serial: int, ask: Callable[[], list[Decided] | None]) -> Answer:
        try:
            decided = ask()
        except DialpactError as error:
            kind = type(error).__name__
            return Failed(serial, kind if kind in frames.ERRORS else "", str(error))
        except Exception as error:  # the gate blocks, and says why
            return Failed(serial, "", _text(error))
        told = [(one.decision, _text(one.failure) if one.failure else None) for one in decided or ()]
        return Done(serial, told)


def _text(error: Exception) -> str:
    return masking.text("".join(traceback.format_exception(error)), MOST_TEXT)


def serve(line: socket.socket, decider: Decider) -> None:
    """Until the other side closes."""
    line.sendall(frame(decider.open()))
    coming = frames.Frames()
    while came := line.recv(RECEIVED):
        for message in coming.feed(came):
            answer = decider.answer(frames.QUESTIONS.decode(message))
            if answer is not None:
                line.sendall(frame(answer))


def main(descriptor: str, database: str, busy_ms: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to the whole group: the gate says when it is over
        signal.signal(number, signal.SIG_IGN)
    numbers.warm()
    settle()
    with socket.socket(fileno=int(descriptor)) as line:
        peer = select.poll()
        peer.register(line, select.POLLRDHUP)
        decider = Decider(Database(Path(database), int(busy_ms), short_units=True), lambda: not peer.poll(0))
        try:
            serve(line, decider)
        except OSError:
            pass  # the gate is gone
        finally:
            decider.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
