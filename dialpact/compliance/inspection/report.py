"""The report, made of one snapshot of a store: the store counts, and what it streams is looked at here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from dialpact.compliance.inspection import calls, kept, unwanted
from dialpact.compliance.inspection.figures import Inspection, TrialLine
from dialpact.compliance.inspection.question import Question
from dialpact.compliance.inspection.source import Source
from dialpact.compliance.inspection.verdicts import headings
from dialpact.compliance.trial import PREFIX

STEPS = 7  # of its making, of which ``step`` is told


def _nobody_looks() -> None:
    """How far it is is told to nobody."""


def made(source: Source, question: Question, step: Callable[[], None] = _nobody_looks) -> Inspection:
    """The whole of it, with its headings. ``step``: another of its parts is made; these are of any length."""
    ever = {one.id: frozenset([one.purpose, *one.purposes_before]) for one in source.campaigns()}
    registered = frozenset(one.number for one in source.caller_ids())
    tried = source.trials()
    named = tuple(PREFIX + one.id for one in tried)
    question = dataclasses.replace(question, campaigns=ever, registered=registered, trials=named)
    changes, incidents = source.changes(), source.incidents()
    changed = {found.key: found.count for found in changes}
    of_calls = calls.calls(source, question)
    step()
    used = calls.numbers(source, question, of_calls.reasons, incidents)
    step()
    resources = calls.resources(source, question, of_calls.reasons)
    step()
    conduct = kept.conduct(source, question, changed)
    step()
    control = kept.control(source, question, changes, incidents)
    step()
    consents = unwanted.consents(source, question)
    step()
    found = Inspection(
        made_at=question.now,
        made_by=question.by,
        full=question.full,
        period=question.period,
        complete=question.period.until <= question.now,
        installation=kept.installation(source, question),
        calls=of_calls,
        numbers=used,
        resources=resources,
        conduct=conduct,
        control=control,
        consents=consents,
        trials=tuple(
            TrialLine(
                campaign=PREFIX + one.id,
                at=one.at,
                by=one.by,
                number=question.number(one.number),
                put_through=one.put_through,
                blocked=one.blocked,
            )
            for one in tried
            if one.at >= question.period.since
        ),
    )
    step()
    return headings(found, question.policy)
