"""PostgreSQL as fixtures. What cannot be set up fails the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres.server import Database, Server, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One a worker, started by the first test that asks. Not to be stopped: for that, `running`."""
    with running() as server:
        yield server


@pytest.fixture
def postgres_database(postgres: Server) -> Iterator[Database]:
    """A new, empty one, gone after the test."""
    with postgres.database() as database:
        yield database
