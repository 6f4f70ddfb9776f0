"""The fake Asterisk and a listener on it. No test here waits for real seconds: the delays are made short."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ami_listener import listener
from ami_listener.recording import measured, recorder
from ami_listener.sound import stall_detector
from ami_listener.timings import Timings
from dialpact.testing.ami import FakeAmi
from tests.ami_listener.pace import QUICK
from tests.ami_listener.scene import Scene


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience in hundredths of a second. Calls here hardly speak, so shortness is looked at on request."""
    monkeypatch.setattr(measured, "SHORT", 0.0)
    monkeypatch.setattr(measured, "SILENCE_MATTERS", 60.0)
    monkeypatch.setattr(measured, "UNTRUE", 60.0)  # and what they say is in the file at once
    monkeypatch.setattr(listener, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(recorder, "PROOF_SECONDS", 0.2)
    monkeypatch.setattr(recorder, "SETTLE_SECONDS", 0.3)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Growth of the files is expected within three tenths of a second."""
    monkeypatch.setattr(stall_detector, "STALLED", 0.3)


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
async def scene(
    quick: None, timings: Timings, ami: FakeAmi, directory: Path, tmp_path: Path
) -> AsyncIterator[Scene]:
    async with Scene(tmp_path / "dialpact", ami.port, directory, timings=timings) as scene:
        await scene.ready()
        yield scene
