"""The incidents: what a human has to know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance.incidents import Incident, IncidentCount
from dialpact.compliance.numbers import masked
from dialpact.compliance.reconcile import incidents as cdr_incidents
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.texts import incidents
from dialpact.store.ports.page import ALL, Page

TABLE = "incident."  # of the texts
_NUMBER = re.compile(r"(?<![\w=.+-])\+?[0-9]{7,}(?![\w.])")  # not the digits of a unique id


async def listed(
    context: Context,
    *,
    kind: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    full: bool = False,
    after: str = "",
    most: int = ALL,
) -> Page[Incident]:
    """Newest first; numbers are masked unless ``full``. ``kind``: one that the door has words for."""
    context.actor.need(Right.CALLS)
    found = await context.store.incidents.list(kind=kind, since=since, until=until, after=after, most=most)
    return found if full else Page([_masked(one) for one in found.rows], found.next)


async def counted(
    context: Context, *, since: datetime | None = None, until: datetime | None = None
) -> Sequence[IncidentCount]:
    """How many there are of each kind, the most frequent first."""
    context.actor.need(Right.CALLS)
    return await context.store.incidents.count(since=since, until=until)


def _masked(one: Incident) -> Incident:
    return msgspec.structs.replace(one, detail=_NUMBER.sub(lambda number: masked(number[0]), one.detail))


def kinds() -> list[str]:
    """All that can be written, in the texts' order; last what a reconciliation writes."""
    own = [key.removeprefix(TABLE) for key in incidents("en") if key.startswith(TABLE)]
    return [*own, *cdr_incidents.WRITTEN]


def known(kind: str) -> str:
    """Of a filter: nothing stays nothing. Fault."""
    if kind and kind not in (there := kinds()):
        raise Fault("incident-kind", value=kind, known=", ".join(there))
    return kind
