"""A backup, and what becomes of one that is put back: it is known as one, and says what is missing."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dialpact.cli.app import app
from dialpact.cli.command_context import Machine
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import split
from dialpact.compliance.reasons import Reason
from dialpact.store.sqlite import migrate
from tests.attacks.restored import grow, rows
from tests.attacks.test_fork import decided
from tests.cli.conftest import NUMBER, Home
from tests.cli.evidence.conftest import no_pdf
from tests.store import older

BY = ("--by", "chen", "--reason", "disk died")
ASKED = (NUMBER, "--campaign", "renewal", "--caller-id", "02787654321", "--trunk", "carrier")


def backed_up(home: Home, name: str = "b.db") -> tuple[Path, dict[str, Any]]:
    made = home("store", "backup", str(home.path / name))
    return home.path / name, made


def codes(home: Home) -> set[str]:
    checks = home("asterisk", "doctor", "--asterisk-etc", "/nonexistent", code=3)["checks"]
    return {check["code"] for check in checks if check["check"] == "ledger"}


def why(home: Home) -> tuple[str, str]:
    """What the gate would say, and its own word for it."""
    said = home("check", *ASKED, code=3)
    (finding, *_) = said["findings"]
    return said["reason"], finding["text"]


def test_a_backup_says_what_it_is_and_what_is_not_in_it(home: Home) -> None:
    grow(home, 1, 2)
    note = home("ledger", "checkpoint")["note"]
    file, made = backed_up(home)
    manifest = Path(made["manifest"])
    assert json.loads(manifest.read_bytes()) == {
        name: value for name, value in made.items() if name not in ("file", "manifest")
    }
    for each in (file, manifest):
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
    assert (made["schema"], made["ledger"]["size"]) == (migrate.latest(), 4)
    assert made["ledger"]["checkpoint"] == note
    assert made["ledger"]["root"] == Checkpoint.parse(split(note)[0]).root.hex()
    assert made["ledger"]["verifier_key"] == (home.path / "ledger.pub").read_text("utf-8").strip()
    assert {"recordings", "ledger.key", "ledger.head"} <= set(made["not_in_it"])
    assert made["encrypted"] is False
    said = home.run("store", "backup", str(home.path / "c.db")).stdout
    assert "recordings" in said and "not encrypted" in said


def test_it_is_never_over_a_file(home: Home) -> None:
    file, _ = backed_up(home)
    before = file.read_bytes()
    assert str(file) in home("store", "backup", str(file), code=1)["error"]
    assert file.read_bytes() == before
    (home.path / "d.db.manifest.json").write_text("mine", "utf-8")
    home("store", "backup", str(home.path / "d.db"), code=1)
    assert not (home.path / "d.db").exists()
    assert not [each for each in home.path.iterdir() if each.name.startswith(".d.db")]


def test_a_database_of_before_an_update_is_backed_up_as_it_is(home: Home) -> None:
    """By the program of after it: that is when one wants it. To put it back is to bring it up to date."""
    path = home.path / "dialpact.db"
    path.unlink()
    older.make(path, 12)
    _, made = backed_up(home)
    assert made["schema"] == 12 and made["decisions"] == 2
    with older.opened(path) as connection:
        assert migrate.version(connection) == 12


def test_put_back_it_is_known_as_a_backup_and_every_call_stands(stocked: Home) -> None:
    """Somebody opted out since: nobody is to be called by a database that does not know it."""
    home = stocked
    home.run("ledger", "checkpoint")
    file, made = backed_up(home)
    home.run("dnc", "add", NUMBER, "--scope", "all", "--source", "letter")
    home.run("ledger", "checkpoint")
    (home.path / "dialpact.db").chmod(0o660)  # as with the API
    done = home("store", "restore", str(file), *BY)
    assert done["blocked"] is True
    assert done["lost"]["entries"] == 2 and done["lost"]["where"] == "replaced"
    assert done["lost"]["acts"] == {"dnc add": 1} and done["lost"]["kinds"]["opt-out"] == 1
    assert rows(home, "SELECT count(*) FROM do_not_call") == [(0,)]
    assert asyncio.run(decided(home, "b" * 32)) == (Reason.GATE_ERROR,)
    reason, text = why(home)
    assert reason == "gate-error" and "store acknowledge" in text
    assert codes(home) >= {"ledger-forked", "store-restored"}
    assert "store-restored" in {one["code"] for one in home("status", code=3)["problems"]}
    assert home("ledger", "checkpoint", code=3)["forks"]
    ((actor, action, detail),) = rows(
        home, "SELECT actor, action, detail FROM register_change WHERE register = 'store'"
    )
    act = json.loads(detail)
    assert (actor, action, act["reason"]) == ("chen", "restore", "disk died")
    assert act["manifest"]["sha256"] == made["sha256"] and act["lost"]["entries"] == 2
    assert stat.S_IMODE((home.path / "dialpact.db").stat().st_mode) == 0o660
    with closing(sqlite3.connect(Path(done["aside"]) / "dialpact.db")) as kept:
        assert kept.execute("SELECT count(*) FROM do_not_call").fetchone() == (1,)
    # What is entered again holds, whoever acknowledges what.
    home.run("dnc", "add", NUMBER, "--scope", "all", "--source", "letter, again")
    assert why(home)[0] == "gate-error"


def test_an_officer_answers_for_it_and_calls_go_on(stocked: Home) -> None:
    home = stocked
    home.run("ledger", "checkpoint")
    file, _ = backed_up(home)
    grow(home, 7)
    home.run("ledger", "checkpoint")
    home("store", "restore", str(file), *BY)
    assert "--reason" in home("store", "acknowledge", "--by", "chen", code=1)["error"]
    done = home("store", "acknowledge", *BY)
    assert done["new"] and done["restored"]["entries"] == 2
    assert "ledger-forked" not in codes(home) and "store-restored-once" in codes(home)
    said = json.loads(home.run("check", *ASKED, "--json", code=may_call(home)).stdout)
    assert "gate-error" not in said["reasons"]
    assert Reason.GATE_ERROR not in asyncio.run(decided(home, "c" * 32))
    assert home("ledger", "verify")["findings"] == 0
    assert home("store", "acknowledge", *BY, code=1)
    actions = rows(home, "SELECT action FROM register_change WHERE register = 'store' ORDER BY seq")
    assert actions == [("restore",), ("acknowledge",)]


def test_a_package_says_so(stocked: Home) -> None:
    home = stocked
    home.machine = Machine(pdf=no_pdf)
    asyncio.run(decided(home, "a" * 32))
    home.run("ledger", "checkpoint")
    file, _ = backed_up(home)
    grow(home, 7)
    home.run("ledger", "checkpoint")
    home("store", "restore", str(file), *BY)
    asked = ("evidence", "export", "--call", "a" * 32, *BY)
    assert "nothing is signed" in home(*asked, "-o", "a.zip", code=1)["error"]
    home("store", "acknowledge", *BY)
    notes = home(*asked, "-o", "b.zip")["notes"]
    (said,) = [note["about"] for note in notes if note["code"] == "restored"]
    assert said.endswith("2, chen, chen")
    key = str(home.path / "ledger.pub")
    assert home("evidence", "verify", "b.zip", "--key", key)["findings"] == []


def may_call(home: Home) -> int:
    """The day of the test may stand against it."""
    return CliRunner().invoke(app, ["check", *ASKED], obj={"machine": home.machine}).exit_code


def test_a_backup_of_an_older_version_is_brought_up_to_date(home: Home) -> None:
    """With every row that it had; its ledger is as it was signed then."""
    text = home.config.read_text("utf-8")
    line = next(each for each in text.splitlines() if each.startswith("origin = "))
    home.config.write_text(text.replace(line, 'origin = ""'), "utf-8")
    path = home.path / "dialpact.db"
    path.unlink()
    older.make(path, 12)
    file, made = backed_up(home)
    home("store", "restore", str(file), *BY, "--key", older.KEY.vkey)
    assert rows(home, "PRAGMA user_version") == [(migrate.latest(),)]
    assert rows(home, "SELECT count(*) FROM decision") == [(made["decisions"],)]
    assert home("ledger", "verify", "--alone", "--key", older.KEY.vkey)["findings"] == 0


def test_a_list_is_not_scrubbed_by_it(stocked: Home) -> None:
    home = stocked
    file, _ = backed_up(home)
    home("store", "restore", str(file), *BY)
    asked = ("--campaign", "renewal", "--caller-id", "02787654321", "--trunk", "carrier")
    home.run("scrub", home.file("list.csv", f"number\n{NUMBER}\n"), *asked, "--out", "out.csv", code=3)
    assert "gate-error" in (home.path / "out.csv").read_text("utf-8-sig")


def test_nothing_lost_and_it_is_known_all_the_same(home: Home) -> None:
    """Nobody knows of anything since; that is no word that there was nothing."""
    grow(home, 1)
    home.run("ledger", "checkpoint")
    file, _ = backed_up(home)
    for each in home.path.glob("dialpact.db*"):
        each.unlink()
    (home.path / "ledger.head").unlink()
    done = home("store", "restore", str(file), *BY)
    assert done["lost"]["entries"] is None
    assert "store-restored" in codes(home)
    assert home("store", "acknowledge", *BY)["new"] is None
    assert home("ledger", "verify")["findings"] == 0


def test_without_the_old_database_the_head_tells_how_much(home: Home) -> None:
    grow(home, 1)
    file, _ = backed_up(home)
    grow(home, 2, 3)
    home.run("ledger", "checkpoint")
    for each in home.path.glob("dialpact.db*"):
        each.unlink()
    lost = home("store", "restore", str(file), *BY)["lost"]
    assert (lost["entries"], lost["where"]) == (4, str(home.path / "ledger.head"))


def test_recordings_of_since_are_counted(home: Home) -> None:
    folder = home.path / "spool"
    folder.mkdir()
    text = home.config.read_text("utf-8")
    home.config.write_text(text.replace("/var/spool/asterisk/dialpact", str(folder)), "utf-8")
    file, made = backed_up(home)
    (folder / "later.wav").write_bytes(b"RIFF")
    assert home("store", "restore", str(file), *BY)["lost"]["recordings"] == 1
    assert made["recordings"] == 0


@pytest.mark.parametrize("how", ["byte", "cut", "no manifest", "another's"])
def test_what_is_no_backup_of_this_house_is_refused(home: Home, how: str) -> None:
    grow(home, 1)
    file, made = backed_up(home)
    manifest = Path(made["manifest"])
    if how == "byte":
        raw = bytearray(file.read_bytes())
        raw[-1] ^= 1
        file.write_bytes(raw)
    elif how == "cut":
        file.write_bytes(file.read_bytes()[:-4096])
    elif how == "no manifest":
        manifest.unlink()
    else:
        said = json.loads(manifest.read_bytes())
        said["ledger"]["name"] = "dialpact/other"
        manifest.write_text(json.dumps(said), "utf-8")
    before = (home.path / "dialpact.db").read_bytes()
    assert home("store", "restore", str(file), *BY, code=1)["error"]
    assert (home.path / "dialpact.db").read_bytes() == before
    assert not list(home.path.glob("*.replaced-*")) and not list(home.path.glob(".dialpact.db.*"))


def test_one_whose_ledger_was_changed_is_refused_whatever_its_manifest_says(home: Home) -> None:
    grow(home, 1)
    home.run("ledger", "checkpoint")
    file, made = backed_up(home)
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("DELETE FROM do_not_call")
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    forge(file, Path(made["manifest"]))
    found = home("store", "restore", str(file), *BY, code=3)
    assert {each["problem"] for each in found["listed"]} == {"register"}
    assert not list(home.path.glob("*.replaced-*"))


def forge(file: Path, manifest: Path) -> None:
    import hashlib

    said = json.loads(manifest.read_bytes())
    raw = file.read_bytes()
    said |= {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    manifest.write_text(json.dumps(said), "utf-8")


HOLDER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("SELECT count(*) FROM decision").fetchone()
print("open", flush=True)
sys.stdin.readline()
"""


def test_who_holds_it_is_named_and_nothing_is_touched(home: Home) -> None:
    """A shell that forgot it: a process of nobody's registry."""
    grow(home, 1)
    file, _ = backed_up(home)
    path = home.path / "dialpact.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin and holder.stdout and holder.stdout.readline() == "open\n"
        error = home("store", "restore", str(file), *BY, code=1)["error"]
        assert str(holder.pid) in error and "Nothing was touched" in error
        holder.stdin.close()
    home("store", "restore", str(file), *BY)


CUT = """
import os, signal, sys
left = int(sys.argv[1])
def cut(event, _):
    global left
    if event in ("os.rename", "os.mkdir") and armed[0]:
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
armed = [False]
sys.addaudithook(cut)
from dialpact.store.sqlite import backups
real = backups._replace
def replace(*given):
    armed[0] = True
    real(*given)
backups._replace = replace
from dialpact.cli.app import main
sys.argv = ["dialpact", *sys.argv[2:]]
main()
"""


def test_killed_anywhere_in_the_swap_it_is_as_it_was_or_there_is_none(home: Home) -> None:
    """Never a database without its log; the same command again ends it."""
    grow(home, 1)
    file, _ = backed_up(home)
    path, wal = home.path / "dialpact.db", home.path / "dialpact.db-wal"
    wal.write_bytes(b"the newest of it")  # (no frame of a log: SQLite passes it over)

    def seen() -> tuple[bytes, bytes] | None:
        """The database with its log; None: there is none."""
        return (path.read_bytes(), wal.read_bytes() if wal.exists() else b"") if path.exists() else None

    states = []
    for step in range(6):
        before = seen()
        words = ["store", "restore", str(file), *BY, "--config", str(home.config)]
        done = subprocess.run([sys.executable, "-c", CUT, str(step), *words], capture_output=True, text=True)
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        states.append(now := seen())
        assert now in (before, None)
    else:
        raise AssertionError("never whole")
    assert None in states
    home.run("store", "acknowledge", *BY)
    assert home("ledger", "verify")["findings"] == 0
    assert rows(home, "SELECT count(*) FROM do_not_call") == [(1,)]
