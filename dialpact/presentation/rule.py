"""What a rule is called."""

from __future__ import annotations

from dialpact.compliance.texts import Language
from dialpact.compliance.texts import text as domain_text


def rule_name(rule: str, language: Language) -> str:
    try:
        return domain_text(f"rule.{rule}", language)
    except KeyError:  # stored by another version
        return rule
