"""Calls to people who had opted out, and calls without a consent: from the registers' history, no verdict."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from datetime import datetime, timedelta

from dialpact.compliance.inspection.figures import MOST, ConsentFigures, LateCall, OptOutFigures
from dialpact.compliance.inspection.question import Question
from dialpact.compliance.inspection.source import AfterOptOut, Put, Source
from dialpact.compliance.model import Campaign, DncEntry
from dialpact.compliance.policy.do_not_call import covers

Key = tuple[int, str, str]


def opt_outs(source: Source, question: Question, changes: dict[str, int]) -> OptOutFigures:
    removed: dict[Key, list[datetime]] = defaultdict(list)
    for gone in source.removals():
        removed[gone.number, gone.scope, gone.value].append(gone.at)
    after = between = 0
    late: list[LateCall] = []
    counted = meant = ""  # the decision that is counted; its rows come together, earliest opt-out first
    exempt = question.exempt(question.bound("do_not_call"))
    for one in source.after_opt_out(exempt):
        call, registered = one.call, one.registered_at
        if call.decision == counted or not _binds(question, one):
            continue
        called = call.at + timedelta(microseconds=one.behind_us)
        ended = _ended(removed, (int(call.number[1:]), one.scope, one.value), registered)
        if ended is not None and ended <= called:
            continue
        if registered < called:
            counted, after = call.decision, after + 1
            if len(late) < MOST:
                late.append(_late(call, question, one.scope, registered))
        elif one.requested_at < called and meant != call.decision:
            meant, between = call.decision, between + 1
    in_force, added = source.do_not_call()
    return OptOutFigures(
        in_force=in_force,
        taken=source.opt_outs(),
        added=added,
        removed=changes.get("dnc remove", 0),
        after=after,
        late=tuple(late),
        between=between,
    )


def _binds(question: Question, one: AfterOptOut) -> bool:
    """Whether any profile forbids this call for this opt-out."""
    opt_out = DncEntry(
        number=one.call.number,
        scope=one.scope,
        value=one.value,
        requested_at=one.requested_at,
        source="",
    )
    campaign = Campaign(
        id=one.call.campaign, business=one.business, industry=one.industry, purpose=one.call.purpose
    )
    return covers(opt_out, one.call.number, campaign) and any(
        section.binds(one.call.purpose) and opt_out.scope in section.scopes
        for profile in question.policy.profiles
        if (section := profile.do_not_call)
    )


def _ended(removed: dict[Key, list[datetime]], key: Key, registered: datetime) -> datetime | None:
    """When an opt-out of that time was taken back; None: it still stands."""
    ends = removed.get(key, [])
    place = bisect_left(ends, registered)
    return ends[place] if place < len(ends) else None


def _late(call: Put, question: Question, scope: str, opted_out_at: datetime | None) -> LateCall:
    return LateCall(
        decision=call.decision,
        at=call.at,
        number=question.number(call.number),
        campaign=call.campaign,
        scope=scope,
        opted_out_at=opted_out_at,
    )


def consents(source: Source, question: Question) -> ConsentFigures:
    found = source.consents()
    bound = question.bound("consent")
    without = 0
    shown: list[LateCall] = []
    if bound:
        exempt = question.beside_trials(bound)
        for call in source.without_consent(exempt):
            if call.purpose in bound:
                without += 1
                if len(shown) < MOST:
                    shown.append(_late(call, question, "", None))
    return ConsentFigures(
        **found._asdict(),
        without=without if bound else None,
        without_list=tuple(shown),
    )
