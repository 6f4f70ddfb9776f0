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
from dialpact.application.jobs.files import JobFiles
from dialpact.application.jobs.runner import Runner
from dialpact.compliance.clock import Clock, Uptime
from dialpact.compliance.config import Config
from dialpact.compliance.profile import Policy
from dialpact.store.sqlite import Store
from dialpact.web.rules import Rules
from dialpact.web.site import Site


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
    )
    return Assembled(site=site, rules=rules, jobs=jobs, stores=(store, deciding, reads))
