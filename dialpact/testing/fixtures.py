"""The fixtures. Nothing of the product is imported before a test asks for one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dialpact.compliance.config import Config
    from dialpact.testing import Api, Dialpact, FakeAmi, FastAgi, FixedClock, ProcessAgi, Registers, Site


NEEDS = "this fixture needs pytest-asyncio: pip install 'dialpact[testing]'"


def async_fixture(function: Callable[..., Any]) -> Any:
    """pytest-asyncio's. Where that is missing (a pytest run that has nothing to do with Dialpact) the
    fixture says what it needs, and nothing else is harmed.
    """
    if find_spec("pytest_asyncio") is None:
        return pytest.fixture(name=function.__name__)(lambda: pytest.fail(NEEDS, pytrace=False))
    import pytest_asyncio

    return pytest_asyncio.fixture(function)


@pytest.fixture
def dialpact_clock() -> FixedClock:
    """The clock of the test's gate and listener. It stands at 2026-11-24T10:00+08:00, a working day."""
    from dialpact.testing import FixedClock

    return FixedClock()


@pytest.fixture
def dialpact_config() -> Config | str | Path | None:
    """Override it with the path of your own dialpact.toml, or a Config. None: the kit's own."""
    return None


@pytest.fixture
def dialpact_site(
    dialpact_config: Config | str | Path | None,
    dialpact_clock: FixedClock,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """Configuration, policy, clock and empty registers."""
    from dialpact.testing.site import made

    with made(dialpact_config, dialpact_clock, tmp_path_factory.mktemp("dialpact")) as site:
        yield site


@pytest.fixture
def dialpact_empty_registers(dialpact_site: Site) -> Registers:
    """Registers in which no call passes."""
    return dialpact_site.registers


@pytest.fixture
def dialpact_registers(dialpact_empty_registers: Registers) -> Registers:
    """Registers in which one call passes (``Registers.fill``). Override it to have your own."""
    dialpact_empty_registers.fill()
    return dialpact_empty_registers


@async_fixture
async def dialpact(
    dialpact_site: Site, dialpact_registers: Registers, dialpact_clock: FixedClock
) -> AsyncIterator[Dialpact]:
    """A story's call centre: gate, and listener if it is asked for."""
    from dialpact.testing import Dialpact

    async with Dialpact(dialpact_site, dialpact_clock) as story:
        yield story


@pytest.fixture
def dialpact_api(dialpact_site: Site, dialpact_registers: Registers) -> Iterator[Api]:
    """The API on the story's registers and clock; no ``async`` needed."""
    from dialpact.testing import Api

    with Api(dialpact_site) as api:
        yield api


@async_fixture
async def fake_ami() -> AsyncIterator[FakeAmi]:
    """Asterisk's manager on a port of its own (user ``dialpact``, secret ``hush``), for anyone's programs."""
    from dialpact.testing import FakeAmi

    async with FakeAmi(house_rules=False) as ami:
        yield ami


@pytest.fixture
def fastagi() -> Iterator[FastAgi]:
    """Asterisk's side of FastAGI, against any server."""
    from dialpact.testing import FastAgi

    callers = FastAgi()
    yield callers
    callers.duties.settle()


@pytest.fixture
def process_agi() -> Iterator[ProcessAgi]:
    """Asterisk's side of classic AGI, for any script."""
    from dialpact.testing import ProcessAgi

    callers = ProcessAgi()
    yield callers
    callers.duties.settle()
