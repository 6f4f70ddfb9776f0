"""With SQL alone, on what the database keeps of the log as a whole: the signed heads, and its own row."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from dialpact.compliance.reasons import Reason
from tests.attacks.restored import copies, grow, rows
from tests.attacks.test_fork import decided
from tests.cli.conftest import Home


def done(home: Home, *said: str) -> None:
    """The guards go first and come back."""
    connection = sqlite3.connect(home.path / "dialpact.db")
    guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    for each in said:
        connection.execute(each)
    for _, sql in guards:
        connection.execute(sql)
    connection.commit()
    connection.close()


def signed(home: Home) -> None:
    for number in (1, 2):
        grow(home, number)
        home.run("ledger", "checkpoint")
    home.run("ledger", "verify")


def codes(home: Home) -> list[str]:
    return [item["code"] for item in home("ledger", "verify", code=3)["listed"]]


def test_all_checkpoints_taken_out(home: Home) -> None:
    signed(home)
    done(home, "DELETE FROM checkpoint")
    assert codes(home) == ["checkpoint-none"]


def test_the_newest_taken_out(home: Home) -> None:
    copies(home)
    signed(home)
    done(home, "DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)")
    assert codes(home) == ["checkpoint-gone"]
    home.run("ledger", "checkpoint")
    home.run("ledger", "verify")


def test_without_copies_one_that_is_gone_is_signed_again_and_nobody_sees(home: Home) -> None:
    signed(home)
    before = rows(home, "SELECT size, note FROM checkpoint ORDER BY size")
    done(home, "DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)")
    home.run("ledger", "verify")
    home.run("ledger", "checkpoint")
    assert rows(home, "SELECT size, note FROM checkpoint ORDER BY size") == before


def test_the_time_beside_a_checkpoint_proves_nothing(home: Home) -> None:
    """It is not in what was signed: by when it was there is an outsider's word."""
    signed(home)
    done(home, "UPDATE checkpoint SET at = '2020-01-01T00:00:00.000000Z'")
    home.run("ledger", "verify")


@pytest.mark.parametrize("signed_first", [True, False])
def test_the_log_s_own_row_taken_out(home: Home, signed_first: bool) -> None:
    if signed_first:
        signed(home)
    done(home, "DELETE FROM ledger_log")
    assert codes(home) == ["log-row-gone"]
    assert "ledger_log" in home("ledger", "checkpoint", code=1)["error"]
    found = home("asterisk", "doctor", code=3)
    assert "ledger-forked" in str(found) and "ledger_log" in str(found)
    assert "Traceback" not in home.run("status", code=3).output


def test_the_log_named_otherwise(home: Home) -> None:
    signed(home)
    done(home, "UPDATE ledger_log SET node = 'other'")
    assert codes(home) == ["log-row-name"]


def test_a_mark_of_a_fork_that_was_put_in_goes_at_the_next_signing(home: Home) -> None:
    signed(home)
    done(home, "UPDATE ledger_log SET forked = 'x'")
    home.run("ledger", "checkpoint")
    assert rows(home, "SELECT forked FROM ledger_log") == [("",)]


@pytest.mark.parametrize("on_fork", ["go-on", "stop"])
def test_without_its_row_nobody_knows_whether_it_has_forked(stocked: Home, on_fork: str) -> None:
    text = stocked.config.read_text("utf-8")
    stocked.config.write_text(text.replace('on_fork = "go-on"', f'on_fork = "{on_fork}"'), "utf-8")
    done(stocked, "DELETE FROM ledger_log")
    reasons = asyncio.run(decided(stocked, "a" * 32))
    assert (reasons == (Reason.GATE_ERROR,)) is (on_fork == "stop")
