"""A consent: explicit, given by a number to a business for an industry, with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dialpact.compliance.model import Consent
from dialpact.compliance.numbers import REGIONS
from dialpact.compliance.registers.cell import free_text, identifier, sha256
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import moment
from dialpact.compliance.registers.number import callee

COLUMNS = ("number", "business", "industry", "granted_at", "expires_at", "evidence")
OPTIONAL = ("evidence_sha256", "wording")  # columns that a file may leave out


def consent(
    number: str,
    business: str,
    industry: str,
    granted_at: str,
    expires_at: str,
    evidence: str,
    evidence_sha256: str = "",
    wording: str = "",
    *,
    regions: Sequence[str] = REGIONS,
) -> Consent:
    """``granted_at`` must be said: a consent of unknown date can not be shown to come before the call.

    An empty ``expires_at`` is no expiry; a bare date is valid to the end of that day.
    """
    if not granted_at.strip():
        raise Fault("empty", column="granted_at")
    granted = moment(granted_at, "granted_at")
    expires = moment(expires_at, "expires_at", end_of_day=True) if expires_at.strip() else None
    if expires is not None and expires <= granted:
        raise Fault("ends-before-start", start=granted_at.strip(), end=expires_at.strip())
    return Consent(
        number=callee(number, regions),
        business=identifier(business, "business"),
        industry=identifier(industry, "industry"),
        granted_at=granted,
        expires_at=expires,
        evidence=free_text(evidence, "evidence"),
        evidence_sha256=sha256(evidence_sha256, "evidence_sha256") if evidence_sha256.strip() else "",
        wording=free_text(wording, "wording", needed=False) if wording else "",
    )


def read(cells: Sequence[str], now: datetime, regions: Sequence[str] = REGIONS) -> Consent:
    """A CSV row in the order of :data:`COLUMNS` and :data:`OPTIONAL`."""
    return consent(*cells, regions=regions)
