"""One recording from its start to its end: what it is of, its files, what is known of it so far."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ami_listener.ami.pbx import MONITOR
from ami_listener.recording.files import Files, Identity
from ami_listener.recording.heard import Heard


class Segment(msgspec.Struct):
    """One recording (a row, three files) of a leg; a leg has more than one when recording was interrupted."""

    id: str
    decision: str
    channel: str
    uniqueid: str
    format: str
    files: Files
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    proven_at: datetime | None = None
    identities: tuple[Identity, ...] = ()  # of the files that were proven; empty when not known
    monitor: str = ""  # the MixMonitor's id, as long as it may be attached
    unseen: bool = False  # nobody listened when the call ended, so it may have been answered
    part: str = "carrier"  # whose channel: carrier | joined | supervisor
    begun: bool = False  # its files were there with their headers; until then it is a row and three names
    heard: Heard | None = None  # what was found out about its sound while it was made

    def talk_seconds(self) -> float | None:
        """The part of the answered call that this segment had to cover; None when it was not answered."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return self._since(max(self.answered_at, self.started_at))

    @property
    def variable(self) -> str:
        """Of its channel: has the MixMonitor's id, for the hangup handler and for the next listener."""
        return MONITOR if self.part == "carrier" else f"{MONITOR}_{self.id[:8].upper()}"

    def identity(self, side: int) -> Identity | None:
        return self.identities[side] if self.identities else None

    def proven_seconds(self) -> float:
        """Of those, the part after the proof: what the file has to hold."""
        return self._since(max(self.answered_at or self.started_at, self.proven_at or self.started_at))

    def _since(self, begin: datetime) -> float:
        return max(0.0, ((self.ended_at or begin) - begin).total_seconds())
