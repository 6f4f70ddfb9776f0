"""A database is brought up to date once, whole or not at all, and never by an older program."""

from __future__ import annotations

import asyncio

import pytest

from dialpact.compliance.errors import StoreError, StoreGone, StoreNewer
from dialpact.store.postgres import migrate
from tests.postgres.scene import connected, migrated
from tests.postgres.server import Database, Server

NEXT = migrate.latest() + 1
MORE = (*migrate.scripts(), (NEXT, "CREATE TABLE more (id bigint); INSERT INTO more VALUES (1);"))


async def test_all_at_once_is_the_same_as_one_after_the_other(postgres_database: Database) -> None:
    async with connected(postgres_database) as connection:
        assert await migrate.version(connection) == 0
        assert await migrate.migrate(connection) == len(migrate.scripts())
        assert await migrate.version(connection) == migrate.latest()
        assert await migrate.migrate(connection) == 0
        assert await migrate.migrate(connection, MORE) == 1
        assert await migrate.version(connection) == NEXT
        assert await connection.fetchval("SELECT count(*) FROM schema_version") == 1


async def test_two_at_once_do_it_once(postgres_database: Database) -> None:
    async with (
        connected(postgres_database) as one,
        connected(postgres_database) as other,
        connected(postgres_database) as third,
    ):
        done = await asyncio.gather(*(migrate.migrate(each, MORE) for each in (one, other, third)))
        assert sum(done) == len(MORE)
        assert await one.fetchval("SELECT count(*) FROM more") == 1


async def test_whoever_waited_sees_what_was_done_meanwhile(postgres_database: Database) -> None:
    """In a session, too, whose transactions keep to one snapshot."""
    async with connected(postgres_database) as one, connected(postgres_database) as other:
        await other.execute("SET default_transaction_isolation = 'repeatable read'")
        transaction = one.transaction()
        await transaction.start()
        await one.execute(f"SELECT pg_advisory_xact_lock({migrate.LOCK})")
        waiting = asyncio.create_task(migrate.migrate(other))
        while not await one.fetchval(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        ):
            await asyncio.sleep(0.01)
        await one.execute("SET LOCAL search_path = public, pg_temp")
        for number, sql in migrate.scripts():
            await one.execute(sql)
            await one.execute("UPDATE schema_version SET version = $1", number)
        await transaction.commit()
        assert await waiting == 0


async def test_one_that_fails_leaves_nothing(postgres_database: Database) -> None:
    async with migrated(postgres_database) as connection:
        with pytest.raises(StoreError, match=f"^migration {NEXT:04}: "):
            await migrate.migrate(
                connection, (*MORE[:-1], (NEXT, "CREATE TABLE more (id bigint); SELECT 1 / 0;"))
            )
        assert await migrate.version(connection) == migrate.latest()
        assert await connection.fetchval("SELECT to_regclass('more')") is None


async def test_a_newer_one_is_left_alone(postgres_database: Database) -> None:
    async with migrated(postgres_database) as connection:
        await migrate.check_known(connection)
        await migrate.migrate(connection, MORE)
        with pytest.raises(
            StoreNewer, match=f"of version {NEXT}, this program knows only {migrate.latest()}"
        ):
            await migrate.migrate(connection)
        with pytest.raises(StoreNewer):
            await migrate.check_known(connection)
        await migrate.check_known(connection, NEXT)
        with pytest.raises(StoreGone, match="an older one was put in its place"):
            await migrate.check_known(connection, NEXT + 1)


async def test_what_is_not_ours_is_named(postgres_database: Database) -> None:
    async with connected(postgres_database) as connection:
        with pytest.raises(StoreError, match="not a Dialpact database"):
            await migrate.check_ours(connection)
        with pytest.raises(StoreGone):
            await migrate.check_known(connection)
        await migrate.migrate(connection)
        await migrate.check_ours(connection)


async def test_there_is_one_version(postgres_database: Database) -> None:
    async with migrated(postgres_database):
        with pytest.raises(AssertionError, match="schema_version_is_one"):
            postgres_database.sql("INSERT INTO schema_version VALUES (9)")


@pytest.mark.parametrize(
    "how", ["ENCODING 'UTF8' LC_COLLATE 'C.UTF-8'", "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"]
)
async def test_one_that_compares_otherwise_is_refused(postgres: Server, how: str) -> None:
    with postgres.database() as database:
        name = database.name
        database.drop()
        postgres.sql(f"CREATE DATABASE {name} OWNER dialpact TEMPLATE template0 {how}")
        async with connected(database) as connection:
            with pytest.raises(StoreError, match="must have the encoding UTF8 and the collation C"):
                await migrate.migrate(connection)
            assert await migrate.version(connection) == 0


async def test_a_temporary_table_of_the_session_is_not_taken_for_one_of_ours(
    postgres_database: Database,
) -> None:
    async with connected(postgres_database) as connection:
        await connection.execute("CREATE TEMP TABLE unsealed (kind text, key text)")
        await migrate.migrate(connection)
        await connection.execute(
            "INSERT INTO register_change (at, actor, register, action, key, detail)"
            " VALUES ('', '', '', '', '', '')"
        )
        assert await connection.fetchval("SELECT count(*) FROM public.unsealed") == 1
