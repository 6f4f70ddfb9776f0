"""From the rows of a CDR file to calls: one for each leg on a trunk, however many rows speak of it.

What Asterisk 22 writes (``tests/transcripts/cdr``): a Dial is a row of the caller's channel with the carrier
leg as its second one. A failover is a second such row. After a transfer the leg itself is the first channel
of the rows that follow, exactly as that of a call that came in. And an Originate on the trunk looks like an
incoming call, too: but nobody dialled anything there, so its extension is ``s``, or it shows a number of
our own, or it is nowhere near the contexts that calls come into.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from dialpact.compliance.cdr import CdrRecord, born, seconds
from dialpact.compliance.config import Trunk
from dialpact.compliance.outbound import Outside, caller
from dialpact.compliance.reconcile.values import CdrCall

# After a restart of Asterisk names of channels begin anew.
GAP = 10  # seconds between two rows of one leg
ROUNDED = 1  # second that an end can be too early: start and duration are cut to whole ones
_DECISION = re.compile(r"dialpact:([0-9a-f]{32})")
_NUMBER = re.compile(r"\+?[0-9]{3,}")


class Row(NamedTuple):
    """What one record says of one leg. Sorted by leg and time."""

    leg: str
    at: int
    end: int
    answer: int
    way: Literal["out", "originated", "in"]
    channel: str
    uniqueid: str
    number: str
    caller_id: str
    trunk: str
    decision: str
    file: str
    line: int
    plain: str = ""


class HouseCalls:
    """``own``: the registered caller IDs. ``inbound``: the contexts that calls from outside come into; none
    named: told by the extension and the caller alone.
    """

    def __init__(
        self, trunks: Mapping[str, Trunk], *, own: Collection[str] = (), inbound: Collection[str] = ()
    ) -> None:
        self._outside = Outside(trunks)
        self._own = frozenset(own)
        self._inbound = frozenset(inbound)

    def __call__(self, record: CdrRecord, file: str) -> list[Row]:
        """No row: a call inside the house. Two: it came in by one trunk and left by another.

        Fault for a record of a trunk that does not say how long it was.
        """
        way = self._outside.way(record)
        own = self._outside.trunk(record.channel)
        if way is None and not own:
            return []
        at = int(record.start.timestamp())
        end = at + seconds(record.duration)
        answer = end - seconds(record.billsec) if record.disposition == "ANSWERED" else 0
        named = _DECISION.fullmatch(record.userfield)
        row = Row(
            leg=record.dstchannel,
            at=at,
            end=end,
            answer=answer,
            way="out",
            channel=record.channel,
            uniqueid=record.uniqueid,
            number="",
            caller_id=caller(record),
            trunk="",
            decision=named[1] if named else "",
            file=file,
            line=record.line,
        )
        rows = []
        if way is not None:
            number = way.number or (record.dst if _NUMBER.fullmatch(record.dst) else "")
            rows.append(row._replace(number=number, trunk=way.trunk, plain=way.plain or number))
        if own:
            rows.append(row._replace(leg=record.channel, way=self._came(record), trunk=own))
        return rows

    def _came(self, record: CdrRecord) -> Literal["originated", "in"]:
        if self._inbound and record.dcontext not in self._inbound:
            return "originated"
        ours = record.dst in ("", "s") or record.lastapp == "AppDial2" or caller(record) in self._own
        return "originated" if ours else "in"


def merged(rows: Iterable[Row]) -> Iterator[CdrCall]:
    """``rows`` sorted. A leg that any of its rows has as the second channel was dialled."""
    waiting: list[Row] = []
    end = 0
    for row in rows:
        if waiting and (not row.leg or row.leg != waiting[0].leg or _later(row, end)):
            yield _call(waiting)
            waiting.clear()
        end = max(end, row.end) if waiting else row.end
        waiting.append(row)
    if waiting:
        yield _call(waiting)


def _later(row: Row, end: int) -> bool:
    """Whether this is of another leg with the name of one that was over at ``end``.

    Rows of one leg follow each other without a gap: whoever takes it over was there before.
    """
    began = born(row.uniqueid)
    return row.at > end + GAP or (began is not None and began > end + ROUNDED)


def _call(rows: list[Row]) -> CdrCall:
    dialled = [row for row in rows if row.way == "out"]
    first = (dialled or [row for row in rows if row.way == "originated"] or rows)[0]
    return CdrCall(
        key="",
        at=first.at,
        end=max(row.end for row in rows),
        answer=min((row.answer for row in rows if row.answer), default=0),
        # After a transfer the leg is a first channel, too: what it was at first is what it is.
        way="out" if dialled else rows[0].way,
        leg=first.leg,
        channel=first.channel,
        uniqueid=first.uniqueid,
        number=first.number,
        caller_id=first.caller_id,
        trunk=first.trunk,
        decision=next((row.decision for row in rows if row.decision), ""),
        file=first.file,
        line=first.line,
        plain=first.plain,
    )


def house(record: CdrRecord) -> CdrCall:
    """A record that touches no trunk: it can only show that the caller was there. Keyed by his channel."""
    at = int(record.start.timestamp())
    return CdrCall(
        key=record.channel,
        at=at,
        end=at + seconds(record.duration),
        answer=0,
        way="house",
        leg="",
        channel=record.channel,
        uniqueid=record.uniqueid,
        number="",
        caller_id="",
        trunk="",
        decision="",
        file="",
        line=record.line,
    )
