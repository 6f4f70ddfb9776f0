"""The whole log, or a part of it, checked: each record, the tree, and what was signed. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.ledger.audit import BATCH, Audit
from dialpact.application.ledger.audit.found import AuditFinding, Looked
from dialpact.application.progress import Progress, unwatched
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.model import Value
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.audits import Snapshot


class VerifiedLedger(Value, frozen=True, kw_only=True):
    """``findings``: all of them are counted, ``listed`` is bounded. ``registers``: what was looked at of
    each; None where only a part of the log was, which says nothing of them. ``forks``: heads that the log
    says it does not continue; ``given_up``: where such a one was found. ``strangers``: what lies around and
    is none of this log. ``unproven``: of those erased, before the log said what stays of their rows.
    """

    entries: int
    checked: int
    erased: int
    unproven: int
    checkpoints: int
    findings: int
    forks: int
    given_up: tuple[str, ...]
    strangers: tuple[str, ...]
    listed: tuple[AuditFinding, ...]
    registers: Mapping[str, Looked] | None


async def verify(
    context: Context,
    trusted: Collection[Verifier],
    given: Sequence[tuple[str, str]] = (),
    first: int | None = None,
    last: int | None = None,
    *,
    around: Sequence[tuple[str, str]] = (),
    progress: Progress = unwatched,
    batch: int = BATCH,
) -> VerifiedLedger:
    """``trusted``: keys that are believed. ``given``: (name, note) of checkpoints from elsewhere. ``around``:
    (name, text) of what lies beside the log and may be one.

    ``first`` and ``last``: leaves; None: the whole log. ``progress`` is called in another thread, each time
    that ``batch`` leaves were looked at.
    LedgerError: no such leaves. Fault: the first is after the last.
    """
    context.actor.need(Right.LEDGER)
    if first is not None and last is not None and last < first:
        raise Fault("first-after-last", first=str(first), last=str(last))
    audit = Audit(trusted, given, first, last, around=around, batch=batch)

    def work(snapshot: Snapshot) -> None:
        for done in audit.run(snapshot):
            progress(done, audit.total)

    await context.store.audits.inspect(work)
    return VerifiedLedger(
        entries=audit.size,
        checked=audit.checked,
        erased=audit.erased,
        unproven=audit.unproven,
        checkpoints=audit.checkpoints,
        findings=audit.found.count,
        forks=audit.forks,
        given_up=tuple(audit.given_up),
        strangers=tuple(audit.strangers),
        listed=tuple(audit.found.listed),
        registers=audit.found.registers if first is None and last is None else None,
    )
