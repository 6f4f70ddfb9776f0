"""What was given beside the store: call records and lists of carriers, read as they are read elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from dialpact.application.cdr_file import CdrReading
from dialpact.application.reconcile.join import reconcile
from dialpact.application.sheets import open_sheets
from dialpact.compliance.config import Config
from dialpact.compliance.inspection.figures import Cdr, Count
from dialpact.compliance.inspection.period import Period
from dialpact.compliance.reconcile import NOTES, Reconciliation
from dialpact.compliance.registers import carrier_list as register
from dialpact.compliance.registers.carrier_list import ListedNumber
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.sheet import row_of
from dialpact.compliance.registers.table import Table
from dialpact.store.ports import Store


class GivenList(NamedTuple):
    """``name``: by which it is told of."""

    name: str
    path: Path


async def cdr(
    store: Store,
    config: Config,
    reading: CdrReading,
    period: Period,
    regions: tuple[str, ...],
    progress: Callable[[str, int], None],
) -> Cdr:
    """Of the node of this configuration, whose call records they are. ``regions``: where numbers are."""
    result = await reconcile(
        store,
        reading.sources,
        trunks=config.trunks,
        node=config.node.name,
        since=period.since,
        until=period.until,
        regions=regions,
        tolerance=reading.tolerance(),
        progress=progress,
    )
    return figures(result, [Path(source.name).name for source in reading.sources])


def carrier_lists(
    files: Sequence[GivenList], now: datetime, explain: Callable[[Fault], str]
) -> dict[str, ListedNumber] | None:
    """Every row of every file, by number; None without files. Fault, with file and line, for one that is bad:
    a list that is half read says nothing about the numbers that are not on it. ``explain``: what is wrong, in
    words.
    """
    listed: dict[str, ListedNumber] = {}
    for name, path in files:
        with path.open("rb") as file:
            table = Table(open_sheets(file), register.COLUMNS, register.OPTIONAL, kind=register.KIND)
            rows = 0
            for line, cells in table:
                rows += 1
                try:
                    if isinstance(cells, Fault):
                        raise cells
                    row = register.read(cells, now, as_written=True)
                    if listed.setdefault(row.number, row) != row:
                        raise Fault("given-twice")
                except Fault as fault:
                    reason = explain(fault)
                    line = row_of(line)[1]
                    raise Fault("list-row", file=name, line=str(line), reason=reason) from fault
            if not rows:
                raise Fault("no-rows")
    return listed if files else None


def figures(result: Reconciliation, files: Sequence[str]) -> Cdr:
    """Where all times are wrong nothing fits, and what was found says nothing: only that is told."""
    counts = result.counts
    found = [] if result.shift else sorted(counts.found.items())
    return Cdr(
        files=tuple(files),
        lines=counts.lines,
        unreadable=counts.bad,
        calls=counts.calls,
        emergency=counts.emergency,
        hours_off=result.shift / 3600,
        findings=tuple(Count(key=kind, count=count) for kind, count in found if kind not in NOTES),
    )
