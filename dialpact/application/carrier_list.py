"""The carrier's list against the register: read like an import, and nothing is changed but the log.

That it was done is kept in the register's log (action ``reconcile``, under the name of the file), with the
file's hash and what was found, so that a report can say when it was last done.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import BinaryIO

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.imports import PLAINLY, How, Imported, Progress, read_in
from dialpact.compliance.model import Value
from dialpact.compliance.registers.carrier_list import (
    Compared,
    Difference,
    Kind,
    ListedNumber,
    Usage,
    compare,
    usage,
)
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.formats import CARRIER_LIST
from dialpact.compliance.registers.moment import HOME, moment
from dialpact.compliance.registers.table import FileRead
from dialpact.store.ports.imports import Applied, Batch

MOST = 500_000  # numbers of a list: they are compared in memory
TOGETHER = 5000  # decisions that are read at once
MONTH = timedelta(days=30)


class Comparison(Value, frozen=True, kw_only=True):
    """What was found. ``figures`` is None where nothing was compared, because of bad rows."""

    since: datetime
    until: datetime
    figures: Compared | None = None
    differences: tuple[Difference, ...] = ()
    usage: tuple[Usage, ...] = ()


async def compare_list(
    context: Context,
    file: BinaryIO,
    *,
    name: str,
    since: str = "",
    until: str = "",
    skip_bad: bool = False,
    how: How = PLAINLY,
    progress: Progress | None = None,
    longest: int = MOST,
    together: int = TOGETHER,
) -> Imported[Comparison]:
    """``since`` and ``until`` bound the calls that are counted; else the 30 days up to now.

    ``longest``: numbers that a list may have; ``together``: decisions that are read at once.
    """
    context.actor.need(Right.REGISTERS)
    last = moment(until, "until", end_of_day=True) if until else context.now()
    first = moment(since, "since") if since else last - MONTH
    if last <= first:
        raise Fault("ends-before-start", start=since or str(first), end=until or str(last))
    intake = _CarrierList(context, first, last, skip_bad, longest, together)
    if how.as_written:
        intake.format = replace(intake.format, read=partial(intake.format.read, as_written=True))
    return await read_in(context, intake, file, name, skip_bad=skip_bad, how=how, progress=progress)


class _CarrierList:
    """A list that is read; see :mod:`dialpact.application.imports`."""

    format = CARRIER_LIST

    def __init__(
        self,
        context: Context,
        since: datetime,
        until: datetime,
        skip_bad: bool,
        longest: int,
        together: int,
    ) -> None:
        self._context, self._since, self._until = context, since, until
        self._skip_bad, self._longest, self._together = skip_bad, longest, together
        self._listed: dict[str, ListedNumber] = {}
        self._clashes: list[tuple[int, Fault]] = []

    async def begin(self, sha256: str) -> None:
        """Nothing is staged."""

    def refuse(self, fault: Fault) -> None:
        """It is counted."""

    async def stage(self, batch: Batch[ListedNumber]) -> None:
        for line, value in batch:
            if len(self._listed) >= self._longest:
                raise Fault("list-too-long", limit=str(self._longest))
            if self._listed.setdefault(value.number, value) != value:
                self._clashes.append((line, Fault("given-twice")))

    async def apply(self, file: FileRead, *, bad: int) -> tuple[Applied, Comparison]:
        """Compared and logged; nothing of it if there are ``bad`` rows, unless they are skipped."""
        clashes = tuple(self._clashes)
        if file.rows == bad or ((bad or clashes) and not self._skip_bad):
            return Applied(clashes=clashes), Comparison(since=self._since, until=self._until)
        context, at = self._context, self._context.now()
        entries = (await context.store.caller_ids.list()).rows
        names = {one.id: one.name for one in (await context.store.businesses.list()).rows}
        calls, blocked = await self._counted({entry.number for entry in entries} | set(self._listed))
        differences = compare(entries, names, self._listed, calls, at.astimezone(HOME).date())
        found: Counter[Kind] = Counter(one.kind for one in differences)
        figures = Compared(
            bad=bad + len(clashes),
            registered=len(entries),
            listed=len(self._listed),
            since=self._since,
            until=self._until,
            calls=calls.total(),
            calls_not_listed=sum(one.calls for one in differences if one.kind == "used-not-listed"),
            found=dict(found),
        )
        await context.store.caller_ids.compared(file, figures, by=context.by, at=at)
        return Applied(clashes=clashes, done=True), Comparison(
            since=self._since,
            until=self._until,
            figures=figures,
            differences=tuple(differences),
            usage=tuple(usage(entries, self._listed, calls, blocked)),
        )

    async def _counted(self, known: set[str]) -> tuple[Counter[str], Counter[str]]:
        """Calls put through by number, and blocked ones of ``known`` numbers: others could be any text."""
        calls: Counter[str] = Counter()
        blocked: Counter[str] = Counter()
        after = ""
        while True:
            page = await self._context.store.caller_ids.shown(
                since=self._since, until=self._until, after=after, most=self._together
            )
            for one in page.rows:
                if one.through:
                    calls[one.caller_id] += 1
                elif one.caller_id in known:
                    blocked[one.caller_id] += 1
            if not page.next:
                return calls, blocked
            after = page.next
