"""Why was it blocked? The calls that may be meant, what would be said otherwise, and what is another then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from dialpact.application import calls, check, ids, limits, listings
from dialpact.application.actor import Right
from dialpact.application.check import Checked
from dialpact.application.context import Context
from dialpact.application.explanation import Explained
from dialpact.compliance.calls import CallEntry
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import Decision, Finding, Value
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.sections.base import Clause
from dialpact.store.ports.listings import Wanted
from dialpact.store.ports.page import Page


class Question(Value, frozen=True, kw_only=True):
    """A call that is not made. ``at``: another instant than now. ``live``: the recorder counts."""

    number: str
    campaign: str
    caller_id: str
    trunk: str = ""
    agent: str = ""
    at: datetime | None = None
    live: bool = False


class Compared(Value, frozen=True, kw_only=True):
    """What one rule said then, and what it says in the other case; None: it said nothing."""

    then: Explained | None
    now: Explained | None

    @property
    def differs(self) -> bool:
        return _said(self.then) != _said(self.now)


async def meant(
    context: Context, text: str, wanted: Wanted, *, after: str = "", most: int
) -> Page[CallEntry]:
    """The newest first: by a callee in any form, or exactly as it was dialled; by an id. Who may see all is
    also shown those by the beginning of an id and by a caller ID; nothing: all that are ``wanted``.
    """
    context.actor.need(Right.CALLS)
    if not (text := text.strip()):
        return await listings.calls(context, wanted, after=after, most=most)
    limited = {"campaigns": wanted.campaigns, "agents": wanted.agents}
    if ids.ID.fullmatch(text.lower()):
        try:
            found = await listings.call(context, text.lower(), wanted.businesses, **limited)
        except Fault:
            return Page([], "")
        return Page([found.entry], "")
    page = await listings.calls_to(context, text, wanted, after=after, most=most)
    if page.rows or page.next or after or wanted.businesses or any(limited.values()):
        return page
    try:
        return Page(await calls.named(context, text), "")
    except Fault:  # no such call
        return page


async def what_if(context: Context, judge: Judge, question: Question, wanted: Wanted) -> Checked:
    """What the gate would say, by the registers as they are now. NotPermitted for a campaign or an agent that
    whoever is limited does not see.
    """
    context.actor.need(Right.CHECK)
    for allowed, given in ((wanted.campaigns, question.campaign), (wanted.agents, question.agent)):
        if allowed and given not in allowed:
            raise NotPermitted(f"{context.by}: of others")
    if wanted.agents and not (wanted.campaigns or wanted.businesses):
        await _need_called(context, wanted, question.campaign)
    if wanted.businesses and question.campaign:
        for one in (await context.store.campaigns.list(id=question.campaign)).rows:
            limits.need(context, wanted.businesses, one.business)
    return await check.check(
        context,
        judge,
        question.number,
        campaign=question.campaign,
        caller_id=question.caller_id,
        trunk=question.trunk,
        agent=question.agent,
        at=question.at,
        live=question.live,
    )


async def _need_called(context: Context, wanted: Wanted, campaign: str) -> None:
    """Of who leads agents, those campaigns are his for which they have called: nothing else says so. Raises
    NotPermitted.
    """
    found = None
    if campaign:
        found = await listings.calls(context, replace(wanted, campaign=campaign), most=1)
    if found is None or not found.rows:
        raise NotPermitted(f"{context.by}: of others")


def compared(then: Sequence[Explained], now: Sequence[Explained]) -> tuple[Compared, ...]:
    """Rule by rule, in the order of ``now``; last what is said no more."""
    before: dict[tuple[str, str], list[Explained]] = defaultdict(list)
    for one in then:
        before[one.finding.rule, one.finding.clause].append(one)
    found = []
    for one in now:
        own = before[one.finding.rule, one.finding.clause]
        found.append(Compared(then=own.pop(0) if own else None, now=one))
    found += [Compared(then=one, now=None) for left in before.values() for one in left]
    return tuple(found)


def _said(one: Explained | None) -> object:
    return None if one is None else (one.finding.result, one.finding.code, one.finding.detail.get("key"))


def wording(policy: Policy, decision: Decision, finding: Finding) -> Clause | None:
    """The clause that a rule of the decision stands on; None where the profile is another one by now, and for
    what holds under every profile.
    """
    name, _, section = finding.clause.partition(" ")
    then = {one.profile: one.sha256 for one in decision.policy}
    for profile in policy.profiles:
        if profile.id == name and then.get(name) == profile.sha256:
            return profile.section(section)
    return None
