"""The carrier legs that are up, each with the task that works for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from ami_listener.legs.leg import Leg
from dialpact.compliance.meters import METERS

log = structlog.get_logger()


class LiveLegs:
    """``failed`` is told of a leg whose work broke off for a reason that nobody foresaw."""

    def __init__(self, failed: Callable[[Leg], None]) -> None:
        self.known: dict[str, Leg] = {}  # by unique id
        self._failed = failed
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def take(self, leg: Leg) -> None:
        """Starts a leg's worker."""
        self.known[leg.uniqueid] = leg
        METERS.legs = len(self.known)
        task = asyncio.create_task(self._work(leg), name=f"leg {leg.channel}")
        self._tasks[leg.uniqueid] = task

    async def _work(self, leg: Leg) -> None:
        try:
            await leg.run()
        except Exception:
            # One call's bad luck must not end the others' recordings; its own bridge stays shut or is cut.
            log.exception("leg failed", leg=leg.channel)
            self._failed(leg)
        finally:
            if self.known.get(leg.uniqueid) is leg:
                del self.known[leg.uniqueid]
                self._tasks.pop(leg.uniqueid, None)
                METERS.legs = len(self.known)

    async def drop(self) -> None:
        """The link is gone: nobody works any more, and the next session looks at what there is."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.known.clear()
        self._tasks.clear()
        METERS.legs = 0
