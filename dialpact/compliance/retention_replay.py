"""What the log says of holds and of how late it is, against the rows that are acted on. Pure.

1. Every hold is in force from its act ``hold`` to its act ``release``; a row that says otherwise is a
   difference, and so is one that is missing or of which the log says nothing.
2. Trusted time follows from the clock readings (:mod:`dialpact.compliance.trusted_time`): from the first
   reading of all on, or, in a log from before there was trusted time, from the one that the log names.

The acts and readings are held against their leaves by whoever gives them: an act whose text was changed is
no act.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from dialpact.compliance.trusted_time import NONE, Sealed, Witness, begin, follow

CALL = (
    "call "  # begins the flaw of a first reading whose last call, behind it, is not the one that was logged
)


class HoldAct(NamedTuple):
    """A line of the log, number ``seq``: ``hold`` or ``release``. ``detail``: JSON."""

    seq: int
    at: str
    by: str
    action: str
    key: str
    detail: str


class HoldRow(NamedTuple):
    """A hold as its row, or the log, has it. ``released_at`` is None while it is in force."""

    id: int
    scope: str
    key: str
    since: str
    by: str
    reason: str
    released_at: str | None = None
    released_by: str = ""
    release_reason: str = ""


class Difference(NamedTuple):
    """``act``: the line of the log that says otherwise; 0: none does."""

    code: str
    kind: str
    key: str
    act: int = 0


class _Said(msgspec.Struct, frozen=True):
    hold: int
    scope: str
    reason: str


def holds(acts: Iterable[HoldAct], rows: Iterable[HoldRow]) -> Iterator[Difference]:
    """``acts``: in the log's order."""
    logged: dict[int, HoldRow] = {}
    last: dict[int, int] = {}  # the newest act about each
    for act in acts:
        try:
            said = msgspec.json.decode(act.detail, type=_Said)
        except msgspec.MsgspecError:
            yield Difference("act-odd", "register-change", str(act.seq), act.seq)
            continue
        known = logged.get(said.hold)
        if act.action == "hold" and known is None:
            logged[said.hold] = HoldRow(said.hold, said.scope, act.key, act.at, act.by, said.reason)
        elif act.action == "release" and known and known.released_at is None and known.key == act.key:
            logged[said.hold] = known._replace(
                released_at=act.at, released_by=act.by, release_reason=said.reason
            )
        else:  # twice the same hold, or the release of none: nobody who asks the store can have done that
            yield Difference("act-odd", "register-change", str(act.seq), act.seq)
            continue
        last[said.hold] = act.seq
    for row in rows:
        wanted = logged.pop(row.id, None)
        if wanted is None:
            yield Difference("hold-unlogged", "hold", str(row.id))
        elif row != wanted:
            yield Difference(_how(row, wanted), "hold", str(row.id), last[row.id])
    for id in logged:
        yield Difference("hold-missing", "hold", str(id), last[id])


def _how(row: HoldRow, logged: HoldRow) -> str:
    if row.released_at is not None and logged.released_at is None:
        return "hold-released"
    return "hold-changed"


class Followed(NamedTuple):
    """What the readings come to when trusted time is made anew. ``late``: it began behind the first
    reading. ``boots``: of each run of the host, what it came to at its first reading.
    """

    witness: Witness | None
    late: bool
    boots: Mapping[str, Witness] = {}


def clocks(readings: Iterable[Sealed], begins: int | None) -> Iterator[Difference | Followed]:
    """Differences, and last what it comes to. ``readings``: all, the first of all first. ``begins``: the
    number of the reading from which on the log says that there is trusted time; None: from the first one on.

    Nothing is said of those behind one that is not as it was sealed: what follows from it is not known.
    """
    before: Witness | None = None
    whole: Witness | None = None  # from the first reading of all on: never later than what begins later
    boots: dict[str, Witness] = {}
    started = late = False
    for one in readings:
        if one.flaw.startswith(CALL):
            yield Difference("record-changed", "decision", one.flaw.removeprefix(CALL))
            return
        if one.flaw or one.reading is None:
            yield Difference("reading-changed", "clock", str(one.seq))
            return
        whole = follow(whole, one.reading) if whole else begin(one.reading, one.last_call)
        if not started and begins is not None and one.seq < begins:
            late = True
            if one.witness is not None:
                yield Difference("witness-wrong", "clock", str(one.seq))
            continue
        before = follow(before, one.reading) if started and before else begin(one.reading, one.last_call)
        started = True
        if one.witness != before:
            code = "witness-missing" if one.witness is None else "witness-wrong"
            yield Difference(code, "clock", str(one.seq))
            return
        boots.setdefault(one.reading.uptime.boot_id, before)
    yield Followed(whole, late, boots)


def at_most(seen: Witness, followed: Followed) -> Witness:
    """No later than what follows from all readings of the log; and since the first reading of this run of the
    host no more time has passed than its uptime has grown, whatever was put in between by other means.
    """
    times, up = [seen.time], seen.last.uptime
    if followed.late and followed.witness is not None:
        times.append(follow(followed.witness, seen.last).time)
    if (first := followed.boots.get(up.boot_id)) is not None:
        times.append(first.time + max(up.up - first.last.uptime.up, NONE))
    return seen._replace(time=min(times))
