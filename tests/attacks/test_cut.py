"""With SQL alone: the tail of the log is cut with every trace of it in the database, and other things are
logged.
"""

from __future__ import annotations

import sqlite3

import pytest

from tests.attacks.restored import copies, grow, incidents, rows
from tests.cli.conftest import Home


def cut(home: Home, size: int) -> None:
    """Records, leaves and checkpoints behind ``size`` leaves; the guards go first and come back."""
    connection = sqlite3.connect(home.path / "dialpact.db")
    guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    tables = {"opt-out": "opt_out", "register-change": "register_change", "incident": "incident"}
    for kind, table in tables.items():
        connection.execute(
            f"DELETE FROM {table} WHERE CAST(seq AS TEXT) IN"
            " (SELECT key FROM ledger WHERE kind = ? AND leaf_index >= ?)",
            (kind, size),
        )
    connection.execute("DELETE FROM do_not_call WHERE number <> 8613800130001")
    connection.execute("DELETE FROM ledger WHERE leaf_index >= ?", (size,))
    connection.execute("DELETE FROM checkpoint WHERE size > ?", (size,))
    for _, sql in guards:
        connection.execute(sql)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("more", [0, 1, 2, 3])
def test_what_was_signed_last_tells(home: Home, more: int) -> None:
    grow(home, 1)
    home.run("ledger", "checkpoint")
    grow(home, 2, 3)
    home.run("ledger", "checkpoint")
    cut(home, 2)
    grow(home, *range(20, 20 + more))
    found = home("ledger", "verify", code=3)["listed"]
    mine = [item for item in found if item["key"] == str(home.path / "ledger.head")]
    assert [item["code"] for item in mine] == ["log-cut" if more < 2 else "checkpoint-root"]
    (fork,) = home("ledger", "checkpoint", code=3)["forks"]
    assert fork["size"] == 6
    assert rows(home, "SELECT size FROM checkpoint") == [(2,)]
    assert "ledger-forked" in incidents(home)


def test_so_do_the_copies(home: Home) -> None:
    copies(home)
    grow(home, 1)
    home.run("ledger", "checkpoint")
    grow(home, 2)
    home.run("ledger", "checkpoint")
    (home.path / "ledger.head").unlink()
    cut(home, 2)
    assert [item["code"] for item in home("ledger", "verify", code=3)["listed"]] == ["log-cut"]
    home.run("ledger", "checkpoint", code=3)
