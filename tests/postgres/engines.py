"""Both engines, so that a test asks each for the same and compares what they say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import asyncpg
import pytest

from dialpact.store import sqlite
from dialpact.store.postgres import engine, migrate
from tests.postgres.server import Database, Server

T = TypeVar("T")
NODE = "pbx1"
PATIENT = 30.0  # seconds: a busy machine is no answer of an engine


@pytest.fixture(scope="session")
def postgres_template(postgres: Server) -> Iterator[str]:
    """The name of a database that is migrated and empty, to be copied."""

    async def migrated(url: str) -> None:
        connection = await asyncpg.connect(url)
        try:
            await migrate.migrate(connection)
        finally:
            await connection.close()

    with postgres.database() as database:
        asyncio.run(migrated(database.url))
        yield database.name


@pytest.fixture
def postgres_migrated(postgres: Server, postgres_template: str) -> Iterator[Database]:
    with postgres.database(postgres_template) as database:
        yield database


class Engines(NamedTuple):
    sqlite: sqlite.Store
    postgres: engine.Store

    async def same(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """What ``work`` comes to, which is the same on both."""
        expected = await work(self.sqlite)
        assert await work(self.postgres) == expected
        return expected


@pytest.fixture
async def engines(tmp_path: Path, postgres_migrated: Database) -> AsyncIterator[Engines]:
    """Both empty."""
    sqlite.create(tmp_path / "a.db")
    async with (
        await sqlite.Store.open(tmp_path / "a.db") as small,
        await engine.Store.open(postgres_migrated.url, NODE, seconds=PATIENT) as large,
    ):
        yield Engines(small, large)
