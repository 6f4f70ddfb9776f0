"""Erasing what is known of a call: at its time, for good, logged, and with the tree still whole."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from dialpact.application.ledger.audit import Audit
from dialpact.application.ledger.erasure import due as due_over
from dialpact.application.ledger.erasure import erase_over
from dialpact.compliance import calendars, profile
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import record
from dialpact.compliance.ledger.erasure import Erased, runs
from dialpact.compliance.retention import keep_until
from dialpact.compliance.webhooks.delivery import NewDelivery
from dialpact.store.sqlite import Store
from dialpact.store.sqlite.erasure import Erasure
from dialpact.store.sqlite.snapshot import opened
from dialpact.store.units import ledger
from dialpact.store.units.registers import change
from tests.application.test_audit_tampering import MINE, build
from tests.compliance.store_values import AT

POLICY = profile.Policy((profile.load("cn-hubei-2018"),), calendars.load())
LAST_DAY = partial(keep_until, policy=POLICY)
OVER = date(2027, 11, 25)  # the calls were on 2026-11-24 and are kept for 12 months, that day included
WHO = {"by": "chen", "reason": "time over", "at": AT + timedelta(days=366)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bytes]:
    path = tmp_path_factory.mktemp("built") / "a.db"
    asyncio.run(build(path))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    yield path.read_bytes()


@pytest.fixture
def path(built: bytes, tmp_path: Path) -> Path:
    (tmp_path / "a.db").write_bytes(built)
    return tmp_path / "a.db"


def run(path: Path, *statements: str, guards: bool = True) -> list[sqlite3.Row]:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    try:
        if not guards:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                connection.execute(f"DROP TRIGGER {name}")
        found: list[sqlite3.Row] = []
        for statement in statements:
            found = connection.execute(statement).fetchall()
        connection.commit()
        return found
    finally:
        connection.close()


CHANGE = "INSERT INTO register_change (at, actor, register, action, key, detail)"


def disposed(path: Path, which: str = "1") -> None:
    """The files are gone, as a purge leaves the rows."""
    guard = "recording_is_disposed_of_by_a_disposal"
    (kept,) = run(path, f"SELECT sql FROM sqlite_master WHERE name = '{guard}'")
    gone = f"UPDATE recording SET disposed_at = 'x' WHERE {which}"
    said = f"{CHANGE} SELECT 'x', 'chen', 'recording', 'dispose', id, '{{}}' FROM recording WHERE {which}"
    run(path, f"DROP TRIGGER {guard}", gone, said, kept["sql"])


def raised(path: Path, until: str) -> None:
    """An officer keeps the recording of the eighth call for longer."""
    said = json.dumps({"from": "2027-11-24", "to": until})
    run(path, f"{CHANGE} VALUES ('x', 'chen', 'recording', 'keep', 'r7', '{said}')")
    run(path, f"UPDATE recording SET keep_until = '{until}' WHERE id = 'r7'")


def audit(path: Path) -> Audit:
    found = Audit([MINE.verifier])
    with opened(path) as snapshot:
        for _ in found.run(snapshot):
            pass
    return found


async def erase(path: Path, today: date = OVER, **sizes: int) -> Erased:
    async with await Store.open(path) as store:
        store.erasure = Erasure(store, **sizes)
        due = await due_over(store, LAST_DAY, today)
        done = await erase_over(store, LAST_DAY, today, **WHO)  # type: ignore[arg-type]
        assert due == done
        again = await due_over(store, LAST_DAY, today)
        assert (again.decisions, again.needed) == (0, due.needed)
        return done


@pytest.mark.parametrize(("today", "decisions_"), [(date(2027, 11, 24), 0), (OVER, 45)])
async def test_not_a_day_before_the_longest_retention(path: Path, today: date, decisions_: int) -> None:
    disposed(path)
    done = await erase(path, today)
    assert (done.decisions, done.recordings) == (decisions_, decisions_)


@pytest.mark.parametrize(("today", "decisions_"), [(date(2027, 11, 24), 0), (OVER, 45)])
async def test_a_call_without_a_recording_is_kept_as_long(path: Path, today: date, decisions_: int) -> None:
    run(path, "DELETE FROM recording", guards=False)
    async with await Store.open(path) as store:
        assert (await due_over(store, LAST_DAY, today)).decisions == decisions_


async def test_what_a_receiver_was_still_to_be_told_goes_with_it(path: Path) -> None:
    """Its event has the numbers; what has happened since is told all the same."""
    disposed(path)
    later = AT + timedelta(days=200)
    async with await Store.open(path) as store:
        (state,) = await store.webhooks.begin(["crm"], AT)
        new = [
            NewDelivery(f"msg_{at.year}", "decision.blocked", at, ("x",), b"+8613800138000")
            for at in (AT, later)
        ]
        await store.webhooks.make("crm", state.next_leaf, state.next_leaf, new, later)
    await erase(path)
    assert [row["id"] for row in run(path, "SELECT id FROM webhook_delivery")] == [f"msg_{later.year}"]


async def test_what_goes_what_stays_and_the_log_is_whole(path: Path) -> None:
    disposed(path)
    await erase(path)
    (row,) = run(path, "SELECT * FROM decision WHERE seq = 7")
    assert (row["id"], row["verdict"], row["reasons"], row["campaign"]) == (
        f"{6:032x}",
        "ALLOW",
        "[]",
        "renewal",
    )
    assert row["decided_at"].startswith("2026-11-24") and row["node"] == "pbx1"
    assert [row[name] for name in ("number", "given", "caller_id", "channel", "record")] == [""] * 5
    (kept,) = run(path, "SELECT * FROM recording WHERE id = 'r7'")
    assert (kept["number"], kept["caller_id"], kept["sha256"]) == ("", "", "ab")
    (leg,) = run(path, "SELECT * FROM carrier_leg WHERE id = 'l7'")
    assert [leg[name] for name in ("channel", "uniqueid", "linkedid", "sip_call_id")] == [""] * 4
    assert (leg["dial_status"], leg["hangup_cause"]) == ("ANSWER", 16)
    found = audit(path)
    assert (found.erased, found.found.listed) == (135, [])
    (change,) = run(path, "SELECT * FROM register_change WHERE register = 'ledger'")
    assert (change["action"], change["actor"]) == ("erase", "chen")
    async with await Store.open(path) as store:
        with pytest.raises(LedgerError, match="was erased"):
            await store.calls.get(f"{6:032x}")


async def test_nothing_of_it_is_left_in_the_files(path: Path) -> None:
    """(An opt-out's number is stored as an integer, and an opt-out has no end.)"""
    disposed(path)
    assert b"13800138000" in path.read_bytes()
    async with await Store.open(path) as store:
        await store.transact(lambda connection: connection.execute("PRAGMA secure_delete = OFF").fetchall())
        await erase_over(store, LAST_DAY, OVER, **WHO)  # type: ignore[arg-type]
        left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"13800138000" not in left


async def test_a_page_that_is_split_keeps_no_copy(path: Path) -> None:
    """Of a salt, say, that a later erasure would not reach. SQLite's default is the builder's choice."""
    async with await Store.open(path) as store:
        row = await store.read(lambda connection: connection.execute("PRAGMA secure_delete").fetchone())
    assert tuple(row) == (1,)


HOLD = "INSERT INTO hold (scope, key, since, by, reason) VALUES"


@pytest.mark.parametrize("until", ["2027-11-25", "2031-01-01"])  # today, and long after
async def test_a_day_that_was_raised_keeps_its_call(path: Path, until: str) -> None:
    disposed(path)
    raised(path, until)
    done = await erase(path)
    assert (done.decisions, done.needed) == (44, 1)
    assert audit(path).found.listed == []


async def test_a_file_that_is_there_keeps_its_call(path: Path) -> None:
    disposed(path, "id <> 'r7'")
    done = await erase(path)
    assert (done.decisions, done.needed) == (44, 1)


async def test_a_callee_under_a_hold_keeps_all_his_calls_until_it_is_released(path: Path) -> None:
    disposed(path)
    run(path, f"{HOLD} ('callee', '+8613800138000', '', 'chen', 'court')")
    done = await erase(path)
    assert (done.decisions, done.needed) == (0, 45)
    run(path, "UPDATE hold SET released_at = 'x', released_by = 'chen', release_reason = 'over'")
    assert (await erase(path)).decisions == 45


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (f"{HOLD} ('recording', 'r7', '', 'chen', 'court')", "a hold on its recording"),
        (f"{HOLD} ('call', '{7:032x}', '', 'chen', 'court')", "a hold on the call"),
        (
            "INSERT INTO complaint (number, called_at, source, decision, received_at)"
            f" VALUES (1, '', '12321', '{7:032x}', '')",
            "a complaint that was not answered",
        ),
    ],
)
async def test_what_is_still_needed_stays(path: Path, statement: str, why: str) -> None:
    disposed(path)
    run(path, statement)
    done = await erase(path)
    assert (done.decisions, done.needed) == (44, 1), why
    (row,) = run(path, "SELECT number FROM decision WHERE seq = 8")
    assert row["number"] == "+8613800138000"
    # A complaint that was put in without its act is found as that.
    by_hand = ["row-unlogged"] if "complaint" in why else []
    assert [one.code for one in audit(path).found.listed] == by_hand


async def test_a_call_decided_behind_the_clock_counts_from_the_later_time(path: Path) -> None:
    disposed(path)
    run(path, f"UPDATE decision SET behind_us = {2 * 86_400_000_000} WHERE seq = 1", guards=False)
    async with await Store.open(path) as store:
        assert (await due_over(store, LAST_DAY, OVER)).decisions == 0


SALT = f"UPDATE ledger SET salt = NULL WHERE kind = 'decision' AND key = '{7:032x}'"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE ledger SET salt = NULL WHERE kind = 'incident'", "only the records of calls"),
        ("UPDATE ledger SET salt = NULL WHERE kind = 'opt-out'", "only the records of calls"),
        (SALT, "logged first"),
        ("UPDATE ledger SET salt = zeroblob(16) WHERE leaf_index = 0", "never changed"),
        ("UPDATE decision SET number = '' WHERE seq = 7", "only erased with its salt"),
        (
            "UPDATE decision SET number = '', given = '', dial = 'erased', caller_id = '', agent = '',"
            " channel = '', uniqueid = '', attack = '', retry_at = NULL, record = '' WHERE seq = 7",
            "only erased with its salt",
        ),
        ("UPDATE recording SET number = '' WHERE id = 'r7'", "only erased with its salt"),
        (
            "UPDATE recording SET number = '', caller_id = '', channel = '', uniqueid = '' WHERE id = 'r7'",
            "only erased with its salt",
        ),
        ("UPDATE recording SET sha256 = 'x' WHERE id = 'r7'", "only erased with its salt"),
    ],
)
def test_the_store_refuses_any_other_erasure(path: Path, statement: str, reason: str) -> None:
    disposed(path)
    with pytest.raises(sqlite3.IntegrityError, match=reason):
        run(path, statement)


LOGGED = (
    "INSERT INTO register_change (at, actor, register, action, key, detail)"
    " VALUES ('', 'chen', 'ledger', 'erase', '', '{\"leaves\": [[0, 400]]}')"
)


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("SELECT 1", "still kept"),
        (f"{HOLD} ('call', '{7:032x}', '', 'chen', 'court')", "legal hold"),
        (
            "INSERT INTO complaint (number, called_at, source, decision, received_at)"
            f" VALUES (1, '', '12321', '{7:032x}', '')",
            "still open",
        ),
    ],
)
def test_the_store_itself_knows_what_is_needed(path: Path, before: str, reason: str) -> None:
    if reason != "still kept":
        disposed(path)
    run(path, before, LOGGED)
    for statement in (SALT, "UPDATE ledger SET salt = NULL WHERE kind = 'recording' AND key = 'r7'"):
        with pytest.raises(sqlite3.IntegrityError, match=reason):
            run(path, statement)


def test_only_the_leaves_that_were_logged_go(path: Path) -> None:
    disposed(path)
    run(path, LOGGED.replace("400", "6"))
    run(path, "UPDATE ledger SET salt = NULL WHERE leaf_index = 0")
    with pytest.raises(sqlite3.IntegrityError, match="logged first"):
        run(path, "UPDATE ledger SET salt = NULL WHERE leaf_index = 7")


async def test_an_erased_record_gets_no_content_again(path: Path) -> None:
    disposed(path)
    await erase(path)
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        run(path, "UPDATE decision SET number = '+8613900139000' WHERE seq = 7")
    run(path, "UPDATE decision SET number = '+8613900139000' WHERE seq = 7", guards=False)
    (found,) = audit(path).found.listed
    assert (found.code, found.key) == ("erased-not-blank", f"{6:032x}")


@pytest.mark.parametrize("detail", ["'{}'", "replace(detail, '[[', '[[0,9000],[')"])
async def test_an_erasure_behind_the_log_s_back_is_found(path: Path, detail: str) -> None:
    disposed(path)
    await erase(path)
    run(path, f"UPDATE register_change SET detail = {detail} WHERE register = 'ledger'", guards=False)
    codes = [found.code for found in audit(path).found.listed]
    assert codes.count("erased-unlogged") == 135 and "record-changed" in codes


@pytest.mark.parametrize(
    ("batch", "window", "pieces"), [(10, 5000, 5), (500, 10, 5), (9, 9, 5), (500, 45, 1)]
)
async def test_in_pieces_and_each_is_logged(path: Path, batch: int, window: int, pieces: int) -> None:
    disposed(path)
    done = await erase(path, batch=batch, window=window)
    assert done.decisions == 45
    (count,) = run(path, "SELECT count(*) FROM register_change WHERE register = 'ledger'")
    assert count[0] == pieces
    assert audit(path).found.listed == []


def test_runs() -> None:
    assert runs([]) == []
    assert runs([3]) == [(3, 3)]
    assert runs([0, 1, 2, 5, 7, 8]) == [(0, 2), (5, 5), (7, 8)]


# What stays


def loud(path: Path) -> list[tuple[str, str, str]]:
    return [(found.code, found.kind, found.key) for found in audit(path).found.listed]


@pytest.mark.parametrize(
    ("table", "id", "column", "value"),
    [
        *(
            ("decision", f"{6:032x}", column, value)
            for column, value in (
                ("verdict", "'BLOCK'"),
                ("reasons", """'["do-not-call"]'"""),
                ("decided_at", "'2026-11-24T23:00:00.000000Z'"),
                ("behind_us", "1"),
                ("campaign", "'x'"),
                ("business", "'x'"),
                ("trunk", "'x'"),
                ("mode", "'shadow'"),
                ("node", "'x'"),
                ("continues", "'x'"),
                ("dial", "''"),
            )
        ),
        *(
            ("recording", "r6", column, value)
            for column, value in (
                ("decision", "'x'"),
                ("state", "'failed'"),
                ("campaign", "'x'"),
                ("started_at", "'x'"),
                ("answered_at", "NULL"),
                ("ended_at", "'x'"),
                ("sha256", "NULL"),
                ("agent_sha256", "'x'"),
                ("seconds", "99.5"),
                ("talk_seconds", "99.5"),
                ("bytes", "1"),
                ("callee_dbfs", "0"),
                ("path", "'x'"),
                ("part", "'joined'"),
                ("sound", "'x'"),
                ("unseen", "1"),
            )
        ),
        *(
            ("carrier_leg", "l6", column, value)
            for column, value in (
                ("answered_at", "NULL"),
                ("ended_at", "'x'"),
                ("dial_status", "'BUSY'"),
                ("hangup_cause", "17"),
                ("interlock", "'refused'"),
            )
        ),
    ],
)
async def test_what_stays_of_an_erased_record_is_bound(
    path: Path, table: str, id: str, column: str, value: str
) -> None:
    disposed(path)
    await erase(path)
    assert loud(path) == []
    unchecked = "PRAGMA ignore_check_constraints = ON"
    run(path, unchecked, f"UPDATE {table} SET {column} = {value} WHERE id = '{id}'", guards=False)
    kind = table.replace("_", "-")
    assert ("erased-changed", kind, id) in loud(path)


async def test_what_was_erased_before_is_counted_as_unproven(path: Path) -> None:
    """An act of before said nothing of what stays; nor is it found changed."""
    disposed(path)
    async with await Store.open(path) as store:
        (leaf,) = await store.read(
            lambda connection: connection.execute(
                "SELECT leaf_index FROM ledger WHERE kind = 'decision' AND key = ?", [f"{6:032x}"]
            ).fetchone()
        )
        said = {"leaves": [[leaf, leaf]], "count": 1, "today": "2027-11-25", "reason": "x"}

        def of_before(connection: sqlite3.Connection) -> None:
            change.log(connection, "ledger", "erase", "2027-11-25", said, by="chen", at=AT)
            connection.execute("UPDATE ledger SET salt = NULL WHERE leaf_index = ?", [leaf])

        await store.transact(of_before)
    found = audit(path)
    assert (found.erased, found.unproven, found.found.listed) == (1, 1, [])
    await erase(path)
    found = audit(path)
    assert (found.erased, found.unproven, found.found.listed) == (133, 1, [])


def test_the_act_is_what_a_stranger_can_check(path: Path) -> None:
    """The digest is that of canonical JSON of the columns that stay, as docs/ledger.md says."""
    disposed(path)
    asyncio.run(erase(path))
    (act,) = run(path, "SELECT detail FROM register_change WHERE register = 'ledger' ORDER BY seq LIMIT 1")
    said = json.loads(act["detail"])
    leaves = [leaf for first, last in said["leaves"] for leaf in range(first, last + 1)]
    (row,) = run(
        path,
        "SELECT leaf_index, seq, id, node, decided_at, behind_us, verdict, reasons, 1 AS put_through,"
        " campaign, business, trunk, mode, continues"
        " FROM decision JOIN ledger ON kind = 'decision' AND key = id WHERE seq = 7",
    )
    columns = dict(row)
    index = columns.pop("leaf_index")
    text = json.dumps(
        {"form": 1, "index": index, "kind": "decision", "row": columns},
        sort_keys=True,
        separators=(",", ":"),
    )
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert said["remains"][leaves.index(index)] == digest


async def test_an_act_that_leaves_out_what_stays_is_of_no_program_of_ours(path: Path) -> None:
    """As one of before would: but acts before it did note it."""
    disposed(path)
    await erase(path, batch=30)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        (last, *_) = connection.execute(
            "SELECT seq, detail FROM register_change WHERE action = 'erase' ORDER BY seq DESC"
        ).fetchall()
    said = json.loads(last["detail"])
    assert said.pop("remains")
    shorter = f"UPDATE register_change SET detail = '{json.dumps(said)}' WHERE seq = {last['seq']}"
    run(path, shorter, guards=False)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        entry = ledger.entry_of(connection, "register-change", str(last["seq"]))
        assert entry is not None and entry.salt is not None
        content = ledger.content_of(connection, entry.leaf_index, entry.kind, entry.key)
        assert content is not None
        leaf = record.leaf(entry.salt, content)
    run(path, f"UPDATE ledger SET leaf = x'{leaf.hex()}' WHERE leaf_index = {entry.leaf_index}")
    codes = [code for code, *_ in loud(path)]
    assert codes.count("erased-changed") == said["count"] == 45
