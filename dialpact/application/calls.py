"""The calls: what was asked, what was answered, and what became of it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance import numbers
from dialpact.compliance.calls import CallEntry, StoredCall, Verdict
from dialpact.compliance.model import Value
from dialpact.compliance.recording import Recording
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import ALL, Page


class ShownCall(Value, frozen=True, kw_only=True):
    """One call and its recordings, the newest first."""

    call: StoredCall
    recordings: tuple[Recording, ...]


async def listed(
    context: Context,
    *,
    number: str = "",
    campaign: str = "",
    verdict: Verdict | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str = "",
    most: int = ALL,
) -> Page[CallEntry]:
    """Newest first. ``number``: the callee in any form, or exactly as it was dialled."""
    context.actor.need(Right.CALLS)
    callee = (numbers.anybody(number, context.home(number)).e164 or number) if number else ""
    return await context.store.calls.list(
        number=callee,
        campaign=campaign,
        verdict=verdict or "",
        since=since,
        until=until,
        after=after,
        most=most,
    )


async def show(context: Context, id: str) -> ShownCall:
    """Fault for an id that no decision has; LedgerError once its inputs are erased."""
    context.actor.need(Right.CALLS)
    found = await context.store.calls.get(id.strip().lower())
    if found is None:
        raise Fault("not-registered", entry=id)
    kept = await context.store.recording_list.list(decision=found.decision.id)
    return ShownCall(call=found, recordings=tuple(map(_named, kept.rows)))


def _named(one: Recording) -> Recording:
    """A recording that has not begun has no file to be named."""
    if one.state != "starting":
        return one
    return msgspec.structs.replace(one, path="", callee_path="", agent_path="")
