"""The fake Asterisk and a listener on it. No test here waits for real seconds: the delays are made short."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ami_listener.timings import Timings
from dialpact.testing.ami import FakeAmi
from tests.ami_listener.pace import QUICK
from tests.ami_listener.scene import Scene


@pytest.fixture
def timings() -> Timings:
    return QUICK


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "recordings"
    made.mkdir()
    return made


@pytest.fixture
async def ami() -> AsyncIterator[FakeAmi]:
    async with FakeAmi() as ami:
        yield ami


@pytest.fixture
async def scene(timings: Timings, ami: FakeAmi, directory: Path, tmp_path: Path) -> AsyncIterator[Scene]:
    async with Scene(tmp_path / "dialpact", ami.port, directory, timings=timings) as scene:
        await scene.ready()
        yield scene
