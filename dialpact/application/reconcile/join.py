"""CDR files against the store: what ``dialpact reconcile`` and the inspection report find.

The store is read in pages, and what is long is done off the event loop, in parts. Rows, calls and decisions
are put in order on disk, so memory does not grow with their number.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any, TypeVar

from dialpact.application.aside import aside
from dialpact.application.cdr_file import CdrSource
from dialpact.application.reconcile.beside import Beside
from dialpact.compliance.config import Trunk
from dialpact.compliance.dial_prefix import DialPrefixes
from dialpact.compliance.external_sort import ExternalSort
from dialpact.compliance.numbers import REGIONS
from dialpact.compliance.reconcile import (
    AskedCall,
    CdrCall,
    CdrFinding,
    CdrJudge,
    Counts,
    HouseCalls,
    InboundContexts,
    Kind,
    Matcher,
    Reconciliation,
    Row,
    Shift,
    Whisper,
    grouped,
    house,
    merged,
    seen,
    whisper,
)
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports import Store
from dialpact.store.ports.page import Page

T = TypeVar("T")
TOGETHER = 1000  # decisions a page
MARGIN = 3600  # seconds around the period in which counterparts are looked for
FARTHEST = 15 * 3600  # seconds by which the times of a file could be off
LATEST = datetime(9999, 12, 30, tzinfo=UTC).timestamp()  # whatever is asked for
SHOWN = 1000  # findings of each kind that the result holds
STEP = 1000  # lines between two reports of progress


async def reconcile(
    store: Store,
    sources: Sequence[CdrSource],
    *,
    trunks: Mapping[str, Trunk],
    node: str,
    since: datetime | None = None,
    until: datetime | None = None,
    trunk: str = "",
    inbound: Collection[str] = (),
    prefixes: DialPrefixes | None = None,
    regions: tuple[str, ...] = REGIONS,
    tolerance: int = 5,
    say: Callable[[CdrFinding], None] | None = None,
    bad: Callable[[str, int, Fault], None] | None = None,
    progress: Callable[[str, int], None] | None = None,
    together: int = TOGETHER,
) -> Reconciliation:
    """``sources`` are CDRs of ``node``, whose unmatched decisions are findings; those of others are not.

    ``since`` and ``until`` bound calls by their start and decisions by their time, ``until`` not included;
    without them, what the files cover. ``inbound``, ``prefixes``: see :class:`.HouseCalls`. ``regions``:
    where numbers are, home first. ``tolerance``: seconds by which the PBX's clock and the gate's may differ.
    ``say`` takes every finding in the order of time, ``bad`` every unreadable line, ``progress`` the stage (a
    file's name, ``decisions`` or ``calls``) and how many are done; ``say`` and ``bad`` may come from another
    thread, one at a time. StoreError; Fault for a file that is none of CDRs.
    """
    own = await store.reconciliations.own_numbers()
    matcher = Matcher(node, trunks, tolerance, prefixes, regions)
    contexts = InboundContexts(frozenset(inbound))
    with ExitStack() as stack:
        calls = HouseCalls(trunks, own=own, inbound=inbound, prefixes=prefixes, regions=regions)
        files = _Files(stack, calls, since, until)
        async for stage, count in aside(files.read(sources, bad)):
            if progress:
                progress(stage, count)
        first, last = files.since, files.until
        if first is None or last is None:
            return Reconciliation(counts=files.counts, found=(), since=None, until=None)
        told = stack.enter_context(ExternalSort(CdrFinding))
        judge = CdrJudge(
            matcher, told.add, node=node, since=first, until=last, trunk=trunk, contexts=contexts
        )
        beside = Beside(stack, judge, calls)
        async for legs in _pages(store.reconciliations.seen_legs, node, first, last, together):
            await asyncio.to_thread(beside.add_legs, legs)
        if files.whispers.count:
            voices = store.reconciliations.voices
            async for voice in _pages(voices, node, first - FARTHEST, last + MARGIN, together):
                await asyncio.to_thread(beside.add_voices, voice)
            beside.add_whispers(files.whispers)
        join = _Join(stack, matcher, judge, files, beside)
        async for _ in aside(join.add_calls(merged(files.rows), contexts)):
            pass
        async for page in _decisions(store, first - MARGIN, last + MARGIN, together):
            await asyncio.to_thread(join.add_asked, page)  # (they are sorted, and may go to disk)
            if progress and join.decisions % STEP == 0:
                progress("decisions", join.decisions)
        async for count in aside(join.run()):
            if progress:
                progress("calls", count)
        async for _ in aside(beside.run()):
            pass
        if files.shift.unsure and join.lonely > files.rows.count / 2:
            async for page in _decisions(store, first - FARTHEST, last + FARTHEST, together):
                for one in page:
                    files.shift.asked(one.number, one.at)
        found: list[CdrFinding] = []
        async for _ in aside(_told(told, found, say)):
            pass
    counts = judge.counts
    counts.lines, counts.bad, counts.house = files.counts.lines, files.counts.bad, files.counts.house
    return Reconciliation(
        counts=counts, found=tuple(found), since=first, until=last, shift=files.shift.seconds
    )


def _told(
    told: Iterable[CdrFinding], found: list[CdrFinding], say: Callable[[CdrFinding], None] | None
) -> Iterator[int]:
    """Every one to ``say``, the first of each kind into ``found``; yields how many now and then."""
    kept: Counter[Kind] = Counter()
    for place, finding in enumerate(told, 1):
        kept[finding.kind] += 1
        if kept[finding.kind] <= SHOWN:
            found.append(finding)
        if say:
            say(finding)
        if place % STEP == 0:
            yield place


class _Files:
    """The rows of all files, those of carrier legs apart from the others."""

    def __init__(
        self, stack: ExitStack, calls: HouseCalls, since: datetime | None, until: datetime | None
    ) -> None:
        self.rows = stack.enter_context(ExternalSort(Row))
        self.house = stack.enter_context(ExternalSort(CdrCall))
        self.whispers = stack.enter_context(ExternalSort(Whisper))
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
        sources: Sequence[CdrSource],
        bad: Callable[[str, int, Fault], None] | None,
    ) -> Iterator[tuple[str, int]]:
        """Yields the file and its line now and then."""
        first, last = float("inf"), float("-inf")
        for source in sources:
            for line, record in source.records:
                self.counts.lines += 1
                if self.counts.lines % STEP == 0:
                    yield source.name, line
                try:
                    if isinstance(record, Fault):
                        raise record
                    at = record.start.timestamp()
                    self.shift.row(record.uniqueid or record.stamp, at)
                    rows = self._calls(record, source.name)
                    if source.told:
                        source.told.saw(record, touched=record.way == "in" or any(row.trunk for row in rows))
                    own = None if rows else house(record)
                    spoken = whisper(record, source.name)
                except Fault as fault:
                    self.counts.bad += 1
                    if source.told:
                        source.told.bad += 1
                    if bad:
                        bad(source.name, line, fault)
                    continue
                self.counts.house += all(row.way == "unlisted" for row in rows)
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
                if spoken:
                    self.whispers.add(spoken)
                ends = [own.end] if own else [row.end for row in rows]
                first, last = min(first, at), max(last, at + 1, *ends)
        if first <= last:
            self.since = first if self.since is None else self.since
            self.until = last if self.until is None else self.until


class _Join:
    """One kind of evidence after the other; what is left after the last one is alone."""

    def __init__(
        self, stack: ExitStack, matcher: Matcher, judge: CdrJudge, files: _Files, beside: Beside
    ) -> None:
        self._stack, self._matcher, self._judge, self._files = stack, matcher, judge, files
        self._beside = beside
        self._passes = [one for one in matcher.passes if one.name not in files.without]
        self._calls: ExternalSort[CdrCall] = self._sorted(CdrCall)
        self._asked: ExternalSort[AskedCall] = self._sorted(AskedCall)
        self.decisions = 0
        self.lonely = 0  # calls that were dialled and match nothing

    def add_calls(self, calls: Iterable[CdrCall], contexts: InboundContexts) -> Iterator[int]:
        """Yields how many now and then."""
        for count, call in enumerate(calls, 1):
            contexts.feed(call)
            self._beside.add_call(call)
            self._calls.add(call._replace(key=self._passes[0].of_call(call)))
            if count % STEP == 0:
                yield count

    def add_asked(self, decisions: Sequence[AskedCall]) -> None:
        self.decisions += len(decisions)
        for asked in decisions:
            self._asked.add(asked._replace(key=self._passes[0].of_asked(asked)))

    def run(self) -> Iterator[int]:
        """Yields how many calls are judged now and then."""
        done = looked = 0
        for one, following in zip_longest(self._passes, self._passes[1:]):
            calls, asked = self._calls, self._asked
            self._calls, self._asked = self._sorted(CdrCall), self._sorted(AskedCall)
            for group in grouped(calls, asked):
                waits = self._matcher.can_wait(one.name, group)
                pairs, alone, unused = (
                    ([], group.calls, group.asked) if waits else self._matcher.pair(one.name, group)
                )
                for pair in pairs:
                    self._judge.pair(pair)
                    done += len(pair.calls)
                looked += len(group.calls) + len(group.asked)
                if looked >= STEP:
                    looked = 0
                    yield done
                for call in alone:
                    self._calls.add(call._replace(key=following.of_call(call) if following else ""))
                for decision in unused:
                    # The caller's channel is what the last comparison, with rows of the house, goes by.
                    key = following.of_asked(decision) if following else decision.channel
                    self._asked.add(decision._replace(key=key))
        for place, call in enumerate(self._calls, 1):
            if place % STEP == 0:
                yield done
            self._judge.lonely_call(call)
            if call.way == "out":
                self.lonely += 1
                self._files.shift.call(self._matcher.canonical(call), call.at)
        for group in grouped(self._files.house, self._asked):
            for one in group.calls:
                self._beside.add_call(one)
            for decision in group.asked:
                self._judge.lonely_asked(decision, seen=seen(decision, group.calls))

    def _sorted(self, kind: Any) -> Any:
        return self._stack.enter_context(ExternalSort(kind))


async def _pages(
    read: Callable[..., Awaitable[Page[T]]], node: str, since: float, until: float, together: int
) -> AsyncIterator[Sequence[T]]:
    """None of them empty."""
    after = ""
    while True:
        page = await read(node, _moment(since), _moment(until), after=after, most=together)
        if page.rows:
            yield page.rows
        if not (after := page.next):
            return


async def _decisions(
    store: Store, since: float, until: float, together: int
) -> AsyncIterator[Sequence[AskedCall]]:
    """Page by page, none of them empty, in the order of time."""
    first, last = _moment(since), _moment(until)
    page = await store.reconciliations.decisions(first, last, most=together)
    while True:
        if page.rows:
            yield page.rows
        if not page.next:
            return
        page = await store.reconciliations.decisions(first, last, after=page.next, most=together)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(min(seconds, LATEST), UTC)
