"""How long a recording stays, from its promise to its proof. The path, in the order of a recording's life:

1. How long: the strictest of the profiles in force (``[recording] retention_months``), as a day:
   :func:`dialpact.compliance.retention.keep_until`.
2. Promised when: at the end of the call the listener writes that day with hash and length, and it is sealed
   in the ledger.
3. Raised by whom: by longer profiles, for all (:func:`apply_policy`: each daemon at its start and after a
   reload, and each purge), or by an officer, for one (:func:`keep`). Never lowered: the store refuses it.
4. Held: :func:`hold` keeps recordings whatever their time, until :func:`release`.
5. Due: when that day is over everywhere on earth, by trusted time and not by the wall clock alone
   (:mod:`dialpact.application.host_clock`): :func:`dialpact.compliance.disposal.judge`.
6. Disposed: :mod:`dialpact.application.disposal`; only what still is the file that was recorded, and only
   after the ledger has it. The store lets no disposal in before its time, whoever asks.
7. Proven: :mod:`dialpact.application.custody` finds what is missing, changed, unknown or still there;
   ``ledger verify`` holds every day and every disposal against the log. What is known of the call itself goes
   last, by ``ledger erase``, and its leaf stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial

from dialpact.application import ids
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.recordings import KeptBy, one
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.hold import Hold, HoldScope
from dialpact.compliance.retention import keep_until
from dialpact.store.ports.page import ALL, Page


async def apply_policy(context: Context, policy: Policy) -> int:
    """Keeps for longer what the profiles ask to keep for longer; how many. Shorter ones change nothing.

    A few at a time; cut off half-way it is complete with the next run.
    """
    context.actor.need(Right.RETENTION)
    names, wanted = [profile.id for profile in policy.profiles], partial(keep_until, policy=policy)
    total, after, at = 0, "", context.now()
    while True:
        raised = await context.store.retention.raise_to(wanted, names, after=after, by=context.by, at=at)
        total, after = total + raised.count, raised.next
        if not after:
            return total


async def keep(context: Context, id: str, until: date, *, reason: str) -> KeptBy:
    """Keeps one recording until a later day.

    Fault: no such one, still being made, disposed of, or an earlier day.
    """
    context.actor.need(Right.RETENTION)
    why = free_text(reason, "reason")
    id = await ids.recording(context, id)
    outcome = await context.store.retention.keep(id, until, reason=why, by=context.by, at=context.now())
    return KeptBy(outcome=outcome, entry=await one(context, id))


async def hold(context: Context, named: Mapping[HoldScope, str], *, reason: str) -> Hold:
    """A new hold on the one thing that is ``named``; a callee in any form. Fault: none or several; not there;
    disposed of.
    """
    context.actor.need(Right.RETENTION)
    given = [(scope, key) for scope, key in named.items() if key.strip()]
    if len(given) != 1:
        raise Fault("hold-which")
    ((scope, key),) = given
    if scope == "callee":
        key = context.person(key)
    else:
        key = await (ids.decision if scope == "call" else ids.recording)(context, key)
    why = free_text(reason, "reason")
    return await context.store.holds.add(scope, key, reason=why, by=context.by, at=context.now())


async def call_of(context: Context, complaint: int) -> str:
    """The decision that a complaint is about. Fault when there is none such, or its call is not known."""
    context.actor.need(Right.RETENTION)
    found = (await context.store.complaints.list(id=complaint)).rows
    if not found:
        raise Fault("not-registered", entry=str(complaint))
    if not found[0].decision:
        raise Fault("complaint-no-call", entry=str(complaint))
    return found[0].decision


async def release(context: Context, which: str, *, reason: str) -> Hold:
    """Ends one hold; others on the same recordings stay. ``which``: its number, or the id of the recording
    that has it, as long as there is no doubt which one is meant. Fault otherwise.
    """
    context.actor.need(Right.RETENTION)
    context.actor.need_no_second()
    why = free_text(reason, "reason")
    number = await _number(context, which.strip().lower())
    return await context.store.holds.release(number, reason=why, by=context.by, at=context.now())


async def _number(context: Context, which: str) -> int:
    if which.isascii() and which.isdecimal() and len(which) < 19:
        return int(which)
    which = await ids.recording(context, which)
    bearing = (await context.store.holds.list(recording=which)).rows
    own = [one for one in bearing if one.scope == "recording"]
    if len(own) > 1:
        raise Fault("hold-several", entry=which, numbers=", ".join(str(one.id) for one in own))
    if not own:
        raise Fault("no-hold", entry=which)
    return own[0].id


async def holds(
    context: Context, *, recording: str = "", released: bool = False, after: str = "", most: int = ALL
) -> Page[Hold]:
    """Oldest first. ``recording``: those that bear on it; ``released``: also those no longer in force."""
    context.actor.need(Right.CALLS)
    recording = await ids.recording(context, recording)
    return await context.store.holds.list(recording=recording, released=released, after=after, most=most)
