"""PostgreSQL's schema is SQLite's: each table, column, index, view, trigger; what differs is named here."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from tests.postgres.scene import in_postgres, in_sqlite, migrated, reading, sqlite
from tests.postgres.server import Database, Server

TYPES = {"TEXT": "text", "INTEGER": "bigint", "REAL": "double precision", "BLOB": "bytea"}
# A column is in PostgreSQL alone, since several nodes share the database: table -> whether it is of the key.
OF_A_NODE = {
    **dict.fromkeys(
        ("ledger", "ledger_node", "checkpoint", "checkpoint_stamp", "cosignature", "witness"), True
    ),
    **dict.fromkeys(("clock_reading", "witnessed", "unsealed", "webhook", "clock_us"), True),
    **dict.fromkeys(("register_change", "register_difference", "webhook_delivery"), False),
}
# In SQLite alone: whose log it is, which the column node says here.
NUMBERS_OF_LOGS = {("ledger", "log"), ("ledger_node", "log"), ("checkpoint", "log")}
# The key differs otherwise: a decision has the column already, and the log of a node is named by it.
KEYS = {"decision": ["node", "seq"], "ledger_log": ["node"]}
# Covers a query of SQLite's; here an entry above a third of a page would refuse the decision.
NO_INDEX = {"decision_in_report"}
TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sqlite_sequence' ORDER BY name"
VIEWS = "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name"


@pytest.fixture(scope="module")
def database(postgres: Server) -> Iterator[Database]:
    with postgres.database() as own:
        yield own


@pytest.fixture
async def made(database: Database) -> AsyncIterator[asyncpg.Connection[Any]]:
    """What is written is taken back."""
    async with migrated(database) as connection:
        await connection.execute("BEGIN")
        yield connection
        await connection.execute("ROLLBACK")


async def columns(made: asyncpg.Connection[Any], kind: str) -> dict[str, dict[str, tuple[Any, ...]]]:
    """By table and name: type, whether null is refused, default."""
    found = await made.fetch(
        "SELECT c.table_name, column_name, data_type, is_nullable = 'NO', column_default, is_identity = 'YES'"
        " FROM information_schema.columns AS c"
        " JOIN information_schema.tables AS t USING (table_schema, table_name)"
        " WHERE table_schema = 'public' AND table_type = $1 ORDER BY c.table_name, ordinal_position",
        kind,
    )
    tables: dict[str, dict[str, tuple[Any, ...]]] = {}
    for table, column, *rest in found:
        tables.setdefault(table, {})[column] = tuple(rest)
    return tables


async def test_each_table_and_column_has_its_like(made: asyncpg.Connection[Any]) -> None:
    there = await columns(made, "BASE TABLE")
    assert list(there.pop("schema_version")) == ["version"]
    with sqlite() as here:
        assert sorted(there) == [name for (name,) in here.execute(TABLES)]
        for table, found in there.items():
            expected = {}
            for _, name, kind, not_null, default, key, _ in here.execute(f"PRAGMA table_xinfo('{table}')"):
                if (table, name) not in NUMBERS_OF_LOGS:
                    expected[name] = TYPES[kind], bool(not_null or key), default
            if table in OF_A_NODE:
                assert found.pop("node")[:3] == ("text", True, "current_setting('dialpact.node'::text)"), (
                    table
                )
            if table == "ledger_log":  # a row for each node, put in with nothing else
                assert found.pop("node")[:2] == expected.pop("node")[:2]
                expected["log"] = *expected["log"][:2], "1"
            plain = {
                name: (kind, not_null, default and re.sub("::\\w+$", "", default).replace("'\\x'", "x''"))
                for name, (kind, not_null, default, _) in found.items()
            }
            assert plain == expected, table


async def test_a_number_is_given_out_where_sqlite_does(made: asyncpg.Connection[Any]) -> None:
    there = await columns(made, "BASE TABLE")
    given = {(table, name) for table, found in there.items() for name, one in found.items() if one[3]}
    with sqlite() as here:
        tables = here.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall()
    keys = {
        (table, found[1])
        for table, sql in tables
        if (found := re.search(r"^\s+(\w+)\s+INTEGER PRIMARY KEY", sql or "", re.MULTILINE))
    }
    # (Those are counted by who writes, without a gap, or are another row's.)
    assert given == keys - {
        ("decision", "seq"),
        ("ledger", "leaf_index"),
        ("witnessed", "reading"),
        ("ledger_log", "log"),
    }


async def test_each_view_has_its_like(made: asyncpg.Connection[Any]) -> None:
    there = await columns(made, "VIEW")
    with sqlite() as here:
        assert sorted(there) == [name for (name,) in here.execute(VIEWS)]
        for view, found in there.items():
            names = [row[1] for row in here.execute(f"PRAGMA table_info('{view}')")]
            assert list(found) == names + ["node"] * (view in OF_A_NODE), view


async def test_each_key_and_index_has_its_like(made: asyncpg.Connection[Any]) -> None:
    there = {
        (row["table"], row["name"]): row
        for row in await made.fetch(
            "SELECT t.relname AS table, c.relname AS name, indisunique AS alone, indisprimary AS first,"
            " indpred IS NOT NULL AS partly,"
            " array(SELECT coalesce(a.attname, '') FROM unnest(indkey) WITH ORDINALITY AS k (number, place)"
            " LEFT JOIN pg_attribute AS a ON a.attrelid = indrelid AND a.attnum = k.number ORDER BY place)"
            " ::text[] AS columns"
            " FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid JOIN pg_class AS t ON t.oid = indrelid"
            " WHERE t.relnamespace = 'public'::regnamespace AND t.relname <> 'schema_version'"
        )
    }
    with sqlite() as here:
        for (table,) in here.execute(TABLES).fetchall():
            key = [
                row[1]
                for row in sorted(here.execute(f"PRAGMA table_info('{table}')"), key=lambda row: row[5])
                if row[5]
            ]
            expected = KEYS.get(table, ["node", *key] if OF_A_NODE.get(table) else key)
            (primary,) = [name for name, row in there.items() if name[0] == table and row["first"]]
            assert there.pop(primary)["columns"] == expected, table
            for _, name, alone, origin, partly in here.execute(f"PRAGMA index_list('{table}')").fetchall():
                named = [row[2] or "" for row in here.execute(f"PRAGMA index_info('{name}')")]
                if origin == "c" and name not in NO_INDEX:
                    row = there.pop((table, name))
                    assert (row["alone"], row["partly"]) == (bool(alone), bool(partly)), name
                    others = {"node", "seq"} if name == "register_change_of_ledger" else {"node"}
                    assert [one for one in row["columns"] if one in named or one not in others] == named, name
                elif origin == "u":
                    (found,) = [
                        one
                        for one, row in there.items()
                        if one[0] == table
                        and row["alone"]
                        and not row["partly"]
                        and row["columns"] in (named, [*named, "node"])
                    ]
                    del there[found]
    # What disposals name, whose node is not told there.
    assert set(there) == {("clock_reading", "clock_reading_seq_key")}


async def test_each_trigger_has_its_like(made: asyncpg.Connection[Any]) -> None:
    there = {
        (row["table"], row["name"]): row["said"]
        for row in await made.fetch(
            "SELECT tgrelid::regclass::text AS table, tgname AS name, pg_get_triggerdef(oid) AS said"
            " FROM pg_trigger WHERE NOT tgisinternal"
        )
    }
    whole = {name for name, said in there.items() if "TRUNCATE" in said}
    assert whole == {(table, f"{name}_whole") for table, name in there if name.endswith("_stays")}
    with sqlite() as here:
        triggers = here.execute(
            "SELECT tbl_name, name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
    assert there.keys() - whole == {(table, name) for table, name, _ in triggers}
    for table, name, sql in triggers:
        when = re.search(r"(BEFORE|AFTER) (INSERT|DELETE|UPDATE(?: OF [\w, ]+?)?) ON", sql)
        assert when and f" {when[0]} " in there[table, name], name


async def test_each_check_and_reference_has_its_like(made: asyncpg.Connection[Any]) -> None:
    checks = dict(
        await made.fetch(
            "SELECT conrelid::regclass::text, count(*) FROM pg_constraint WHERE contype = 'c'"
            " AND connamespace = 'public'::regnamespace"
            " AND pg_get_constraintdef(oid) <> 'CHECK ((node <> ''''::text))'"
            " GROUP BY 1"
        )
    )
    references = {
        (table, other)
        for table, other in await made.fetch(
            "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint"
            " WHERE contype = 'f'"
        )
    }
    with sqlite() as here:
        tables = here.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%CHECK (%'"
        )
        assert checks == {name: len(re.findall(r"\bCHECK \(", sql)) for name, sql in tables}
        assert references == {
            (table, row[2])
            for (table,) in here.execute(TABLES).fetchall()
            for row in here.execute(f"PRAGMA foreign_key_list('{table}')")
        }


async def test_no_function_looks_where_the_caller_says(made: asyncpg.Connection[Any]) -> None:
    loose = await made.fetch(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND prorettype = 'trigger'::regtype"
        " AND proconfig IS DISTINCT FROM ARRAY['search_path=public, pg_temp']"
    )
    assert loose == []


async def test_no_column_wants_quotes(made: asyncpg.Connection[Any]) -> None:
    words = await made.fetch(
        "SELECT DISTINCT column_name::text FROM information_schema.columns"
        " JOIN pg_get_keywords() ON word = column_name"
        " WHERE table_schema = 'public' AND catcode IN ('R', 'T')"
    )
    assert words == []


@pytest.mark.parametrize("seed", range(8))
async def test_time_is_borne_out_alike(made: asyncpg.Connection[Any], seed: int) -> None:
    """Clocks that run, jump, fall back for long, and hosts that start anew; and another node between them."""
    chance = random.Random(seed)
    at, uptime, boot = 1_795_000_000_000_000, 5_000_000, 0
    with sqlite() as here:
        for number in range(40):
            step = chance.choice((1, 1000, 10**6, 3600 * 10**6, 86400 * 10**6, 8 * 86400 * 10**6))
            uptime += step
            at += chance.choice((step, step, 0, -step, step * 40, -9 * 86400 * 10**6))
            if chance.random() < 0.2:
                boot, uptime = boot + 1, chance.choice((0, 10**6, 86400 * 10**6))
            moment = here.execute(
                "SELECT strftime('%Y-%m-%dT%H:%M:%S', ? / 1000000, 'unixepoch')"
                " || printf('.%06dZ', ? % 1000000)",
                (at, at),
            ).fetchone()[0]
            said = reading(moment, uptime, f"b{boot}")
            here.execute(in_sqlite(said))
            await made.execute(in_postgres(said))
            if number % 5 == 0:
                await made.execute("SELECT set_config('dialpact.node', 'pbx2', false)")
                await made.execute(in_postgres(reading("2031-01-01T00:00:00.000000Z", number, "x")))
                await made.execute("SELECT set_config('dialpact.node', 'pbx1', false)")
            today = here.execute("SELECT day FROM today").fetchone()
            assert tuple(await made.fetchrow("SELECT day FROM today")) == today
        ask = "SELECT us, behind_us FROM witnessed {} ORDER BY reading"
        there = [tuple(row) for row in await made.fetch(ask.format("WHERE node = 'pbx1'"))]
        assert there == here.execute(ask.format("")).fetchall()
