"""What ``dialpact web`` is made of: its stores, its rules, who decides and who does the jobs."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.doctor.live import Opening
from dialpact.application.gate import Gate
from dialpact.application.health import Looking, Sources
from dialpact.application.jobs.files import JobFiles
from dialpact.application.jobs.runner import Runner
from dialpact.compliance.clock import Clock, Uptime
from dialpact.compliance.config import Config
from dialpact.compliance.profile import Policy
from dialpact.store.sqlite import Store
from dialpact.web.rules import Rules
from dialpact.web.site import Site

LOOKED_EVERY = 15.0  # seconds, at how everything stands: as often as a scrape


@dataclass(frozen=True, kw_only=True)
class Assembled:
    site: Site
    rules: Rules
    jobs: Runner
    stores: tuple[Store, ...]

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Closes the stores at the end; each is opened when it is first asked."""
        async with contextlib.AsyncExitStack() as stack:
            for store in self.stores:
                await stack.enter_async_context(store)
            if self.site.health:
                stack.push_async_callback(self.site.health.close)
            stack.push_async_callback(self.site.watch.close)
            yield


def assembled(
    config: Config,
    policy: Policy,
    clock: Clock,
    uptime: Callable[[], Uptime],
    worker: Callable[[bool], Sequence[str]],
    busy_ms: int,
    manager: Opening | None = None,
) -> Assembled:
    """``worker``: the command of one that does jobs, idle or not. ``busy_ms``: the patience with locks.
    ``manager``: see :class:`Site`.
    """
    store = Store(config.database, busy_ms, yields=True)
    # The store's own patience with locks, and a thread of its own: a call has its answer by its deadline.
    deciding = Store(config.database, short_units=True, yields=True)
    reads = Store(config.database, busy_ms, read_only=True)  # whose key it is waits for no write
    rules = Rules(config, policy, store, clock)
    # What the runner does, it does by itself: the worker acts for who asked.
    context = Context(store, Actor(name="dialpact", door=Door.DAEMON), clock, uptime)
    kept = timedelta(days=config.api.results_days)

    async def policy_now() -> Policy:
        return rules.now().policy

    async def own_store(config: Config) -> Store:
        return await Store.open(config.database, busy_ms)

    looking = Looking(
        Sources(
            config=lambda: config,
            policy=policy_now,
            open=own_store,
            clock=clock,
            fresh_seconds=LOOKED_EVERY,
        )
    )
    jobs = Runner(context, JobFiles(config.path(config.api.folder)), worker, kept)
    site = Site(
        config=config,
        store=store,
        clock=clock,
        uptime=uptime,
        rules=rules.now,
        recorded_rules=rules.recorded,
        jobs=jobs,
        gate=Gate(deciding, rules.now(), clock),
        reads=reads,
        manager=manager,
        health=looking,
    )
    return Assembled(site=site, rules=rules, jobs=jobs, stores=(store, deciding, reads))
