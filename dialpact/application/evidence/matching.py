"""Which calls a package is about: one by its id, those of a complaint, or those of a callee."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from dialpact.application import caller_ids, ids
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance.clock import instant
from dialpact.compliance.evidence.rows import ComplaintRow
from dialpact.compliance.registers.complaint import WITHIN
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import moment
from dialpact.compliance.registers.number import caller_id as exact

MOST_CALLS = 100


class CallQuestion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The question as it was put, for the manifest and the custody log; without what was left out."""

    call: str = ""
    complaint: int = 0
    callee: str = ""
    caller_id: str = ""
    around: datetime | None = None
    within: int | None = None  # minutes on either side of ``around``
    businesses: tuple[str, ...] = ()  # with ``callee``: calls for these alone


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """``calls``: their ids, oldest first."""

    question: CallQuestion
    calls: list[str]
    complaint: ComplaintRow | None = None


async def asked(
    context: Context,
    call: str,
    complaint: int | None,
    callee: str,
    caller_id: str,
    around: str,
    within: int | None,
) -> CallQuestion:
    """Fault for a question that is none, or two."""
    context.actor.need(Right.EVIDENCE)
    if sum(map(bool, (call.strip(), complaint, callee.strip()))) != 1:
        raise Fault("evidence-of-what")
    if not callee.strip() and (caller_id.strip() or around.strip()):
        raise Fault("evidence-callee-only")
    if within is not None and not around.strip():
        raise Fault("evidence-within-what")
    return CallQuestion(
        call=await ids.decision(context, call),
        complaint=complaint or 0,
        callee=context.person(callee) if callee.strip() else "",
        caller_id=exact(await caller_ids.resolved(context, caller_id)) if caller_id.strip() else "",
        around=moment(around, "around") if around.strip() else None,
        within=(WITHIN if within is None else within) if around.strip() else None,
    )


async def match(context: Context, question: CallQuestion) -> Matched:
    """Oldest first. Fault where there is none, or more than a package holds.

    A complaint without a call is answered all the same: that no such call is known is evidence too.
    """
    context.actor.need(Right.EVIDENCE)
    evidence = context.store.evidence
    if question.call:
        if not await evidence.is_decision(question.call):
            raise Fault("not-registered", entry=question.call)
        return Matched(question=question, calls=[question.call])
    if question.complaint:
        return await _complaint(context, question)
    around, minutes = question.around, timedelta(minutes=question.within or 0)
    found = await evidence.calls_of(
        question.callee,
        caller_id=question.caller_id,
        since=around - minutes if around else None,
        until=around + minutes if around else None,
        businesses=question.businesses,
        most=MOST_CALLS + 1,
    )
    if not found:
        raise Fault("evidence-no-call", entry=question.callee)
    if len(found) > MOST_CALLS:
        raise Fault("evidence-too-many", limit=str(MOST_CALLS))
    return Matched(question=question, calls=list(found))


async def _complaint(context: Context, question: CallQuestion) -> Matched:
    evidence, id = context.store.evidence, question.complaint
    row = await evidence.complaint(id)
    if row is None:
        raise Fault("not-registered", entry=str(id))
    calls: Sequence[str] = [row["decision"]] if row["decision"] else []
    if not calls:  # filed without a call; one may have been stored since, after a failure of the store
        around, minutes = instant(row["called_at"]), timedelta(minutes=WITHIN)
        calls = await evidence.calls_of(
            f"+{row['number']}",
            caller_id=row["caller_id"],
            since=around - minutes,
            until=around + minutes,
            most=MOST_CALLS,
        )
    return Matched(question=question, calls=list(calls), complaint=row)
