"""What every use case is given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec

from dialpact.application.actor import Actor
from dialpact.compliance.clock import Clock, Uptime, host_uptime
from dialpact.compliance.numbers import REGIONS
from dialpact.store.ports import Store


def anywhere() -> Sequence[str]:
    """Where no policy says what is home."""
    return REGIONS


class Context(msgspec.Struct, frozen=True):
    """Where things are kept, who acts, what time it is, how long the host has been running, and where numbers
    are at home: ``regions`` are the policy's (ISO 3166), home first, and asked when a number is read.
    """

    store: Store
    actor: Actor
    clock: Clock
    uptime: Callable[[], Uptime] = host_uptime
    regions: Callable[[], Sequence[str]] = anywhere

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[Context]:
        """For what only reads: on a snapshot, on a connection of its own, and in nobody's way."""
        async with self.store.looking() as store:
            yield msgspec.structs.replace(self, store=store)

    @property
    def by(self) -> str:
        """As the log names the actor."""
        return self.actor.name

    def now(self) -> datetime:
        return self.clock.now()

    def callee(self, text: str) -> str:
        """E.164 of a number that some profile could let be called. Fault; ProfileError for broken rules."""
        from dialpact.compliance.registers import number  # which loads phonenumbers

        return number.callee(text, self.home(text))

    def person(self, text: str) -> str:
        """E.164 of anybody, also of one who could never be called. Fails as ``callee``."""
        from dialpact.compliance.registers import number

        return number.person(text, self.home(text))

    def any_person(self, text: str) -> str:
        """Of a filter: nothing stays nothing."""
        return self.person(text) if text.strip() else ""

    def home(self, text: str) -> Sequence[str]:
        """A number with its country is the same one everywhere, so a broken profile does not lose it."""
        return REGIONS if text.strip().startswith(("+", "＋")) else self.regions()
