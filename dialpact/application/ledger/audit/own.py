"""What the database keeps of the log as a whole: its own row, and that there are signed heads at all.

A checkpoint is stored before it is copied, so one that lies in the folder was here. ``ledger.head`` is
written before: it alone says nothing, as a process may have ended in between.
"""

from __future__ import annotations

from collections.abc import Sequence

from dialpact.application.ledger.audit.found import Findings
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger.checkpoint import ORIGIN
from dialpact.compliance.ledger.heads import stated
from dialpact.store.ports.audits import Snapshot


def own(snapshot: Snapshot, found: Findings, copied: Sequence[tuple[str, str]], present: int) -> None:
    """``copied``: (name, note) of this log's heads in the folder of copies that the store does not have.

    A smaller one than the newest that it has may be of a time from before a backup was restored.
    """
    last, row = snapshot.last_checkpoint(), snapshot.log_row()
    newest = last.size if last else -1
    for name, text in copied:
        if newest < (size := stated(text).size) <= present:  # (a larger one is told of as a cut)
            found.add("checkpoint", "checkpoint-gone", key=name, size=size)
    if row is None:
        found.add("checkpoint", "log-row-gone", key="ledger_log")
        return
    if last is None:
        if row.remembered:
            found.add("checkpoint", "checkpoint-none", key="checkpoint")
        return
    try:
        named = stated(last.note).origin.removeprefix(ORIGIN)
    except LedgerError:
        return  # it is told of as a checkpoint
    if row.node != named:
        found.add("checkpoint", "log-row-name", key="ledger_log", node=row.node, named=named)
