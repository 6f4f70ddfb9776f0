"""Does this carrier leg have a decision that lets it be? Pure: facts in, verdict out.

1. A leg belongs to a decision that is known, allowed, delivered, of this node, for this number and trunk,
   fresh and not used up (``claims``). Every other leg went round the gate.
2. A person's emergency call is never cut, whatever id it carries; a machine's is (``leg_check``).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Literal

import msgspec

from ami_listener.ami.events import UNSEEN, Origin
from ami_listener.ami.pbx import is_decision_id
from ami_listener.legs.claims import Claim
from dialpact.compliance import numbers
from dialpact.compliance.carrier_leg import AHEAD, FRESH, Allowed
from dialpact.compliance.model import AND

SHORT = 6  # digits; an emergency number has no more, a subscriber's has seven at least
_PLAIN = re.compile(r"\+?[0-9]{1,24}")

Kind = Literal[
    "",
    "emergency",
    "emergency-unusual",
    "no-decision",
    "malformed-decision",
    "unknown-decision",
    "refused-decision",
    "undelivered-decision",
    "foreign-node",
    "foreign-trunk",
    "foreign-number",
    "stale-decision",
    "reused-decision",
    "store-unavailable",
    "leg-not-judged",
    "unlisted-endpoint",
    "caller-id-altered",
    "caller-id-hidden",
    "caller-id-unknown",
]


class LegVerdict(msgspec.Struct, frozen=True):
    """``allowed`` is set for a leg that belongs to its decision; otherwise ``kind`` says why it does not."""

    kind: Kind
    allowed: Allowed | None = None
    emergency: bool = False  # whatever else it is

    @property
    def fits(self) -> bool:
        return self.allowed is not None

    @property
    def is_incident(self) -> bool:
        """A person's emergency call never asked the gate, and need not have."""
        return not self.fits and self.kind != "emergency"

    def spared(self, kind: Kind) -> LegVerdict:
        """The same leg, now that its number is an emergency's. A wrong id is told all the same."""
        none = self.kind in ("no-decision", "leg-not-judged")
        return LegVerdict(kind if none else self.kind, emergency=True)

    @property
    def may_be_cut(self) -> bool:
        return not self.fits and not self.emergency


def is_plain(number: str) -> bool:
    """Digits, perhaps with a plus: what a site's list of emergency numbers may be asked about."""
    return _PLAIN.fullmatch(number) is not None


def is_short(number: str) -> bool:
    """Too short for a subscriber's number, so that it may be an emergency number we do not know."""
    return is_plain(number) and len(number) <= SHORT


def is_emergency(number: str, area_codes: Collection[str]) -> bool:
    """Whether we know ``number`` as one, on a trunk with any of these area codes."""
    return any(numbers.is_emergency(number, code) for code in {"", *area_codes})


def judge_leg(
    *,
    decision_id: str,
    allowed: Allowed | None,
    number: str,
    node: str,
    trunks: Collection[str],
    began: datetime,
    uniqueid: str = "",
    origin: Origin = UNSEEN,
    claim: Claim | None = None,
) -> LegVerdict:
    """``allowed``: what the store knows of ``decision_id``; ``number``: as dialled; ``trunks``: that own
    the leg; ``began``: when it was dialled; ``claim``: which legs use the id already.
    """
    kind = _flaw(decision_id, allowed, number, node, trunks, began)
    if not kind and allowed is not None:
        if claim.admits(uniqueid, origin, began) if claim else not allowed.legs:
            return LegVerdict("", allowed)
        kind = "reused-decision"
    return LegVerdict(kind)


def _flaw(
    decision_id: str,
    allowed: Allowed | None,
    number: str,
    node: str,
    trunks: Collection[str],
    began: datetime,
) -> Kind:
    if not decision_id:
        return "no-decision"
    if not is_decision_id(decision_id):
        return "malformed-decision"
    if allowed is None:
        return "unknown-decision"
    if not allowed.allowed or not allowed.dial:
        return "refused-decision"
    if not allowed.delivered:
        return "undelivered-decision"
    if allowed.node != node:
        return "foreign-node"
    if number != allowed.dial:
        return "foreign-number"
    if not set(allowed.trunk.split(AND)).intersection(trunks):
        return "foreign-trunk"
    if not -AHEAD <= began - allowed.decided_at < FRESH:
        return "stale-decision"
    return ""
