"""A period beside the one before it, as rows: figures aligned, each difference with its sign."""

from __future__ import annotations

from typing import NamedTuple

from dialpact.compliance.inspection.comparison import Change, Comparison, Judgement, Kind
from dialpact.compliance.texts import Language
from dialpact.presentation import texts
from dialpact.presentation.page.template import DASH, count, percent

MINUS = "−"


class Row(NamedTuple):
    figure: str
    now: str
    before: str
    difference: str  # of a share in points of a hundred
    judgement: Judgement


def rows(comparison: Comparison, language: Language) -> dict[str, list[Row]]:
    """By heading, in the order of the report."""
    found: dict[str, list[Row]] = {}
    for change in comparison.changes:
        found.setdefault(change.heading, []).append(_row(change, language))
    return found


def _row(change: Change, language: Language) -> Row:
    own, shared = f"inspection-change.{change.figure}", f"inspection-figure.{change.figure}"
    return Row(
        texts.text(own if own in texts.catalogue(language) else shared, language),
        _value(change.now, change.kind),
        _value(change.before, change.kind),
        _difference(change),
        change.judgement,
    )


def _value(value: float | None, kind: Kind) -> str:
    if kind == "share":
        return percent(value)
    return count(value if value is None or kind == "hours" else int(value))


def _difference(change: Change) -> str:
    by = change.difference
    if by is None:
        return DASH
    if change.kind == "share":
        size = f"{abs(by) * 100:.2f}"
    else:
        size = f"{abs(by):,.1f}" if change.kind == "hours" else f"{abs(by):,.0f}"
    return size if not by else f"{'+' if by > 0 else MINUS}{size}"
