"""How it is said that nothing went, as what says that it may is not what the log says."""

from __future__ import annotations

from dialpact.application.ledger.proven import Unproven
from dialpact.cli.audit_finding import finding_object, finding_row
from dialpact.cli.command_context import FAILED, CommandContext

COLUMNS = ("problem", "leaf", "record", "key-of-record", "text")


def tell(session: CommandContext, error: Unproven) -> int:
    """The exit code."""
    stopped = session.text("say.unproven")
    message = f"{stopped}: {error}"
    session.note(session.text("say.error", message=message))
    if session.as_json:
        differences = [finding_object(session, finding) for finding in error.findings]
        session.json({"error": message, "differences": differences, "count": error.count})
    else:
        session.table(COLUMNS, [finding_row(session, finding) for finding in error.findings], None)
    return FAILED
