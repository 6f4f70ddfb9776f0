"""What is looked at in each session: rights and user first, then the calls there are, again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Protocol

import structlog

from ami_listener import missed_calls, resync
from ami_listener.ami.connection import LinkError, OutcomeUnknown, Session
from ami_listener.ami.pbx import Pbx
from ami_listener.lease import Lease
from ami_listener.recording import access
from ami_listener.resync import Comparing
from ami_listener.timings import ListenerTimings
from dialpact.compliance.errors import RecordingError, StoreError

log = structlog.get_logger()


class Rounded(Comparing, Protocol):
    """What the rounds need of the listener: to compare, and to say what was found."""

    lease: Lease


def audits(timings: ListenerTimings) -> Iterator[float]:
    """Seconds after each comparison; the second one is for calls that were too young at the first."""
    yield timings.second_look
    while True:
        yield timings.audit


class Rounds:
    """``run`` is for one session; it gives the session up when nothing can be built on it."""

    def __init__(self, listener: Rounded, timings: ListenerTimings) -> None:
        self._listener, self._timings = listener, timings

    async def run(self, session: Session, pbx: Pbx, booted: asyncio.Event) -> None:
        """Until cancelled, or the session is lost. ``booted``: Asterisk has started."""
        listener, lease, timings = self._listener, self._listener.lease, self._timings
        try:
            await booted.wait()
            lease.booted = True
            lease.right_problem = await pbx.missing_right()
            lease.wake()
            if lease.right_problem:  # they are read at the login, so a mended manager.conf needs a new one
                await asyncio.sleep(timings.patience)
                session.lose(lease.right_problem)
                return
            lease.who = await _identify(session, pbx)
            for wait in audits(timings):
                unseen = await self._compare(pbx)
                if unseen and wait == timings.audit:
                    lease.blind = "calls are made of which no event came (read = call, or an event filter)"
                lease.synchronised = True
                lease.wake()
                if wait == timings.audit and listener.gap.since is not None:
                    await asyncio.sleep(timings.judging)
                    await self._report_unseen()
                await asyncio.sleep(wait)
        except LinkError as error:
            # Lost, or so slow that nothing can be built on it: begin anew.
            session.lose(str(error), silent=isinstance(error, OutcomeUnknown))
        except RecordingError as error:
            session.lose(f"the channels can not be listed: {error}")

    async def _compare(self, pbx: Pbx) -> int:
        while True:
            try:
                return await resync.compare(self._listener, pbx)
            except StoreError as error:
                log.error("store unavailable, calls can not be compared", error=str(error))
                await asyncio.sleep(1.0)

    async def _report_unseen(self) -> None:
        listener, context = self._listener, self._listener.context
        try:
            await missed_calls.report(context, listener.gap, listener.hearing_since, context.claims)
        except StoreError as error:
            log.error("store unavailable, missed calls are looked for later", error=str(error))


async def _identify(session: Session, pbx: Pbx) -> access.Identity | None:
    addresses = session.addresses
    if addresses is None:
        return None
    return await asyncio.to_thread(access.identify, *addresses, *await pbx.run_user())
