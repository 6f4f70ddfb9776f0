"""An officer answers for what is missing since a backup that was restored: calls go on from there."""

from __future__ import annotations

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.ledger import resumption
from dialpact.compliance import backup
from dialpact.compliance.backup import Restored
from dialpact.compliance.config import Config
from dialpact.compliance.ledger.rotation import Rotation
from dialpact.compliance.model import Value
from dialpact.compliance.registers.fault import Fault


class Acknowledged(Value, frozen=True, kw_only=True):
    """``resumed``: the log's new key and name, where it was forked; else None."""

    restored: Restored
    resumed: Rotation | None


async def acknowledge(context: Context, config: Config, *, reason: str, lost: bool) -> Acknowledged:
    """The log goes on as ``ledger resume`` has it, where it was forked; then calls are let through again.
    ``lost``: as there. Fault where no backup waits for it.
    """
    context.actor.need(Right.LEDGER)
    context.actor.need_person()
    if not reason:
        raise Fault("acknowledge-no-reason")
    found = await context.store.backups.restored()
    if found is None or found.acknowledged_by:
        raise Fault("not-restored")
    resumed: Rotation | None = None
    try:
        resumed = await resumption.resume(context, config, reason=reason, lost=lost)
    except Fault as fault:
        if fault.key != "not-forked":
            raise
    detail = {"reason": reason, "entries": found.entries, "made_at": found.made_at}
    await context.store.changes.note(
        backup.REGISTER, backup.ACKNOWLEDGE, backup.KEY, detail, by=context.by, at=context.now()
    )
    return Acknowledged(restored=found, resumed=resumed)
