"""Reason codes: why a call was blocked. The one list; texts, docs and tests are held to it."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The contract's codes. The order is the order in which several are reported."""

    INVALID_NUMBER = "invalid-number"
    EMERGENCY_NUMBER = "emergency-number"
    PROTECTED_NUMBER = "protected-number"
    UNKNOWN_CAMPAIGN = "unknown-campaign"
    DO_NOT_CALL = "do-not-call"
    NOT_A_WORKING_DAY = "not-a-working-day"
    CALENDAR_MISSING = "calendar-missing"
    CALENDAR_PROVISIONAL = "calendar-provisional"
    OUTSIDE_HOURS = "outside-hours"
    NO_CONSENT = "no-consent"
    CONSENT_EXPIRED = "consent-expired"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    CALLER_ID_UNAUTHORISED = "caller-id-unauthorised"
    CALLER_ID_NOT_AUTHENTICATED = "caller-id-not-authenticated"
    CALLER_ID_EXPIRED = "caller-id-expired"
    CALLER_ID_SUBLET = "caller-id-sublet"
    NOT_ON_LEAD_LIST = "not-on-lead-list"
    RANGE_DIALLING = "range-dialling"
    SCRIPT_NOT_APPROVED = "script-not-approved"
    TOO_MANY_ATTEMPTS = "too-many-attempts"
    SUSPENDED = "suspended"
    ACTOR_NOT_PERMITTED = "actor-not-permitted"
    RECORDING_UNAVAILABLE = "recording-unavailable"
    GATE_ERROR = "gate-error"
    DEADLINE = "deadline"


ORDER: dict[str, int] = {reason: place for place, reason in enumerate(Reason)}
