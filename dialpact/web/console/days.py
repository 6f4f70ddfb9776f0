"""The days of a search, both included, as instants in the installation's zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from dialpact.compliance.registers.fault import Fault
from dialpact.web.console.page import Asked


class Span(NamedTuple):
    """From ``since`` on, before ``until``; None: without that end."""

    since: datetime | None
    until: datetime | None


def span(asked: Asked[Any], since: date | None, until: date | None) -> Span:
    """Fault for one that ends before it begins."""
    if since and until and until < since:
        raise Fault("ends-before-start", start=since.isoformat(), end=until.isoformat())
    return Span(
        datetime.combine(since, time(), asked.zone) if since else None,
        datetime.combine(until + timedelta(days=1), time(), asked.zone) if until else None,
    )
