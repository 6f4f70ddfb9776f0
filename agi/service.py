"""The gate as a service: judge, batches and listening socket, started and stopped together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial

from agi.limits import LIMITS, Limits
from agi.server import Server
from dialpact.application.gate import Gate
from dialpact.application.opt_out import OptOutQueue
from dialpact.application.policy import judge_of
from dialpact.compliance.clock import Clock
from dialpact.compliance.config import Config
from dialpact.compliance.judge import Judge
from dialpact.compliance.numbers import warm
from dialpact.compliance.profile import Policy
from dialpact.store.ports import Store


class Reloadable:
    """A running gate's rules, to be changed while it answers calls."""

    def __init__(self, store: Store, clock: Clock, server: Server) -> None:
        self._store, self._clock, self._server = store, clock, server

    async def prepare(self, config: Config, policy: Policy) -> None:
        """No decision may name a profile whose text nobody has. Raises StoreError."""
        await self._store.profiles.note(policy.of_trials.profiles, at=self._clock.now())

    def replace(self, config: Config, policy: Policy) -> Callable[[], None]:
        """For every call whose session begins from now on. Those that have begun end as they began.

        Returns what takes it back.
        """
        former = self._server.judge, self._server.deadline
        self._set(judge_of(config, policy), config.gate.deadline_ms / 1000)
        return partial(self._set, *former)

    def _set(self, judge: Judge, deadline: float) -> None:
        server = self._server
        server.judge = server.gate.judge = judge
        server.deadline = deadline


@contextlib.asynccontextmanager
async def serving(
    config: Config,
    policy: Policy,
    store: Store,
    clock: Clock,
    started: Callable[[Reloadable], None] = lambda _: None,
    limits: Limits = LIMITS,
) -> AsyncIterator[tuple[str, int]]:
    """Answers calls inside the block; gives the address in use. At the end what was begun is answered.

    ``store``: open, and its own patience with locks shorter than a call's deadline. ``started`` is given what
    changes the rules while it runs. Raises StoreError, and OSError when the address can not be bound.
    """
    warm()
    judge = judge_of(config, policy)
    await store.profiles.note(policy.of_trials.profiles, at=clock.now())
    gate = Gate(store, judge, clock, limits)
    opt_outs = OptOutQueue(store, config.node.name, clock)
    server = Server(config, judge, gate, opt_outs, limits)
    address = await server.start()
    started(Reloadable(store, clock, server))
    running = [asyncio.create_task(work) for work in (gate.run(), opt_outs.run())]
    try:
        yield address
    finally:
        await server.close()
        for task in running:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await gate.close()
        await opt_outs.close()
