"""A caller ID: issued by the authority, authenticated by the carrier, held by one business."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from compliance.model import ANY, PURPOSES, CallerId
from compliance.registers.cell import choice, free_text, identifier, several, yes_or_no
from compliance.registers.fault import Fault, shown
from compliance.registers.moment import HOME, day
from compliance.registers.number import caller_id as exact

COLUMNS = (
    "number",
    "business",
    "licence",
    "carrier",
    "authenticated",
    "trunks",
    "purposes",
    "valid_from",
    "valid_to",
)
_TRUNK = re.compile(r"[A-Za-z0-9_.-]{1,64}")  # as in the configuration's [trunks.NAME]


def caller_id(
    number: str,
    business: str,
    licence: str,
    carrier: str,
    authenticated: bool,
    trunks: Sequence[str],
    purposes: Sequence[str],
    valid_from: str,
    valid_to: str,
) -> CallerId:
    """``valid_to`` is the last valid day; empty: open-ended."""
    starts = day(valid_from, "valid_from") if valid_from.strip() else None
    ends = day(valid_to, "valid_to") if valid_to.strip() else None
    if starts is None:
        raise Fault("empty", column="valid_from")
    if ends is not None and ends < starts:
        raise Fault("ends-before-start", start=starts.isoformat(), end=ends.isoformat())
    return CallerId(
        number=exact(number),
        business=identifier(business, "business"),
        licence=free_text(licence, "licence"),
        carrier=free_text(carrier, "carrier"),
        authenticated=authenticated,
        trunks=tuple(_trunk(name) for name in several(trunks, "trunks")),
        purposes=tuple(_purpose(name) for name in several(purposes, "purposes")),
        valid_from=starts,
        valid_to=ends,
    )


def read(cells: Sequence[str], now: datetime) -> CallerId:
    """A CSV row in the order of :data:`COLUMNS`."""
    number, business, licence, carrier, authenticated, trunks, purposes, valid_from, valid_to = cells
    return caller_id(
        number,
        business,
        licence,
        carrier,
        yes_or_no(authenticated, "authenticated"),
        [trunks],
        [purposes],
        valid_from,
        valid_to,
    )


def today(now: datetime) -> date:
    return now.astimezone(HOME).date()


def _trunk(name: str) -> str:
    if name != ANY and not _TRUNK.fullmatch(name):
        raise Fault("bad-trunk", value=shown(name))
    return name


def _purpose(name: str) -> str:
    return name if name == ANY else choice(name, "purposes", PURPOSES)
