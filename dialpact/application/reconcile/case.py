"""CDR files against decisions and recordings, with what is to be done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from dialpact.application.actor import Right
from dialpact.application.cdr_file import CdrSource
from dialpact.application.context import Context
from dialpact.application.outside_line import the_prefixes
from dialpact.application.reconcile.incidents import Written, write_incidents
from dialpact.application.reconcile.join import reconcile
from dialpact.compliance.config import Config
from dialpact.compliance.external_sort import ExternalSort
from dialpact.compliance.model import Value
from dialpact.compliance.reconcile import SETTLING, CdrFinding, Reconciliation
from dialpact.compliance.registers.fault import Fault, shown


class Wanted(Value, frozen=True, kw_only=True):
    """Which CDRs they are, and what is asked of them; see :func:`.join.reconcile`.

    ``write``: keep each finding as an incident, once. ``settle``: settle the recordings whose call's end
    nobody saw, by the CDRs.
    """

    node: str = ""  # the PBX that wrote the files; else the configuration's
    since: datetime | None = None
    until: datetime | None = None
    trunk: str = ""  # only this one's
    inbound: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()  # what is dialled for an outside line
    tolerance: int = 5
    write: bool = False
    settle: bool = False


class Reconciled(Value, frozen=True, kw_only=True):
    """``written``, ``settled`` (recordings): None where it was not asked for, or the files' times are off."""

    node: str
    result: Reconciliation
    written: Written | None
    settled: int | None


async def reconciled(
    context: Context,
    config: Config,
    sources: Sequence[CdrSource],
    wanted: Wanted,
    *,
    say: Callable[[CdrFinding], None],
    bad: Callable[[str, int, Fault], None],
    progress: Callable[[str, int], None],
    done: Callable[[], None] = lambda: None,
) -> Reconciled:
    """``say``, ``bad``, ``progress``: see :func:`.join.reconcile`; ``done``: the files are read.

    Of times that are known to be wrong nothing is written that could never be taken back.
    """
    context.actor.need(Right.CALLS)
    if wanted.write:
        context.actor.need(Right.EVIDENCE)
    if wanted.settle:
        context.actor.need(Right.RETENTION)
    node = wanted.node or config.node.name
    if wanted.trunk and wanted.trunk not in config.trunks:
        raise Fault("no-trunk", value=shown(wanted.trunk), known=", ".join(config.trunks))
    open_ends: list[CdrFinding] = []
    with ExitStack() as stack:
        kept = stack.enter_context(ExternalSort(CdrFinding))

        def said(one: CdrFinding) -> None:
            say(one)
            if wanted.write:
                kept.add(one)
            if wanted.settle and one.kind in SETTLING:
                open_ends.append(one)

        result = await reconcile(
            context.store,
            sources,
            trunks=config.trunks,
            node=node,
            since=wanted.since,
            until=wanted.until,
            trunk=wanted.trunk,
            inbound=wanted.inbound,
            prefixes=the_prefixes(wanted.prefixes),
            regions=tuple(context.regions()),
            tolerance=wanted.tolerance,
            say=said,
            bad=bad,
            progress=progress,
        )
        done()
        right = not result.shift
        written = await write_incidents(context.store, kept, node) if wanted.write and right else None
        settled = await settle(context, open_ends) if wanted.settle and right else None
    return Reconciled(node=node, result=result, written=written, settled=settled)


async def settle(context: Context, found: Iterable[CdrFinding], *, why: str = "") -> int:
    """Settles the recordings of these whose call's end nobody saw. How many; what was settled the same way
    before is not counted. ``why``: in the words of who asks, beside what the CDR says.
    """
    context.actor.need(Right.RETENTION)
    count = 0
    for one in found:
        if one.kind not in SETTLING:
            continue
        reason = f"CDR: {Path(one.file).name} line {one.line}" + (f"; {why}" if why else "")
        answered = SETTLING[one.kind]
        outcome = await context.store.retention.settle(
            one.recording, answered, reason=reason, by=context.by, at=context.now()
        )
        count += outcome != "already"
    return count
