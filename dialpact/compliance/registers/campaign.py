"""A campaign: for which business, in which industry, to what purpose."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict

from dialpact.compliance.model import PURPOSES, Campaign
from dialpact.compliance.registers.cell import choice, identifier
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.trial import is_trial


class CampaignEntry(Campaign, frozen=True, kw_only=True):
    """A campaign with what no decision looks at. ``scrub_leads``: a list that is imported for it is held
    until it was scrubbed.
    """

    scrub_leads: bool = False


def entry_of(campaign: Campaign) -> CampaignEntry:
    """With what nobody said of it as it is by default."""
    return campaign if isinstance(campaign, CampaignEntry) else CampaignEntry(**asdict(campaign))


def campaign(
    id: str, business: str, industry: str, purpose: str, script: str = "", *, scrub_leads: bool = False
) -> CampaignEntry:
    named = identifier(id, "id")
    if is_trial(named):
        raise Fault("trial-name", value=shown(named))
    return CampaignEntry(
        id=named,
        business=identifier(business, "business"),
        industry=identifier(industry, "industry"),
        purpose=choice(purpose, "purpose", PURPOSES),
        script=identifier(script, "script") if script.strip() else "",
        scrub_leads=scrub_leads,
    )


def changes(
    industry: str | None, purpose: str | None, script: str | None, scrub_leads: bool | None = None
) -> dict[str, Any]:
    """What is to be changed, checked; None: stays. An empty script: the campaign names none any more."""
    found: dict[str, Any] = {}
    if industry is not None:
        found["industry"] = identifier(industry, "industry")
    if purpose is not None:
        found["purpose"] = choice(purpose, "purpose", PURPOSES)
    if script is not None:
        found["script"] = identifier(script, "script") if script.strip() else ""
    if scrub_leads is not None:
        found["scrub_leads"] = scrub_leads
    if not found:
        raise Fault("nothing-to-change")
    return found
