"""What SQLite's triggers refuse, PostgreSQL's refuse in the same words; what they let pass, so do these."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from tests.postgres.scene import (
    COMPLAINT,
    ERASING,
    SCENE,
    change,
    decision,
    disposal,
    ended,
    held,
    in_postgres,
    in_sqlite,
    leaf,
    migrated,
    reading,
    recording,
    released,
    sqlite,
)
from tests.postgres.server import Database, Server

ERASE = "UPDATE ledger SET salt = NULL WHERE leaf_index = {}"
WAVE = "INSERT INTO waveform (recording, side, stretches, levels) VALUES ('{}', 'agent', 1, {{32 bytes}})"
CONFIRM = "UPDATE approval SET state = 'confirmed', closed_by = 'p', closed_at = '2026-11-03'"
WITNESSED = "INSERT INTO witnessed (reading, us, behind_us) VALUES ({}, 0, 0)"

# Trigger, what comes before it, what it refuses.
GUARDS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("decision_stays", (), "DELETE FROM decision WHERE id = 'd4'"),
    ("undelivered_stays", (), "DELETE FROM undelivered"),
    ("ledger_stays", (), "DELETE FROM ledger"),
    ("register_change_stays", (), "DELETE FROM register_change"),
    ("incident_stays", (), "DELETE FROM incident"),
    ("opt_out_stays", (), "DELETE FROM opt_out"),
    ("clock_reading_stays", (), "DELETE FROM clock_reading"),
    ("checkpoint_stays", (), "DELETE FROM checkpoint"),
    ("checkpoint_stamp_stays", (), "DELETE FROM checkpoint_stamp"),
    ("cosignature_stays", (), "DELETE FROM cosignature"),
    ("ledger_node_stays", (), "DELETE FROM ledger_node"),
    ("ledger_log_stays", (), "DELETE FROM ledger_log"),
    ("witnessed_stays", (), "DELETE FROM witnessed"),
    ("hold_stays", (held("call", "d2"),), "DELETE FROM hold"),
    ("disposal_stays", (disposal("r3"),), "DELETE FROM disposal"),
    ("recording_stays", (), "DELETE FROM recording WHERE id = 'r1'"),
    ("carrier_leg_stays", (), "DELETE FROM carrier_leg"),
    ("api_key_stays", (), "DELETE FROM api_key"),
    ("account_stays", (), "DELETE FROM account"),
    ("approval_stays", (), "DELETE FROM approval"),
    ("undelivered_is_final", (), "UPDATE undelivered SET reason = 'other'"),
    ("register_change_is_final", (), "UPDATE register_change SET actor = 'p'"),
    ("incident_is_final", (), "UPDATE incident SET detail = ''"),
    ("opt_out_is_final", (), "UPDATE opt_out SET by = 'p'"),
    ("clock_reading_is_final", (), "UPDATE clock_reading SET uptime_us = 0"),
    ("checkpoint_is_final", (), "UPDATE checkpoint SET note = 'm'"),
    ("checkpoint_stamp_is_final", (), "UPDATE checkpoint_stamp SET note = 'm'"),
    ("cosignature_is_final", (), "UPDATE cosignature SET line = 'm'"),
    ("ledger_node_is_final", (), "UPDATE ledger_node SET number = 1"),
    ("witnessed_is_final", (), "UPDATE witnessed SET us = us + 1"),
    ("waveform_is_final", (), "UPDATE waveform SET stretches = 2"),
    ("script_text_is_final", (), "UPDATE script SET text = 'Bye'"),
    ("script_text_is_final", (), "UPDATE script SET version = 2"),
    ("ledger_is_final", (), "UPDATE ledger SET version = 2"),
    ("ledger_is_final", (), "UPDATE ledger SET key = 'd9' WHERE leaf_index = 0"),
    ("ledger_is_final", (), "UPDATE ledger SET salt = {32 bytes} WHERE leaf_index = 0"),
    ("decision_is_final", (), "UPDATE decision SET verdict = 'BLOCK'"),
    ("decision_is_final", (), "UPDATE decision SET number = '' WHERE id = 'd1'"),
    ("decision_is_final", (ERASING, ERASE.format(0)), "UPDATE decision SET number = '+862' WHERE id = 'd2'"),
    ("decision_is_final", (ERASING, ERASE.format(0)), "UPDATE decision SET retry_at = 'x' WHERE id = 'd2'"),
    ("decision_is_final", (ERASING, ERASE.format(0)), "UPDATE decision SET trunk = '' WHERE id = 'd2'"),
    ("recording_keep_until_only_rises", (), "UPDATE recording SET keep_until = '2026-11-09' WHERE id = 'r3'"),
    ("recording_keep_until_only_rises", (), "UPDATE recording SET keep_until = NULL WHERE id = 'r3'"),
    ("recording_keep_until_is_a_day", (), "UPDATE recording SET keep_until = '2027-02-29' WHERE id = 'r1'"),
    ("recording_keep_until_is_a_day", (), "UPDATE recording SET keep_until = '2027-1-1' WHERE id = 'r1'"),
    ("recording_keep_until_is_a_day", (), "UPDATE recording SET keep_until = 'later' WHERE id = 'r3'"),
    ("recording_keeps_its_name", (), "UPDATE recording SET path = 'other.wav' WHERE id = 'r1'"),
    ("recording_is_not_replaced", (), recording("r1", "d1")),
    (
        "recording_begins_unfinished",
        (),
        recording("r9", "d1")
        .replace("agent_path)", "agent_path, ended_at)")
        .replace("'', '')", "'', '', '2026')"),
    ),
    ("recording_end_is_final", (), "UPDATE recording SET sha256 = 'fe' WHERE id = 'r3'"),
    ("recording_end_is_final", (), "UPDATE recording SET seconds = NULL WHERE id = 'r3'"),
    ("recording_end_is_final", (), "UPDATE recording SET number = '' WHERE id = 'r3'"),
    ("recording_state_is_final", (), "UPDATE recording SET state = 'failed' WHERE id = 'r3'"),
    (
        "recording_is_disposed_of_by_a_disposal",
        (),
        "UPDATE recording SET disposed_at = '2026' WHERE id = 'r3'",
    ),
    (
        "carrier_leg_end_is_final",
        (),
        "UPDATE carrier_leg SET sip_call_id = '' WHERE id = 'l2'",
    ),
    (
        "carrier_leg_end_is_final",
        (ERASING, ERASE.format(1)),
        "UPDATE carrier_leg SET hangup_cause = 17 WHERE id = 'l2'",
    ),
    ("clock_reading_is_a_time", (), reading("2026-02-30T00:00:00.000000Z")),
    ("clock_reading_is_a_time", (), reading("2026-11-30T24:00:00.000000Z")),
    ("clock_reading_is_a_time", (), reading("2026-11-30T00:00:00Z")),
    ("clock_reading_is_a_time", (), reading("2026-11-30T00:00:00.000000+08")),
    ("clock_reading_is_a_time", (), reading("now")),
    ("clock_reading_is_a_time", (), reading("2026-11-30T00:00:02.000000Z", -1)),
    (
        "clock_reading_is_not_replaced",
        (),
        reading("2026-11-30T00:00:02.000000Z")
        .replace("(at,", "(seq, at,")
        .replace("VALUES (", "VALUES (1, "),
    ),
    (
        "clock_reading_is_witnessed",
        (),  # a number from before the last
        reading("2026-11-30T00:00:02.000000Z")
        .replace("(at,", "(seq, at,")
        .replace("VALUES (", "VALUES (0, "),
    ),
    ("witnessed_by_the_rule", (), WITNESSED.format(2)),
    ("witnessed_by_the_rule", (), WITNESSED.format(3)),
    (
        "hold_begins_in_force",
        (held("call", "d2"),),
        held("call", "d2").replace("(scope", "(id, scope").replace("('call'", "(1, 'call'"),
    ),
    ("hold_is_only_released", (held("call", "d2"), released(1)), released(1)),
    ("hold_is_only_released", (held("call", "d2"),), "UPDATE hold SET reason = 'other'"),
    ("hold_is_only_released", (held("call", "d2"),), released(1).replace("SET", "SET key = 'd3',")),
    ("disposal_in_its_time", (disposal("r3"),), disposal("r3")),
    ("disposal_in_its_time", (), disposal("r1")),
    ("disposal_in_its_time", (), disposal("r3", "2026-11-09")),
    ("disposal_in_its_time", (held("recording", "r3"),), disposal("r3")),
    ("disposal_in_its_time", (held("call", "d3"),), disposal("r3")),
    ("disposal_in_its_time", (held("callee", "+861"),), disposal("r3")),
    ("disposal_in_its_time", (), disposal("r4", "2027-11-10")),
    ("disposal_in_its_time", (change("recording", "keep", "r3", '{"to":"2026-11-11"}'),), disposal("r3")),
    ("disposal_in_its_time", (change("recording", "policy", "r3", "{}"),), disposal("r3")),
    ("disposal_in_its_time", (), disposal("r3", by=1)),
    ("disposal_is_only_finished", (disposal("r3"),), "UPDATE disposal SET by = 'p'"),
    ("disposal_is_only_finished", (disposal("r3"),), "UPDATE disposal SET done_at = '2026', by = 'p'"),
    ("ledger_erased_with_leave", (ERASING,), ERASE.format(2)),
    ("ledger_erased_with_leave", (ERASING,), ERASE.format(3)),
    ("ledger_erased_with_leave", (ERASING,), ERASE.format(4)),
    ("ledger_erased_with_leave", (ERASING, held("callee", "+861")), ERASE.format(0)),
    ("ledger_erased_with_leave", (ERASING, held("call", "d2")), ERASE.format(1)),
    ("ledger_erased_with_leave", (ERASING, COMPLAINT.format("d2")), ERASE.format(0)),
    ("ledger_erased_with_leave", (), ERASE.format(0)),
    (
        "ledger_erased_with_leave",
        (ERASING, disposal("r3"), change("ledger", "erase", "2", '{"leaves":[[0,3]]}')),
        ERASE.format(4),
    ),
    (
        "approval_begins_open",
        (),
        "INSERT INTO approval (about, seen, reason, asked_by, asked_at, lapses_at, state, closed_by,"
        " closed_at)"
        " VALUES ('{}', '{}', 'r', 'o', '2026', '2026', 'declined', 'p', '2026')",
    ),
    ("approval_is_closed_once", (CONFIRM,), CONFIRM.replace("confirmed", "declined")),
    ("approval_is_closed_once", (), "UPDATE approval SET about = '[]'"),
    (
        "approval_is_closed_once",
        (CONFIRM,),
        "UPDATE approval SET state = 'done', came = '{}', closed_by = 'q'",
    ),
    ("waveform_is_of_a_recording_that_is_kept", (), WAVE.format("r1")),
    ("waveform_is_of_a_recording_that_is_kept", (disposal("r3"),), WAVE.format("r3")),
)

# What none refuses, and what comes of it: every table is the same afterwards.
LIVES: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "a purpose changes": ("UPDATE campaign SET purpose = 'service'",),
    "a recording ends": (ended("r1", "2028-02-29"), WAVE.format("r1")),
    "a day is raised": ("UPDATE recording SET keep_until = '2026-11-11' WHERE id = 'r3'",),
    "a leg ends": ("UPDATE carrier_leg SET ended_at = '2026-11-01T00:00:30.000000Z' WHERE id = 'l1'",),
    "a hold": (held("call", "d3"), released(1), disposal("r3")),
    "a disposal": (disposal("r3"), "UPDATE disposal SET done_at = '2026-11-30T00:00:03.000000Z'"),
    "an erasure": (ERASING, ERASE.format(0), ERASE.format(1)),
    "an erasure after a disposal": (disposal("r3"), ERASING, ERASE.format(4), ERASE.format(5)),
    "a request": (CONFIRM, "UPDATE approval SET state = 'done', came = '{}'"),
    "what is sealed": ("DELETE FROM unsealed",),
    "behind": (
        decision(5, "d5").replace("record)", "record, behind_us)").replace("')", "', 5)"),
        recording("r5", "d5"),
        ended("r5", "2026-11-10"),
        leaf(6, "recording", "r5"),
    ),
}


@pytest.fixture(scope="module")
def made(postgres: Server) -> Iterator[Database]:
    """Migrated; each test takes back what it did."""
    with postgres.database() as database:
        yield database


@pytest.fixture
async def there(made: Database) -> AsyncIterator[asyncpg.Connection[Any]]:
    async with migrated(made) as connection:
        await connection.execute("BEGIN")
        # Numbers that were given out are not taken back with the rest.
        for name in (
            "clock_reading",
            "hold",
            "complaint",
            "approval",
            "register_change",
            "incident",
            "opt_out",
            "unsealed",
        ):
            column = "id" if name in ("hold", "complaint", "approval") else "seq"
            await connection.execute(f"ALTER TABLE {name} ALTER {column} RESTART")
        await connection.execute("INSERT INTO ledger_log DEFAULT VALUES")
        for statement in SCENE:
            await connection.execute(in_postgres(statement))
        yield connection
        await connection.execute("ROLLBACK")


@pytest.fixture
def here() -> Iterator[sqlite3.Connection]:
    with sqlite() as connection:
        for statement in SCENE:
            connection.execute(in_sqlite(statement))
        yield connection


def words() -> set[tuple[str, str]]:
    """Trigger and what it says, in SQLite."""
    with sqlite() as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    return {(name, said) for name, sql in triggers for said in re.findall(r"RAISE\(ABORT, '([^']*)'\)", sql)}


@pytest.mark.parametrize(("trigger", "before", "forbidden"), GUARDS)
async def test_refused_by_both_in_the_same_words(
    here: sqlite3.Connection,
    there: asyncpg.Connection[Any],
    trigger: str,
    before: tuple[str, ...],
    forbidden: str,
) -> None:
    for statement in before:
        here.execute(in_sqlite(statement))
        await there.execute(in_postgres(statement))
    with pytest.raises(sqlite3.IntegrityError) as said:
        here.execute(in_sqlite(forbidden))
    assert (trigger, str(said.value)) in words()
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await there.execute(in_postgres(forbidden))
    assert (refused.value.sqlstate, str(refused.value)) == ("23000", str(said.value))


def test_every_refusal_of_sqlite_is_tried() -> None:
    said = set()
    for trigger, before, forbidden in GUARDS:
        with sqlite() as connection:
            for statement in (*SCENE, *before):
                connection.execute(in_sqlite(statement))
            with pytest.raises(sqlite3.IntegrityError) as refused:
                connection.execute(in_sqlite(forbidden))
        said.add((trigger, str(refused.value)))
    assert said == words()


@pytest.mark.parametrize("life", LIVES)
async def test_the_same_comes_of_it(
    here: sqlite3.Connection, there: asyncpg.Connection[Any], life: str
) -> None:
    for statement in LIVES[life]:
        here.execute(in_sqlite(statement))
        await there.execute(in_postgres(statement))
    names = here.execute(
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
        " AND name NOT IN ('sqlite_sequence', 'ledger_log')"
    )
    for (name,) in names.fetchall():
        cursor = here.execute(f"SELECT * FROM {name}")
        columns = ", ".join(one[0] for one in cursor.description if one[0] != "log")
        if name == "register_change":  # when the database said it itself
            columns = columns.replace(
                "at,", "CASE actor WHEN 'database' THEN substr(at, 1, 14) || substr(at, 27) ELSE at END,", 1
            )
        ask = f"SELECT {columns} FROM {name}"
        found = [tuple(row) for row in await there.fetch(ask)]
        assert sorted(found, key=repr) == sorted(here.execute(ask).fetchall(), key=repr), name


async def test_nothing_that_stays_is_truncated(there: asyncpg.Connection[Any]) -> None:
    stay = await there.fetch(
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE '%\\_stays'"
    )
    assert len(stay) >= 20
    for (name,) in stay:
        await there.execute("SAVEPOINT whole")
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            await there.execute(f"TRUNCATE {name} CASCADE")
        assert refused.value.sqlstate == "23000"
        await there.execute("ROLLBACK TO whole")


async def test_what_waits_for_the_log_is_of_the_node_that_wrote_it(made: Database) -> None:
    async with migrated(made, "pbx2") as connection:
        await connection.execute("BEGIN")
        for statement in SCENE:  # with decisions and recordings of pbx1
            await connection.execute(in_postgres(statement))
        kinds = await connection.fetch("SELECT DISTINCT kind, node FROM unsealed ORDER BY kind")
        await connection.execute("SELECT set_config('dialpact.node', 'pbx3', false)")
        await connection.execute(change("dnc", "add", "+862", "{}"))
        newest = await connection.fetchrow(
            "SELECT u.node, c.node AS of FROM unsealed AS u JOIN register_change AS c ON c.seq::text = u.key"
            " WHERE u.kind = 'register-change' ORDER BY u.seq DESC LIMIT 1"
        )
        await connection.execute("ROLLBACK")
    expected = [
        "carrier-leg",
        "clock",
        "decision",
        "incident",
        "opt-out",
        "recording",
        "register-change",
        "undelivered",
    ]
    assert [tuple(row) for row in kinds] == [(kind, "pbx2") for kind in expected]
    assert tuple(newest) == ("pbx3", "pbx3")


async def test_no_row_is_of_no_node(made: Database) -> None:
    """A setting that was SET LOCAL is empty afterwards."""
    async with migrated(made) as connection:
        await connection.execute("BEGIN; SELECT set_config('dialpact.node', '', false)")
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(leaf(9, "decision", "d9").replace("{32 bytes}", "sha256('')"))
        await connection.execute("ROLLBACK")
    connection = await asyncpg.connect(made.url)
    try:
        with pytest.raises(asyncpg.UndefinedObjectError, match=r"dialpact\.node"):
            await connection.execute(leaf(9, "decision", "d9").replace("{32 bytes}", "sha256('')"))
    finally:
        await connection.close()
