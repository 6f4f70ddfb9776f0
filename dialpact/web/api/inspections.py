"""``/v1/inspections``: the figures of the covenant's self-check over a period."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import ceil
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dialpact.application import listings
from dialpact.application.report import inspection
from dialpact.application.report.inspection import InspectionOrder
from dialpact.compliance.inspection.figures import Inspection
from dialpact.compliance.inspection.period import days
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.veil import Veil
from dialpact.web.api.endpoint import Answer, Asked, Endpoint, Query
from dialpact.web.api.problem import Refusal
from dialpact.web.api.veiled import PERSONAL

SECONDS = 300.0  # a year of ten million calls, on a slow disk
WAIT = 10  # seconds, after which another one may be over
AS_IT_IS = frozenset({"checkpoint", "sha256"})  # signed, or a hash: not a letter of it may change
LONG = 10.0  # seconds
_under_way: set[int] = set()
_resting: dict[int, float] = {}


class PeriodQuery(Query, frozen=True, kw_only=True):
    """A day or a month (``2026-11``), both included; without ``to``, that month."""

    first: Annotated[str, Meta(description="A day, or a month: 2026-11.")] = msgspec.field(name="from")
    last: Annotated[str, Meta(description="A day or a month, included.")] = msgspec.field(
        name="to", default=""
    )


async def show(asked: Asked[PeriodQuery, None]) -> Answer:
    """They are of the whole installation, so they are nobody's who is limited to businesses."""
    asked.key.need_all()
    first, last = days(asked.query.first, asked.query.last)
    full = Scope.NUMBERS in asked.key.scopes
    order = InspectionOrder(first=first, last=last, full=full, format="api")
    site = asked.site
    with Turn(site, asyncio.get_running_loop().time):
        report = await inspection.inspection(
            asked.context, site.config, order, explain=_nothing, progress=lambda stage, count: None
        )
    if not full:
        report = await _veiled(asked, report)
    return Answer(body=report, headers=PERSONAL)


class Turn:
    """One at a time: it reads a year, and while it does, the database's journal only grows. So a long one is
    followed by as long a rest. Refusal 503 meanwhile.
    """

    def __init__(self, site: object, time: Callable[[], float]) -> None:
        """``time``: seconds that only grow."""
        self._mark, self._time, self._begun = id(site), time, time()

    def __enter__(self) -> None:
        rest = _resting.get(self._mark, 0.0) - self._begun
        if rest > 0 or self._mark in _under_way:
            seconds = str(ceil(rest) if rest > 0 else WAIT)
            raise Refusal(503, "not-now", headers={"Retry-After": seconds}, why="inspection")
        _under_way.add(self._mark)

    def __exit__(self, *_: object) -> None:
        _under_way.discard(self._mark)
        _resting.pop(self._mark, None)
        now = self._time()
        if (took := now - self._begun) > LONG:
            _resting[self._mark] = now + took


def _nothing(fault: Fault) -> str:
    """(No list of anybody's is compared.)"""
    return fault.key


async def _veiled(asked: Asked[Any, Any], report: Inspection) -> Inspection:
    """The callees are masked in it; whatever a person wrote may name one all the same."""
    shown = {one.number for one in report.numbers.uses}
    shown |= {one.caller_id for one in report.conduct.complaints.lines}
    shown |= {one.caller_id for one in report.control.recordings.list}
    shown |= {one.key for one in report.control.suspensions if one.kind == "caller-id"}
    async with asked.context.looking() as context:
        hidden = Veil((), await listings.ours(context, shown - {""}))
    return await asyncio.to_thread(
        lambda: msgspec.convert(_walked(msgspec.to_builtins(report), hidden), Inspection)
    )


def _walked(value: Any, hidden: Veil, name: str = "") -> Any:
    if isinstance(value, str):
        return value if name in AS_IT_IS else hidden.text(value)
    if isinstance(value, dict):
        return {key: _walked(each, hidden, key) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_walked(each, hidden, name) for each in value]
    return value


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/inspections",
        scope=Scope.CALLS,
        summary="The figures of the inspection report over a period: of the whole installation.",
        handle=show,
        query=PeriodQuery,
        answers={200: Inspection},
        seconds=SECONDS,
    ),
)
