"""Whoever has the file takes a hold, a day or a clock reading away: nothing goes that it kept."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from dialpact.application.housekeeping import EVERY
from dialpact.application.ledger.register_look import Watch
from dialpact.cli import housekeeping
from dialpact.cli.command_context import CommandContext
from dialpact.compliance import profile
from dialpact.compliance.ledger import record
from dialpact.compliance.model import PolicyVersion, Term
from dialpact.presentation import texts
from dialpact.store.units import ledger
from tests.cli.recorded import DAY, LAST, OVER, Shelf
from tests.cli.test_recordings_purge import keeps
from tests.compliance.store_values import AT

ROOT = Path(__file__).parents[2]
HUBEI = profile.load("cn-hubei-2018")
WHY = ("--by", "chen", "--reason", "court")
LATER = OVER + timedelta(days=40)  # when also what is erased by the local day is over


class Thief:
    """Has the file, and puts every trigger back in its place."""

    def __init__(self, shelf: Shelf) -> None:
        self.path = shelf.database

    def __call__(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            found = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
            kept = connection.execute(found).fetchall()
            for name, _ in kept:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
            for _, sql in kept:
                connection.execute(sql)

    def reseal(self, kind: str, key: str) -> None:
        """A new leaf for what the row says now."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            entry = ledger.entry_of(connection, kind, key)
            assert entry is not None and entry.salt is not None
            content = ledger.content_of(connection, entry.leaf_index, kind, key, entry.version)
            assert content is not None
            leaf = record.leaf(entry.salt, content).hex()
        self(f"UPDATE ledger SET leaf = x'{leaf}' WHERE leaf_index = {entry.leaf_index}")


HOLD_ACT = "register_change WHERE register = 'recording' AND action = 'hold'"
RELEASED = "UPDATE hold SET released_at = since, released_by = 'li', release_reason = 'over'"
FORGED = (
    "INSERT INTO register_change (at, actor, register, action, key, detail) SELECT since, 'li', 'recording',"
    " 'release', key, json_object('hold', id, 'scope', scope, 'reason', 'over') FROM hold"
)
LEAF_OF_ACT = f"ledger WHERE kind = 'register-change' AND key = (SELECT CAST(seq AS TEXT) FROM {HOLD_ACT})"


def taken_away(thief: Thief) -> None:
    thief("DELETE FROM hold")


def released(thief: Thief) -> None:
    thief(RELEASED)


def released_with_an_act(thief: Thief) -> None:
    thief(RELEASED, FORGED)


def released_at_no_time(thief: Thief) -> None:
    thief(RELEASED.replace("= since", "= '!'"))


def taken_away_with_its_act(thief: Thief) -> None:
    thief("DELETE FROM hold", f"DELETE FROM {HOLD_ACT}")


def taken_away_with_act_and_leaf(thief: Thief) -> None:
    thief("DELETE FROM hold", f"DELETE FROM {LEAF_OF_ACT}", f"DELETE FROM {HOLD_ACT}")


def another_thing_is_held(thief: Thief) -> None:
    thief("UPDATE hold SET key = 'x'")


def the_act_says_another_thing(thief: Thief) -> None:
    thief("DELETE FROM hold", "UPDATE register_change SET register = 'x' WHERE action = 'hold'")


def the_act_says_another_thing_under_a_new_leaf(thief: Thief) -> None:
    with closing(sqlite3.connect(thief.path)) as connection:
        ((seq,),) = connection.execute(f"SELECT seq FROM {HOLD_ACT}").fetchall()
    the_act_says_another_thing(thief)
    thief.reseal("register-change", str(seq))


def the_view_shows_none(thief: Thief) -> None:
    for name in ("held", "call_under_hold"):
        with closing(sqlite3.connect(thief.path)) as connection:
            ((sql,),) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", [name]).fetchall()
        thief(f"DROP VIEW {name}", f"{sql} AND 0")


def a_view_shows_what_the_table_had(thief: Thief) -> None:
    """So that it can show another thing whenever somebody likes."""
    with closing(sqlite3.connect(thief.path)) as connection:
        connection.execute("PRAGMA legacy_alter_table = ON")
        connection.execute("ALTER TABLE witnessed RENAME TO beside")
        connection.execute("CREATE VIEW witnessed AS SELECT * FROM beside")
        connection.commit()


HOLDS: list[tuple[Callable[[Thief], None], str]] = [
    (taken_away, "hold 1"),
    (released, "hold 1"),
    (released_with_an_act, "register-change"),
    (released_at_no_time, "hold 1"),
    (taken_away_with_its_act, "register-change"),
    (taken_away_with_act_and_leaf, "leaf"),
    (another_thing_is_held, "hold 1"),
    (the_act_says_another_thing, "register-change"),
    (the_act_says_another_thing_under_a_new_leaf, ""),
    (the_view_shows_none, "guard"),
    (a_view_shows_what_the_table_had, "guard witnessed"),
]


def stops(shelf: Shelf, *named: str) -> None:
    """Purge and erase: nothing goes, each difference has its name, and is an incident."""
    files, erased = shelf.files(), ("ledger", "erase", "--by", "chen", "--reason", "x")
    before = shelf.sql("SELECT count(*) FROM ledger WHERE salt IS NULL")
    for command in (("recordings", "purge"), erased):
        for more in ((), ("--yes",)):
            answer = shelf.home(*command, *more, code=1)
            assert answer["count"] >= len(answer["differences"]) > 0
            assert all(one["text"] for one in answer["differences"])
            for name in named:
                assert name in answer["error"], answer
            for language in ("en", "zh"):
                said = shelf.home.run(*command, *more, "--lang", language, code=1)
                assert said.output
    assert shelf.files() == files
    assert shelf.sql("SELECT count(*) FROM ledger WHERE salt IS NULL") == before
    assert shelf.sql("SELECT * FROM disposal") == []
    told = " ".join(shelf.refusals())
    for name in named:
        assert name in told


@pytest.mark.parametrize(("attack", "named"), HOLDS, ids=lambda value: getattr(value, "__name__", None))
def test_a_hold_that_was_taken_away_behind_the_log_s_back(
    shelf: Shelf, attack: Callable[[Thief], None], named: str
) -> None:
    id = shelf.put()
    shelf.home.run("recordings", "hold", id, *WHY)
    shelf.home.run("dnc", "add", "13800138001", "--scope", "all", "--source", "x")  # the act is not the last
    shelf.lives_until(LATER)
    shelf.home.run("ledger", "checkpoint")
    attack(Thief(shelf))
    stops(shelf, *filter(None, [named]))


def test_an_act_in_the_log_is_an_act(shelf: Shelf) -> None:
    """Who may write there can do what our command does, and under any name: it is said for good."""
    id = shelf.put()
    shelf.home.run("recordings", "hold", id, *WHY)
    shelf.lives_until(LATER)
    shelf.sql(RELEASED)
    assert shelf.purge("--yes") == {id: "disposed"}
    assert shelf.history(id) == ["hold", "release", "dispose", "disposed"]


def test_without_an_attack_it_goes_when_the_hold_is_over(shelf: Shelf) -> None:
    id = shelf.put()
    shelf.home.run("recordings", "hold", id, *WHY)
    shelf.lives_until(LATER)
    Thief(shelf)()
    assert shelf.purge("--yes") == {id: "held"}
    assert shelf.home("ledger", "erase", "--yes", *WHY)["needed"] == 1
    shelf.home.run("recordings", "release", id, *WHY)
    assert shelf.purge("--yes") == {id: "disposed"}
    assert shelf.home("ledger", "erase", "--yes", *WHY)["decisions"] == 1
    shelf.home.run("ledger", "verify")


# Days


KEEP = ("--until", "2030-01-01", *WHY)
KEEP_ACT = "register_change WHERE register = 'recording' AND action = 'keep'"


@pytest.mark.parametrize("day", ["'2027-01-01'", "NULL"])
def test_the_day_of_the_call_s_end_that_was_lowered(shelf: Shelf, day: str) -> None:
    id, held = shelf.put(), shelf.put("b")
    shelf.home.run("recordings", "hold", held, *WHY)
    shelf.lives_until(LATER)
    Thief(shelf)(f"UPDATE recording SET keep_until = {day} WHERE id = '{id}'")
    stops(shelf, f"recording {id}")


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["UPDATE recording SET keep_until = '2027-01-01'"], "recording"),
        (["UPDATE recording SET keep_until = NULL"], "recording"),
        (["UPDATE recording SET keep_until = '2027-11-24'", f"DELETE FROM {KEEP_ACT}"], "register-change"),
        (["UPDATE recording SET keep_until = NULL", f"DELETE FROM {KEEP_ACT}"], "register-change"),
        (
            [
                "UPDATE recording SET keep_until = '2027-11-24'",
                "UPDATE register_change SET action = 'x' WHERE action = 'keep'",
            ],
            "register-change",
        ),
        (
            [
                "UPDATE recording SET keep_until = '2027-11-25'",
                "UPDATE register_change SET detail = replace(detail, '2030-01-01', '2027-11-25')",
            ],
            "register-change",
        ),
    ],
)
def test_a_raised_day_that_was_lowered(shelf: Shelf, statements: list[str], named: str) -> None:
    shelf.home.run("recordings", "keep", shelf.put(), *KEEP)
    shelf.lives_until(LATER)
    Thief(shelf)(*statements)
    stops(shelf, named)


def test_what_longer_profiles_have_raised_is_not_lowered_with_its_acts(shelf: Shelf) -> None:
    shelf.put()
    keeps(shelf, 60)
    shelf.home.run("recordings", "keep", "--by-profiles")
    keeps(shelf, 12)
    shelf.lives_until(LATER)
    assert shelf.purge() == {}
    Thief(shelf)(
        "UPDATE recording SET keep_until = '2027-11-24'",
        "DELETE FROM register_change WHERE register = 'recording' AND action = 'policy'",
    )
    stops(shelf, "register-change")


def test_a_day_that_was_lowered_with_an_act_of_its_own(shelf: Shelf) -> None:
    """With its leaf, as our command would write it, but that our command never lowers one."""
    id = shelf.put()
    shelf.home.run("recordings", "keep", id, *KEEP)
    shelf.lives_until(LATER)
    Thief(shelf)("UPDATE recording SET keep_until = '2027-11-24'")
    act = "SELECT 'x', 'chen', 'recording', 'keep', id, json_object('from', '2030-01-01', 'to', keep_until)"
    shelf.sql(f"INSERT INTO register_change (at, actor, register, action, key, detail) {act} FROM recording")
    stops(shelf, f"recording {id}")
    assert "day-odd" in [one["code"] for one in shelf.home("ledger", "verify", code=3)["listed"]]


# How late it is


SHIFT = 400 * 86_400_000_000  # microseconds
AHEAD = "2027-12-31T00:00:00.000000Z"


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["DELETE FROM clock_reading WHERE seq = 2"], "clock reading 2"),
        (
            ["DELETE FROM witnessed WHERE reading = 2", "DELETE FROM clock_reading WHERE seq = 2"],
            "clock reading 2",
        ),
        ([f"UPDATE clock_reading SET uptime_us = uptime_us + {SHIFT} WHERE seq = 3"], "clock reading 3"),
        ([f"UPDATE clock_reading SET at = '{AHEAD}' WHERE seq = 1"], "clock reading 1"),
        ([f"UPDATE witnessed SET us = us + {SHIFT} WHERE reading = 3"], "clock reading 3"),
        (["DELETE FROM witnessed"], "clock reading 1"),
        (["DELETE FROM witnessed WHERE reading < 3"], "clock reading 1"),
        (["DELETE FROM witnessed WHERE reading = 2"], "clock reading 2"),
        ([f"INSERT INTO clock_reading VALUES (9, '{AHEAD}', 'x', 1, 'keeper')"], "clock reading 9"),
        (
            [
                f"INSERT INTO clock_reading VALUES (9, '{AHEAD}', 'first', 1, 'keeper')",
                "INSERT INTO witnessed VALUES (9, 1830297600000000, 0)",
            ],
            "clock reading 9",
        ),
        (["INSERT INTO witnessed VALUES (9, 1830297600000000, 0)"], "clock reading 9"),
        (
            [
                "DELETE FROM witnessed WHERE reading = 3",
                "DELETE FROM clock_reading WHERE seq = 3",
                "DELETE FROM ledger WHERE kind = 'clock' AND key = '3'",
            ],
            "leaf",
        ),
    ],
)
def test_a_clock_that_was_put_right_by_sql(shelf: Shelf, statements: list[str], named: str) -> None:
    shelf.put()
    for _ in range(3):
        shelf.reads_clock()
        shelf.host.runs(timedelta(minutes=10))
    shelf.home.run("dnc", "add", "13800138001", "--scope", "all", "--source", "x")
    shelf.home.run("ledger", "checkpoint")
    shelf.host.wall = LATER
    assert set(shelf.purge().values()) == {"clock"}
    shelf.host.wall = LATER
    Thief(shelf)("PRAGMA foreign_keys = OFF", *statements)
    stops(shelf, named)


def test_trusted_time_does_not_begin_anew(shelf: Shelf) -> None:
    """All that was witnessed is taken away, a call is made by a clock set forward, and it is read."""
    id = shelf.put()
    shelf.reads_clock()
    shelf.host.wall = LATER
    shelf.put("ahead", ended=LATER, until=None)
    forged = "SELECT '', 'x', 'clock', 'witnessed', '2', '{}'"
    Thief(shelf)("DELETE FROM witnessed")
    shelf.sql(f"INSERT INTO register_change (at, actor, register, action, key, detail) {forged}")
    shelf.reads_clock()
    assert shelf.purge("--yes") == {id: "clock"}


def test_a_reading_that_was_put_in_as_we_do_moves_no_time_of_this_run_of_the_host(shelf: Shelf) -> None:
    """It has its leaf, and the store makes trusted time of it: a host that ran for years. This one did
    not.
    """
    id = shelf.put()
    shelf.reads_clock()
    stamp = LATER.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    shelf.sql(
        f"INSERT INTO clock_reading (at, boot_id, uptime_us, by) VALUES ('{stamp}', 'x', {SHIFT}, 'keeper')"
    )
    shelf.host.runs(timedelta(minutes=10))
    shelf.host.wall = LATER
    assert shelf.purge("--yes") == {id: "clock"}
    assert shelf.home("ledger", "erase", "--yes", *WHY)["decisions"] == 0
    assert len(shelf.files()) == 3


# What was promised


def promised(months: int) -> tuple[Term, ...]:
    return (Term(months=months, timezone="Asia/Shanghai"),)


def test_a_shorter_profile_takes_nothing_that_was_promised(shelf: Shelf) -> None:
    """Nor does one whose recording was written down with a shorter day already."""
    id = shelf.put(until=AT.date() + DAY, retention=promised(12))
    keeps(shelf, 1)
    shelf.lives_until(AT + timedelta(days=200))
    answer = shelf.home("recordings", "purge", "--yes")
    assert (answer["recordings"], answer["counts"]) == ([], {"not-due": 1})
    done = shelf.home("ledger", "erase", "--yes", *WHY)
    assert (done["decisions"], done["needed"]) == (0, 1)
    shelf.lives_until(LATER)
    assert shelf.purge("--yes") == {id: "disposed"}
    assert shelf.home("ledger", "erase", "--yes", *WHY)["decisions"] == 1


@pytest.mark.parametrize(
    ("known", "days", "goes"),
    [
        (True, 200, False),
        (True, 367 + 40, True),
        (
            False,
            367 + 40,
            False,
        ),  # of a text that nobody has the longest of all counts: 60 months of us-federal
        (False, 5 * 366 + 40, True),
    ],
)
def test_what_a_decision_of_before_was_promised(shelf: Shelf, known: bool, days: int, goes: bool) -> None:
    """It names its profiles by the hashes of their texts."""
    sha256 = HUBEI.sha256 if known else "0" * 64
    version = PolicyVersion(profile="p", version="1", sha256=sha256)
    shelf.put(until=AT.date() + DAY, policy=(version,), retention=None)
    keeps(shelf, 1)
    shelf.lives_until(AT + timedelta(days=days))
    assert bool(shelf.purge("--yes")) == goes
    assert shelf.home("ledger", "erase", "--yes", *WHY)["decisions"] == goes


def test_a_text_that_is_in_the_log_counts(shelf: Shelf) -> None:
    text = HUBEI.text.replace("retention_months = 12", "retention_months = 24")
    own = profile.parse(text.encode(), "own")
    version = PolicyVersion(profile=own.id, version=own.version, sha256=own.sha256)
    shelf.put(until=AT.date() + DAY, policy=(version,), retention=None)
    shelf.within(lambda store: store.profiles.note([own], at=AT))
    for days, goes in ((367 + 40, False), (2 * 366 + 40, True)):
        shelf.lives_until(AT + timedelta(days=days))
        assert bool(shelf.purge("--yes")) == goes


@pytest.mark.parametrize("whole", [False, True])
def test_a_promise_that_was_edited(shelf: Shelf, whole: bool) -> None:
    shelf.reads_clock()
    shelf.put(until=AT.date() + DAY, retention=promised(12))
    keeps(shelf, 1)
    shelf.lives_until(AT + timedelta(days=200))
    edited = "replace(record, '\"months\":12', '\"months\":1')" if whole else "'{}'"
    Thief(shelf)(f"UPDATE decision SET record = {edited}")
    answer = shelf.home("recordings", "purge", "--yes", code=1)
    assert [one["code"] for one in answer["differences"]] == ["promise-changed"]
    Thief(shelf)("DELETE FROM recording", "DELETE FROM ledger WHERE kind = 'recording'")
    assert "leaf" in shelf.home("ledger", "erase", "--yes", *WHY, code=1)["error"]


@pytest.mark.parametrize(
    "column",
    [
        "record = replace(record, 'months', 'm0nths')",
        "decided_at = '2025-01-01T00:00:00.000000Z'",
        "behind_us = 1",
    ],
)
def test_no_record_goes_that_is_not_the_one_that_was_logged(shelf: Shelf, column: str) -> None:
    """A call that was never recorded."""
    shelf.put(until=None, state="failed", retention=promised(12))
    shelf.lives_until(LATER)
    Thief(shelf)(f"UPDATE decision SET {column}")
    (named,) = shelf.home("ledger", "erase", "--yes", *WHY, code=1)["differences"]
    assert (named["kind"], named["code"]) == ("decision", "record-changed")
    assert "decision" in " ".join(shelf.refusals())


# Disposals


def test_a_disposal_that_was_put_in_removes_no_file(shelf: Shelf) -> None:
    """As if a purge had been cut off: what it began would be ended, held or not."""
    id = shelf.put()
    shelf.home.run("recordings", "hold", id, *WHY)
    shelf.lives_until(LATER)
    Thief(shelf)(f"INSERT INTO disposal VALUES ('{id}', '', 'chen', '{LAST}', 1, NULL)")
    answer = shelf.home("recordings", "purge", "--yes", code=1)
    assert "disposal-unlogged" in [one["code"] for one in answer["differences"]]
    assert len(shelf.files()) == 3


def test_a_disposal_that_was_cut_off_ends_with_the_files_that_it_began_with(shelf: Shelf) -> None:
    first, other = shelf.put("a"), shelf.put("b")
    shelf.home.run("recordings", "hold", other, *WHY)
    shelf.lives_until(LATER)
    assert shelf.purge("--yes")[first] == "disposed"
    thief = Thief(shelf)
    shelf.sql("DROP TRIGGER disposal_is_only_finished")
    thief(
        "UPDATE disposal SET done_at = NULL",
        "DELETE FROM register_change WHERE action = 'disposed'",
    )
    stopped = shelf.home("recordings", "purge", "--yes", code=1)
    assert "register-change" in stopped["error"]
    assert len(shelf.files("b")) == 3


# Texts


def test_every_difference_has_its_text_and_every_text_its_difference() -> None:
    rooms = (
        "compliance/retention_replay.py",
        "application/ledger/audit/retention.py",
        "application/disposal.py",
    )
    files = [*rooms, "store/sqlite/retention_rows.py", "store/units/sql/retention_rows.sql"]
    source = "\n".join((ROOT / "dialpact" / file).read_text("utf-8") for file in files)
    for language in ("en", "zh"):
        table = {key.partition(".")[2] for key in texts.catalogue(language) if key.startswith("kept.")}
        kinds = "hold|held|act|day|promise|disposal|reading|witness|guard"
        found = set(re.findall(rf"[\"']((?:{kinds})-\w[\w-]+|lowered)[\"']", source))
        assert found == table


# Without a purge


def test_housekeeping_names_it_within_ten_minutes(shelf: Shelf) -> None:
    """And so does ``ledger verify``; when the row is as the log says again, nobody speaks of it any more."""
    shelf.home.run("recordings", "hold", shelf.put(), *WHY)
    watch = Watch()
    session = CommandContext(shelf.home.config, False, "en", shelf.host.machine)

    def differing() -> list[tuple[str, str]]:
        shelf.host.runs(EVERY)
        assert asyncio.run(housekeeping.once(session, watch=watch))
        return sorted(shelf.sql("SELECT register, key FROM register_difference"))

    assert differing() == []
    (row,) = shelf.sql("SELECT * FROM hold")
    Thief(shelf)("DELETE FROM hold", "UPDATE witnessed SET us = us + 1 WHERE reading = 1")
    assert differing() == [("clock", "1"), ("hold", "1")]
    assert {(one["problem"], one["kind"]) for one in shelf.home("ledger", "verify", code=3)["listed"]} == {
        ("register", "clock"),
        ("register", "hold"),
    }
    told = [one["detail"] for one in shelf.home("incidents", "list")]
    assert any("hold" in detail for detail in told)
    values = ", ".join("NULL" if value is None else repr(value) for value in row)
    Thief(shelf)(f"INSERT INTO hold VALUES ({values})", "UPDATE witnessed SET us = us - 1 WHERE reading = 1")
    assert differing() == []


# Complaints


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM complaint",
        "UPDATE complaint SET status = 'answered', answered_at = received_at, answer = 'x'",
        "UPDATE complaint SET decision = ''",
    ],
)
def test_an_open_complaint_that_was_taken_away_keeps_its_call(shelf: Shelf, statement: str) -> None:
    shelf.put()
    about = ("13800138000", "--at", AT.isoformat(timespec="seconds"), "--source", "12321")
    shelf.home.run("complaint", "add", *about, "--by", "chen")
    shelf.lives_until(LATER)
    shelf.purge("--yes")
    assert shelf.home("ledger", "erase", "--yes", *WHY)["needed"] == 1
    Thief(shelf)(statement)
    answer = shelf.home("ledger", "erase", "--yes", *WHY, code=1)
    assert [one["kind"] for one in answer["differences"]] == ["complaint"]
    assert all(one["text"] for one in answer["differences"])


# What lies around the log


def test_a_log_that_was_cut_back_to_before_a_hold(shelf: Shelf) -> None:
    """A backup that was put back: it knows nothing of the hold, and everything in it fits. The folder of
    copies has a head of more entries.
    """
    folder = shelf.home.path / "copies"
    folder.mkdir()
    text = shelf.home.config.read_text("utf-8")
    shelf.home.config.write_text(
        re.sub(r"(?m)^#? ?checkpoints = .*$", 'checkpoints = "copies"', text), "utf-8"
    )
    id = shelf.put()
    shelf.reads_clock()
    shelf.home.run("ledger", "checkpoint")
    backup = shelf.database.read_bytes()
    shelf.home.run("recordings", "hold", id, *WHY)
    shelf.home.run("ledger", "checkpoint")
    assert list(folder.glob("*.note"))
    for file in shelf.database.parent.glob(f"{shelf.database.name}-*"):
        file.unlink()
    shelf.database.write_bytes(backup)
    shelf.lives_until(LATER)
    stopped = shelf.home("recordings", "purge", "--yes", code=1)
    assert {one["problem"] for one in stopped["differences"]} <= {"checkpoint", "truncated"}
    assert len(shelf.files()) == 3
