"""A backup that was put back by the command is known as one; who wants to hide that has to change the log."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from tests.attacks.restored import grow
from tests.cli.conftest import Home

PUT_IN = "INSERT INTO register_change (at, actor, register, action, key, detail) VALUES ("
BY = ("--by", "chen", "--reason", "disk died")


def put_back(home: Home) -> None:
    """Two entries are missing since."""
    grow(home, 1)
    home.run("ledger", "checkpoint")
    home.run("store", "backup", str(home.path / "b.db"))
    grow(home, 2)
    home.run("ledger", "checkpoint")
    home.run("store", "restore", str(home.path / "b.db"), *BY)


def sql(home: Home, *statements: str) -> None:
    with closing(sqlite3.connect(home.path / "dialpact.db")) as db, db:
        for statement in statements:
            db.execute(statement)


def found(home: Home) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = home("ledger", "verify", "--alone", code=3)["listed"]
    return listed


def test_the_act_is_taken_out_of_the_log(home: Home) -> None:
    put_back(home)
    sql(
        home,
        "DROP TRIGGER register_change_stays",
        "DELETE FROM register_change WHERE register = 'store'",
    )
    assert "removed" in {one["problem"] for one in found(home)}


def test_an_acknowledgement_is_put_in(home: Home) -> None:
    """It lets calls through, and is in the log for ever; nothing is signed until the log is resumed."""
    put_back(home)
    sql(
        home,
        f"{PUT_IN} '2026-11-30T00:00:00.000000Z', 'nobody', 'store', 'acknowledge', 'database', '{{}}')",
    )
    home.run("ledger", "checkpoint", code=3)
    checks = home("asterisk", "doctor", "--asterisk-etc", "/nonexistent", code=3)["checks"]
    (said,) = [one for one in checks if one["code"] == "store-restored-once"]
    assert "nobody" in said["text"]
    sql(home, f"{PUT_IN} '2026-11-30T00:00:01.000000Z', 'li', 'store', 'restore', 'database', '{{}}')")
    checks = home("asterisk", "doctor", "--asterisk-etc", "/nonexistent", code=3)["checks"]
    assert "store-restored" in {one["code"] for one in checks}  # whatever it says of itself
    listed = home("ledger", "list", "--limit", "20")
    assert [one["kind"] for one in listed].count("register-change") >= 3
