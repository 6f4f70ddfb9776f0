"""What the template is given beside the figures: charts' series, names of kinds in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dialpact.compliance.inspection.figures import Inspection, InspectionFinding, Slot
from dialpact.compliance.texts import Language, incident_text, reason_text
from dialpact.presentation import texts

SHOWN = 200  # rows of a table on paper
BARS = 12  # reasons in the chart; the table has all
DAYS = 31  # as columns of their own
WEEKS = 92  # days up to which each still has a column, with every seventh labelled
SERIES = ("passed", "blocked", "shadow", "undelivered")


def context(report: Inspection, language: Language) -> dict[str, Any]:
    catalogue = texts.catalogue(language)

    def named(table: str, key: str) -> str:
        return catalogue.get(f"{table}.{key}", key)

    def incident(kind: str) -> str:
        return catalogue.get(f"inspection-gap.{kind}") or incident_text(kind, language)

    def finding_text(finding: InspectionFinding) -> str:
        values = {
            name: f"{value:,}" if isinstance(value, int) else value for name, value in finding.values.items()
        }
        return texts.text(f"inspection-finding.{finding.key}", language, **values)

    def names(series: Sequence[str]) -> list[str]:
        return [texts.text(f"inspection-series.{name}", language) for name in series]

    series = [name for name in SERIES[:2] if name] + [
        name for name in SERIES[2:] if getattr(report.calls, name)
    ]
    reasons = [found for found in report.calls.reasons if found.first][:BARS]
    days, every, months = _days(report.calls.days)
    return {
        "report": report,
        "shown": SHOWN,
        "named": named,
        "incident": incident,
        "finding_text": finding_text,
        "hours": _chart(report.calls.hours, series) | {"names": names(series)},
        "days": _chart(days, series)
        | {"names": names(series), "every": every, "months": months}
        | ({"marked": []} if months else {}),
        "reasons": {
            "labels": [reason_text(found.code, language) for found in reasons],
            "figures": [found.first for found in reasons],
        },
    }


def _chart(slots: Sequence[Slot], series: Sequence[str]) -> dict[str, Any]:
    return {
        "labels": [slot.at.removeprefix(slot.at[:5]) if len(slot.at) == 10 else slot.at for slot in slots],
        "series": [[getattr(slot, name) for slot in slots] for name in series],
        "marked": [slot.permitted for slot in slots],
    }


def _days(slots: Sequence[Slot]) -> tuple[Sequence[Slot], int, bool]:
    """The columns, which of them are labelled, and whether they are months: a year of days is a smear."""
    if len(slots) <= DAYS:
        return slots, max(1, len(slots) // 10), False
    if len(slots) <= WEEKS:
        return slots, 7, False
    months: dict[str, list[Slot]] = {}
    for slot in slots:
        months.setdefault(slot.at[:7], []).append(slot)
    summed = [
        Slot(
            at=month,
            **{name: sum(getattr(slot, name) for slot in found) for name in SERIES},
            permitted=True,
        )
        for month, found in months.items()
    ]
    return summed, max(1, len(summed) // 12), True
