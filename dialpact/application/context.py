"""What every use case is given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from dialpact.application.actor import Actor
from dialpact.compliance.clock import Clock, Uptime, host_uptime
from dialpact.store.ports import Store


class Context(msgspec.Struct, frozen=True):
    """Where things are kept, who acts, what time it is, and how long the host has been running."""

    store: Store
    actor: Actor
    clock: Clock
    uptime: Callable[[], Uptime] = host_uptime

    @property
    def by(self) -> str:
        """As the log names the actor."""
        return self.actor.name

    def now(self) -> datetime:
        return self.clock.now()
