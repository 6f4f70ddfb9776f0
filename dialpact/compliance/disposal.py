"""What becomes of a recording whose time seems to be over. Pure; application/disposal.py does it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple

import msgspec

from dialpact.compliance.model import Value
from dialpact.compliance.recording import FilesOf
from dialpact.compliance.retention import earliest_day, goes_from
from dialpact.compliance.trusted_time import Witness

State = Literal["due", "held", "clock", "finding", "unfinished", "disposed"]


class Due(FilesOf, frozen=True, kw_only=True):
    """One whose own day is over by the wall clock.

    ``ended_at``: of its call, by the wall clock or, where that had been set back, by trusted time. ``flaw``
    is ``lowered`` when by the log it was to be kept for longer, ``day-changed`` when its leaf was made with
    another day, ``promise-changed`` when the decision of its call is not what was logged. ``promised``: the
    last day, by the rules that the call was decided by.
    """

    ended_at: datetime
    keep_until: date
    held: bool
    promised: date | None = None


class Dayless(Value, frozen=True, kw_only=True):
    """A recording that has ended and has no day until which it must be kept: ``flaw`` as of one that has."""

    id: str
    flaw: str


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One recording and what becomes of it.

    ``state``: due; held; clock (its time is over by the wall clock, but not by trusted time); finding (not
    what was recorded: see ``problem``); unfinished (disposed of, files left); disposed. ``goes_from``: when
    one that waits for the clock may go.
    """

    id: str
    decision: str
    keep_until: date | None
    state: State
    path: str
    bytes: int = 0
    problem: str = ""
    goes_from: datetime | None = None


class EarliestDays(NamedTuple):
    """The day that every time zone has reached: by the wall clock, and by trusted time too."""

    wall: date
    trusted: date

    @classmethod
    def of(cls, witness: Witness) -> EarliestDays:
        return cls(earliest_day(witness.last.at), earliest_day(witness.now))


def judge(found: Due, asked: date, days: EarliestDays) -> Item | None:
    """By the row alone: its files are still to be looked at when it says ``due``.

    ``asked``: until when the profiles in force want it kept. None for one that must still be kept by them.
    """
    until = max(found.keep_until, asked)
    if until >= days.wall:
        return None
    if found.held:
        return item(found, "held", found.keep_until)
    if until >= days.trusted:
        waits = item(found, "clock", found.keep_until)
        return msgspec.structs.replace(waits, goes_from=goes_from(until))
    if found.flaw:
        return item(found, "finding", found.keep_until, problem=found.flaw)
    return item(found, "due", found.keep_until)


def item(found: FilesOf, state: State, keep_until: date | None, *, problem: str = "", path: str = "") -> Item:
    return Item(
        id=found.id,
        decision=found.decision,
        keep_until=keep_until,
        state=state,
        path=path or found.path,
        bytes=found.bytes,
        problem=problem,
    )
