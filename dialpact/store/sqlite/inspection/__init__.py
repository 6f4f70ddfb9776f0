"""The figures of the inspection report, gathered from one snapshot of the store.

Counting is done in SQL, lists are bounded, and what must be looked at call by call is streamed: a year of a
million decisions takes as much memory as a day. The calls go on meanwhile (:meth:`Store.read`).
"""

from __future__ import annotations

import dataclasses
import sqlite3

from dialpact.compliance.inspection import calls, kept, refused
from dialpact.compliance.inspection.figures import Inspection
from dialpact.compliance.inspection.question import SQL, Question, counts, purposes_ever
from dialpact.compliance.inspection.verdicts import headings
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.registers.change import log

__all__ = ["Question", "inspect", "note_full_report"]


async def inspect(store: Database, question: Question) -> Inspection:
    """The whole report. Raises StoreError."""
    return await store.read(lambda connection: _inspect(connection, question))


def _inspect(connection: sqlite3.Connection, question: Question) -> Inspection:
    registered = frozenset(row["number"] for row in SQL.caller_ids(connection))
    question = dataclasses.replace(question, campaigns=purposes_ever(connection), registered=registered)
    changes = counts(SQL.changes(connection, **question.span))
    incidents = counts(SQL.incidents(connection, **question.span))
    changed = {found.key: found.count for found in changes}
    of_calls = calls.calls(connection, question)
    used = calls.numbers(connection, question, of_calls.reasons, incidents)
    return headings(
        Inspection(
            made_at=question.now,
            made_by=question.by,
            full=question.full,
            period=question.period,
            complete=question.period.until <= question.now,
            installation=kept.installation(connection, question),
            calls=of_calls,
            numbers=used,
            resources=calls.resources(connection, question, of_calls.reasons),
            conduct=kept.conduct(connection, question, changed),
            control=kept.control(connection, question, changes, incidents),
            consents=refused.consents(connection, question),
        ),
        question.policy,
    )


async def note_full_report(store: Database, question: Question, format: str) -> None:
    """Who asked for everybody's numbers, in the log before he has them."""
    period = question.period
    key = f"{period.first.isoformat()}..{period.last.isoformat()}"
    await store.transact(
        lambda connection: log(
            connection,
            "report",
            "full",
            key,
            {"report": "inspection", "format": format},
            by=question.by,
            at=question.now,
        )
    )
