"""A customer who may be called, and two agents with telephones that tell what they hear."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from typing import Any

from tests.lab.pbx import Pbx
from tests.lab.site import Site
from tests.lab.softphone import Answer, Leg, Media, SoftCarrier, Softphone
from tests.lab.test_optout import may_be_called, rows

CALL: dict[str, Any] = {"campaign": "autumn-loans", "caller_id": "02788880007"}
NUMBERS = itertools.count(1010, 37)


class Customers:
    """A customer and two agents."""

    def __init__(
        self, site: Site, pbx: Pbx, carrier: SoftCarrier, agent: Softphone, other: Softphone
    ) -> None:
        self.site, self.pbx, self.carrier, self.agent, self.other = site, pbx, carrier, agent, other

    @contextlib.asynccontextmanager
    async def talking(self) -> AsyncIterator[tuple[str, Leg, Leg]]:
        """A new customer's number, his leg, and the agent's call."""
        number = f"1380014{next(NUMBERS):04}"
        may_be_called(self.site, number)
        legs, calls = len(self.carrier.legs), len(self.other.legs)
        call = await self.agent.call(number, **CALL)
        await call.answered()
        await call.hears(1000)
        leg = self.carrier.legs[legs]
        try:
            yield number, leg, call
        finally:
            for one in (leg, call, *self.other.legs[calls:]):
                if not one.ended:
                    await one.hang_up()

    async def sent_to(self, call: Leg, exten: str) -> None:
        """A blind transfer of the customer."""
        await call.refer(exten)
        await call.transferred()
        await call.hang_up()

    async def taken_over(self) -> Leg:
        """The second agent's newest call, once it is answered."""
        leg = (await self.other.called(len(self.other.legs) or 1))[-1]
        await leg.answered()
        await leg.hears(1000)
        return leg

    def log(self) -> str:
        return self.site.log("listener") + self.site.log("gate")


@contextlib.asynccontextmanager
async def customers(site: Site, pbx: Pbx) -> AsyncIterator[Customers]:
    async with (
        SoftCarrier(pbx, Answer(delay=0.1)) as carrier,
        Softphone(pbx) as agent,
        Softphone(pbx, "agent1002", Answer(delay=0.1, talk=Media(hz=700))) as other,
    ):
        yield Customers(site, pbx, carrier, agent, other)


async def heard(leg: Leg, keys: str, timeout: float = 20.0) -> None:
    """Waits until the last of the keys that the other side was sent are these."""
    async with asyncio.timeout(timeout):
        while not leg.keys.endswith(keys):
            await asyncio.sleep(0.02)


async def said_no_more(site: Site, number: str, count: int = 1) -> list[dict[str, Any]]:
    """What is on disk once nobody is at work on it any more."""
    await asyncio.sleep(0.5)
    found = rows(site, number)
    assert len(found) == count
    return found
