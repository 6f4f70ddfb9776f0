"""The testing kit's own fixtures, also where the product is not installed; pytester for its tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests import ready_made
from tests.lanes import Lanes, give_way

if TYPE_CHECKING:
    from xdist.remote import Producer

pytest_plugins = ["pytester", "dialpact.testing.plugin", "tests.postgres.fixtures"]

# How long an example takes says something of the machine, not of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    give_way(config)
    # Frames with all their variables take seconds on a busy machine, in which a loop answers nobody.
    structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback
    ready_made.use()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Lanes | None:
    return Lanes(config, log) if config.getvalue("dist") == "load" else None
