"""The explanation of a decision in words: what each rule found, and what it looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from dialpact.application.explanation import Explained, LookedAt, Seen
from dialpact.compliance.model import Result, Value
from dialpact.compliance.registers.moment import shown_time
from dialpact.compliance.texts import Language, finding_text, looked


class Told(Value, frozen=True, kw_only=True):
    """What one rule found, for programs: the contract's form. ``code``: of a rule that failed."""

    rule: str
    result: Result
    code: str | None
    clause: str
    text: str
    looked_at: str
    retry_at: datetime | None


def told(explained: Sequence[Explained], language: Language) -> tuple[Told, ...]:
    return tuple(
        Told(
            rule=one.finding.rule,
            result=one.finding.result,
            code=one.finding.code,
            clause=one.finding.clause,
            text=finding_text(one.finding, language),
            looked_at=looked_at_text(one.looked_at, language),
            retry_at=one.finding.retry_at,
        )
        for one in explained
    )


def objects(explained: Sequence[Explained], language: Language) -> list[dict[str, Any]]:
    """The same as objects that more may be put into."""
    return [msgspec.structs.asdict(one) for one in told(explained, language)]


def looked_at_text(found: LookedAt | None, language: Language) -> str:
    """Empty where a rule looked at nothing."""
    if found is None:
        return ""
    values = {name: _said(value, ", ") for name, value in found.values.items()}
    return looked(language)[f"looked.{found.key}"].format(**values)


def _said(value: Seen, between: str) -> str:
    match value:
        case None:
            return "-"
        case tuple():
            return between.join(_said(each, " ") for each in value)
        case datetime():
            return shown_time(value)
        case date():
            return value.isoformat()
    return str(value)
