"""The gate as a service: store, judge, batches and listening socket, started and stopped together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from agi.gate import Gate
from agi.optout import Desk
from agi.server import Server
from compliance.clock import Clock
from compliance.config import Config
from compliance.judge import Judge
from compliance.numbers import warm
from compliance.profile import Policy
from compliance.store.sqlite import Store, registers


@contextlib.asynccontextmanager
async def serving(config: Config, policy: Policy, clock: Clock) -> AsyncIterator[tuple[str, int]]:
    """Answers calls inside the block; gives the address in use. At the end what was begun is answered.

    Raises StoreError when the database can not be opened, OSError when the address can not be bound.
    """
    warm()
    judge = Judge(policy, config.trunks, config.node.name, config.policy.mode)
    async with await Store.open(config.database) as store:
        await registers.note_profiles(store, policy.profiles, at=clock.now())
        gate = Gate(store, judge, clock)
        desk = Desk(store, judge, clock)
        server = Server(config, judge, gate, desk)
        address = await server.start()
        running = [asyncio.create_task(work) for work in (gate.run(), desk.run())]
        try:
            yield address
        finally:
            await server.close()
            for task in running:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await gate.close()
            await desk.close()
