"""Every statement that PostgreSQL is asked is one that it takes: its syntax, tables, columns and types."""

from __future__ import annotations

import aiosql
import asyncpg
import pytest
from aiosql.adapters.generic import GenericAdapter

from dialpact.store.postgres import migrate
from dialpact.store.postgres.texts import text_of
from dialpact.store.units.statements import FOLDER, Statement
from tests.postgres.server import Database

PORTED: tuple[str, ...] = (
    *("calls", "carrier_legs", "clocks", "decisions", "differences", "enforcement", "entries", "facts"),
    *("incidents", "leads", "ledger", "linked", "optout", "outside", "recordings", "registers"),
    *("registrations", "scripts", "supervised", "suspensions", "terms", "trials"),
    "backups",
    *(
        "arriving",
        "checkpoints",
        "custody",
        "disposals",
        "evidence",
        "holds",
        "imports",
        "inspection",
        "lists",
    ),
    *("reconcile", "retention", "witnesses"),
    *("accounts", "acts", "api_keys", "approvals", "browsing", "complaints", "consent_evidence", "health"),
    *("idempotency", "jobs", "listings", "live", "recording_search", "webhooks"),
)
# By file: the one that makes the temporary tables which it asks.
STAGED_BY = {"arriving": "imports", "custody": "custody", "imports": "imports"}
# By file: what is asked of SQLite alone (its own pragmas, its own schema).
SQLITE_ONLY: dict[str, tuple[str, ...]] = {
    # (of a file that is put in the database's place)
    "backups": ("has_table", "decisions", "newest_note", "kinds_since", "acts_since", "decided_since"),
}
# What is compared with 0 alone would be an int4, which refuses a callee's number. Of a numeric the driver
# makes a Decimal.
TAKEN = {"text", "int8", "float8", "bytea", "json", "jsonb"}
TOLD = {"text", "int4", "int8", "float8", "bytea", "bool"}


class _Names(GenericAdapter):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: dict[str, str] = {}

    def process_sql(self, query_name: str, op_type: object, sql: str) -> str:
        self.found[query_name] = sql
        return sql


def statements_of(file: str) -> list[Statement]:
    names = _Names()
    aiosql.from_path(FOLDER / f"{file}.sql", lambda *_: names, mandatory_parameters=False)
    return [Statement(file, name, sql) for name, sql in names.found.items()]


@pytest.mark.parametrize("file", PORTED)
async def test_postgresql_takes_it(postgres_database: Database, file: str) -> None:
    connection = await asyncpg.connect(postgres_database.url, server_settings={"dialpact.node": "pbx1"})
    wrong = {}
    try:
        await migrate.migrate(connection)
        for statement in statements_of(STAGED_BY[file]) if file in STAGED_BY else []:
            if statement.name.startswith("create_"):
                await connection.execute(text_of(statement).sql)
        for statement in statements_of(file):
            if statement.name not in SQLITE_ONLY.get(file, ()):
                try:
                    prepared = await connection.prepare(text_of(statement).sql)
                except asyncpg.PostgresError as error:
                    wrong[statement.name] = str(error)
                else:
                    given = {kind.name for kind in prepared.get_parameters()} - TAKEN
                    told = {one.type.name for one in prepared.get_attributes()} - TOLD
                    if given or told:
                        wrong[statement.name] = f"{given} are given, {told} come back"
    finally:
        await connection.close()
    assert wrong == {}
