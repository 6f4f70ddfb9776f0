"""Carrier legs: what they are judged by, and what Asterisk told of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.carrier_leg import Allowed, CarrierLeg, Missed


class CarrierLegs(Protocol):
    async def allowed(self, decision: str) -> Allowed | None:
        """What a leg with this id is judged by; None for an id that no decision has."""

    async def let_out(
        self, node: str, callers: Sequence[str], dial: str, since: datetime, until: datetime
    ) -> Sequence[Allowed]:
        """What the gate was asked for on these callers' channels (unique ids) and gave ``dial`` for, newest
        first. For a leg that ended before it could be asked for its id.
        """

    async def let_out_by_program(
        self, node: str, dial: str, since: datetime, until: datetime
    ) -> Sequence[Allowed]:
        """What a program was given ``dial`` for, newest first: no caller tells which of them a leg is of."""

    async def write(self, leg: CarrierLeg) -> None:
        """What is known so far; with ``ended_at`` for the last time."""

    async def end_unseen(self, decision: str, node: str, uniqueid: str, at: datetime) -> None:
        """Closes the row of a leg whose end nobody saw: it was gone at ``at``."""

    async def missed(
        self, node: str, since: datetime, until: datetime, *, reported: str, together: str
    ) -> Sequence[Missed]:
        """What was let out in between and has neither a leg, nor a recording, nor an incident of the kind
        ``reported``, nor is named by one of the kind ``together``.
        """
