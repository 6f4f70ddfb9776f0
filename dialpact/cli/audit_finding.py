"""What an audit of the log finds, for programs and for people."""

from __future__ import annotations

from dialpact.application.ledger.audit.found import AuditFinding
from dialpact.cli.command_context import CommandContext
from dialpact.presentation.audit_finding import finding_text


def finding_object(session: CommandContext, finding: AuditFinding) -> dict[str, object]:
    """For programs."""
    return {
        "problem": finding.problem,
        "code": finding.code,
        "leaf": finding.leaf,
        "kind": finding.kind,
        "key": finding.key,
        **finding.values,
        "text": finding_text(finding, session.language),
    }


def finding_row(session: CommandContext, finding: AuditFinding) -> list[object]:
    """Problem, leaf, kind and key of the record, and what is wrong with it."""
    problem = session.text(f"ledger-problem.{finding.problem}")
    return [problem, finding.leaf, finding.kind, finding.key, finding_text(finding, session.language)]
