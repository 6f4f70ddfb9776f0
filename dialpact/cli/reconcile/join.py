"""CDR files against the store: what ``dialpact reconcile`` and the inspection report find.

The store is read in pages, each a short lock: the gate goes on deciding meanwhile. Rows, calls and decisions
are put in order on disk, so memory does not grow with their number.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import aiosql

from dialpact.compliance.cdr import Record
from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.config import Trunk
from dialpact.compliance.ordered import Ordered
from dialpact.compliance.reconcile import (
    Asked,
    Call,
    Calls,
    Counts,
    Found,
    Judge,
    Kept,
    Kind,
    Matcher,
    Reconciliation,
    Refused,
    Row,
    Shift,
    grouped,
    house,
    merged,
    seen,
)
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite.connection import Database

SQL = aiosql.from_path(Path(__file__).parents[2] / "store" / "sqlite" / "sql" / "reconcile.sql", "sqlite3")
TOGETHER = 1000  # decisions a transaction
MARGIN = 3600  # seconds around the period in which counterparts are looked for
FARTHEST = 15 * 3600  # seconds by which the times of a file could be off
LATEST = datetime(9999, 12, 30, tzinfo=UTC).timestamp()  # whatever is asked for
SHOWN = 1000  # findings of each kind that the result holds
STEP = 1000  # lines between two reports of progress


class Source(NamedTuple):
    """``records``: a :class:`dialpact.compliance.cdr.Master`, or what else gives lines with their numbers."""

    name: str
    records: Iterable[tuple[int, Record | Fault]]


async def reconcile(
    store: Database,
    sources: Sequence[Source],
    *,
    trunks: Mapping[str, Trunk],
    node: str,
    since: datetime | None = None,
    until: datetime | None = None,
    trunk: str = "",
    inbound: Collection[str] = (),
    tolerance: int = 5,
    say: Callable[[Found], None] | None = None,
    bad: Callable[[str, int, Fault], None] | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> Reconciliation:
    """``sources`` are CDRs of ``node``, whose unmatched decisions are findings; those of others are not.

    ``since`` and ``until`` bound calls by their start and decisions by their time, ``until`` not included;
    without them, what the files cover. ``inbound``: see :class:`.Calls`. ``tolerance``:
    seconds by which the PBX's clock and the gate's may differ. ``say`` takes every finding in the order of
    time, ``bad`` every unreadable line, ``progress`` the stage (a file's name, ``decisions`` or ``calls``)
    and how many are done. StoreError; Fault for a file that is none of CDRs.
    """
    own = await store.transact(lambda connection: [number for (number,) in SQL.own_numbers(connection)])
    matcher = Matcher(node, trunks, tolerance)
    with ExitStack() as stack:
        files = _Files(stack, Calls(trunks, own=own, inbound=inbound), since, until)
        files.read(sources, bad, progress)
        first, last = files.since, files.until
        if first is None or last is None:
            return Reconciliation(counts=files.counts, found=(), since=None, until=None)
        told = stack.enter_context(Ordered(Found))
        judge = Judge(matcher, told.add, node=node, since=first, until=last, trunk=trunk)
        join = _Join(stack, matcher, judge, files)
        for call in merged(files.rows):
            join.add_call(call)
        async for one in _decisions(store, first - MARGIN, last + MARGIN):
            join.add_asked(one)
            if progress and join.decisions % STEP == 0:
                progress("decisions", join.decisions)
        join.run(progress)
        if files.shift.unsure and join.lonely > files.rows.count / 2:
            async for one in _decisions(store, first - FARTHEST, last + FARTHEST):
                files.shift.asked(one.number, one.at)
        kept: dict[Kind, int] = Counter()
        found = []
        for finding in told:
            kept[finding.kind] += 1
            if kept[finding.kind] <= SHOWN:
                found.append(finding)
            if say:
                say(finding)
    counts = judge.counts
    counts.lines, counts.bad, counts.house = files.counts.lines, files.counts.bad, files.counts.house
    return Reconciliation(
        counts=counts, found=tuple(found), since=first, until=last, shift=files.shift.seconds
    )


class _Files:
    """The rows of all files, those of carrier legs apart from the others."""

    def __init__(
        self, stack: ExitStack, calls: Calls, since: datetime | None, until: datetime | None
    ) -> None:
        self.rows = stack.enter_context(Ordered(Row))
        self.house = stack.enter_context(Ordered(Call))
        self.counts = Counts()
        self.shift = Shift()
        self.without = {"id", "uniqueid"}  # kinds of evidence that no row has
        self.since = since.timestamp() if since else None
        self.until = until.timestamp() if until else None
        self._calls = calls
        self._first = self.since - MARGIN if self.since is not None else float("-inf")
        self._last = self.until + MARGIN if self.until is not None else float("inf")

    def read(
        self,
        sources: Sequence[Source],
        bad: Callable[[str, int, Fault], None] | None,
        progress: Callable[[str, int], None] | None,
    ) -> None:
        first, last = float("inf"), float("-inf")
        for source in sources:
            for line, record in source.records:
                self.counts.lines += 1
                if progress and self.counts.lines % STEP == 0:
                    progress(source.name, line)
                try:
                    if isinstance(record, Fault):
                        raise record
                    at = record.start.timestamp()
                    self.shift.row(record.uniqueid, at)
                    rows = self._calls(record, source.name)
                    own = None if rows else house(record)
                except Fault as fault:
                    self.counts.bad += 1
                    if bad:
                        bad(source.name, line, fault)
                    continue
                self.counts.house += own is not None
                if not self._first <= at < self._last:
                    continue
                for row in rows:
                    self.rows.add(row)
                    if row.decision:
                        self.without.discard("id")
                    if row.uniqueid:
                        self.without.discard("uniqueid")
                if own:
                    self.house.add(own)
                first, last = min(first, at), max(last, at + 1, *(row.end for row in rows))
        if first <= last:
            self.since = first if self.since is None else self.since
            self.until = last if self.until is None else self.until


class _Join:
    """One kind of evidence after the other; what is left after the last one is alone."""

    def __init__(self, stack: ExitStack, matcher: Matcher, judge: Judge, files: _Files) -> None:
        self._stack, self._matcher, self._judge, self._files = stack, matcher, judge, files
        self._passes = [one for one in matcher.passes if one.name not in files.without]
        self._calls: Ordered[Call] = self._ordered(Call)
        self._asked: Ordered[Asked] = self._ordered(Asked)
        self.decisions = 0
        self.lonely = 0  # calls that were dialled and match nothing

    def add_call(self, call: Call) -> None:
        self._calls.add(call._replace(key=self._passes[0].of_call(call)))

    def add_asked(self, asked: Asked) -> None:
        self.decisions += 1
        self._asked.add(asked._replace(key=self._passes[0].of_asked(asked)))

    def run(self, progress: Callable[[str, int], None] | None) -> None:
        done = 0
        for one, following in zip_longest(self._passes, self._passes[1:]):
            calls, asked = self._calls, self._asked
            self._calls, self._asked = self._ordered(Call), self._ordered(Asked)
            for group in grouped(calls, asked):
                pairs, alone, unused = self._matcher.pair(one.name, group)
                for pair in pairs:
                    self._judge.pair(pair)
                    done += len(pair.calls)
                    if progress and done % STEP == 0:
                        progress("calls", done)
                for call in alone:
                    self._calls.add(call._replace(key=following.of_call(call) if following else ""))
                for decision in unused:
                    # The caller's channel is what the last comparison, with rows of the house, goes by.
                    key = following.of_asked(decision) if following else decision.channel
                    self._asked.add(decision._replace(key=key))
        for call in self._calls:
            self._judge.lonely_call(call)
            if call.way == "out":
                self.lonely += 1
                self._files.shift.call(self._matcher.canonical(call), call.at)
        for group in grouped(self._files.house, self._asked):
            for decision in group.asked:
                self._judge.lonely_asked(decision, seen=seen(decision, group.calls))

    def _ordered(self, kind: Any) -> Any:
        return self._stack.enter_context(Ordered(kind))


async def _decisions(store: Database, since: float, until: float) -> AsyncIterator[Asked]:
    after, seq, end = stamp(_moment(since)), -1, stamp(_moment(until))
    while page := await store.transact(partial(_page, after=after, seq=seq, until=end)):
        for row, kept, refused in page:
            yield _asked(row, kept, refused)
        after, seq = page[-1][0]["decided_at"], page[-1][0]["seq"]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(min(seconds, LATEST), UTC)


def _page(
    connection: sqlite3.Connection, *, after: str, seq: int, until: str
) -> list[tuple[sqlite3.Row, list[sqlite3.Row], list[sqlite3.Row]]]:
    """Decisions, each with its recordings and with its legs that the interlock refused."""
    return [
        (
            row,
            list(SQL.recordings(connection, decision=row["id"])),
            list(SQL.refused(connection, decision=row["id"])),
        )
        for row in list(SQL.decisions(connection, after=after, after_seq=seq, until=until, most=TOGETHER))
    ]


def _asked(row: sqlite3.Row, kept: list[sqlite3.Row], refused: list[sqlite3.Row]) -> Asked:
    return Asked(
        key="",
        at=instant(row["decided_at"]).timestamp(),
        id=row["id"],
        node=row["node"],
        through=bool(row["dial"]) and row["undelivered"] is None,
        why=row["undelivered"] or ", ".join(json.loads(row["reasons"])),
        number=row["number"],
        dial=row["dial"],
        caller_id=row["caller_id"],
        campaign=row["campaign"],
        trunk=row["trunk"],
        shadow=row["mode"] == "shadow",
        channel=row["channel"],
        uniqueid=row["uniqueid"],
        kept=tuple(
            Kept(
                id=one["id"],
                state=one["state"],
                channel=one["channel"],
                uniqueid=one["uniqueid"],
                answered=_seconds(one["answered_at"]),
                ended=_seconds(one["ended_at"]),
                seconds=one["seconds"] or 0.0,
                open=bool(one["open"]),
            )
            for one in kept
        ),
        refused=tuple(
            Refused(one["channel"], one["uniqueid"], _seconds(one["answered_at"]), _seconds(one["ended_at"]))
            for one in refused
        ),
        went_on=bool(row["went_on"]),
    )


def _seconds(text: str | None) -> float:
    return instant(text).timestamp() if text else 0.0
