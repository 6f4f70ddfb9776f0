"""Does the campaign read an approved script? 规范营销话语，不误导、不诱导用户.

What counts is the newest version: whoever changes the text loses the approval with it. An approval names the
lists of forbidden phrases that the text was checked for; a list that was changed since asks for a new one.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialpact.compliance.model import Finding, Script
from dialpact.compliance.policy.case import Case, Findings, Instants, Why, failed, joined, same, skipped
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import ScriptRule

NAME = "script"
LOOKS_AT = ()


def judge(case: Case, section: ScriptRule) -> Findings:
    campaign, script = case.facts.campaign, case.facts.script
    if campaign is None:
        return skipped(NAME, case, Why.CAMPAIGN_UNKNOWN)
    if not campaign.script:
        return (failed(NAME, case, Reason.SCRIPT_NOT_APPROVED, Why.NO_SCRIPT),)
    if script is None or not same(script.id, campaign.script):
        why = Why.SCRIPT_UNREGISTERED
        return (failed(NAME, case, Reason.SCRIPT_NOT_APPROVED, why, script=campaign.script),)
    return joined(NAME, case, _failures(case, section, script))


def turns(case: Case, section: ScriptRule) -> Instants:
    script = case.facts.script
    return () if script is None or script.expires_at is None else (script.expires_at,)


def _failures(case: Case, section: ScriptRule, script: Script) -> Iterator[Finding]:
    if not script.approved_by or script.approved_at is None:
        yield _failed(case, script, Why.SCRIPT_UNAPPROVED)
        return
    if script.expires_at is not None and script.expires_at <= case.local:
        on = script.expires_at.astimezone(case.profile.zone).date().isoformat()
        yield _failed(case, script, Why.SCRIPT_EXPIRED, on=on)
    if section.digest not in script.checked:
        yield _failed(case, script, Why.SCRIPT_UNCHECKED)


def _failed(case: Case, script: Script, why: Why, **values: str) -> Finding:
    detail = {"script": script.id, "version": str(script.version), **values}
    return failed(NAME, case, Reason.SCRIPT_NOT_APPROVED, why, retry_at=None, **detail)
