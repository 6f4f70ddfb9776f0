"""A campaign: for which business, in which industry, to what purpose."""

from __future__ import annotations

from dialpact.compliance.model import PURPOSES, Campaign
from dialpact.compliance.registers.cell import choice, identifier
from dialpact.compliance.registers.fault import Fault


def campaign(id: str, business: str, industry: str, purpose: str, script: str = "") -> Campaign:
    return Campaign(
        id=identifier(id, "id"),
        business=identifier(business, "business"),
        industry=identifier(industry, "industry"),
        purpose=choice(purpose, "purpose", PURPOSES),
        script=identifier(script, "script") if script.strip() else "",
    )


def changes(industry: str | None, purpose: str | None, script: str | None) -> dict[str, str]:
    """What is to be changed, checked; None: stays. An empty script: the campaign names none any more."""
    found: dict[str, str] = {}
    if industry is not None:
        found["industry"] = identifier(industry, "industry")
    if purpose is not None:
        found["purpose"] = choice(purpose, "purpose", PURPOSES)
    if script is not None:
        found["script"] = identifier(script, "script") if script.strip() else ""
    if not found:
        raise Fault("nothing-to-change")
    return found
