"""A campaign: for which business, in which industry, to what purpose."""

from __future__ import annotations

from compliance.model import PURPOSES, Campaign
from compliance.registers.cell import choice, identifier


def campaign(id: str, business: str, industry: str, purpose: str, script: str = "") -> Campaign:
    return Campaign(
        id=identifier(id, "id"),
        business=identifier(business, "business"),
        industry=identifier(industry, "industry"),
        purpose=choice(purpose, "purpose", PURPOSES),
        script=identifier(script, "script") if script.strip() else "",
    )
