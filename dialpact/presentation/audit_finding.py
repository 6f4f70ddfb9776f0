"""What an audit of the log finds, in words."""

from __future__ import annotations

from dialpact.application.ledger.audit.found import AuditFinding
from dialpact.compliance.texts import Language
from dialpact.presentation import texts


def finding_text(finding: AuditFinding, language: Language) -> str:
    known = f"ledger.{finding.code}" in texts.catalogue(language)
    table = "ledger" if known else "kept"  # what decides what may go: holds, days, clocks
    return texts.text(
        f"{table}.{finding.code}", language, leaf=finding.leaf, name=finding.key, **finding.values
    )
