"""The product's own listener on a fake Asterisk: calls that are recorded and kept, or cut."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from msgspec import structs

from ami_listener.listener import Listener
from ami_listener.timings import (
    LeaseTimings,
    LinkTimings,
    OutboxTimings,
    RecorderTimings,
    SoundTimings,
    Timings,
)
from dialpact.compliance.retention import keep_until
from dialpact.store.sqlite import Store
from dialpact.store.units import recordings
from dialpact.testing.ami import Channel, FakeAmi
from dialpact.testing.clock import FixedClock
from dialpact.testing.site import SECRET, Site

T = TypeVar("T")
PATIENCE = 20.0  # seconds, for a machine that has other work
# Real seconds say nothing here. The clock stands still and people speak when the test says so: a file need
# not grow while they do. And a test machine that is busy for three seconds is no PBX that has died.
TIMINGS = Timings(
    link=LinkTimings(pong=PATIENCE, login=PATIENCE),
    lease=LeaseTimings(life=60.0, pong=60.0, disk=PATIENCE),
    outbox=OutboxTimings(gather=0.0),  # a test asks at once what has happened
    recorder=RecorderTimings(proof=2.0),
    sound=SoundTimings(stalled=3600.0),
)


@dataclass(frozen=True)
class Recording:
    """What became of a recording. ``seconds`` of sound; ``state``: ``kept``, ``unanswered`` or ``failed``."""

    state: str
    path: Path
    callee_path: Path
    agent_path: Path
    seconds: float | None
    bytes: int | None
    sha256: str | None
    keep_until: date | None

    @property
    def kept(self) -> bool:
        return self.state == "kept"


class Listening:
    """A listener that runs, and the PBX that it hears."""

    def __init__(self, site: Site, pbx: FakeAmi, store: Store) -> None:
        self.site, self.pbx, self.store = site, pbx, store

    async def lease(self) -> tuple[bool, str]:
        """Whether calls can be recorded, else why not."""
        node = self.site.config.node.name

        def work(connection: Any) -> Any:
            wanted = "SELECT ready, why, expires_ns FROM recorder_lease WHERE node = ?"
            return connection.execute(wanted, (node,)).fetchone()

        ready, why, expires = await self.store.transact(work)
        return bool(ready) and expires > time.monotonic_ns(), why

    async def until_recorder(self, ready: bool) -> None:
        async def so() -> bool:
            return (await self.lease())[0] is ready

        what = "ready" if ready else "given up"
        await until(so, lambda: f"the recorder was not {what} within {PATIENCE:g} s")

    async def until_recorded_or_gone(self, channel: Channel, decision: str) -> bool:
        """What the dialplan waits for before it bridges."""

        def recorded() -> bool:
            return channel.variables.get("DIALPACT_RECORDING") == decision

        async def settled() -> bool:
            return recorded() or channel.name not in self.pbx.channels or not (await self.lease())[0]

        await until(settled, lambda: f"the listener neither recorded {channel.name} nor hung it up")
        return recorded() and channel.name in self.pbx.channels

    async def until_answered(self, decision: str) -> None:
        """The listener has heard that the call was answered: from now on the clock may go on."""

        async def heard() -> bool:
            rows = await recordings.list_recordings(self.store, decision=decision)
            return bool(rows) and rows[0]["answered_at"] is not None

        await until(heard, lambda: "the listener did not hear that the call was answered")

    async def recording(self, decision: str) -> Recording:
        """Of a call that is over, once it is settled."""
        found: list[dict[str, Any]] = []

        async def settled() -> bool:
            nonlocal found
            found = await recordings.list_recordings(self.store, decision=decision)
            return bool(found) and found[0]["state"] in ("kept", "unanswered", "failed")

        await until(settled, lambda: f"no recording of this call was settled; there is {found or 'none'}")
        row = found[0]
        return Recording(
            state=row["state"],
            path=Path(row["path"]),
            callee_path=Path(row["callee_path"]),
            agent_path=Path(row["agent_path"]),
            seconds=row["seconds"],
            bytes=row["bytes"],
            sha256=row["sha256"],
            keep_until=row["keep_until"] and date.fromisoformat(str(row["keep_until"])),
        )

    async def incidents(self) -> list[tuple[str, str]]:
        """Kind and channel of each, oldest first."""
        found = await self.store.incidents.list()
        return [(one.kind, one.channel) for one in reversed(found.rows)]

    async def cut(self, channel: Channel) -> list[str]:
        """Waits until the listener has hung ``channel`` up; the kinds of incident that it reported of it."""

        async def gone() -> bool:
            told = any(name == channel.name for _, name in await self.incidents())
            cut = self.pbx.count("Hangup", Channel=channel.name) > 0
            return told and cut and channel.name not in self.pbx.channels

        with contextlib.suppress(TimeoutError):
            await until(gone, lambda: "")
        if not self.pbx.count("Hangup", Channel=channel.name):
            return []
        return [kind for kind, name in await self.incidents() if name == channel.name]


@contextlib.asynccontextmanager
async def listening(site: Site, clock: FixedClock) -> AsyncIterator[Listening]:
    """The listener, ready to record. At its end every call is hung up and what is under way is written."""
    pbx = FakeAmi(secret=SECRET, clock=clock, username=site.config.ami.username)
    await pbx.start()
    config = structs.replace(site.config, ami=structs.replace(site.config.ami, port=pbx.port))
    await site.recorder(ready=False)
    async with await Store.open(config.database) as store:
        listener = Listener(config, store, clock, partial(keep_until, policy=site.policy), timings=TIMINGS)
        running = asyncio.create_task(listener.run())
        found = Listening(site, pbx, store)
        try:
            await found.until_recorder(ready=True)
            yield found
        finally:
            for channel in list(pbx.channels.values()):
                channel.hang_up()
            await listener.close()
            await asyncio.wait_for(running, PATIENCE)
            await pbx.stop()


async def until(so: Callable[[], Awaitable[bool]], otherwise: Callable[[], str]) -> None:
    """Waits for a condition; TimeoutError with the text of ``otherwise``."""
    deadline = time.monotonic() + PATIENCE
    while not await so():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise())
        await asyncio.sleep(0.005)
