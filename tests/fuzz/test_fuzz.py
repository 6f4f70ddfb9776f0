"""A bounded, repeatable run of every target: samples, the whole corpus, some hundred mangled inputs."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
import structlog

from tests.fuzz.commands import COMMANDS
from tests.fuzz.engine import Target
from tests.fuzz.living import LIVING, Loop
from tests.fuzz.peers import PEERS
from tests.fuzz.programs import PROGRAMS
from tests.fuzz.readers import TARGETS

ALL = TARGETS | LIVING | PEERS | COMMANDS | PROGRAMS


@pytest.fixture(scope="module", autouse=True)
def in_silence() -> Iterator[None]:
    """The gate and the listener that live through all targets say nothing into a command's output."""
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[lambda *_: ""])
    yield
    for loop in Loop.running:
        loop.stop()
    structlog.configure(**before)


@pytest.mark.parametrize("target", ALL.values(), ids=list(ALL))
def test_nothing_breaks(target: Target) -> None:
    for data in itertools.chain(
        target.seeds(), itertools.islice(target.inputs(random.Random(7)), target.examples)
    ):
        try:
            target.run(data)
        except Exception as error:
            raise AssertionError(f"{target.name}: {data!r}") from error
