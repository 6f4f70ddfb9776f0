"""With SQL alone: the tail of the log is cut with every trace of it in the database, and other things are
logged.
"""

from __future__ import annotations

import base64
import json
import sqlite3

import pytest

from dialpact.compliance.ledger import keys, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from tests.attacks.restored import BY, copies, forked, grow, incidents, rows
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


def forge(home: Home, *, own: bool, size: int, root: str) -> None:
    """A line of the log by which it would not continue that head; the next transaction gives it its leaf."""
    key = str(home("ledger", "key")["verifier_key"])
    new = key if own else keys.signer_of(keys.generate(), key.partition("+")[0]).vkey
    fork = {"present": [2, "x"], "given_up": [[size, root]], "note": "", "seal": ""}
    if not own:
        fork["seal"] = "x"
    detail = json.dumps({"old": key, "new": new, "word": "", "reason": "x", "fork": fork})
    connection = sqlite3.connect(home.path / "dialpact.db")
    connection.execute(
        "INSERT INTO register_change (at, actor, register, action, key, detail)"
        " VALUES ('2026-11-24T02:00:00.000000Z', 'chen', 'ledger', 'resume', ?, ?)",
        (key.partition("+")[0], detail),
    )
    connection.commit()
    connection.close()


@pytest.mark.parametrize("own", [True, False])
def test_a_line_put_in_gives_nothing_up(home: Home, own: bool) -> None:
    """Only the key that goes on can say what is not continued: he who has SQL and no key can not."""
    grow(home, 1)
    home.run("ledger", "checkpoint")
    grow(home, 2, 3)
    lost = Checkpoint.parse(note.split(home("ledger", "checkpoint")["note"])[0])
    cut(home, 2)
    root = base64.b64encode(lost.root).decode()
    forge(home, own=own, size=lost.size, root=root)
    grow(home, 20, 21, 22)
    home.run("ledger", "checkpoint", code=3)
    assert rows(home, "SELECT size FROM checkpoint") == [(2,)]
    found = home("ledger", "verify", code=3)
    assert found["forks"] == 0
    told = {item["key"] for item in found["listed"]}
    assert str(home.path / "ledger.head") in (told if own else found["strangers"])


def test_a_true_line_that_was_changed_gives_nothing_up(home: Home) -> None:
    kept = forked(home, other=3)
    home.run("ledger", "resume", *BY)
    assert home("ledger", "verify")["forks"] == 1
    text = kept[0].read_text("utf-8")
    head = Checkpoint.parse(note.split(text)[0])
    connection = sqlite3.connect(home.path / "dialpact.db")
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    added = f'"given_up":[[{head.size},"{base64.b64encode(head.root).decode()}"],'
    connection.execute(
        "UPDATE register_change SET detail = replace(detail, '\"given_up\":[', ?) WHERE action = 'resume'",
        (added,),
    )
    connection.commit()
    connection.close()
    found = home("ledger", "verify", "--checkpoint", str(kept[0]), code=3)
    assert {"record-changed", "link-changed"} <= {item["code"] for item in found["listed"]}


def test_a_mark_that_was_taken_away_comes_back(home: Home) -> None:
    """By which `[ledger] on_fork = "stop"` stops, and doctor and metric tell."""
    forked(home)
    home.run("ledger", "checkpoint", code=3)
    connection = sqlite3.connect(home.path / "dialpact.db")
    connection.execute("UPDATE ledger_log SET forked = ''")
    connection.commit()
    connection.close()
    home.run("ledger", "checkpoint", code=3)
    assert rows(home, "SELECT forked <> '' FROM ledger_log") == [(1,)]


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
