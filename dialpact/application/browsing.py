"""The registers as a person looks through them: parts of lists, and an entry with what was done to it.

Each answer costs what it shows (``store/ports/browsing``). What is done to an entry is elsewhere: a noun a
file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from dialpact.application import caller_ids
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance.model import (
    Business,
    CallerId,
    Consent,
    DncEntry,
    Registrant,
    Registration,
    Script,
    Suspendable,
    Value,
)
from dialpact.compliance.registers.caller_id import today
from dialpact.compliance.registers.campaign import CampaignEntry
from dialpact.compliance.registers.cell import any_identifier, free_text, identifier
from dialpact.compliance.registers.change import Sealed
from dialpact.compliance.registers.dnc import Said
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import Delivered
from dialpact.compliance.registers.number import caller_id as exact
from dialpact.compliance.registers.plain import PlainRegister
from dialpact.compliance.registers.plain import T as P
from dialpact.compliance.registers.registration import entry_key as registration_key
from dialpact.compliance.registers.suspension import SuspensionEntry, suspended_key
from dialpact.compliance.registers.suspension import entry_key as suspension_key
from dialpact.store.ports.browsing import ANYTHING, BatchState, ConsentState, Validity, Within
from dialpact.store.ports.page import Page

ACTS = 50  # of an entry, at once
T = TypeVar("T")


class Entry(Value, Generic[T], frozen=True, kw_only=True):
    """``register`` and ``key``: as the log has them. ``entries``: what it is now; empty when there is none
    any more. ``acts``: the newest first, behind ``next`` are more. ``imports``: the files it came in by;
    ``searched``: False: there are older ones, which nobody has looked at.
    ``differs``: it is not what the ledger says, and calls that it concerns are blocked.
    """

    register: str
    key: str
    entries: tuple[T, ...]
    acts: tuple[Sealed, ...]
    next: str
    imports: tuple[Sealed, ...] = ()
    searched: bool = True
    differs: bool = False


async def businesses(
    context: Context, *, find: str = "", within: Within = ANYTHING, after: str = "", most: int
) -> Page[Business]:
    """By their ids."""
    context.actor.need(Right.CALLS)
    return await context.store.browsing.businesses(find=_piece(find), within=within, after=after, most=most)


async def campaigns(
    context: Context,
    *,
    find: str = "",
    business: str = "",
    purpose: str = "",
    within: Within = ANYTHING,
    after: str = "",
    most: int,
) -> Page[CampaignEntry]:
    """By their ids."""
    context.actor.need(Right.CALLS)
    return await context.store.browsing.campaigns(
        find=_piece(find),
        business=any_identifier(business, "business"),
        purpose=purpose,
        within=within,
        after=after,
        most=most,
    )


async def shown_numbers(
    context: Context,
    *,
    find: str = "",
    business: str = "",
    state: Validity = "",
    after: str = "",
    most: int,
) -> Page[CallerId]:
    """The caller IDs, by their numbers."""
    context.actor.need(Right.CALLS)
    return await context.store.browsing.caller_ids(
        find=_piece(find),
        business=any_identifier(business, "business"),
        state=state,
        today=today(context.now()),
        after=after,
        most=most,
    )


async def read_scripts(
    context: Context, *, find: str = "", within: Within = ANYTHING, after: str = "", most: int
) -> Page[Script]:
    """The newest version of each, by their ids."""
    context.actor.need(Right.CALLS)
    return await context.store.browsing.scripts(find=_piece(find), within=within, after=after, most=most)


async def consents(
    context: Context,
    *,
    number: str = "",
    business: str = "",
    industry: str = "",
    state: ConsentState = "",
    after: str = "",
    most: int,
) -> Page[Consent]:
    """By number, business, industry and age."""
    context.actor.need(Right.CALLS)
    return await context.store.browsing.consents(
        number=context.any_person(number),
        business=any_identifier(business, "business"),
        industry=any_identifier(industry, "industry"),
        state=state,
        now=context.now(),
        after=after,
        most=most,
    )


async def opt_outs(
    context: Context, *, number: str = "", scope: str = "", value: str = "", after: str = "", most: int
) -> Page[DncEntry]:
    """Those in force, by number, scope and value."""
    context.actor.need(Right.CALLS)
    return await context.store.browsing.opt_outs(
        number=context.any_person(number),
        scope=scope,
        value=any_identifier(value, "value"),
        after=after,
        most=most,
    )


async def batches(
    context: Context,
    *,
    find: str = "",
    number: str = "",
    campaign: str = "",
    state: BatchState = "",
    after: str = "",
    most: int,
) -> Page[Delivered]:
    """The newest first. ``number``: those that it is on."""
    context.actor.need(Right.CALLS)
    return await context.store.browsing.batches(
        find=_piece(find),
        number=context.any_person(number),
        campaign=any_identifier(campaign, "campaign"),
        state=state,
        after=after,
        most=most,
    )


async def suspensions(
    context: Context,
    *,
    kind: str = "",
    find: str = "",
    lifted: bool = False,
    within: Within = ANYTHING,
    after: str = "",
    most: int,
) -> Page[SuspensionEntry]:
    """The newest first; ``lifted``: also those that are no longer in force."""
    context.actor.need(Right.CALLS)
    return await context.store.browsing.suspensions(
        kind=kind, find=_piece(find), lifted=lifted, within=within, after=after, most=most
    )


async def registrations(
    context: Context,
    *,
    find: str = "",
    holder: str = "",
    kind: str = "",
    state: Validity = "",
    after: str = "",
    most: int,
) -> Page[Registration]:
    """By holder, id, kind and first day."""
    context.actor.need(Right.CALLS)
    return await context.store.browsing.registrations(
        find=_piece(find),
        holder=holder,
        kind=any_identifier(kind, "kind"),
        state=state,
        today=today(context.now()),
        after=after,
        most=most,
    )


async def business(context: Context, id: str) -> Entry[Business]:
    """Fault, here and below, when there never was one."""
    context.actor.need(Right.CALLS)
    wanted = identifier(id, "id")
    return await _entry(context, "business", wanted, (await context.store.businesses.list(id=wanted)).rows)


async def campaign(context: Context, id: str) -> Entry[CampaignEntry]:
    context.actor.need(Right.CALLS)
    wanted = identifier(id, "id")
    return await _entry(context, "campaign", wanted, (await context.store.campaigns.list(id=wanted)).rows)


async def shown_number(context: Context, number: str) -> Entry[CallerId]:
    """A caller ID, in any form of its number."""
    context.actor.need(Right.CALLS)
    wanted = exact(await caller_ids.resolved(context, number))
    return await _entry(
        context, "caller-id", wanted, (await context.store.caller_ids.list(number=wanted)).rows
    )


async def read_script(context: Context, id: str) -> Entry[Script]:
    """All versions, the newest first, without their texts."""
    context.actor.need(Right.CALLS)
    wanted = identifier(id, "id")
    return await _entry(context, "script", wanted, await context.store.browsing.script_versions(wanted))


async def consents_of(context: Context, number: str) -> Entry[Consent]:
    """All of one person."""
    context.actor.need(Right.CALLS)
    wanted = context.person(number)
    return await _entry(context, "consent", wanted, (await context.store.consents.list(number=wanted)).rows)


async def opt_outs_of(
    context: Context, number: str
) -> tuple[Entry[DncEntry], Sequence[tuple[Said, int | None]]]:
    """All of one person that are in force, and each time that it was said, with its leaf."""
    context.actor.need(Right.CALLS)
    wanted, register = context.person(number), context.store.dnc
    found = await _entry(context, "dnc", wanted, (await register.list(number=wanted)).rows)
    said, leaves = await register.said(wanted), await context.store.browsing.leaves_of_said(wanted)
    return found, list(zip(said, leaves, strict=False))  # (one said meanwhile has its leaf at the next look)


async def batch(context: Context, id: int) -> Entry[Delivered]:
    context.actor.need(Right.CALLS)
    return await _entry(context, "leads", str(id), (await context.store.leads.get(id),))


async def suspensions_of(context: Context, kind: Suspendable, key: str) -> Entry[SuspensionEntry]:
    """All of one, the oldest first; a caller ID in any form of its number."""
    context.actor.need(Right.CALLS)
    wanted = suspended_key(kind, await caller_ids.resolved(context, key) if kind == "caller-id" else key)
    found = await context.store.suspensions.list(kind=kind, key=wanted, lifted=True)
    return await _entry(context, "suspension", suspension_key(kind, wanted), found.rows)


async def registrations_of(context: Context, holder: Registrant, id: str) -> Entry[Registration]:
    """All of one."""
    context.actor.need(Right.CALLS)
    wanted = identifier(id, holder)
    found = await context.store.registrations.list(holder=holder, id=wanted)
    return await _entry(context, "registration", registration_key(holder, wanted), found.rows)


async def plain(context: Context, register: PlainRegister[P], id: str) -> Entry[P]:
    context.actor.need(Right.CALLS)
    wanted = identifier(id, "id")
    found = await context.store.entries.get(register, wanted)
    return await _entry(context, register.logged_as, wanted, (found,) if found else ())


async def more_acts(context: Context, register: str, key: str, *, after: str) -> Page[Sealed]:
    """Those behind an entry's ``next``."""
    context.actor.need(Right.CALLS)
    return await context.store.browsing.acts(register, key, after=after, most=ACTS)


async def key_of(context: Context, register: str, leaf: int) -> str:
    """Of the entry that the act of this leaf is about: so it has an address in which no number is. Fault."""
    context.actor.need(Right.CALLS)
    act = await context.store.browsing.act(leaf) if 0 <= leaf < 1 << 62 else None
    if act is None or act.register != register or act.action == "import":
        raise Fault("not-registered", entry=str(leaf))
    return act.key


async def last_leaf(context: Context, register: str, key: str) -> int | None:
    """Of the newest act on an entry; None: it came with a file, and nothing was done to it since."""
    context.actor.need(Right.CALLS)
    found = await context.store.browsing.acts(register, key, most=1)
    return found.rows[0].leaf if found.rows else None


async def _entry(context: Context, register: str, key: str, entries: Sequence[Any]) -> Entry[Any]:
    acts = await context.store.browsing.acts(register, key, most=ACTS)
    imports = await context.store.browsing.imports_of(register, key)
    if not entries and not acts.rows:
        raise Fault("not-registered", entry=key)
    return Entry(
        register=register,
        key=key,
        entries=tuple(entries),
        acts=tuple(acts.rows),
        next=acts.next,
        imports=imports.acts,
        searched=imports.whole,
        differs=await context.store.browsing.differs(register, key),
    )


def _piece(text: str) -> str:
    """Of what is searched for."""
    return free_text(text, "find", needed=False)
