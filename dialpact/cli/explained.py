"""The explanation of a decision in words: what each rule found, and what it looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from dialpact.application.explanation import Explained, LookedAt, Seen
from dialpact.cli import texts
from dialpact.cli.command_context import CommandContext
from dialpact.compliance.registers.moment import shown_time
from dialpact.compliance.texts import Language, finding_text
from dialpact.compliance.texts import text as domain_text

COLUMNS = ("rule", "result", "code", "text", "looked_at", "clause", "retry_at")


def objects(explained: Sequence[Explained], language: Language) -> list[dict[str, Any]]:
    """The contract's form, and what each rule looked at."""
    return [
        {
            "rule": one.finding.rule,
            "result": one.finding.result,
            "code": one.finding.code,
            "clause": one.finding.clause,
            "text": finding_text(one.finding, language),
            "looked_at": looked_at_text(one.looked_at, language),
            "retry_at": one.finding.retry_at,
        }
        for one in explained
    ]


def table(session: CommandContext, explained: Sequence[Explained]) -> None:
    """For people; nothing with ``--json``."""
    if session.as_json:
        return
    rows = [
        [
            rule_name(one.finding.rule, session.language),
            session.text(f"result.{one.finding.result}"),
            one.finding.code or "",
            finding_text(one.finding, session.language),
            looked_at_text(one.looked_at, session.language),
            one.finding.clause,
            one.retry_at,
        ]
        for one in explained
    ]
    session.table(COLUMNS, rows, None)


def rule_name(rule: str, language: Language) -> str:
    try:
        return domain_text(f"rule.{rule}", language)
    except KeyError:  # stored by another version
        return rule


def looked_at_text(found: LookedAt | None, language: Language) -> str:
    """Empty where a rule looked at nothing."""
    if found is None:
        return ""
    values = {name: _said(value, ", ") for name, value in found.values.items()}
    return texts.text(f"looked.{found.key}", language, **values)


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
