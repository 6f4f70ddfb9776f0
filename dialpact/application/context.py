"""What every use case is given."""

from __future__ import annotations

from datetime import datetime

import msgspec

from dialpact.application.actor import Actor
from dialpact.compliance.clock import Clock
from dialpact.store.ports import Store


class Context(msgspec.Struct, frozen=True):
    """Where things are kept, who acts, and what time it is."""

    store: Store
    actor: Actor
    clock: Clock

    @property
    def by(self) -> str:
        """As the log names the actor."""
        return self.actor.name

    def now(self) -> datetime:
        return self.clock.now()
