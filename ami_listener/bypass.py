"""Does this carrier leg have a decision that lets it be? Pure: facts in, verdict out.

Seeing a leg that has none is this module's business, cutting it is not done yet: :attr:`LegVerdict.kind` is
what that will act upon.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from compliance import numbers
from compliance.store.sqlite.recordings import Allowed

FRESH = timedelta(seconds=120)  # between decision and dialling
AHEAD = timedelta(seconds=5)  # a decision from the future by more than this is none: the clock was set
_ID = re.compile(r"[0-9a-f]{32}")

Kind = Literal[
    "",
    "emergency",
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
]


class LegVerdict(msgspec.Struct, frozen=True):
    """``allowed`` is set for a leg that belongs to its decision; otherwise ``kind`` says why it does not."""

    kind: Kind
    allowed: Allowed | None = None

    @property
    def fits(self) -> bool:
        return self.allowed is not None

    @property
    def is_incident(self) -> bool:
        """A person's emergency call never asked the gate, and need not have."""
        return not self.fits and self.kind != "emergency"


def is_decision_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def dialled(dial_string: str) -> str:
    """The number in a dial string: ``138@carrier``, ``carrier/sip:138@host:5060``, ``trunk/138``.

    >>> dialled("13800138000@carrier"), dialled("carrier/sip:138@10.0.0.1"), dialled("trunk/138")
    ('13800138000', '138', '138')
    """
    text = dial_string.partition("@")[0].rpartition("/")[2]
    return text.removeprefix("sips:").removeprefix("sip:")


def judge_leg(
    *,
    decision_id: str,
    allowed: Allowed | None,
    number: str,
    node: str,
    trunks: Collection[str],
    began: datetime,
    claimed: bool = False,
    area_code: str = "",
) -> LegVerdict:
    """``allowed``: what the store knows of ``decision_id``; ``number``: as dialled; ``trunks``: that own
    the leg; ``began``: when it was dialled; ``claimed``: another leg is using the id already, though no row
    says so yet.
    """
    if not decision_id:
        return LegVerdict("emergency" if numbers.is_emergency(number, area_code) else "no-decision")
    if not is_decision_id(decision_id):
        return LegVerdict("malformed-decision")
    if allowed is None:
        return LegVerdict("unknown-decision")
    if not allowed.allowed or not allowed.dial:
        return LegVerdict("refused-decision")
    if not allowed.delivered:
        return LegVerdict("undelivered-decision")
    if allowed.node != node:
        return LegVerdict("foreign-node")
    if number != allowed.dial:
        return LegVerdict("foreign-number")
    if allowed.trunk not in trunks:
        return LegVerdict("foreign-trunk")
    if not -AHEAD <= began - allowed.decided_at < FRESH:
        return LegVerdict("stale-decision")
    if claimed or allowed.legs:
        return LegVerdict("reused-decision")
    return LegVerdict("", allowed)
