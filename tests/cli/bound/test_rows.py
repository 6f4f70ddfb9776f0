"""Who has the database changes a row of a register by SQL, guards dropped first: `ledger verify` names it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.cli.bound.conftest import Thief
from tests.cli.conftest import Home


def found(home: Home) -> list[tuple[str, str, str]]:
    """Code, register and key of what differs."""
    said = home("ledger", "verify", code=3)
    assert {one["problem"] for one in said["listed"]} == {"register"}
    return [(one["code"], one["kind"], one["key"]) for one in said["listed"]]


def test_nothing_differs_where_nothing_was_done(office: Home, thief: Thief) -> None:
    said = office("ledger", "verify")
    assert said["findings"] == 0
    rows = {name: one["rows"] for name, one in said["registers"].items()}
    assert (
        rows | {"caller-id": 4, "script": 3, "suspension": 2, "complaint": 2, "leads": 3, "lead": 52} == rows
    )
    assert not any(one["unbound"] for one in said["registers"].values())


ATTACKS = [
    # business
    ("UPDATE business SET actor = 'licensed-call-centre' WHERE id = 'acme'", "changed", "business", "acme"),
    ("UPDATE business SET created_at = '2020-01-01T00:00:00.000000Z'", "changed", "business", "acme"),
    ("DELETE FROM business WHERE id = 'other'", "missing", "business", "other"),
    ("INSERT INTO business VALUES ('new', 'N', 'own-business', '2026')", "unlogged", "business", "new"),
    # campaign
    ("UPDATE campaign SET purpose = 'service' WHERE id = 'renewal'", "changed", "campaign", "renewal"),
    ("UPDATE campaign SET business = 'other' WHERE id = 'renewal'", "changed", "campaign", "renewal"),
    ("UPDATE campaign SET industry = '保险' WHERE id = 'spring'", "changed", "campaign", "spring"),
    ("DELETE FROM campaign WHERE id = 'spring'", "missing", "campaign", "spring"),
    (
        "INSERT INTO campaign SELECT 'x', business, industry, purpose, script, created_at, scrub_leads"
        " FROM campaign LIMIT 1",
        "unlogged",
        "campaign",
        "x",
    ),
    # caller ID
    (
        "UPDATE caller_id SET valid_to = NULL WHERE number = '02787654322'",
        "changed",
        "caller-id",
        "02787654322",
    ),
    (
        "UPDATE caller_id SET valid_to = NULL WHERE number = '02788880001'",
        "changed",
        "caller-id",
        "02788880001",
    ),
    (
        "UPDATE caller_id SET licence = 'L-2' WHERE number = '02788880001'",
        "changed",
        "caller-id",
        "02788880001",
    ),
    (
        "UPDATE caller_id SET authenticated = 0 WHERE number = '02787654321'",
        "changed",
        "caller-id",
        "02787654321",
    ),
    (
        "UPDATE caller_id SET sent_as = '[\"x\"]' WHERE number = '02787654321'",
        "changed",
        "caller-id",
        "02787654321",
    ),
    ("DELETE FROM caller_id WHERE number = '02788880002'", "missing", "caller-id", "02788880002"),
    (
        "INSERT INTO caller_id SELECT '02787654323', business, licence, carrier, authenticated,"
        " trunks, purposes,"
        " valid_from, valid_to, created_at, sent_as FROM caller_id WHERE number = '02787654321'",
        "unlogged",  # one that was removed is back
        "caller-id",
        "02787654323",
    ),
    (
        "INSERT INTO caller_id SELECT '02799990000', business, licence, carrier, authenticated,"
        " trunks, purposes,"
        " valid_from, valid_to, created_at, sent_as FROM caller_id WHERE number = '02788880001'",
        "unlogged",  # with the time of an import
        "caller-id",
        "02799990000",
    ),
    # script
    (
        "UPDATE script SET approved_by = 'chen', approved_at = added_at WHERE id = 'pitch' AND version = 2",
        *("changed", "script", "pitch"),
    ),
    ("UPDATE script SET text = 'buy!' WHERE id = 'pitch' AND version = 1", "changed", "script", "pitch"),
    (
        "UPDATE script SET expires_at = NULL, approved_at = added_at, approved_by = 'chen'"
        " WHERE id = 'short'",
        "changed",
        "script",
        "short",
    ),
    (
        "UPDATE script SET checked = '[\"x\"]' WHERE id = 'pitch' AND version = 2",
        "changed",
        "script",
        "pitch",
    ),
    ("DELETE FROM script WHERE id = 'pitch' AND version = 2", "missing", "script", "pitch"),
    (
        "INSERT INTO script SELECT id, 3, text, sha256, added_at, added_by, approved_by,"
        " approved_at, expires_at,"
        " checked FROM script WHERE id = 'pitch' AND version = 1",
        "unlogged",
        "script",
        "pitch",
    ),
    # suspension
    ("DELETE FROM suspension WHERE key = '1001'", "missing", "suspension", "agent 1001"),
    (
        "UPDATE suspension SET lifted_at = '2026-11-25T00:00:00.000000Z', lifted_by = 'chen',"
        " lift_reason = 'x'"
        " WHERE key = '1001'",
        *("changed", "suspension", "agent 1001"),
    ),
    (
        "UPDATE suspension SET lift_reason = 'mistake' WHERE key = '1002'",
        "changed",
        "suspension",
        "agent 1002",
    ),
    (
        "INSERT INTO suspension (kind, key, since, by, cause, evidence) SELECT kind, '1003',"
        " since, by, cause,"
        " evidence FROM suspension WHERE key = '1001'",
        *("unlogged", "suspension", "agent 1003"),
    ),
    (
        "INSERT INTO suspension (kind, key, since, by, cause, evidence, lifted_at, lifted_by, lift_reason)"
        " SELECT kind, key, since, by, cause, evidence, since, by, 'x' FROM suspension WHERE key = '1001'",
        "unlogged",  # the same one twice: the second would start the count anew
        "suspension",
        "agent 1001",
    ),
    # complaint
    (
        "UPDATE complaint SET called_at = '2026-03-02T02:00:00.000000Z' WHERE id = 1",
        "changed",
        "complaint",
        "1",
    ),
    ("UPDATE complaint SET agent = '1009' WHERE id = 1", "changed", "complaint", "1"),
    (
        "UPDATE complaint SET status = 'answered', answered_at = received_at, answer = 'x' WHERE id = 1",
        "changed",
        "complaint",
        "1",
    ),
    ("UPDATE complaint SET answer = 'paid' WHERE id = 2", "changed", "complaint", "2"),
    ("UPDATE complaint SET closing = 'paid' WHERE id = 2", "changed", "complaint", "2"),
    (
        "UPDATE complaint SET closed_at = NULL, closing = '' WHERE id = 2",
        *("changed", "complaint", "2"),
    ),
    ("UPDATE complaint SET due = '2030-01-01' WHERE id = 1", "changed", "complaint", "1"),
    ("DELETE FROM complaint WHERE id = 1", "missing", "complaint", "1"),
    (
        "INSERT INTO complaint SELECT 9, number, called_at, source, caller_id, campaign, agent,"
        " decision, note,"
        " received_at, due, status, answered_at, answer, closed_at, closing FROM complaint WHERE id = 1",
        *("unlogged", "complaint", "9"),
    ),
    # registration
    ("UPDATE registration SET valid_to = NULL", "changed", "registration", "business acme"),
    ("UPDATE registration SET number = 'R-2'", "changed", "registration", "business acme"),
    ("DELETE FROM registration", "missing", "registration", "business acme"),
    (
        "INSERT INTO registration SELECT 'campaign', 'renewal', kind, valid_from, valid_to,"
        " number, created_at"
        " FROM registration",
        *("unlogged", "registration", "campaign renewal"),
    ),
    (
        "INSERT INTO registration SELECT holder, id, 'insurance', valid_from, valid_to, number, created_at"
        " FROM registration",
        *("unlogged", "registration", "business acme"),
    ),
    # batches of leads
    ("UPDATE batch SET held = '' WHERE id = 2", "changed", "leads", "2"),
    ("UPDATE batch SET finding = '' WHERE id = 2", "changed", "leads", "2"),
    ("UPDATE batch SET withdrawn_at = NULL WHERE id = 3", "changed", "leads", "3"),
    ("UPDATE batch SET campaign = 'spring' WHERE id = 1", "changed", "leads", "1"),
    ("UPDATE batch SET partner = 'x', contract = 'y', basis = 'z' WHERE id = 1", "changed", "leads", "1"),
    ("UPDATE batch SET rows = 2 WHERE id = 1", "changed", "leads", "1"),
    ("DELETE FROM batch WHERE id = 3", "missing", "leads", "3"),
]


@pytest.mark.parametrize(("sql", "what", "register", "key"), ATTACKS, ids=[one[0][:60] for one in ATTACKS])
def test_a_row_that_was_changed_by_hand(
    office: Home, thief: Thief, sql: str, what: str, register: str, key: str
) -> None:
    thief(sql)
    assert (f"row-{what}", register, key) in found(office)


def test_which_leaf_says_what(office: Home, thief: Thief) -> None:
    thief("UPDATE campaign SET purpose = 'marketing' WHERE id = 'spring'")
    (one,) = office("ledger", "verify", code=3)["listed"]
    assert (one["logged"], one["found"]) == ("purpose = service", "purpose = marketing")
    shown = office("ledger", "show", str(one["leaf"]))
    assert (shown["kind"], "贷款" in str(shown["record"])) == ("register-change", True)


def test_two_rows_that_were_swapped(office: Home, thief: Thief) -> None:
    thief("UPDATE complaint SET id = -1 WHERE id = 1")
    thief("UPDATE complaint SET id = 1 WHERE id = 2")
    thief("UPDATE complaint SET id = 2 WHERE id = -1")
    assert found(office) == [("row-changed", "complaint", "1"), ("row-changed", "complaint", "2")]


def test_a_row_that_was_put_back_is_as_it_was(office: Home, thief: Thief) -> None:
    thief("UPDATE suspension SET lifted_at = since, lifted_by = 'x', lift_reason = 'x' WHERE key = '1001'")
    assert found(office) == [("row-changed", "suspension", "agent 1001")]
    thief("UPDATE suspension SET lifted_at = NULL, lifted_by = '', lift_reason = '' WHERE key = '1001'")
    assert office("ledger", "verify")["findings"] == 0


def test_an_act_that_was_changed_with_its_row(office: Home, thief: Thief) -> None:
    thief("UPDATE campaign SET purpose = 'service' WHERE id = 'renewal'")
    thief(
        "UPDATE register_change SET detail = replace(detail, 'marketing', 'service')"
        " WHERE register = 'campaign' AND key = 'renewal'"
    )
    problems = [(one["problem"], one["kind"]) for one in office("ledger", "verify", code=3)["listed"]]
    assert problems == [("changed", "register-change")]


def test_an_act_that_was_taken_out_with_its_leaf_and_its_row(office: Home, thief: Thief) -> None:
    ((seq,),) = thief("SELECT seq FROM register_change WHERE register = 'suspension' AND key = 'agent 1001'")
    thief("DELETE FROM suspension WHERE key = '1001'")
    thief("DELETE FROM register_change WHERE seq = ?", seq)
    thief("DELETE FROM ledger WHERE kind = 'register-change' AND key = ?", str(seq))
    listed = office("ledger", "verify", code=3)["listed"]
    assert "removed" in {one["problem"] for one in listed}


def test_an_act_that_was_written_by_hand_is_in_the_log_for_ever(office: Home, thief: Thief) -> None:
    """Who can write to the database can act: what he can not is to have it unsaid."""
    thief(
        "UPDATE suspension SET lifted_at = '2026-12-01T00:00:00.000000Z', lifted_by = 'chen',"
        " lift_reason = 'x' WHERE key = '1001'"
    )
    thief(
        "INSERT INTO register_change (at, actor, register, action, key, detail) SELECT lifted_at, lifted_by,"
        " 'suspension', 'lift', 'agent 1001', json_object('reason', 'x', 'from', json_object('since', since))"
        " FROM suspension WHERE key = '1001'"
    )
    assert "record-leafless" in {one["code"] for one in office("ledger", "verify", code=3)["listed"]}
    thief("INSERT INTO unsealed (kind, key) SELECT 'register-change', max(seq) FROM register_change")
    office.run("ledger", "checkpoint")
    assert office("ledger", "verify")["findings"] == 0
    ((seq,),) = thief("SELECT max(seq) FROM register_change")
    thief("DELETE FROM register_change WHERE seq = ?", seq)
    listed = office("ledger", "verify", code=3)["listed"]
    assert {one["code"] for one in listed} == {"record-missing", "row-changed"}


def test_a_number_in_what_differs_is_masked(office: Home, thief: Thief) -> None:
    thief("UPDATE complaint SET number = 8613900139009, note = 'call 13900139009' WHERE id = 1")
    (one,) = office("ledger", "verify", code=3)["listed"]
    assert "13900139009" not in str(one) and "13800138000" not in str(one)


def test_a_part_of_the_log_says_nothing_of_the_registers(office: Home, thief: Thief) -> None:
    thief("DELETE FROM suspension")
    said = office("ledger", "verify", "--from", "0", "--to", "3")
    assert (said["findings"], said["registers"]) == (0, None)
    assert "registers were not looked at" in office.run("ledger", "verify", "--from", "0", "--to", "3").output


@pytest.mark.parametrize(
    ("statements", "code", "name"),
    [
        (
            ["DROP VIEW dnc_now", "CREATE VIEW dnc_now AS SELECT * FROM do_not_call WHERE false"],
            *("schema-changed", "dnc_now"),
        ),
        (
            [
                "CREATE TRIGGER quiet AFTER INSERT ON suspension BEGIN"
                " DELETE FROM suspension WHERE seq = NEW.seq; END"
            ],
            *("schema-added", "quiet"),
        ),
        (["DROP VIEW consent_now"], "schema-missing", "consent_now"),
        (
            [
                "DROP INDEX suspension_in_force",
                "CREATE UNIQUE INDEX suspension_in_force ON suspension (kind, key) WHERE lifted_at = ''",
            ],
            *("schema-changed", "suspension_in_force"),
        ),
    ],
)
def test_what_the_gate_reads_by_was_changed(
    office: Home, thief: Thief, statements: list[str], code: str, name: str
) -> None:
    for sql in statements:
        thief(sql)
    assert (code, "schema", name) in found(office)


def test_a_row_that_is_hidden_from_an_index(office: Home, thief: Thief) -> None:
    """The index by which the gate looks for it has it not; its statement is the right one."""
    hide(office, thief, "suspension_in_force", "UNIQUE", "suspension (kind, key) WHERE lifted_at = ''")
    assert found(office) == [("schema-false", "schema", "suspension")]


def test_a_call_that_is_hidden_from_those_who_count(office: Home, thief: Thief) -> None:
    """A number that was called too often is called again."""
    names = "seq id node decided_at verdict reasons number dial given caller_id campaign business agent trunk"
    columns = [*names.split(), "channel", "uniqueid", "attack", "record"]
    row = ["1", "x", "pbx1", "2026-11-24T02:00:00.000000Z", "ALLOW", "[]", "+861", "1"]
    row += [""] * (len(columns) - len(row))
    thief(f"INSERT INTO decision ({', '.join(columns)}) VALUES ({', '.join('?' * len(row))})", *row)
    before = {one["code"] for one in office("ledger", "verify", code=3)["listed"]}
    assert "schema-false" not in before
    hide(office, thief, "decision_by_number", "", "decision (number, decided_at) WHERE number = ''")
    listed = office("ledger", "verify", code=3)["listed"]
    assert ("schema-false", "decision_by_number") in {(one["code"], one["key"]) for one in listed}


def hide(office: Home, thief: Thief, index: str, kind: str, on: str) -> None:
    ((right,),) = thief("SELECT sql FROM sqlite_master WHERE name = ?", index)
    thief(f"DROP INDEX {index}")
    thief(f"CREATE {kind} INDEX {index} ON {on}")
    with closing(sqlite3.connect(office.path / "dialpact.db")) as db, db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (right, index))
