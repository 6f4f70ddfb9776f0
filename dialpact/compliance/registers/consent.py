"""A consent: explicit, given by a number to a business for an industry, with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dialpact.compliance.model import Consent, Value
from dialpact.compliance.numbers import REGIONS
from dialpact.compliance.registers.cell import free_text, identifier, sha256
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.meanings import NO, plain
from dialpact.compliance.registers.moment import exact, moment
from dialpact.compliance.registers.number import callee

COLUMNS = ("number", "business", "industry", "granted_at", "expires_at", "evidence")
OPTIONAL = ("evidence_sha256", "wording")  # columns that a file may leave out
WATCHED = ("withdrawn_at",)  # not taken in from a file, and not to be overlooked there


class Withdrawal(Value, frozen=True, kw_only=True):
    """``industry``: empty for all of them."""

    number: str
    business: str
    industry: str = ""
    reason: str = ""


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
    """A CSV row in the order of :data:`COLUMNS`, :data:`OPTIONAL` and, perhaps, :data:`WATCHED`."""
    *known, withdrawn = cells if len(cells) > len(COLUMNS) + len(OPTIONAL) else (*cells, "")
    if withdrawn and plain(withdrawn) not in NO:
        raise Fault("withdrawn-in-file", value=shown(withdrawn))
    return consent(*known, regions=regions)


def written(entry: Consent) -> tuple[str, ...]:
    """The cells of which :func:`read` makes this entry; that it is withdrawn can not be written."""
    expires = exact(entry.expires_at) if entry.expires_at else ""
    about = entry.number, entry.business, entry.industry, exact(entry.granted_at), expires
    return *about, entry.evidence, entry.evidence_sha256, entry.wording
