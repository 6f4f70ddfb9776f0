"""What stands in an address: a number (of a request, a complaint, a leaf), and a time."""

from __future__ import annotations

from datetime import datetime

from dialpact.compliance.clock import instant
from dialpact.compliance.registers.fault import Fault


def whole(given: str) -> int:
    """Fault, as for what is not there, for what is no number."""
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise Fault("not-registered", entry=given[:40])
    return int(given)


def time(given: str) -> datetime:
    """Fault likewise, and for one without its zone, which is no instant."""
    try:
        found = instant(given)
    except ValueError:
        raise Fault("not-registered", entry=given[:40]) from None
    if found.tzinfo is None:
        raise Fault("not-registered", entry=given[:40])
    return found
