"""Erasing what is known of calls whose time is over. The log still verifies; it can not be undone.

1. What decides what may go (holds, days, clock readings, acts) is replayed from the log, and each row that
   would go is held against its leaf (:mod:`dialpact.application.ledger.proven`): one difference, and nothing
   goes.
2. Then a piece at a time, each with its line in the log.
3. Then what is freed is overwritten; where others read just now, housekeeping goes on with that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

import msgspec

from dialpact.application import host_clock
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.ledger import proven
from dialpact.application.ledger.audit.found import AuditFinding
from dialpact.application.ledger.proven import Believed, Unproven
from dialpact.compliance.ledger.erasure import Erased, RowFlaw
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.retention import KeepUntil, keep_until
from dialpact.store.ports import Store

# A recording's row that names another call would take it from its own.
KINDS = (*proven.ACTS, "recording")
REGISTERS = ("complaint",)  # an open one keeps its call
CODES = {"not-its-leaf": "record-changed", "no-leaf": "record-leafless"}


class Agreed(NamedTuple):
    """By two officers (``application/approvals``): up to which day, and so much. ``begun``: a part of it may
    be gone, as the process that erased was cut off.
    """

    request: int
    today: date
    decisions: int
    recordings: int
    begun: bool = False

    def is_of(self, today: date, over: Erased) -> bool:
        """Whether it is what is over now."""
        left, wanted = (over.decisions, over.recordings), (self.decisions, self.recordings)
        if self.begun:
            return today == self.today and left[0] <= wanted[0] and left[1] <= wanted[1]
        return today == self.today and left == wanted


async def erase(
    context: Context,
    policy: Policy,
    *,
    reason: str,
    really: bool,
    node: str = "",
    believed: Believed = proven.NOBODY,
    agreed: Agreed | None = None,
) -> Erased:
    """Erases it, or only says what would be.

    As late as the host's clocks bear out: a clock that was set forward erases nothing early. ``agreed``: what
    two officers have agreed on, and nothing else. Fault where no profile says how long anything is kept, no
    reason is given, or what was agreed on is not what is over; Unproven.
    """
    if really and agreed is None:
        context.actor.need_no_second()
    over, _ = await _erase(context, policy, reason, really, node, believed, agreed)
    return over


async def preview(
    context: Context, policy: Policy, *, node: str = "", believed: Believed = proven.NOBODY
) -> tuple[Erased, date]:
    """What would be erased, and the day that was taken for today. Fails as :func:`erase`."""
    return await _erase(context, policy, "", False, node, believed, None)


async def _erase(
    context: Context,
    policy: Policy,
    reason: str,
    really: bool,
    node: str,
    believed: Believed,
    agreed: Agreed | None,
) -> tuple[Erased, date]:
    context.actor.need(Right.LEDGER)
    if not any(profile.recording and profile.recording.retention_months for profile in policy.profiles):
        raise Fault("no-retention")
    if really and not reason.strip():
        raise Fault("no-reason")
    async with proven.telling(context, node):
        replayed = await proven.replayed(context.store, KINDS, believed, REGISTERS)
        now, last_day = context.now(), partial(keep_until, policy=policy)
        seen = await (host_clock.take(context, "erase") if really else host_clock.look(context))
        now_is = replayed.at_most(seen).now.astimezone(HOME).date()
        today = now_is if agreed is None else min(agreed.today, now_is)
        over = await due(context.store, last_day, today)
        if agreed is not None and not agreed.is_of(today, over):
            raise Fault("approval-changed", entry=str(agreed.request))
        if really and over.decisions:
            over = await erase_over(context.store, last_day, today, by=context.by, reason=reason, at=now)
        elif really:
            await context.store.erasure.overwrite()
    pending = await context.store.erasure.overwriting_since()
    return msgspec.structs.replace(over, pending_since=pending), today


async def due(store: Store, last_day: KeepUntil, today: date) -> Erased:
    """What :func:`erase_over` would take, a piece at a time. Unproven."""
    total, after = Erased(), 0
    flaws: list[RowFlaw] = []
    while True:
        piece = await store.erasure.due(last_day, today, after)
        total, after = total.plus(piece.calls), piece.after
        flaws += piece.flaws
        if piece.end:
            _need_none(flaws)
            return total


async def erase_over(
    store: Store, last_day: KeepUntil, today: date, *, by: str, reason: str, at: datetime
) -> Erased:
    """Each piece is one transaction with its line in the log; cut off, the next run goes on. Unproven."""
    total, after = Erased(), 0
    while True:
        piece = await store.erasure.erase(last_day, today, after, by=by, reason=reason, at=at)
        _need_none(piece.flaws)
        total, after = total.plus(piece.calls), piece.after
        if piece.end:
            await store.erasure.overwrite()
            return total


def _need_none(flaws: Sequence[RowFlaw]) -> None:
    if flaws:
        raise Unproven(
            [
                AuditFinding(problem="changed", code=CODES[flaw], leaf=leaf, kind=kind, key=key)
                for leaf, kind, key, flaw in flaws
            ]
        )
