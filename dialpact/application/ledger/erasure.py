"""Erasing what is known of calls whose time is over. The log still verifies; it can not be undone."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

from dialpact.application import host_clock
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance.ledger.erasure import Erased
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.retention import KeepUntil, keep_until
from dialpact.store.ports import Store


async def erase(context: Context, policy: Policy, *, reason: str, really: bool) -> Erased:
    """Erases it, or only says what would be.

    As late as the host's clocks bear out: a clock that was set forward erases nothing early. Fault where no
    profile says how long anything is kept, or no reason is given.
    """
    context.actor.need(Right.LEDGER)
    if not any(profile.recording and profile.recording.retention_months for profile in policy.profiles):
        raise Fault("no-retention")
    if really and not reason.strip():
        raise Fault("no-reason")
    now, last_day = context.now(), partial(keep_until, policy=policy)
    seen = await (host_clock.take(context, "erase") if really else host_clock.look(context))
    today = seen.now.astimezone(HOME).date()
    if not really:
        return await due(context.store, last_day, today)
    return await erase_over(context.store, last_day, today, by=context.by, reason=reason, at=now)


async def due(store: Store, last_day: KeepUntil, today: date) -> Erased:
    """What :func:`erase_over` would take, a piece at a time."""
    total, after = Erased(), 0
    while True:
        piece = await store.erasure.due(last_day, today, after)
        total, after = total.plus(piece.calls), piece.after
        if piece.end:
            return total


async def erase_over(
    store: Store, last_day: KeepUntil, today: date, *, by: str, reason: str, at: datetime
) -> Erased:
    """Each piece is one transaction with its line in the log; cut off, the next run goes on."""
    total, after = Erased(), 0
    while True:
        piece = await store.erasure.erase(last_day, today, after, by=by, reason=reason, at=at)
        total, after = total.plus(piece.calls), piece.after
        if piece.end:
            await store.erasure.overwrite()
            return total
