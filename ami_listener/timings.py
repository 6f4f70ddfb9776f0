"""How long the listener waits for what, and how much it bears: a struct a room, with the values in use.

Seconds, where nothing else is said. Whoever makes a listener may hand it others (a test that waits in
hundredths of a second, an Asterisk in a process of its own); nobody configures them, as each has its reason.
"""

from __future__ import annotations

import msgspec


class LinkTimings(msgspec.Struct, frozen=True, kw_only=True):
    """The AMI connection (``ami.connection``)."""

    queue: int = 50_000  # events that may wait for their reader
    action: float = 2.0  # for the answer to an action
    ping: float = 1.0  # between two pings
    pong: float = 2.0  # for the answer to one
    login: float = 5.0  # Asterisk answers a wrong password after 1 s


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """Of a listener."""

    link: LinkTimings = LinkTimings()


USUAL = Timings()
