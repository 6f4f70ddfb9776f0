"""The explanation of a decision in words: what each rule found, and what it looked at."""

from __future__ import annotations

from collections.abc import Sequence

from dialpact.application.answer import looked_at_text
from dialpact.application.explanation import Explained
from dialpact.cli.command_context import CommandContext
from dialpact.compliance.texts import finding_text
from dialpact.presentation.rule import rule_name

COLUMNS = ("rule", "result", "code", "text", "looked_at", "clause", "retry_at")


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
