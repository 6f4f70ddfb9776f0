"""``POST /v1/complaints``: who complains about which call. It opts out too, and enough of them suspend."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from dialpact.application import complaints
from dialpact.compliance.model import Scope as OfCalls
from dialpact.compliance.model import Suspendable
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.complaint import WITHIN
from dialpact.web.api import entries
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, NoQuery
from dialpact.web.api.entries import Moment, Number


class Complaint(Body, frozen=True, kw_only=True):
    number: Number
    called_at: Annotated[Moment, Meta(description="When the call was, as the person remembers it.")]
    source: Annotated[str, Meta(description="Where it came from.", max_length=500)] = "12321"
    caller_id: Annotated[str, Meta(description="The number that was shown.", max_length=100)] = ""
    note: Annotated[str, Meta(description="What is complained about.", max_length=500)] = ""
    received_at: Annotated[Moment | None, Meta(description="When it arrived; else now.")] = None
    within: Annotated[
        int, Meta(description="Minutes before and after, in which the call is looked for.", ge=0, le=1440)
    ] = WITHIN
    opt_out: Annotated[
        Literal["business", "all"],
        Meta(description="Whose calls are blocked from now on; all when no call is found."),
    ] = "business"


class OptOutOfComplaint(msgspec.Struct, frozen=True, kw_only=True):
    result: Literal["added", "already"]
    scope: OfCalls
    value: str


class SuspensionOfComplaint(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing by this agent, campaign or caller ID until an officer lifts it."""

    kind: Suspendable
    key: str
    cause: str


class FiledComplaint(msgspec.Struct, frozen=True, kw_only=True):
    """``decision``: of the call that it was matched to, with its campaign and agent; empty: to none. ``due``:
    the last day for the answer; null when the calendar ends before.
    """

    result: Literal["added", "already"]
    id: int
    number: str
    called_at: Moment
    received_at: Moment
    source: str
    caller_id: str
    campaign: str
    agent: str
    decision: str
    due: date | None
    status: Literal["open", "answered"]
    opt_out: OptOutOfComplaint
    suspended: tuple[SuspensionOfComplaint, ...]


async def add(asked: Asked[NoQuery, Complaint]) -> Answer:
    body = asked.body
    filed = await complaints.add(
        asked.context,
        body.number,
        asked.site.rules().policy,
        called_at=entries.text(body.called_at),
        source=body.source,
        caller_id=body.caller_id,
        note=body.note,
        received_at=entries.text(body.received_at),
        within=body.within,
        from_all=body.opt_out == "all",
        only=entries.only(asked),
        made=await entries.made(asked),
    )
    complaint = filed.complaint
    item = FiledComplaint(
        result="added" if filed.outcome == "added" else "already",
        id=complaint.id,
        number=asked.number(complaint.number),
        called_at=complaint.called_at,
        received_at=complaint.received_at,
        source=complaint.source,
        caller_id=complaint.caller_id,
        campaign=complaint.campaign,
        agent=complaint.agent,
        decision=complaint.decision,
        due=complaint.due,
        status=complaint.status,
        opt_out=OptOutOfComplaint(
            result="added" if filed.entered == "added" else "already",
            scope=filed.opt_out.scope,
            value=filed.opt_out.value,
        ),
        suspended=tuple(
            SuspensionOfComplaint(kind=one.kind, key=one.key, cause=one.cause) for one in filed.suspended
        ),
    )
    return Answer(status=entries.status([filed.outcome, filed.entered]), body=item)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/complaints",
        scope=Scope.REGISTERS,
        summary="File a complaint with its call: an opt-out too, and enough of them suspend.",
        handle=add,
        body=Complaint,
        answers={201: FiledComplaint, 200: FiledComplaint},
    ),
)
