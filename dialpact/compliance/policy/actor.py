"""May this kind of company make such calls at all? A call-centre business may not: 工信部信管〔2020〕81号."""

from __future__ import annotations

from dialpact.compliance.policy.case import Case, Findings, Why, failed, passed, skipped, timeless
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import ActorRule

NAME = "actor"
LOOKS_AT = ()
turns = timeless


def judge(case: Case, section: ActorRule) -> Findings:
    business = case.facts.business
    if business is None:
        return skipped(NAME, case, Why.CAMPAIGN_UNKNOWN)
    if business.actor in section.forbidden:
        return (
            failed(
                NAME,
                case,
                Reason.ACTOR_NOT_PERMITTED,
                Why.ACTOR_FORBIDDEN,
                business=business.id,
                actor=business.actor,
                purpose=case.purpose,
            ),
        )
    return passed(NAME, case)
