"""What those who watch calls may know of the listener, and nothing more: the legs that are up, the trunks.

The listener makes the watchers and hands them itself; this is the side of it that they see.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Protocol

from ami_listener.ami.connection import Session
from ami_listener.calls.changes import Changes
from ami_listener.legs.leg import Leg
from ami_listener.legs.leg_context import LegContext
from dialpact.compliance.config import OptOutConfig, Supervisor


class ListenerView(Protocol):
    """Read anew each time: a reload puts another context and other trunks in force."""

    @property
    def context(self) -> LegContext: ...

    @property
    def legs(self) -> Mapping[str, Leg]:
        """The carrier legs that are up, by unique id."""
        ...

    @property
    def changes(self) -> Changes:
        """What is newer than a list of channels."""
        ...

    @property
    def endpoints(self) -> dict[str, str]:
        """The endpoint of each trunk on PJSIP."""
        ...

    @property
    def opt_out(self) -> OptOutConfig:
        """The opt-out keys."""
        ...

    def trunks_of(self, channel: str) -> dict[str, str]:
        """The trunks that own ``channel`` and their area codes; empty when it is no carrier leg."""
        ...

    def area_codes(self, trunks: Container[str]) -> dict[str, str]: ...

    def supervisor_rule(self, leg: Leg) -> Supervisor:
        """What becomes of a supervisor's voice in the call of ``leg``."""
        ...

    async def connect(self, *, events: bool = True) -> Session:
        """A session of one's own. Raises LinkError, ConfigError."""
        ...
