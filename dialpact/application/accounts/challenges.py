"""What a browser is to sign: each is given once, for one purpose, and taken once, within some minutes."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from datetime import datetime, timedelta

BYTES = 32
LASTS = timedelta(minutes=5)
MOST = 10_000  # at a time; the oldest make room


class Challenges:
    """In the memory of this process alone."""

    def __init__(self) -> None:
        self._given: OrderedDict[bytes, tuple[str, datetime]] = OrderedDict()

    def made(self, about: str, now: datetime) -> bytes:
        challenge = secrets.token_bytes(BYTES)
        self._given[challenge] = about, now + LASTS
        if len(self._given) > MOST:
            self._given.popitem(last=False)
        return challenge

    def taken(self, challenge: bytes, about: str, now: datetime) -> bool:
        """Whether it was given for this, and is used now for the first time."""
        said, until = self._given.pop(challenge, ("", now))
        return until > now and said == about
