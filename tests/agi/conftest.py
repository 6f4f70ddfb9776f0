from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.agi.office import Office
from tests.agi.stores import Watched


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
async def watched(office: Office) -> AsyncIterator[Watched]:
    """Its store, open, in the hands of a test."""
    async with office.store() as store:
        yield Watched(store)


@pytest.fixture
async def address(office: Office) -> AsyncIterator[tuple[str, int]]:
    """A running gate's."""
    async with office.serving() as found:
        yield found
