"""Four eyes: what takes two officers at a page. One asks and says why; another account confirms or declines.

1. The release of a hold, the lifting of a suspension, the removal of an opt-out are done by the confirmation
   itself, in one transaction with it: both happen, or neither. An erasure is begun by it (``erasing``).
2. Nothing is confirmed that is not exactly as it was when it was asked (``store.ports.approvals``).
3. At a shell one person does it alone (it is root's anyway), and a program does none of it: at a door that
   tells no two people apart nobody asks and nobody confirms.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from dialpact.application import do_not_call, suspensions
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance.registers import approval
from dialpact.compliance.registers.approval import (
    LASTS,
    About,
    Act,
    Approval,
    Erasure,
    HoldRelease,
    OptOutRemoval,
    SuspensionLift,
)
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import ALL, Page
from dialpact.store.ports.together import Write, as_one

RIGHTS: Mapping[type[About], Right] = {
    HoldRelease: Right.RETENTION,
    SuspensionLift: Right.REGISTERS,
    OptOutRemoval: Right.OPT_OUT,
    Erasure: Right.LEDGER,
}


async def ask(context: Context, about: Act, *, reason: str) -> Approval:
    """A request that another officer may confirm within ``LASTS``; numbers and ids in any form.

    Fault: what it is about is not in force; the same is asked already; no reason. NotPermitted.
    """
    need(context, type(about))
    return await asked(context, await _exact(context, about), reason=reason)


async def asked(context: Context, about: About, *, reason: str) -> Approval:
    """The same, for one that is in the form in which the registers have it."""
    need(context, type(about))
    why, now = free_text(reason, "reason"), context.now()
    return await context.store.approvals.ask(about, reason=why, by=context.by, at=now, lapses_at=now + LASTS)


async def confirm(context: Context, id: int) -> Approval:
    """Does what was asked, as the act of both. Fault, and nothing of it: it lapsed, is closed, is one's own,
    or what it is about is not as it was; ``approval-erasure`` for one that ``erasing`` confirms.
    """
    found = await show(context, id)
    need(context, type(found.about))
    if isinstance(found.about, Erasure):
        raise Fault("approval-erasure", entry=str(id))
    now = context.now()
    confirmed = partial(context.store.approvals.confirm, found, by=context.by, at=now)
    await as_one([confirmed, _act(context, found, found.about)])
    return await show(context, id)


async def decline(context: Context, id: int, *, reason: str) -> Approval:
    """Another's request; it is closed for good. Fault as ``confirm``, and for no reason."""
    need(context, type((await show(context, id)).about))
    why = free_text(reason, "reason")
    return await context.store.approvals.close(id, "declined", reason=why, by=context.by, at=context.now())


async def withdraw(context: Context, id: int, *, reason: str) -> Approval:
    """One's own request. Fault as ``decline``."""
    need(context, type((await show(context, id)).about))
    why = free_text(reason, "reason")
    return await context.store.approvals.close(id, "withdrawn", reason=why, by=context.by, at=context.now())


async def show(context: Context, id: int) -> Approval:
    """Fault when there is none such."""
    context.actor.need(Right.CALLS)
    return await context.store.approvals.get(id)


async def waiting(context: Context, *, after: str = "", most: int = ALL) -> Page[Approval]:
    """Those that can still be confirmed or declined, one's own as well; the oldest first."""
    context.actor.need(Right.CALLS)
    return await context.store.approvals.waiting(context.now(), after=after, most=most)


async def listed(context: Context, *, after: str = "", most: int = ALL) -> Page[Approval]:
    """All that there were, the newest first."""
    context.actor.need(Right.CALLS)
    return await context.store.approvals.list(after=after, most=most)


async def count(context: Context) -> int:
    """How many wait for this actor: none where he may confirm nothing."""
    if Right.APPROVE not in context.actor.rights:
        return 0
    return await context.store.approvals.count(context.now(), context.by)


def need(context: Context, about: type[About]) -> None:
    """Who asks, confirms or declines is an officer with an account of his own. Raises NotPermitted."""
    context.actor.need_account()
    context.actor.need(Right.APPROVE)
    context.actor.need(RIGHTS[about])


async def _exact(context: Context, about: Act) -> Act:
    """As the registers have it. Fault."""
    match about:
        case SuspensionLift():
            return SuspensionLift(of=about.of, key=await suspensions.exact_key(context, about.of, about.key))
        case OptOutRemoval():
            number, value = do_not_call.exact(context, about.number, about.scope, about.value)
            return OptOutRemoval(number=number, scope=about.scope, value=value)
    return about


def _act(context: Context, found: Approval, about: Act) -> Write:
    """The act as the two do it. Each is one transaction of the store."""
    store = context.store
    why, by, at = found.reason, approval.both(found.asked_by, context.by), context.now()
    match about:
        case HoldRelease():
            return partial(store.holds.release, about.hold, reason=why, by=by, at=at)
        case SuspensionLift():
            return partial(store.suspensions.lift, about.of, about.key, reason=why, by=by, at=at)
        case OptOutRemoval():
            return partial(store.dnc.remove, about.number, about.scope, about.value, reason=why, by=by, at=at)
