"""A supervisor with an open desk, and operators who have joined."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from dialpact.application.supervision.desk import Desk
from tests.agi.office import SetClock
from tests.supervision.site import Supervisor, Watched

Joined = Callable[[str], Awaitable[Watched]]


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def supervisor(tmp_path: Path, clock: SetClock) -> Supervisor:
    return Supervisor(tmp_path / "supervisor", clock)


@pytest.fixture
async def desk(supervisor: Supervisor) -> AsyncIterator[Desk]:
    async with supervisor.open() as desk:
        yield desk


@pytest.fixture
def joined(tmp_path: Path, clock: SetClock, desk: Desk, supervisor: Supervisor) -> Joined:
    async def join(name: str) -> Watched:
        made = Watched(tmp_path / name, name, clock)
        await made.join(desk, supervisor)
        return made

    return join
