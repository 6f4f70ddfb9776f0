"""The calls: what was asked, what was answered, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from dialpact.application import ids
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance import numbers
from dialpact.compliance.calls import CallEntry, StoredCall, Verdict
from dialpact.compliance.model import Value
from dialpact.compliance.recording import Recording
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.number import spellings
from dialpact.store.ports.page import ALL, Page

CANDIDATES = 20  # calls that one text may mean, and that are shown then


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


async def named(context: Context, text: str) -> Sequence[CallEntry]:
    """The calls that ``text`` may mean, the newest first and at most :data:`CANDIDATES`: by an id or the
    beginning of one, the callee in any form or exactly as it was dialled, the caller ID. Fault for none.
    """
    context.actor.need(Right.CALLS)
    wanted, id = text.strip(), text.strip().lower()
    if ids.ID.fullmatch(id):
        found = await context.store.calls.named(number="", given="", caller_ids=(), start=id, most=1)
        if not found:
            raise Fault("not-registered", entry=text)
    else:
        home = context.home(wanted)
        found = await context.store.calls.named(
            number=numbers.anybody(wanted, home).e164,
            given=numbers.printable(wanted),
            caller_ids=spellings(wanted, home),
            start=id if ids.BEGINNING.fullmatch(id) else "",
            most=CANDIDATES,
        )
    if not found:
        raise Fault("no-such-call", entry=text)
    return found


async def show(context: Context, id: str) -> ShownCall:
    """Fault for an id that no decision has; LedgerError once its inputs are erased."""
    context.actor.need(Right.CALLS)
    found = await context.store.calls.get(await ids.decision(context, id))
    if found is None:
        raise Fault("not-registered", entry=id)
    kept = await context.store.recording_list.list(decision=found.decision.id)
    return ShownCall(call=found, recordings=tuple(map(_named, kept.rows)))


def _named(one: Recording) -> Recording:
    """A recording that has not begun has no file to be named."""
    if one.state != "starting":
        return one
    return msgspec.structs.replace(one, path="", callee_path="", agent_path="")
