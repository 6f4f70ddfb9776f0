"""A period beside the one before it: each figure with its difference. Pure.

Only what is counted of a period is compared: a figure of the registers as they are now is the same in both,
whatever they were then. And only two periods that are whole are judged: one that is not over, or in which
nobody looked at first, has fewer of everything.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from dialpact.compliance.inspection.figures import Figures, Inspection

Kind = Literal["count", "share", "hours"]
Judgement = Literal["", "better", "worse"]
Why = Literal["not-over", "began-within", "before-began-within", "before-nothing"]


class Change(Figures, frozen=True, kw_only=True):
    """``now``, ``before``: None where it was not asked or nobody looked. ``judgement``: empty: none, or
    neither is better.
    """

    heading: str
    figure: str
    kind: Kind
    now: float | None
    before: float | None
    difference: float | None
    judgement: Judgement


class Comparison(Figures, frozen=True, kw_only=True):
    """``first``, ``last``: the days before. ``why``: it is not judged; empty: it is."""

    first: date
    last: date
    why: tuple[Why, ...]
    changes: tuple[Change, ...]


class _Figure(NamedTuple):
    """``good``: 1: the more the better; -1: the fewer; 0: neither."""

    heading: str
    name: str
    good: int
    of: Callable[[Inspection], float | None]
    kind: Kind = "count"


def before(first: date, last: date) -> tuple[date, date]:
    """The month before a month; before any other days as many."""
    ended = first - timedelta(days=1)
    if first.day == 1 and last == first.replace(day=monthrange(first.year, first.month)[1]):
        return ended.replace(day=1), ended
    return first - (last - first) - timedelta(days=1), ended


def compared(now: Inspection, then: Inspection, begun: datetime | None) -> Comparison:
    """``begun``: since when anything is known here; None: nothing is."""
    nothing = begun is None or begun >= then.period.until
    why: list[Why] = [] if now.complete else ["not-over"]
    if begun is not None and begun > now.period.since:
        why.append("began-within")
    if nothing:
        why.append("before-nothing")
    elif begun is not None and begun > then.period.since:
        why.append("before-began-within")
    return Comparison(
        first=then.period.first,
        last=then.period.last,
        why=tuple(why),
        changes=tuple(_change(one, now, None if nothing else then, judged=not why) for one in FIGURES),
    )


def _change(figure: _Figure, now: Inspection, then: Inspection | None, *, judged: bool) -> Change:
    value = figure.of(now)
    old = None if then is None else figure.of(then)
    difference = None if value is None or old is None else value - old
    judgement: Judgement = ""
    if judged and difference and figure.good:
        judgement = "better" if difference * figure.good > 0 else "worse"
    return Change(
        heading=figure.heading,
        figure=figure.name,
        kind=figure.kind,
        now=value,
        before=old,
        difference=difference,
        judgement=judgement,
    )


FIGURES = (
    _Figure("filing", "used-unregistered", -1, lambda one: one.numbers.used_unregistered),
    _Figure("filing", "used-unauthenticated", -1, lambda one: one.numbers.used_unauthenticated),
    _Figure("filing", "used-unlisted", -1, lambda one: one.numbers.used_unlisted),
    _Figure("use", "used", 0, lambda one: one.numbers.used),
    _Figure("use", "busy", -1, lambda one: one.numbers.busy),
    _Figure("use", "caller-id-blocks", 0, lambda one: sum(found.count for found in one.numbers.blocks)),
    _Figure("renting", "by-others", -1, lambda one: one.resources.by_others),
    _Figure("renting", "sublet-blocks", 0, lambda one: one.resources.sublet_blocks),
    _Figure("conduct", "decisions", 0, lambda one: one.calls.decisions),
    _Figure("conduct", "passed", 0, lambda one: one.calls.passed),
    _Figure("conduct", "blocked", 0, lambda one: one.calls.blocked),
    _Figure("conduct", "shadow", -1, lambda one: one.calls.shadow),
    _Figure("conduct", "undelivered", -1, lambda one: one.calls.undelivered),
    _Figure("conduct", "outside-hours", -1, lambda one: one.calls.outside_hours),
    _Figure("conduct", "after-opt-out", -1, lambda one: one.conduct.opt_outs.after),
    _Figure("conduct", "between", -1, lambda one: one.conduct.opt_outs.between),
    _Figure("conduct", "complaints", -1, lambda one: one.conduct.complaints.received),
    _Figure("conduct", "complaints-unmatched", 0, lambda one: one.conduct.complaints.unmatched),
    _Figure("conduct", "complaints-late", -1, lambda one: one.conduct.complaints.late),
    _Figure("conduct", "batches", 0, lambda one: one.conduct.batches),
    _Figure("control", "answered", 0, lambda one: one.control.recordings.answered),
    _Figure("control", "required", 0, lambda one: one.control.recordings.required),
    _Figure("control", "full", 0, lambda one: one.control.recordings.full),
    _Figure("control", "recorded-share", 1, lambda one: one.control.recordings.share, "share"),
    _Figure("control", "gaps", -1, lambda one: one.control.recordings.gaps),
    _Figure("control", "rows", 0, lambda one: one.control.recordings.rows),
    _Figure("control", "failed", -1, lambda one: one.control.recordings.failed),
    _Figure("control", "hours-of-sound", 0, lambda one: one.control.recordings.seconds / 3600, "hours"),
    _Figure("control", "bypasses", -1, lambda one: sum(found.count for found in one.control.bypasses)),
    _Figure("control", "incidents", -1, lambda one: sum(found.count for found in one.control.incidents)),
    _Figure("control", "held", 0, lambda one: one.control.retention.held),
    _Figure("control", "released", 0, lambda one: one.control.retention.released),
    _Figure("control", "disposed", 0, lambda one: one.control.retention.disposed),
    _Figure("control", "suspensions", -1, lambda one: len(one.control.suspensions)),
    _Figure("control", "clock-marked", -1, lambda one: one.control.clock.marked),
    _Figure("consent", "without", -1, lambda one: one.consents.without),
    _Figure("consent", "granted", 0, lambda one: one.consents.granted),
    _Figure("consent", "withdrawn", 0, lambda one: one.consents.withdrawn),
    _Figure("consent", "consents-expired", 0, lambda one: one.consents.expired),
    _Figure("consent", "opt-outs-added", 0, lambda one: one.conduct.opt_outs.added),
    _Figure("consent", "opt-outs-removed", 0, lambda one: one.conduct.opt_outs.removed),
)
