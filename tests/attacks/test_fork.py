"""A backup is restored and the log goes on from there: nothing is signed twice, and it is said."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agi.service import judge_of
from dialpact.application import housekeeping
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.ledger import heads
from dialpact.application.ledger.copies import looked_at
from dialpact.application.policy import load_policy
from dialpact.cli.app import app
from dialpact.compliance import config as configuration
from dialpact.compliance.clock import SystemClock
from dialpact.compliance.config import Config
from dialpact.compliance.ledger import keys, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.heads import LedgerForked
from dialpact.compliance.ledger.rotation import rotation
from dialpact.compliance.reasons import Reason
from dialpact.store.ports import Store as Port
from dialpact.store.ports.decisions import WaitingAttempt
from dialpact.store.sqlite import Store
from tests.attacks.restored import BY, copies, forked, grow, incidents, restore, rows
from tests.attacks.restored import backup as backed_up
from tests.cli.conftest import NUMBER, Home


def sizes(home: Home) -> list[int]:
    return [size for (size,) in rows(home, "SELECT size FROM checkpoint ORDER BY size")]


async def decided(home: Home, id: str) -> tuple[Reason, ...]:
    """Why the gate would not let a call through now; what it says is stored."""
    config = configuration.load(home.config)
    judge = judge_of(config, load_policy(config))
    attempt = judge.attempt(NUMBER, "renewal", "02787654321", trunk="carrier")
    async with await Store.open(config.database) as store:
        waiting = WaitingAttempt(id, attempt, time.monotonic() + 60)
        (done,) = await store.decisions.decide([waiting], judge, SystemClock())
    return tuple(done.decision.reasons)


@pytest.mark.parametrize("other", [0, 1, 2, 3])
def test_the_head_beside_the_key_tells(home: Home, other: int) -> None:
    """The log is shorter than what was signed, as long, or longer by now."""
    forked(home, other=other)
    before = sizes(home)
    refused = home("ledger", "checkpoint", code=3)
    assert [(fork["size"], fork["where"]) for fork in refused["forks"]] == [
        (6, str(home.path / "ledger.head"))
    ]
    assert "nothing is signed" in refused["error"] and "ledger resume" in refused["error"]
    assert sizes(home) == before
    assert incidents(home) == ["ledger-forked"]
    home.run("ledger", "checkpoint", code=3)
    assert incidents(home) == ["ledger-forked"]  # once for each head


def test_it_is_said_wherever_one_looks(home: Home) -> None:
    folder = copies(home)
    forked(home)
    home.run("ledger", "checkpoint", code=3)
    checks = home("asterisk", "doctor", "--asterisk-etc", "/nonexistent", code=3)["checks"]
    assert [check["code"] for check in checks if check["check"] == "ledger"] == ["ledger-forked"]
    found = home("ledger", "verify", code=3)["listed"]
    assert {item["key"] for item in found} == {
        str(home.path / "ledger.head"),
        *(str(folder / f"pbx1-{size:012}.note") for size in (4, 6)),
    }
    assert home("ledger", "verify", "--alone")["findings"] == 0


def test_without_it_the_folder_of_copies_tells(home: Home) -> None:
    folder = copies(home)
    forked(home)
    (home.path / "ledger.head").unlink()
    refused = home("ledger", "checkpoint", code=3)
    assert [(fork["size"], fork["where"]) for fork in refused["forks"]] == [
        (size, str(folder / f"pbx1-{size:012}.note")) for size in (4, 6)
    ]
    assert incidents(home) == ["ledger-head-lost", "ledger-forked"]


def test_whatever_a_copy_is_called(home: Home) -> None:
    folder = copies(home)
    forked(home)
    (home.path / "ledger.head").unlink()
    for place, file in enumerate(sorted(folder.glob("*.note"))):
        file.rename(folder / f"fetched {place}.note")
    assert {fork["size"] for fork in home("ledger", "checkpoint", code=3)["forks"]} == {4, 6}


async def test_without_both_whoever_else_holds_a_head(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = await asyncio.to_thread(forked, home)
    (home.path / "ledger.head").unlink()

    async def witness(config: Config, store: Port) -> Sequence[tuple[str, str]]:
        return [("witness.example", kept[1].read_text("utf-8")), ("stranger", "nonsense")]

    monkeypatch.setattr(heads, "HOLDERS", [witness])
    config = configuration.load(home.config)
    async with await Store.open(config.database) as store:
        with pytest.raises(LedgerForked) as raised:
            await heads.signed(config, store, keys.load(config), datetime.now(UTC))
    assert [(head.size, head.where) for head in raised.value.heads] == [(6, "witness.example")]


def test_without_any_of_them_only_the_loss_is_told(home: Home) -> None:
    """Who has the key, all backups, the folder and no witness signs on. What he took away is in the log."""
    kept = forked(home)
    (home.path / "ledger.head").unlink()
    assert home("ledger", "checkpoint")["unlooked"]
    assert incidents(home) == ["ledger-head-lost"]
    found = home("ledger", "verify", "--checkpoint", str(kept[0]), code=3)["listed"]
    assert [item["code"] for item in found] == ["checkpoint-root"]


def test_a_head_that_was_put_back_is_an_older_beginning(home: Home) -> None:
    """With database and head from one backup nothing here tells; the copies do."""
    folder = copies(home)
    grow(home, 1)
    home.run("ledger", "checkpoint")
    copy, old = backed_up(home), (home.path / "ledger.head").read_bytes()
    grow(home, 2)
    home.run("ledger", "checkpoint")
    restore(home, copy)
    (home.path / "ledger.head").write_bytes(old)
    grow(home, 3)
    (fork,) = home("ledger", "checkpoint", code=3)["forks"]
    assert fork["where"] == str(folder / f"pbx1-{4:012}.note")


def test_nothing_else_is_signed_either(stocked: Home) -> None:
    forked(stocked)
    before = (stocked.path / "ledger.key").read_bytes(), sizes(stocked)
    assert "nothing is signed" in stocked("ledger", "rotate", *BY, code=1)["error"]
    asyncio.run(decided(stocked, "a" * 32))
    asked = ("--call", "a" * 32, "-o", "a.zip", *BY)
    assert "nothing is signed" in stocked("evidence", "export", *asked, code=1)["error"]
    assert not (stocked.path / "a.zip").exists()
    assert ((stocked.path / "ledger.key").read_bytes(), sizes(stocked)) == before
    assert not (stocked.path / "ledger.key.new").exists()


async def test_the_keeper_signs_nothing_and_goes_on(home: Home) -> None:
    await asyncio.to_thread(forked, home)
    config, before = configuration.load(home.config), sizes(home)
    async with await Store.open(config.database) as store:
        context = Context(store, Actor(name="dialpact", door=Door.DAEMON), SystemClock())
        with pytest.raises(LedgerForked):
            await housekeeping.keep(context, config, start=True)
        assert (await store.installation.health("pbx1", context.now(), context.now().date())).forked
    assert sizes(home) == before
    assert rows(home, "SELECT count(*) FROM clock_reading") == [(1,)]


@pytest.mark.parametrize("on_fork", ["go-on", "stop"])
def test_calls_go_on_or_stop_as_the_operator_says(stocked: Home, on_fork: str) -> None:
    found: list[tuple[Reason, ...]] = []
    text = stocked.config.read_text("utf-8")
    stocked.config.write_text(text.replace('on_fork = "go-on"', f'on_fork = "{on_fork}"'), "utf-8")
    found.append(asyncio.run(decided(stocked, "a" * 32)))
    forked(stocked)
    stocked.run("ledger", "checkpoint", code=3)
    found.append(asyncio.run(decided(stocked, "b" * 32)))
    stocked.run("ledger", "resume", *BY)
    found.append(asyncio.run(decided(stocked, "c" * 32)))
    assert Reason.GATE_ERROR not in {*found[0], *found[2]}
    assert (found[1] == (Reason.GATE_ERROR,)) is (on_fork == "stop")


@pytest.mark.parametrize("name", ["README.txt", "x.note", "pbx1-000000000009.note", "folder.note"])
def test_what_is_no_checkpoint_of_this_log_is_said(home: Home, name: str) -> None:
    folder = copies(home)
    grow(home, 1)
    if name.startswith("folder"):
        (folder / name).mkdir()
    else:
        (folder / name).write_text("hello", "utf-8")
    said = home.run("ledger", "checkpoint")
    assert name in said.stderr
    checks = home("asterisk", "doctor", "--asterisk-etc", "/nonexistent", code=3)["checks"]
    assert "ledger-strangers" in [check["code"] for check in checks if check["check"] == "ledger"]
    assert name in home.run("ledger", "verify").stderr or name == "README.txt"


def test_a_stranger_s_note_stops_nobody(home: Home) -> None:
    """Signed under this name by another key, or by one that was replaced: said, and nothing more."""
    folder = copies(home)
    grow(home, 1)
    home.run("ledger", "checkpoint")
    old = keys.load(configuration.load(home.config))
    home.run("ledger", "rotate", "--by", "chen", "--reason", "stolen")
    for place, signer in enumerate((old, keys.signer_of(keys.generate(), old.name))):
        forged = signer.sign(Checkpoint(old.name, 100, b"x" * 32).body())
        (folder / f"forged{place}.note").write_text(forged, "utf-8")
    said = home.run("ledger", "checkpoint")
    assert "forged0.note" in said.stderr and "forged1.note" in said.stderr
    assert home("ledger", "verify")["findings"] == 0


def test_a_folder_that_can_not_be_read_is_said(home: Home) -> None:
    folder = copies(home)
    grow(home, 1)
    folder.rmdir()
    said = home.run("ledger", "checkpoint", code=1)
    assert str(folder) in said.stderr and said.stdout.startswith("dialpact/")
    assert incidents(home) == ["ledger-copies-unread"]
    assert home("ledger", "verify")["unlooked"]


def test_a_copy_in_whose_place_another_stands_is_said(home: Home) -> None:
    folder = copies(home)
    grow(home, 1)
    (folder / f"pbx1-{2:012}.note").write_text("mine", "utf-8")
    said = home.run("ledger", "checkpoint", code=1)
    assert "says something else" in said.stderr
    assert (folder / f"pbx1-{2:012}.note").read_text("utf-8") == "mine"


@pytest.mark.parametrize("content", [b"", b"\xff", b"hello\n", b"a\n\n\xe2\x80\x94 a AAAA\n"])
def test_a_head_that_is_none_is_said_and_made_anew(home: Home, content: bytes) -> None:
    grow(home, 1)
    home.run("ledger", "checkpoint")
    (home.path / "ledger.head").write_bytes(content)
    checks = home("asterisk", "doctor", "--asterisk-etc", "/nonexistent", code=3)["checks"]
    assert "ledger-head-lost" in [check["code"] for check in checks if check["check"] == "ledger"]
    text = home("ledger", "checkpoint")["note"]
    assert (home.path / "ledger.head").read_text("utf-8") == text
    assert incidents(home) == ["ledger-head-lost"]


def test_one_that_can_not_be_remembered_is_not_signed(home: Home) -> None:
    grow(home, 1)
    (home.path / "ledger.head").mkdir()
    assert "could not be remembered" in home("ledger", "checkpoint", code=1)["error"]
    assert sizes(home) == []


class PowerCutError(BaseException):
    pass


@pytest.mark.parametrize("after", ["nothing", "remembered", "stored"])
async def test_a_crash_anywhere_leaves_what_goes_on(
    home: Home, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    await asyncio.to_thread(grow, home, 1)
    config, at = configuration.load(home.config), datetime.now(UTC)
    signer = keys.load(config)
    real = keys.put

    def put(file: Path, content: bytes, mode: int) -> None:
        if after != "nothing":
            real(file, content, mode)
        if after != "stored":
            raise PowerCutError

    async with await Store.open(config.database) as store:
        with monkeypatch.context() as patch:
            patch.setattr(keys, "put", put)
            try:
                await heads.signed(config, store, signer, at)
            except PowerCutError:
                assert after != "stored"
        assert sizes(home) == ([2] if after == "stored" else [])
        await store.incidents.add(at=at, node="pbx1", kind="k", detail=after)
        text = (await heads.signed(config, store, signer, at)).note
    assert Checkpoint.parse(note.verify(text, [signer.verifier])).size == 3
    assert heads.remembered(config) == text
    assert incidents(home) == ["k"]


async def test_two_that_sign_at_once(home: Home) -> None:
    """One after the other; nobody's head is remembered over a larger one."""
    await asyncio.to_thread(grow, home, 1)
    config, at = configuration.load(home.config), datetime.now(UTC)
    signer = keys.load(config)
    async with await Store.open(config.database) as one, await Store.open(config.database) as other:
        made = await asyncio.gather(*(heads.signed(config, store, signer, at) for store in (one, other, one)))
    assert len({each.note for each in made}) == 1
    assert sizes(home) == [2]
    assert heads.remembered(config) == made[0].note


def test_the_file_is_of_this_log(home: Home) -> None:
    grow(home, 1)
    home.run("ledger", "checkpoint")
    stranger = keys.signer_of(keys.generate(), "dialpact/other/pbx1/000000000000")
    text = stranger.sign(Checkpoint(stranger.name, 1, b"x" * 32).body())
    (home.path / "ledger.head").write_text(text, "utf-8")
    home.run("ledger", "checkpoint")
    assert incidents(home) == ["ledger-head-lost"]


def test_a_log_that_was_cut_is_no_backup(home: Home) -> None:
    grow(home, 1, 2)
    home.run("ledger", "checkpoint")
    connection = sqlite3.connect(home.path / "dialpact.db")
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute("DELETE FROM ledger WHERE leaf_index = 3")
    connection.commit()
    connection.close()
    assert "no backup" in home("ledger", "resume", *BY, code=1)["error"]


@pytest.mark.parametrize("word", [True, False])
def test_a_backup_of_before_a_change_of_the_key_and_that_key(home: Home, word: bool) -> None:
    """Database and key are put back, ``ledger.head`` is taken: the old key's word for the new one tells."""
    folder = copies(home)
    grow(home, 1)
    home.run("ledger", "checkpoint")
    copy, key = backed_up(home), (home.path / "ledger.key").read_bytes()
    home.run("ledger", "rotate", "--by", "chen", "--reason", "yearly")
    grow(home, 2)
    home.run("ledger", "checkpoint")
    restore(home, copy)
    (home.path / "ledger.key").write_bytes(key)
    (home.path / "ledger.head").unlink()
    for size in (1, 2, 3):
        (folder / f"pbx1-{size:012}.note").unlink(missing_ok=True)
    (file,) = folder.glob("*.word")
    if not word:
        file.unlink()
    said = home.run("ledger", "checkpoint", code=3 if word else 0)
    assert "nothing is signed" in said.stderr if word else "no checkpoints of this log" in said.stderr


def test_a_replaced_key_s_word_for_another_stops_nobody(home: Home) -> None:
    folder = copies(home)
    grow(home, 1)
    old = keys.load(configuration.load(home.config))
    home.run("ledger", "rotate", "--by", "chen", "--reason", "stolen")
    own = keys.signer_of(keys.generate(), old.name)
    (folder / "own.word").write_text(rotation(old, own, "").word, "utf-8")
    (folder / "own.note").write_text(own.sign(Checkpoint(own.name, 100, b"x" * 32).body()), "utf-8")
    (folder / "garbage.word").write_text("hello", "utf-8")
    said = home.run("ledger", "checkpoint")
    assert "own.note" in said.stderr and "garbage.word" in said.stderr


def test_names_that_are_no_text(home: Home) -> None:
    folder = copies(home)
    grow(home, 1)
    odd = bytes(folder) + b"/\xff\n.note"
    Path(os.fsdecode(odd)).write_text("hello", "utf-8")
    Path(os.fsdecode(bytes(folder) + b"/\xfe")).mkdir()
    assert r"\udcff\n.note" in home.run("ledger", "checkpoint").stderr
    home.run("ledger", "verify")
    home.run("asterisk", "doctor", "--asterisk-etc", "/nonexistent", code=3)


def test_more_notes_than_are_read_are_said(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looked_at, "__defaults__", (3,))
    monkeypatch.setattr(heads.known, "__kwdefaults__", {"most": 3})
    folder = copies(home)
    grow(home, 1)
    for size in range(100, 104):
        (folder / f"pbx1-{size:012}.note").write_text("hello", "utf-8")
    assert "not all were read" in home.run("ledger", "checkpoint").stderr
    assert incidents(home) == ["ledger-copies-unread"]


def test_check_and_health_say_what_the_gate_does(stocked: Home) -> None:
    text = stocked.config.read_text("utf-8")
    stocked.config.write_text(text.replace('on_fork = "go-on"', 'on_fork = "stop"'), "utf-8")
    asked = ("check", NUMBER, "--campaign", "renewal", "--caller-id", "02787654321")
    assert "gate-error" not in json.loads(_said(stocked, *asked))["reasons"]
    forked(stocked)
    stocked.run("ledger", "checkpoint", code=3)
    assert json.loads(_said(stocked, *asked))["reasons"] == ["gate-error"]


def _said(home: Home, *arguments: str) -> str:
    environment = {"LC_ALL": "en_GB.UTF-8", "COLUMNS": "80"}
    return (
        CliRunner().invoke(app, [*arguments, "--json"], env=environment, obj={"machine": home.machine}).stdout
    )
