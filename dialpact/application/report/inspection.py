"""The inspection report: what an installation did in a period, and whether that can be shown."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec

from dialpact.application.actor import Right
from dialpact.application.cdr_file import CdrReading
from dialpact.application.context import Context
from dialpact.application.policy import load_policy
from dialpact.application.report import compared
from dialpact.application.report.compared import GivenList
from dialpact.compliance.config import Config
from dialpact.compliance.inspection import report
from dialpact.compliance.inspection.figures import Inspection
from dialpact.compliance.inspection.period import period
from dialpact.compliance.inspection.question import Question
from dialpact.compliance.registers.fault import Fault


class InspectionOrder(msgspec.Struct, frozen=True, kw_only=True):
    """``first`` and ``last`` local day, both included. ``full``: callees' numbers in full.

    ``cdr``: call records to compare with; ``carrier_lists``: of numbers, as for ``caller-id reconcile``.
    ``format``: what is to be made of it, for the log; ``noted``: that it is in full is there already.
    """

    first: date
    last: date
    full: bool = False
    format: str = ""
    noted: bool = False
    cdr: CdrReading | None = None
    carrier_lists: tuple[GivenList, ...] = ()


async def inspection(
    context: Context,
    config: Config,
    order: InspectionOrder,
    *,
    explain: Callable[[Fault], str],
    progress: Callable[[str, int], None],
    step: Callable[[], None] = lambda: None,
) -> Inspection:
    """That it was asked for in full is in the log before it is made.

    ``explain``: why a row of a list is bad, in words; ``progress``: of the call records, as a reconciliation
    tells it; ``step``: another of ``report.STEPS`` parts is made. ProfileError, CalendarError, StoreError;
    Fault for the period and for what was given.
    """
    context.actor.need(Right.CALLS)
    now = context.now()
    policy = await asyncio.to_thread(load_policy, config)
    span = period(order.first, order.last, policy.profiles[0].zone)
    if span.since > now:  # nothing to reproach is no answer there
        raise Fault("in-the-future", column="from", value=order.first.isoformat())
    listed = await asyncio.to_thread(compared.carrier_lists, order.carrier_lists, now, explain)
    question = Question(
        period=span,
        policy=policy,
        holders={name: trunk.business for name, trunk in config.trunks.items()},
        mode=config.policy.mode,
        node=config.node.name,
        now=now,
        by=context.by,
        full=order.full,
        listed=listed,
        lists=", ".join(Path(one.name).name for one in order.carrier_lists),
    )
    if order.full and not order.noted:
        await context.store.inspections.note_full(span, order.format, by=context.by, at=now)
    if order.cdr is not None:
        found = await compared.cdr(context.store, config, order.cdr, span, policy.regions, progress)
        question = dataclasses.replace(question, cdr=found)
    async with context.looking() as looking:
        return await looking.store.inspections.snapshot(
            span, lambda source: report.made(source, question, step)
        )
