"""What was given beside the store: call records and lists of carriers, read as they are read elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from dialpact.application.cdr_file import the_zone
from dialpact.application.reconcile.join import reconcile
from dialpact.cli import texts
from dialpact.cli.reconcile.files import Files
from dialpact.cli.session import Session
from dialpact.compliance.inspection.figures import Cdr, Count
from dialpact.compliance.inspection.period import Period
from dialpact.compliance.reconcile import NOTES, Reconciliation
from dialpact.compliance.registers import carrier_list as register
from dialpact.compliance.registers.carrier_list import Listed
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.table import Table
from dialpact.store.sqlite import Store


async def cdr(
    session: Session, store: Store, files: Sequence[Path], timezone: str, period: Period
) -> Cdr | None:
    """None without files. Of the node of this configuration, whose call records they are."""
    if not files:
        return None
    config = session.config
    with ExitStack() as stack:
        reading = stack.enter_context(Files(session, files, the_zone(timezone)))
        result = await reconcile(
            store,
            reading.sources,
            trunks=config.trunks,
            node=config.node.name,
            since=period.since,
            until=period.until,
            progress=reading.show,
        )
    return figures(result, [path.name for path in files])


def carrier_lists(session: Session, files: Sequence[Path]) -> dict[str, Listed] | None:
    """Every row of every file, by number; None without files. Fault, with file and line, for one that is bad:
    a list that is half read says nothing about the numbers that are not on it.
    """
    listed: dict[str, Listed] = {}
    for path in files:
        with path.open("rb") as file:
            table = Table(file, register.COLUMNS, register.OPTIONAL)
            for line, cells in table:
                try:
                    if isinstance(cells, Fault):
                        raise cells
                    row = register.read(cells, session.clock.now())
                    if listed.setdefault(row.number, row) != row:
                        raise Fault("given-twice")
                except Fault as fault:
                    reason = texts.fault_text(fault, session.language)
                    raise Fault("list-row", file=str(path), line=str(line), reason=reason) from fault
            table.release()
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
