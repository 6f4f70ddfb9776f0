"""One channel beside the carrier leg that is recorded for a call: what is known of it (``companions``)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from ami_listener.legs.leg import Leg
from ami_listener.recording.segment import Segment

Part = Literal["joined", "supervisor"]
Failed = Callable[[str], None]  # is told why a recorder could not be proven


class Companion:
    """One channel that is recorded for the call of ``leg``."""

    def __init__(
        self, leg: Leg, channel: str, uniqueid: str, part: Part, failed: Failed | None = None
    ) -> None:
        self.leg, self.channel, self.uniqueid, self.part = leg, channel, uniqueid, part
        self.failed = failed
        self.segment: Segment | None = None
        self.started = 0  # MixMonitorStart events of the channel since then
        self.ended = ""  # why, once it is to end
        self.muted = False
        self.lost: tuple[str, datetime] | None = None  # the incident's kind, and since when
        self.news = asyncio.Event()  # it is to end, or something happened to its recorder
        self.news_at: datetime | None = None

    def end(self, why: str) -> None:
        self.ended = self.ended or why
        self.news.set()
