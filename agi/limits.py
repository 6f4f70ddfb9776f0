"""How long the gate waits and how much it keeps. Production takes them as they are; a test gives its own.

Apart from the parts that they bind, since each part is given all of them.
"""

from __future__ import annotations

from dialpact.application.decide import MAX_BATCH, MAX_OVERDUE
from dialpact.compliance.model import Value


class Limits(Value, frozen=True, kw_only=True):
    """What binds one gate, beside its configuration. Every time is in seconds."""

    header_seconds: float = 1.0
    """From the connection to the end of its header: Asterisk sends it at once."""
    confirm_seconds: float = 0.5
    """For the PBX to confirm a verdict: a round trip takes less than a millisecond."""
    retry_seconds: float = 1.0
    """Until the store is asked again to take what is owed to it."""
    max_waiting: int = 5_000
    """Attempts that wait for the store. Whoever comes then is blocked at once."""
    max_batch: int = MAX_BATCH
    """Attempts in one transaction, and as many overdue blocks."""
    max_overdue: int = MAX_OVERDUE
    """Blocks kept in memory while the store is away, and as many marks of undelivered ALLOWs."""


LIMITS = Limits()
