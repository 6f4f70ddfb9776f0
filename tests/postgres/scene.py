"""The same rows in SQLite and in PostgreSQL: what one does with them, the other has to do."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from functools import cache
from typing import Any

import asyncpg

from dialpact.store.postgres import migrate
from dialpact.store.sqlite.migrate import migrate as migrate_sqlite
from tests.postgres.server import Database

NODE = "pbx1"


@cache
def _made() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    migrate_sqlite(connection)
    return connection


@contextmanager
def sqlite() -> Iterator[sqlite3.Connection]:
    """In memory, as all migrations make it."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _made().backup(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


@asynccontextmanager
async def connected(database: Database, node: str = NODE) -> AsyncIterator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(database.url, server_settings={"dialpact.node": node})
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def migrated(database: Database, node: str = NODE) -> AsyncIterator[asyncpg.Connection[Any]]:
    async with connected(database, node) as connection:
        await migrate.migrate(connection)
        yield connection


def in_sqlite(statement: str) -> str:
    return statement.replace("{32 bytes}", "zeroblob(32)")


def in_postgres(statement: str) -> str:
    return statement.replace("{32 bytes}", "decode(repeat('00', 32), 'hex')")


def decision(seq: int, key: str, node: str = NODE) -> str:
    return (
        "INSERT INTO decision (seq, id, node, decided_at, verdict, reasons, number, given, dial, caller_id,"
        " campaign, business, agent, trunk, channel, uniqueid, attack, record)"
        f" VALUES ({seq}, '{key}', '{node}', '2026-11-01T00:00:00.000000Z', 'ALLOW', '[]', '+861', '1',"
        f""" '1', '2', 'c', 'b', 'a', 't', 'PJSIP/1', '{key}.1', '', '{{"a": "\u00e4"}}')"""
    )


def recording(key: str, call: str) -> str:
    return (
        "INSERT INTO recording (id, decision, node, channel, uniqueid, state, number, caller_id, campaign,"
        " started_at, format, path, callee_path, agent_path)"
        f" VALUES ('{key}', '{call}', '{NODE}', 'PJSIP/1', '1.1', 'running', '+861', '2', 'c',"
        f" '2026-11-01T00:00:00.000000Z', 'wav', '{key}.wav', '', '')"
    )


def ended(key: str, keep_until: str) -> str:
    return (
        "UPDATE recording SET state = 'kept', ended_at = '2026-11-01T00:01:00.000000Z',"
        f" keep_until = '{keep_until}', seconds = 59.5, sha256 = 'ff' WHERE id = '{key}'"
    )


def leg(key: str, call: str, ended_at: str = "NULL") -> str:
    return (
        "INSERT INTO carrier_leg (id, decision, node, channel, uniqueid, linkedid, sip_call_id, dialled_at,"
        f" ended_at, dial_status, hangup_cause)"
        f" VALUES ('{key}', '{call}', '{NODE}', 'PJSIP/2', '2.1', '1.1', 'x',"
        f" '2026-11-01T00:00:00.000000Z', {ended_at}, 'ANSWER', 16)"
    )


def leaf(index: int, kind: str, key: str) -> str:
    return (
        "INSERT INTO ledger (leaf_index, kind, key, version, salt, leaf)"
        f" VALUES ({index}, '{kind}', '{key}', 1, {{32 bytes}}, {{32 bytes}})"
    )


def reading(at: str, uptime_us: int = 2_000_000, boot: str = "one") -> str:
    return (
        "INSERT INTO clock_reading (at, boot_id, uptime_us, by)"
        f" VALUES ('{at}', '{boot}', {uptime_us}, 'gate')"
    )


def disposal(key: str, keep_until: str = "2026-11-10", by: int = 2) -> str:
    return (
        "INSERT INTO disposal (recording, at, by, keep_until, reading)"
        f" VALUES ('{key}', '2026-11-30T00:00:02.000000Z', 'purge', '{keep_until}', {by})"
    )


def held(scope: str, key: str) -> str:
    return (
        "INSERT INTO hold (scope, key, since, by, reason)"
        f""" VALUES ('{scope}', '{key}', '2026-11-02', 'o', 'a "case"')"""
    )


def released(number: int) -> str:
    return (
        "UPDATE hold SET released_at = '2026-11-03', released_by = 'o', release_reason = 'line\n\u4e00'"
        f" WHERE id = {number}"
    )


def change(register: str, action: str, key: str, detail: str) -> str:
    return (
        "INSERT INTO register_change (at, actor, register, action, key, detail)"
        f" VALUES ('2026-11-02', 'o', '{register}', '{action}', '{key}', '{detail}')"
    )


ERASING = change("ledger", "erase", "1", '{"leaves":[[0,1],[3,9]]}')
COMPLAINT = (
    "INSERT INTO complaint (number, called_at, source, decision, received_at)"
    " VALUES (861, '2026-11-01', '12321', '{}', '2026-11-02')"
)

# Calls d1 (its recording r1 is running), d2 (it has none), d3 (r3 may be disposed of), d4 (r4 is kept).
SCENE = (
    "INSERT INTO business (id, name, actor, created_at) VALUES ('b', 'B', 'own-business', '2026-10-01')",
    "INSERT INTO campaign (id, business, industry, purpose, created_at)"
    " VALUES ('c', 'b', 'i', 'marketing', '2026-10-01')",
    "INSERT INTO script (id, version, text, sha256, added_at, added_by)"
    " VALUES ('s', 1, 'Hello', 'ff', '2026-10-01', 'o')",
    reading("2026-11-30T00:00:00.000000Z", 1_000_000),
    reading("2026-11-30T00:00:01.000000Z"),
    *(decision(number, f"d{number}") for number in (1, 2, 3, 4)),
    "INSERT INTO undelivered (decision, at, reason) VALUES ('d2', '2026-11-01', 'hung-up')",
    *(recording("r1", "d1"), recording("r3", "d3"), recording("r4", "d4")),
    *(ended("r3", "2026-11-10"), ended("r4", "2027-11-10")),
    "INSERT INTO waveform (recording, side, stretches, levels) VALUES ('r3', 'callee', 1, {32 bytes})",
    *(leg("l1", "d1"), leg("l2", "d2", "'2026-11-01T00:00:30.000000Z'")),
    "INSERT INTO incident (at, node, kind, decision, channel, detail)"
    " VALUES ('2026-11-02', 'pbx1', 'k', '', '', '{}')",
    "INSERT INTO opt_out (at, number, scope, value, how, by)"
    " VALUES ('2026-11-02', 861, 'all', '', 'line', '+861')",
    change("dnc", "add", "+861", "{}"),
    *(
        leaf(0, "decision", "d2"),
        leaf(1, "carrier-leg", "l2"),
        leaf(2, "clock", "1"),
        leaf(3, "decision", "d1"),
    ),
    *(leaf(4, "recording", "r3"), leaf(5, "decision", "d3")),
    "INSERT INTO ledger_node (level, number, hash) VALUES (1, 0, {32 bytes})",
    "INSERT INTO checkpoint (size, at, note) VALUES (1, '2026-11-02', 'n')",
    "INSERT INTO checkpoint_stamp (size, at, note, answer) VALUES (1, '2026-11-02', 'n', {32 bytes})",
    "INSERT INTO cosignature (size, vkey, at, line) VALUES (1, 'v', 1, 'l')",
    "INSERT INTO api_key (id, scopes, businesses, expires, mac, added_at, added_by)"
    " VALUES ('k', '[]', '[]', '2027-01-01', 'ff', '2026-11-02', 'o')",
    "INSERT INTO account (id, name, role, businesses, campaigns, agents, language, subject, added_at,"
    " added_by)"
    " VALUES ('o', 'O', 'officer', '[]', '[]', '[]', 'en', '', '2026-11-02', 'o')",
    "INSERT INTO approval (about, seen, reason, asked_by, asked_at, lapses_at, state)"
    " VALUES ('{}', '{}', 'r', 'o', '2026-11-02', '2026-12-02', 'open')",
)
