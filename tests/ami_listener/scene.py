"""A listener with its store and its clock, for the fake Asterisk and for the real one."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

from ami_listener.legs.states import Phase
from ami_listener.listener import Listener
from ami_listener.recording import files
from ami_listener.timings import USUAL, Timings
from dialpact.compliance.clock import SystemClock
from dialpact.compliance.config import AmiConfig, Config, PolicyConfig, RecordingConfig, StoreConfig, Trunk
from dialpact.compliance.judge import new_id
from dialpact.compliance.model import CallAttempt, Callee, Decision, Facts, Finding
from dialpact.compliance.reasons import Reason
from dialpact.compliance.stamped import stamped
from dialpact.store.sqlite import Store, create
from dialpact.store.units import decisions, recordings
from dialpact.testing.ami import Channel, FakeAmi
from dialpact.testing.ami_calls import wav_header
from tests.ami_listener.faulty_store import FaultyStore
from tests.patience import WAIT

NUMBER = "13800138000"


def keep_until(ended_at: datetime) -> date:
    return (ended_at + timedelta(days=365)).date()


class Scene:
    """``async with Scene(...)``: the listener runs against the AMI at ``port``."""

    def __init__(
        self,
        home: Path,
        port: int,
        directory: Path,
        *,
        secret: str = "hush",
        format: str = "wav",
        min_free_mb: int = 1,
        mode: Literal["enforce", "shadow"] = "enforce",
        bypass: Literal["cut", "report"] = "cut",
        trunks: dict[str, Trunk] | None = None,
        timings: Timings = USUAL,
    ) -> None:
        home.mkdir(exist_ok=True)
        (home / "ami.secret").write_text(secret)
        self.database = home / "a.db"
        self.directory, self.timings = directory, timings
        self.config = Config(
            trunks=trunks
            or {
                "carrier": Trunk(endpoint="carrier", bypass=bypass),
                "carrier2": Trunk(endpoint="carrier2", area_code="0871"),
            },
            policy=PolicyConfig(mode=mode),
            store=StoreConfig(url="sqlite:a.db"),
            ami=AmiConfig(port=port),
            recording=RecordingConfig(directory=str(directory), format=format, min_free_mb=min_free_mb),
            origin=str(home / "dialpact.toml"),
        )
        self.clock = SystemClock()
        self.keep_until = keep_until
        self.store: Store
        self.faulty: FaultyStore  # the same one, as the listener has it
        self.listener: Listener
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if not self.database.exists():
            create(self.database)
        self.store = await Store.open(self.database)
        self.faulty = FaultyStore(self.store)
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        await self.store.close()

    async def start(self) -> None:
        self.listener = Listener(self.config, self.faulty, self.clock, self.keep_until, timings=self.timings)
        self._running = asyncio.create_task(self.listener.run())

    async def stop(self) -> None:
        """In order, as ``dialpact listener`` ends."""
        if self._running is not None:
            await self.listener.close()
            await asyncio.wait_for(self._running, 10)
            self._running = None

    async def kill(self) -> None:
        """As a crash would, as far as one process can."""
        assert self._running is not None
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        self._running = None

    async def allow(self, dial: str = NUMBER, **change: Any) -> str:
        """An id as the gate gives it. ``change``: fields of the decision or its attempt."""
        attempt = {"trunk": "carrier", "node": "pbx1"} | {
            name: change.pop(name) for name in ("trunk", "node", "uniqueid", "channel") if name in change
        }
        blocked = change.pop("blocked", False)
        finding = Finding(rule="x", result="fail", code=Reason.DO_NOT_CALL)
        made = Decision(
            **(
                {
                    "id": new_id(),
                    "decided_at": self.clock.now(),
                    "attempt": CallAttempt(
                        callee=Callee(given=dial, e164=f"+86{dial}"),
                        campaign="spring",
                        caller_id="02788880001",
                        **attempt,
                    ),
                    "facts": Facts(),
                    "findings": (finding if blocked else Finding(rule="x", result="pass"),),
                    "dial": dial,
                }
                | change
            )
        )
        await self.store.transact(lambda connection: decisions.record(connection, [made]))
        return made.id

    # What the store says

    async def lease(self) -> tuple[bool, str]:
        row = await self.store.transact(
            lambda connection: connection.execute(
                "SELECT ready, why, expires_ns FROM recorder_lease"
            ).fetchone()
        )
        if row is None:
            return False, "none"
        return bool(row["ready"]) and row["expires_ns"] > time.monotonic_ns(), row["why"]

    async def ready(self, timeout: float = WAIT) -> None:
        async def is_ready() -> bool:
            return (await self.lease())[0]

        try:
            await until(is_ready, timeout)
        except TimeoutError:
            raise TimeoutError(f"never ready: {await self.lease()}") from None

    async def not_ready(self, why: str, timeout: float = WAIT) -> str:
        """Waits until the lease is withdrawn for a reason that contains ``why``."""
        told = ""

        async def is_refused() -> bool:
            nonlocal told
            ready, told = await self.lease()
            return not ready and why in told

        try:
            await until(is_refused, timeout)
        except TimeoutError:
            raise TimeoutError(f"not refused because of {why!r}: {await self.lease()}") from None
        return told

    async def recordings(self) -> list[dict[str, Any]]:
        """Oldest first."""
        return list(reversed(await recordings.list_recordings(self.store)))

    async def recorded(self, state: str, count: int = 1, timeout: float = WAIT) -> list[dict[str, Any]]:
        """Waits for ``count`` recordings in ``state``."""
        found: list[dict[str, Any]] = []

        async def is_there() -> bool:
            nonlocal found
            found = [row for row in await self.recordings() if row["state"] == state]
            return len(found) >= count

        try:
            await until(is_there, timeout)
        except TimeoutError:
            raise TimeoutError(
                f"no {count} {state}: {[(r['state'], r['path']) for r in await self.recordings()]}, "
                f"incidents {await self.incidents()}"
            ) from None
        return found

    async def carrier_legs(self, ended: int = 0, timeout: float = WAIT) -> list[dict[str, Any]]:
        """Oldest first, once ``ended`` of them have ended."""
        found: list[dict[str, Any]] = []

        async def are_there() -> bool:
            nonlocal found
            query = "SELECT * FROM carrier_leg ORDER BY dialled_at"
            found = await self.store.transact(
                lambda connection: [dict(row) for row in connection.execute(query)]
            )
            return sum(row["ended_at"] is not None for row in found) >= ended

        await until(are_there, timeout)
        return found

    async def incidents(self) -> list[str]:
        """Kinds, oldest first, with what the listener had yet to write; where it can not, without that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self.listener.outbox.drained()
        return [one.kind for one in reversed((await self.store.incidents.list()).rows)]

    async def incident(self, kind: str, timeout: float = WAIT) -> dict[str, Any]:
        """Waits for an incident."""
        found: list[dict[str, Any]] = []

        async def is_there() -> bool:
            nonlocal found
            found = [stamped(one) for one in (await self.store.incidents.list(kind=kind)).rows]
            return bool(found)

        try:
            await until(is_there, timeout)
        except TimeoutError:
            raise TimeoutError(f"no {kind} among {await self.incidents()}") from None
        return found[0]


def left_open(row: dict[str, Any]) -> None:
    """A crash leaves the wav files of a recording so: nobody has completed their headers."""
    for key in ("path", "callee_path", "agent_path"):
        with Path(row[key]).open("r+b") as file:
            file.write(wav_header(0))


def names_used_up(scene: Scene, decision: str) -> None:
    """No further recording of this decision can begin: each name that it might have is taken."""
    folder = scene.directory / scene.clock.now().astimezone(UTC).strftime("%Y/%m/%d")
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, files.MOST_SEGMENTS + 1):
        if not (taken := folder / f"{decision}-{number}.wav").exists():
            taken.touch()


async def until(done: Callable[[], Any], timeout: float = WAIT) -> None:
    """Polls a condition, plain or awaitable."""
    deadline = time.monotonic() + timeout
    while True:
        result = done()
        if await result if asyncio.iscoroutine(result) else result:
            return
        if time.monotonic() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.01)


async def ringing(scene: Scene, ami: FakeAmi, **change: Any) -> tuple[str, Channel]:
    """A call that rings: its recording is prepared, and begins with the answer."""
    decision = await scene.allow(**change)
    leg = ami.dial(NUMBER, decision)
    leg.ring()
    await prepared(scene, leg)
    return decision, leg


async def answered(scene: Scene, ami: FakeAmi, **change: Any) -> tuple[str, Channel]:
    """A call that was answered: its recording is proven, and the interlock open."""
    decision, leg = await ringing(scene, ami, **change)
    leg.pick_up()
    await recorded(leg, decision)
    leg.let_through()
    return decision, leg


async def talking(scene: Scene, ami: FakeAmi) -> tuple[str, Channel]:
    decision, leg = await answered(scene, ami)
    leg.enter_bridge()
    return decision, leg


async def recorded(leg: Channel, decision: str) -> None:
    """Waits until the interlock is open."""
    await until(lambda: leg.variables.get("DIALPACT_RECORDING") == decision)


async def prepared(scene: Scene, leg: Channel) -> None:
    """Waits until row and folder of a ringing call's recording are there."""
    await until(lambda: bool((known := scene.listener.legs.get(leg.uniqueid)) and known.segments))


async def judged(scene: Scene, leg: Channel) -> None:
    """Waits for the verdict: a call that ends before it would show nothing."""

    def is_judged() -> bool:
        known = scene.listener.legs.get(leg.uniqueid)
        return known is not None and known.state.phase is not Phase.JUDGING

    await until(is_judged)
