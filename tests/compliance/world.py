"""A small honest world for the rules: everything in it passes, and each test breaks one thing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from dialpact.compliance import calendars, numbers, profile
from dialpact.compliance.model import (
    Batch,
    Business,
    CallAttempt,
    CallerId,
    Campaign,
    Consent,
    DncEntry,
    Facts,
    Finding,
    RecorderState,
    Scope,
    Script,
)
from dialpact.compliance.profile import Policy, Profile

NUMBER = "+8613800138000"
SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = calendars.load()
HUBEI = profile.load("cn-hubei-2018")


def at(text: str) -> datetime:
    """The instant of a local time in Shanghai: ``2026-11-24 10:00:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


GOOD = at("2026-11-24 10:00:00")  # a Tuesday

CAMPAIGN = Campaign(id="spring", business="acme", industry="education", purpose="marketing", script="pitch")
CALLER_ID = CallerId(
    number="02788880000",
    business="acme",
    licence="MIIT-1",
    carrier="China Telecom",
    authenticated=True,
    trunks=("carrier",),
    purposes=("marketing",),
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
)
BATCH = Batch(
    id=1,
    campaign="spring",
    partner="Partner",
    contract="K-1",
    basis="consent",
    file="leads.csv",
    sha256="0" * 64,
    imported_at=at("2025-11-03 10:00:00"),
    rows=1,
)
assert HUBEI.script is not None
SCRIPT = Script(
    id="pitch",
    version=1,
    sha256="0" * 64,
    approved_by="chen",
    approved_at=at("2025-11-03 10:00:00"),
    checked=(HUBEI.script.digest,),
)


def consent(**changes: Any) -> Consent:
    base = Consent(
        number=NUMBER,
        business="acme",
        industry="education",
        granted_at=at("2026-03-01 10:00:00"),
        expires_at=None,
        evidence="form 7",
    )
    return msgspec.structs.replace(base, **changes)


def opt_out(scope: Scope, value: str = "", **changes: Any) -> DncEntry:
    when = changes.pop("requested_at", at("2026-02-01 10:00:00"))
    return DncEntry(
        number=changes.pop("number", NUMBER), scope=scope, value=value, requested_at=when, source="key"
    )


def attempt(given: str = "13800138000", **changes: Any) -> CallAttempt:
    base = CallAttempt(
        callee=numbers.parse(given), campaign="spring", caller_id="02788880000", agent="1001", trunk="carrier"
    )
    return msgspec.structs.replace(base, **changes)


def facts(**changes: Any) -> Facts:
    base = Facts(
        leads=(BATCH,),
        script=SCRIPT,
        campaign=CAMPAIGN,
        business=Business(id="acme", name="Acme", actor="own-business"),
        caller_id=CALLER_ID,
        trunk_known=True,
        trunk_business="acme",
        consents=(consent(),),
        recorder=RecorderState(ready=True),
    )
    return msgspec.structs.replace(base, **changes)


def changed(base: Profile = HUBEI, /, *, id: str = "", **sections: Any) -> Profile:
    """``base`` with keys of its sections changed (``hours={"guard_seconds": 0}``) or without one (None)."""
    fields: dict[str, Any] = {"id": id or base.id}
    for name, keys in sections.items():
        fields[name] = keys and msgspec.structs.replace(getattr(base, name), **keys)
    return msgspec.structs.replace(base, **fields)


def policy(*profiles: Profile, calendar: calendars.WorkingDays = CALENDAR) -> Policy:
    return Policy(profiles or (HUBEI,), calendar)


def codes(findings: Iterable[Finding]) -> list[str]:
    """What failed and why: ``["no-consent/never-given"]``."""
    return [f"{finding.code}/{finding.detail['key']}" for finding in findings if finding.result == "fail"]


def blocked(findings: Iterable[Finding]) -> bool:
    return any(finding.result == "fail" for finding in findings)
