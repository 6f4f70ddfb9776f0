"""A person's opt-out (do-not-call): of everything, of an industry, or of a business. It has no expiry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dialpact.compliance.model import ANY, SCOPES, DncEntry, OptOutWay, Scope, Value
from dialpact.compliance.numbers import REGIONS
from dialpact.compliance.registers.cell import choice, free_text, identifier
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.meanings import any_of
from dialpact.compliance.registers.moment import exact, moment
from dialpact.compliance.registers.number import person

COLUMNS = ("number", "scope", "value", "requested_at", "source")


class Said(Value, frozen=True, kw_only=True):
    """One time that a person opted out, and where it can be heard: in the file ``path`` between its seconds
    ``position`` and ``position_to``; None as long as the call lasts, and for what was said after it.
    """

    at: datetime
    how: OptOutWay
    by: str
    scope: Scope
    value: str
    node: str
    channel: str
    decision: str
    recording: str
    path: str | None
    position: float | None
    position_to: float | None


def dnc_entry(
    number: str,
    scope: str,
    value: str,
    requested_at: str,
    source: str,
    *,
    now: datetime,
    regions: Sequence[str] = REGIONS,
) -> DncEntry:
    """An empty ``requested_at`` is ``now``; ``source`` says where it comes from and may be empty."""
    kind = "all" if scope == "all" else choice(scope, "scope", SCOPES)
    return DncEntry(
        number=person(number, regions),
        scope=kind,
        value=scoped(kind, value),
        requested_at=moment(requested_at, "requested_at") if requested_at else now,
        source=free_text(source, "source", needed=False) if source else "",
    )


def scoped(scope: str, value: str) -> str:
    """The industry or business that a scope names; ``all`` has none, a value could only seem to narrow it."""
    if scope != "all":
        return identifier(value, scope)
    if value and any_of(value.strip()) not in ("", ANY):
        raise Fault("value-with-all", value=shown(value))
    return ""


def read(cells: Sequence[str], now: datetime, regions: Sequence[str] = REGIONS) -> DncEntry:
    """A CSV row in the order of :data:`COLUMNS`."""
    number, scope, value, requested_at, source = cells
    return dnc_entry(number, scope, value, requested_at, source, now=now, regions=regions)


def written(entry: DncEntry) -> tuple[str, ...]:
    """The cells of which :func:`read` makes this entry."""
    return entry.number, entry.scope, entry.value, exact(entry.requested_at), entry.source
