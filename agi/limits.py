"""How long the gate waits for a PBX, beside what binds it whoever asks.

Apart from the parts that they bind, since each part is given all of them.
"""

from __future__ import annotations

from dialpact.application.decide import GateLimits


class Limits(GateLimits, frozen=True, kw_only=True):
    """What binds one FastAGI server, beside its configuration. Every time is in seconds."""

    header_seconds: float = 1.0
    """From the connection to the end of its header: Asterisk sends it at once."""
    confirm_seconds: float = 0.5
    """For the PBX to confirm a verdict: a round trip takes less than a millisecond."""


LIMITS = Limits()
