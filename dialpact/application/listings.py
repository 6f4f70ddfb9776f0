"""What a program may see of the calls, their recordings and the incidents: of the businesses that it is for.

Whoever is limited to some businesses is answered about anything of another as if it were not there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dialpact.application import ids
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance import numbers
from dialpact.compliance.calls import CallEntry
from dialpact.compliance.recording import Recording
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.listings import IncidentOf, Wanted, WholeCall, WholeRecording
from dialpact.store.ports.page import Page


async def calls(context: Context, wanted: Wanted, *, after: str = "", most: int) -> Page[CallEntry]:
    """Newest first."""
    context.actor.need(Right.CALLS)
    return await context.store.listings.calls(wanted, after=after, most=most)


async def calls_to(
    context: Context, number: str, wanted: Wanted, *, after: str = "", most: int
) -> Page[CallEntry]:
    """Newest first. ``number``: the callee in any form, or exactly as it was dialled. Fault for none."""
    context.actor.need(Right.CALLS)
    if not number.strip():
        raise Fault("number-missing")
    callee = numbers.anybody(number, context.home(number)).e164
    given = sorted({numbers.printable(number), numbers.printable(number.strip()), callee} - {""})
    return await context.store.listings.calls_to(callee, given, wanted, after=after, most=most)


async def call(
    context: Context,
    id: str,
    businesses: Sequence[str] = (),
    *,
    campaigns: Sequence[str] = (),
    agents: Sequence[str] = (),
) -> WholeCall:
    """Fault for one that is not there, or not of these (none named: of any); LedgerError where what is stored
    of it can not be read.
    """
    context.actor.need(Right.CALLS)
    found = await context.store.listings.call(id) if ids.ID.fullmatch(id) else None
    if found is None or not is_among(found.entry, businesses, campaigns, agents):
        raise Fault("not-registered", entry=id)
    return found


def is_among(
    entry: CallEntry, businesses: Sequence[str], campaigns: Sequence[str], agents: Sequence[str]
) -> bool:
    """Whether whoever is limited to these, as far as any are named, may see it."""
    limits = ((businesses, entry.business), (campaigns, entry.campaign), (agents, entry.agent))
    return all(not named or own in named for named, own in limits)


async def recordings(
    context: Context, wanted: Wanted, *, state: str = "", after: str = "", most: int
) -> Page[Recording]:
    """In the order of their calls, the newest first."""
    context.actor.need(Right.CALLS)
    return await context.store.listings.recordings(wanted, state=state, after=after, most=most)


async def recording(context: Context, id: str, businesses: Sequence[str] = ()) -> WholeRecording:
    """Fault for one that is not there."""
    context.actor.need(Right.CALLS)
    return await of_business(context, id, businesses)


async def of_business(context: Context, id: str, businesses: Sequence[str]) -> WholeRecording:
    """The same for whoever needs another right to it."""
    found = await context.store.listings.recording(id)
    if found is None or (businesses and found.business not in businesses):
        raise Fault("not-registered", entry=id)
    return found


async def incidents(
    context: Context, wanted: Wanted, *, kind: str = "", after: str = "", most: int
) -> Page[IncidentOf]:
    """Newest first. What is about no call is nobody's who is limited to businesses."""
    context.actor.need(Right.CALLS)
    return await context.store.listings.incidents(wanted, kind=kind, after=after, most=most)


async def ours(context: Context, shown: Collection[str]) -> frozenset[str]:
    """Those of the caller IDs that are, or once were, in the register."""
    return await context.store.listings.ours(shown)


async def erased(context: Context, ids: Collection[str]) -> frozenset[str]:
    """Those of the calls whose inputs are gone, their time being over."""
    return await context.store.listings.erased(ids)
