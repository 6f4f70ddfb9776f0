"""The register of caller IDs beside what the carriers list: compared now, or when it was last done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from dialpact.compliance.inspection.figures import MOST, CarrierList, Count, ListDifference
from dialpact.compliance.inspection.question import Question
from dialpact.compliance.inspection.source import Source
from dialpact.compliance.registers.carrier_list import Difference, compare


def compared(source: Source, question: Question, calls: Mapping[str, int]) -> CarrierList | None:
    """``calls``: put through in the period, by caller ID. None: nobody ever compared."""
    if question.listed is None:
        return _last(source)
    names = {one.id: one.name for one in source.businesses()}
    found = compare(source.caller_ids(), names, question.listed, calls, question.today)
    return CarrierList(
        at=None,
        source=question.lists,
        listed=len(question.listed),
        differences=_counts(Counter(one.kind for one in found)),
        list=tuple(_difference(one, question) for one in found[:MOST]),
    )


def _last(source: Source) -> CarrierList | None:
    """What ``caller-id reconcile`` left in the log."""
    last = source.last_comparison()
    if last is None:
        return None
    return CarrierList(
        at=last.at, source=last.key, listed=last.listed, differences=_counts(last.found), list=()
    )


def _counts(found: Mapping[str, int]) -> tuple[Count, ...]:
    return tuple(Count(key=kind, count=count) for kind, count in sorted(found.items()))


def _difference(one: Difference, question: Question) -> ListDifference:
    return ListDifference(
        kind=one.kind,
        number=question.caller_id(one.number),
        register=one.register,
        carrier=one.carrier,
        calls=one.calls,
    )
