"""Of the calls that were answered, which are fully recorded: from the recordings and the incidents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from dialpact.compliance.inspection.figures import (
    ANSWERED,
    GAPS,
    MOST,
    RecordingFigures,
    RecordingGap,
    RetentionFigures,
)
from dialpact.compliance.inspection.question import Question
from dialpact.compliance.inspection.source import Answered, Source
from dialpact.compliance.model import PURPOSES

PAGE = 1000  # answered calls whose purpose is looked up at a time
FLAWS = {"failed": "failed", "unhashed": "no-hash", "short": "recording-short"}


def recordings(source: Source, question: Question) -> RecordingFigures:
    """A call is fully recorded when every one of its answered recordings ended, was kept and hashed and is as
    long as the talk, and no incident tells of a gap in it.
    """
    asked = _asked(question)
    answered = required = full = running = exempt = gaps = 0
    shown: list[RecordingGap] = []
    rows = iter(source.answered(GAPS, ANSWERED))
    while page := list(islice(rows, PAGE)):
        purposes = _purposes(source, page, asked)
        for row in page:
            answered += 1
            if purposes.get(row.decision, "marketing") not in asked:
                exempt += 1
            elif row.running:
                running += 1
            else:
                required += 1
                why = _why(row)
                full += not why
                gaps += bool(why)
                if why and len(shown) < MOST:
                    shown.append(_gap(row, why, question))
    begun = source.begun()
    return RecordingFigures(
        answered=answered,
        required=required,
        full=full,
        running=running,
        exempt=exempt,
        share=full / required if required else None,
        gaps=gaps,
        list=tuple(shown),
        rows=begun.rows,
        failed=begun.failed,
        seconds=round(begun.seconds, 1),
    )


def _asked(question: Question) -> frozenset[str]:
    """The purposes whose calls have to be recorded, by any profile."""
    rules = [profile.recording for profile in question.policy.profiles if profile.recording]
    return frozenset(
        purpose for rule in rules if rule.required for purpose in PURPOSES if rule.binds(purpose)
    )


def _purposes(source: Source, page: list[Answered], asked: frozenset[str]) -> Mapping[str, str]:
    """As the decision saw them; not looked up where every purpose is to be recorded."""
    if asked == frozenset(PURPOSES):
        return {}
    return source.purposes([row.decision for row in page])


def _why(row: Answered) -> tuple[str, ...]:
    def causes() -> Iterator[str]:
        if not row.legs:
            yield "no-recording"
        yield from (name for column, name in FLAWS.items() if getattr(row, column))
        yield from sorted(row.kinds)

    return tuple(dict.fromkeys(causes()))


def _gap(row: Answered, why: tuple[str, ...], question: Question) -> RecordingGap:
    return RecordingGap(
        decision=row.decision,
        at=row.at,
        number=question.number(row.number),
        caller_id=question.caller_id(row.caller_id),
        campaign=row.campaign,
        why=why,
    )


def retention(source: Source, question: Question, changes: dict[str, int]) -> RetentionFigures:
    kept = source.kept(question.today)
    return RetentionFigures(
        held=changes.get("recording hold", 0),
        released=changes.get("recording release", 0),
        disposed=changes.get("recording dispose", 0),
        in_force=source.holds(),
        unfinished=source.unfinished_disposals(),
        past_due=kept.past_due,
        keep_until_missing=kept.missing,
    )
