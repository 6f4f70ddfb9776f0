"""The register of caller IDs beside what the carriers list: compared now, or when it was last done."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from datetime import date

from dialpact.compliance.clock import instant
from dialpact.compliance.inspection.figures import MOST, CarrierList, Count, ListDifference
from dialpact.compliance.inspection.question import SQL, Question, day
from dialpact.compliance.model import CallerId
from dialpact.compliance.registers.carrier_list import Difference, compare


def compared(
    connection: sqlite3.Connection, question: Question, calls: Mapping[str, int]
) -> CarrierList | None:
    """``calls``: put through in the period, by caller ID. None: nobody ever compared."""
    if question.listed is None:
        return _last(connection)
    entries = [_entry(row) for row in SQL.caller_ids(connection)]
    names = {row["id"]: row["name"] for row in SQL.businesses(connection)}
    found = compare(entries, names, question.listed, calls, question.today)
    return CarrierList(
        at=None,
        source=question.lists,
        listed=len(question.listed),
        differences=_counts(Counter(one.kind for one in found)),
        list=tuple(_difference(one, question) for one in found[:MOST]),
    )


def _last(connection: sqlite3.Connection) -> CarrierList | None:
    """What ``caller-id reconcile`` left in the log."""
    row = SQL.last_reconcile(connection)
    if row is None:
        return None
    detail = json.loads(row["detail"])
    return CarrierList(
        at=instant(row["at"]),
        source=row["key"],
        listed=detail["listed"],
        differences=_counts(detail["found"]),
        list=(),
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


def _entry(row: sqlite3.Row) -> CallerId:
    return CallerId(
        number=row["number"],
        business=row["business"],
        licence=row["licence"],
        carrier=row["carrier"],
        authenticated=bool(row["authenticated"]),
        trunks=(),
        purposes=(),
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=day(row["valid_to"]),
    )
