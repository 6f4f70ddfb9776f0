"""From the rows of a CDR file to calls: one for each leg on a trunk, however many rows speak of it.

What Asterisk 22 writes (``tests/transcripts/cdr``): a Dial is a row of the caller's channel with the carrier
leg as its second one. A failover is a second such row. After a transfer the leg itself is the first channel
of the rows that follow, exactly as that of a call that came in. And an Originate on the trunk looks like an
incoming call, too: but nobody dialled anything there, so its extension is ``s``, or it shows a number of
our own, or it is nowhere near the contexts that calls come into (``contexts``). One that nobody answered has
never left ``AppDial2``; what ARI has created and never dialled has run ``Stasis`` and nothing else.

Only Dial() says what a leg was given to dial, and the names of some channels. Where Page(), Queue() or
Stasis() did it, the number is the extension that the caller dialled, and no more than a guess.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from dialpact.compliance.cdr import CdrRecord, born, seconds
from dialpact.compliance.config import Trunk
from dialpact.compliance.dial_prefix import DialPrefixes
from dialpact.compliance.numbers import REGIONS
from dialpact.compliance.outbound import Outside, caller
from dialpact.compliance.reconcile.match import canonical
from dialpact.compliance.reconcile.values import CdrCall

# After a restart of Asterisk names of channels begin anew.
GAP = 10  # seconds between two rows of one leg
ROUNDED = 1  # second that an end can be too early: start and duration are cut to whole ones
OUTGOING = frozenset({"AppDial", "AppDial2", "AppQueue"})  # what a channel runs while it is being called
NOBODY = ("", "s")  # the extension where nobody dialled one
_DECISION = re.compile(r"dialpact:([0-9a-f]{32})")
_NUMBER = re.compile(r"\+?[0-9]{3,}")


class Row(NamedTuple):
    """What one record says of one leg. Sorted by leg and time.

    ``unlisted``: dialled by an endpoint that no trunk lists. ``elsewhere``: a stranger's number on a trunk's
    channel, in a context that was not named: came in and went on, or originated, and the record can not tell.
    """

    leg: str
    at: int
    end: int
    answer: int
    way: Literal["out", "unlisted", "originated", "elsewhere", "in"]
    channel: str
    uniqueid: str
    number: str
    caller_id: str
    trunk: str
    decision: str
    file: str
    line: int
    plain: str = ""
    context: str = ""
    guessed: bool = False  # ``number`` is the caller's extension


class HouseCalls:
    """``own``: the registered caller IDs. ``inbound``: the contexts that calls from outside come into; none
    named: told by the extension and the caller alone. ``prefixes``: what is dialled for an outside line.
    """

    def __init__(
        self,
        trunks: Mapping[str, Trunk],
        *,
        own: Collection[str] = (),
        inbound: Collection[str] = (),
        prefixes: DialPrefixes | None = None,
        regions: tuple[str, ...] = REGIONS,
    ) -> None:
        self._outside = Outside(trunks)
        self._regions = regions
        self._own = frozenset(own) | {canonical(number, "", regions) for number in own}
        self._inbound = frozenset(inbound)
        self._prefixes = prefixes or DialPrefixes()
        self._area_codes = {name: trunk.area_code for name, trunk in trunks.items()}

    def __call__(self, record: CdrRecord, file: str) -> list[Row]:
        """No row: a call inside the house. Two: it came in by one trunk and left by another.

        Fault for a record of a trunk that does not say how long it was.
        """
        way = self._outside.way(record)
        own = self._outside.trunk(record.channel)
        unlisted = None if way else self._outside.unlisted(record)
        if unlisted and self._is_own(unlisted.number):
            unlisted = None  # a telephone that is reached by its own number
        if not (way or unlisted or own) or _was_never_dialled(record):
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
            context=record.dcontext,
        )
        rows = []
        if left := way or unlisted:
            number = left.number or (record.dst if _NUMBER.fullmatch(record.dst) else "")
            plain = self._prefixes.bare(left.plain or number, self._area_codes.get(left.trunk, ""))
            row = row._replace(way="out" if way else "unlisted", guessed=not left.number)
            if unlisted and not record.dstchannel:
                row = row._replace(channel=record.trunk)  # all that the record says of where it left
            rows.append(row._replace(number=number, trunk=left.trunk, plain=plain))
        if own:
            rows.append(row._replace(leg=record.channel, way=self._came(record), trunk=own, guessed=False))
        return rows

    def trunk(self, channel: str) -> str:
        """Whose leg ``channel`` is; empty for any other."""
        return self._outside.trunk(channel)

    def _came(self, record: CdrRecord) -> Literal["originated", "elsewhere", "in"]:
        shows = caller(record)
        nobody = record.dst in NOBODY
        if record.lastapp in OUTGOING or self._is_own(shows):
            return "originated"
        # Where nobody answered, nobody would have sent an Originate's channel into a dialplan.
        answered = record.disposition == "ANSWERED"
        if nobody and not (shows and (self._inbound or not answered)):
            return "originated"
        known = not self._inbound or record.dcontext in self._inbound or not answered
        return "in" if known else "elsewhere"

    def _is_own(self, number: str) -> bool:
        return bool(number) and (number in self._own or canonical(number, "", self._regions) in self._own)


def _was_never_dialled(record: CdrRecord) -> bool:
    """What ARI's ``channels/create`` made and nobody dialled; one that is dialled leaves no such record."""
    alone = not record.dstchannel and record.dst in NOBODY
    return alone and record.lastapp == "Stasis" and record.disposition != "ANSWERED"


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
    dialled = [row for row in rows if row.way in ("out", "unlisted")]
    # A telephone that a Page() called has a record of its own with the leg: it shows no number.
    dialled.sort(key=lambda row: not row.caller_id)
    first = (dialled or [row for row in rows if row.way == "originated"] or rows)[0]
    said = next((row for row in dialled if not row.guessed), first)
    way = rows[0].way
    if way == "elsewhere" and any(row.way == "in" for row in rows):
        way = "in"
    return CdrCall(
        key="",
        at=min(row.at for row in dialled) if dialled else first.at,
        end=max(row.end for row in rows),
        answer=min((row.answer for row in rows if row.answer), default=0),
        # After a transfer the leg is a first channel, too: what it was at first is what it is.
        way=first.way if dialled else way,
        leg=first.leg,
        channel=first.channel,
        uniqueid=first.uniqueid,
        number=said.number,
        caller_id=first.caller_id,
        trunk=first.trunk,
        decision=next((row.decision for row in rows if row.decision), ""),
        file=first.file,
        line=first.line,
        plain=said.plain,
        context=first.context,
        guessed=said.guessed,
    )


def house(record: CdrRecord) -> CdrCall:
    """A record that touches no trunk: it can only show that the caller was there, and that there was a leg of
    another kind. Keyed by his channel.
    """
    at = int(record.start.timestamp())
    return CdrCall(
        key=record.channel,
        at=at,
        end=at + seconds(record.duration),
        answer=0,
        way="house",
        leg=record.dstchannel,
        channel=record.channel,
        uniqueid=record.uniqueid,
        number="",
        caller_id="",
        trunk="",
        decision="",
        file="",
        line=record.line,
    )
