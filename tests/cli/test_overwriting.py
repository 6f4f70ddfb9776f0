"""An erasure beside one who reads: the salts stay in the files as long as he does; it says so and goes on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from dialpact.application.housekeeping import EVERY
from dialpact.cli import housekeeping
from dialpact.cli.command_context import CommandContext
from dialpact.store.sqlite import erasure
from tests.cli.recorded import OVER, Shelf

WHY = ("--by", "chen", "--reason", "time over")
NUMBER = b"+8613800138000"


@pytest.fixture
def reader(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """One call whose time is over, and somebody who reads."""
    monkeypatch.setattr(erasure, "PAUSE_SECONDS", 0.0)  # no door leads there: it is a command's own patience
    shelf.put()
    shelf.lives_until(OVER + timedelta(days=1))
    shelf.purge("--yes")
    with closing(sqlite3.connect(shelf.database, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM ledger").fetchone()
        yield connection


def left(shelf: Shelf, what: bytes) -> bool:
    """Whether it is anywhere in the database or beside it."""
    files = shelf.database.parent.glob(f"{shelf.database.name}*")
    return any(what in file.read_bytes() for file in files)


def salts(shelf: Shelf) -> list[bytes]:
    found = shelf.sql("SELECT salt FROM ledger WHERE kind IN ('decision', 'recording') AND salt IS NOT NULL")
    return [salt for (salt,) in found]


def doctor(shelf: Shelf) -> list[str]:
    found = shelf.home("asterisk", "doctor", "--asterisk-etc", str(shelf.home.path), code=3)
    return [one["code"] for one in found["checks"] if one["code"] == "erasure-pending"]


def test_it_says_so_and_housekeeping_goes_on_with_it(shelf: Shelf, reader: sqlite3.Connection) -> None:
    known = [*salts(shelf), NUMBER]
    assert len(known) == 3
    answer = shelf.home("ledger", "erase", "--yes", *WHY, code=3)
    assert (answer["decisions"], answer["overwritten"]) == (1, False)
    assert answer["pending_since"].startswith("2027-11-26")
    assert all(left(shelf, one) for one in known)  # that is what it says
    assert doctor(shelf) == ["erasure-pending"]
    assert "still lie" in shelf.home.run("ledger", "erase", code=3).output
    assert "覆写" in shelf.home.run("ledger", "erase", "--lang", "zh", code=3).output

    session = CommandContext(shelf.home.config, False, "en", shelf.host.machine)
    shelf.host.runs(EVERY)
    assert asyncio.run(housekeeping.once(session))
    assert doctor(shelf) == ["erasure-pending"]  # he reads still
    reader.execute("ROLLBACK")
    shelf.host.runs(EVERY)
    assert asyncio.run(housekeeping.once(session))
    assert not any(left(shelf, one) for one in known)
    assert doctor(shelf) == []
    assert shelf.home("ledger", "erase")["pending_since"] is None
    shelf.home.run("ledger", "verify")


def test_the_next_erasure_goes_on_with_it(shelf: Shelf, reader: sqlite3.Connection) -> None:
    known = salts(shelf)
    shelf.home.run("ledger", "erase", "--yes", *WHY, code=3)
    reader.execute("ROLLBACK")
    answer = shelf.home("ledger", "erase", "--yes", *WHY)
    assert (answer["decisions"], answer["overwritten"], answer["pending_since"]) == (0, True, None)
    assert not any(left(shelf, one) for one in known)


def test_a_killed_erasure_is_not_forgotten(shelf: Shelf, reader: sqlite3.Connection) -> None:
    """That it is to be overwritten is written down together with the erasure."""
    shelf.home.run("ledger", "erase", "--yes", *WHY, code=3)
    ((since,),) = shelf.sql("SELECT at FROM overwriting")
    ((erased,),) = shelf.sql("SELECT at FROM register_change WHERE register = 'ledger' AND action = 'erase'")
    assert since == erased
