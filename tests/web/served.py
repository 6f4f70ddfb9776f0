"""The web process of a home in a thread of its own, so that a test can use the command line beside it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dialpact.compliance import config as configuration
from dialpact.web.site import RouteSource
from tests.cli.conftest import Home
from tests.patience import WAIT
from tests.web.asking import Asker, asking


@contextmanager
def served(home: Home, source: RouteSource, *, works: bool = False) -> Iterator[Asker]:
    """``works``: jobs are done. What the process fails with is raised here."""
    config = configuration.load(home.config)
    askers: list[Asker] = []
    stops: list[Callable[[], None]] = []
    failures: list[BaseException] = []
    started = threading.Event()

    async def serve() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        stops.append(lambda: loop.call_soon_threadsafe(stop.set) and None)
        clock = home.machine.clock
        async with asking(config.database, (source,), config, clock, works=works) as asker:
            askers.append(asker)
            started.set()
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failures.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert started.wait(WAIT)
        if failures:
            raise failures[0]
        yield askers[0]
    finally:
        for stop in stops:
            stop()
        thread.join(WAIT)
    if failures:
        raise failures[0]
