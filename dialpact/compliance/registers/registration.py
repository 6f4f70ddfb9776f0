"""A registration of a business or a campaign with an authority, from one day to another."""

from __future__ import annotations

from dialpact.compliance.model import REGISTRANTS, Registration
from dialpact.compliance.registers.cell import choice, free_text, identifier
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import day


def registration(
    holder: str, id: str, kind: str, *, number: str = "", valid_from: str, valid_to: str = ""
) -> Registration:
    """``valid_to`` is the last valid day; empty: without an end. ``number``: of the certificate."""
    whose = choice(holder, "holder", REGISTRANTS)
    if not valid_from.strip():
        raise Fault("empty", column="valid_from")
    starts = day(valid_from, "valid_from")
    ends = day(valid_to, "valid_to") if valid_to.strip() else None
    if ends is not None and ends < starts:
        raise Fault("ends-before-start", start=starts.isoformat(), end=ends.isoformat())
    return Registration(
        holder=whose,
        id=identifier(id, whose),
        kind=identifier(kind, "kind"),
        valid_from=starts,
        valid_to=ends,
        number=free_text(number, "number", needed=False),
    )


def entry_key(holder: str, id: str) -> str:
    """Under which the log has it: a business and a campaign may have the same name."""
    return f"{holder} {id}"
