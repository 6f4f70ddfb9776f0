"""The recordings: which there are, one with all that was done about it, and what became of its call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeVar

import msgspec

from dialpact.application import host_clock, ids
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.history import history
from dialpact.compliance.ledger.erasure import Remains
from dialpact.compliance.model import Value
from dialpact.compliance.recording import Recording
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.change import Change
from dialpact.compliance.registers.dnc import Said
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.hold import Hold
from dialpact.compliance.retention import earliest_day
from dialpact.store.ports.page import ALL, Page
from dialpact.store.ports.recording_search import (
    EVERYBODY,
    Found,
    ProvenFound,
    Sought,
    WholeFound,
    Whose,
)

ACTS = 50  # of its history that a page shows
Side = Literal["mix", "callee", "agent"]
F = TypeVar("F", bound=ProvenFound)


class ShownRecording(Value, frozen=True, kw_only=True):
    """``call``: all recordings of its call. ``leaf``: its place in the ledger, and ``flaw`` how it fails it;
    one that has not ended has none yet. ``holds``: also those that were released. ``remains``: of an erased
    one, whether the log bears out what its row still shows.
    """

    recording: Recording
    call: tuple[Recording, ...]
    leaf: int | None
    flaw: str
    remains: Remains
    holds: tuple[Hold, ...]
    history: tuple[Change, ...]


class KeptBy(Value, frozen=True, kw_only=True):
    """What became of an order about one recording, and what is known of it now."""

    outcome: Outcome
    entry: Recording


async def listed(
    context: Context,
    *,
    number: str = "",
    decision: str = "",
    state: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    due: bool = False,
    held: bool = False,
    after: str = "",
    most: int = ALL,
) -> Page[Recording]:
    """Newest first. ``number``: the callee in any form. ``since``, ``until``: started from then, before then.
    ``due``: whose time is over.
    """
    context.actor.need(Right.CALLS)
    return await context.store.recording_list.list(
        number=context.any_person(number),
        decision=await ids.decision(context, decision),
        state=state,
        since=since,
        until=until,
        due=earliest_day((await host_clock.look(context)).now) if due else None,
        held=held,
        after=after,
        most=most,
    )


async def one(context: Context, id: str) -> Recording:
    """Fault when there is none."""
    wanted = await ids.recording(context, id)
    found = (await context.store.recording_list.list(id=wanted)).rows if wanted else ()
    if not found:
        raise Fault("not-registered", entry=id)
    return found[0]


async def show(context: Context, id: str) -> ShownRecording:
    """One with its holds, its leaf, and what was done about it, its call and its callee. Fault: none such."""
    context.actor.need(Right.CALLS)
    store = context.store
    found = await one(context, id)
    call = await store.recording_list.list(decision=found.decision)
    bearing = await store.holds.list(recording=found.id, released=True)
    keys = filter(None, (found.id, found.decision, found.number))
    changes = await history(context, "recording", *keys)
    leaf = await store.ledger.standing("recording", found.id)
    return ShownRecording(
        recording=found,
        call=tuple(call.rows),
        leaf=leaf.leaf,
        flaw=leaf.flaw if found.ended_at else "",
        remains=leaf.remains,
        holds=tuple(bearing.rows),
        history=changes,
    )


async def search(
    context: Context,
    sought: Sought,
    *,
    number: str = "",
    due: bool = False,
    after: str = "",
    most: int,
) -> Page[Found]:
    """In the order of their calls, the newest first; a page may be shorter than ``most``, even empty, and
    have more behind it. ``number``: the callee in any form. ``due``: whose time is over. Fault for a period
    that ends first.
    """
    context.actor.need(Right.CALLS)
    if sought.since and sought.until and sought.until <= sought.since:
        raise Fault("ends-before-start", start=sought.since.isoformat(), end=sought.until.isoformat())
    day = earliest_day((await host_clock.look(context)).now) if due else None
    asked = msgspec.structs.replace(sought, number=context.any_person(number), due=day)
    return await context.store.recording_search.search(asked, after=after, most=most)


async def found(context: Context, id: str, whose: Whose = EVERYBODY) -> ProvenFound:
    """By its whole id. Fault for one that is not there, or is not theirs."""
    one = await context.store.recording_search.found(id) if ids.ID.fullmatch(id) else None
    return _of(one, id, whose)


async def whole(context: Context, id: str, whose: Whose = EVERYBODY) -> WholeFound:
    """With all that is known of it. Fault as :func:`found`."""
    context.actor.need(Right.CALLS)
    one = await context.store.recording_search.whole(id, acts=ACTS) if ids.ID.fullmatch(id) else None
    return _of(one, id, whose)


def _of(one: F | None, id: str, whose: Whose) -> F:
    if one is None or not whose.has(business=one.business, campaign=one.campaign, agent=one.agent):
        raise Fault("not-registered", entry=id)
    return one


async def opt_outs(context: Context, one: Recording) -> Sequence[Said]:
    """Of its callee, in this call or another."""
    context.actor.need(Right.CALLS)
    return await context.store.dnc.said(one.number) if one.number else ()


def hashes(one: Recording) -> dict[Side, str | None]:
    """Of its files."""
    return {"mix": one.sha256, "callee": one.callee_sha256, "agent": one.agent_sha256}


async def settle(context: Context, id: str, answered: bool, *, reason: str) -> KeptBy:
    """Says what became of a call whose end nobody saw. It is kept as long as before, whatever is said.

    Fault: no such one, or one whose end was seen.
    """
    context.actor.need(Right.RETENTION)
    why = free_text(reason, "reason")
    id = await ids.recording(context, id)
    outcome = await context.store.retention.settle(id, answered, reason=why, by=context.by, at=context.now())
    return KeptBy(outcome=outcome, entry=await one(context, id))
