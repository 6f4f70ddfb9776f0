"""What is in force for the calls that begin now: trunks, mode, retention. A reload makes other terms.

A call that is up ends as it began: its leg keeps its context, a trunk that was taken out stays known until
the listener ends, and its recording is kept for the longest of what was in force meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import date, datetime

import msgspec
from msgspec import structs

from ami_listener.legs.leg import Leg
from ami_listener.legs.leg_context import LegContext
from ami_listener.recording.segment import Segment
from dialpact.compliance.config import Config, Supervisor, Trunk

KeepUntil = Callable[[datetime], date]


class Terms(msgspec.Struct, frozen=True):
    """``trunks``: by name, with those that a reload has taken out; ``keepers``: each with the instant until
    which it was in force, None for the one that is.
    """

    config: Config
    context: LegContext
    trunks: tuple[tuple[str, Trunk], ...]
    keepers: tuple[tuple[datetime | None, KeepUntil], ...]

    def trunks_of(self, channel: str) -> dict[str, str]:
        """The trunks that own ``channel`` and their area codes; empty when it is no carrier leg."""
        return {name: trunk.area_code for name, trunk in self.trunks if trunk.owns(channel)}

    @property
    def endpoints(self) -> dict[str, str]:
        """The endpoint of each trunk on PJSIP."""
        return {name: trunk.pjsip for name, trunk in self.trunks if trunk.pjsip}

    def area_codes(self, trunks: Container[str]) -> dict[str, str]:
        """Of those of ``trunks`` that are known."""
        return {name: trunk.area_code for name, trunk in self.trunks if name in trunks}

    def supervisor_rule(self, leg: Leg) -> Supervisor:
        """What becomes of a supervisor's voice in the call of ``leg``."""
        name = leg.allowed.trunk if leg.allowed else ""
        rules = [trunk.supervisor for known, trunk in self.trunks if known == name]
        return rules[-1] if rules else "record"

    def keep_until(self, segment: Segment) -> KeepUntil:
        """How long a recording is kept: the longest of what was in force since it began."""
        keepers = [keep for until, keep in self.keepers if until is None or segment.started_at < until]
        return lambda ended_at: max(keep(ended_at) for keep in keepers)

    def replaced(self, config: Config, keep_until: KeepUntil, now: datetime) -> Terms:
        """Those of ``config``, for the calls that begin from ``now`` on."""
        gone = [(name, trunk) for name, trunk in self.trunks if config.trunks.get(name) != trunk]
        return Terms(
            config=config,
            context=structs.replace(
                self.context,
                guarded=config.guarded,
                numbered=config.numbered,
                shadow=config.policy.mode == "shadow",
                shapes=config.shapes,
            ),
            trunks=(*gone, *config.trunks.items()),  # (of one name on one endpoint the newest is told)
            keepers=(*((until or now, keep) for until, keep in self.keepers), (None, keep_until)),
        )
