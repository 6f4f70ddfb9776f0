"""``dialpact ledger``, as its users type it."""

from __future__ import annotations

import re
import sqlite3
import stat
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from dialpact.application.ledger.audit.found import Problem
from dialpact.compliance.config import LedgerConfig
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import keys, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.presentation import texts
from dialpact.store.units import ledger
from tests.cli.conftest import Home

ROOT = Path(__file__).parents[2]


@pytest.fixture
def kept(home: Home) -> Home:
    home.run("business", "add", "acme", "--name", "某某公司", "--actor", "own-business")
    home.run("dnc", "add", "13800138000", "--scope", "all", "--source", "x")
    return home


def tamper(home: Home, *statements: str) -> None:
    connection = sqlite3.connect(home.path / "dialpact.db")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def vkey(home: Home) -> str:
    return str(home("ledger", "key")["verifier_key"])


def name(home: Home) -> str:
    return str(home("ledger", "key")["name"])


def test_a_checkpoint_is_printed_as_it_was_signed(kept: Home) -> None:
    text = kept.run("ledger", "checkpoint").stdout
    assert Checkpoint.parse(note.verify(text, [keys.load_public(vkey(kept))])).size == 3
    kept.run("ledger", "checkpoint", "-o", "a.note")
    assert (kept.path / "a.note").read_text("utf-8") == text
    assert kept("ledger", "checkpoint")["note"] == text


def test_a_whole_log(kept: Home) -> None:
    kept.run("ledger", "checkpoint", "-o", "a.note")
    found = kept("ledger", "verify", "--checkpoint", "a.note", "--key", "ledger.pub")
    assert {name: found[name] for name in ("entries", "checked", "erased", "checkpoints", "findings")} == {
        "entries": 3,
        "checked": 3,
        "erased": 0,
        "checkpoints": 2,
        "findings": 0,
    }
    assert "3 of 3 entries checked" in kept.run("ledger", "verify").stdout
    assert kept("ledger", "verify", "--from", "1", "--to", "1")["checked"] == 1
    assert "numbered from 0" in kept("ledger", "verify", "--to", "3", code=1)["error"]
    for first, last in (("2", "1"), ("2", "0"), ("9", "3")):
        said = kept("ledger", "verify", "--from", first, "--to", last, code=1)["error"]
        assert said == f"--from ({first}) is after --to ({last})"
    assert kept("ledger", "verify", "--to", "0")["checked"] == 1
    assert kept("ledger", "verify", "--from", "1")["checked"] == 2


def test_verifying_needs_no_right_to_sign_and_changes_nothing(kept: Home) -> None:
    kept.run("ledger", "checkpoint")
    (kept.path / "ledger.key").unlink()
    before = (kept.path / "dialpact.db").read_bytes()
    kept.run("ledger", "verify")
    assert (kept.path / "dialpact.db").read_bytes() == before


@pytest.mark.parametrize("language", ["en", "zh"])
def test_findings_are_named_and_the_exit_code_is_3(kept: Home, language: str) -> None:
    kept.run("ledger", "checkpoint", "-o", "a.note")
    tamper(kept, "UPDATE opt_out SET by = 'x'", "DELETE FROM ledger WHERE leaf_index = 2")
    found = kept("ledger", "verify", "--checkpoint", "a.note", "--lang", language, code=3)
    listed = {(item["problem"], item["code"], item["leaf"], item["kind"]) for item in found["listed"]}
    assert ("changed", "record-changed", 1, "opt-out") in listed
    assert ("truncated", "log-cut", 2, "") in listed
    said = kept.run("ledger", "verify", "--checkpoint", "a.note", "--lang", language, code=3).stdout
    assert texts.text("ledger.record-changed", language) in said  # type: ignore[arg-type]


def test_a_stranger_s_key_is_not_believed(kept: Home) -> None:
    kept.run("ledger", "checkpoint")
    other = keys.signer_of(keys.generate(), "dialpact/pbx1").vkey
    found = kept("ledger", "verify", "--key", other, code=3)
    assert [item["code"] for item in found["listed"]] == ["checkpoint-bad"]
    assert "another kind" in kept("ledger", "verify", "--key", "a+00000000+AAAA", code=1)["error"]
    assert "nowhere" in kept("ledger", "verify", "--key", "nowhere", code=1)["error"]


def test_list_and_show(kept: Home) -> None:
    assert [item["kind"] for item in kept("ledger", "list")] == [
        "register-change",
        "opt-out",
        "register-change",
    ]
    assert [item["leaf"] for item in kept("ledger", "list", "--limit", "1")] == [2]
    assert [item["leaf"] for item in kept("ledger", "list", "--from", "1", "--limit", "1")] == [1]
    assert kept("ledger", "show", "1")["proof"] == []
    kept.run("ledger", "checkpoint")
    found = kept("ledger", "show", "1")
    assert (found["size"], len(found["proof"])) == (3, 2)
    assert "13800138000" in found["record"]
    assert "numbered from 0" in kept("ledger", "show", "3", code=1)["error"]
    assert f"{name(kept)}\n3\n" in kept.run("ledger", "show", "1").stdout


def test_a_rotation_can_be_followed_from_the_first_key_and_from_the_last(kept: Home) -> None:
    chain = [vkey(kept)]
    kept.run("ledger", "checkpoint", "-o", "first.note")
    for _ in range(2):
        kept.run("ledger", "rotate", "--by", "chen", "--reason", "yearly")
        chain.append(vkey(kept))
        kept.run("dnc", "add", f"1380013800{len(chain)}", "--scope", "all", "--source", "x")
        kept.run("ledger", "checkpoint", "-o", "last.note")
    assert len(set(chain)) == 3
    for trusted in chain:
        found = kept(
            "ledger", "verify", "--key", trusted, "--checkpoint", "first.note", "--checkpoint", "last.note"
        )
        assert found["findings"] == 0
    for name in ("ledger.key", f"ledger.key.old-{chain[0].split('+')[1]}"):
        assert stat.S_IMODE((kept.path / name).stat().st_mode) == 0o600
    assert (kept.path / "ledger.pub").read_text() == f"{chain[2]}\n"
    changes = [item for item in kept("ledger", "list") if item["kind"] == "register-change"]
    assert len(changes) == 6


def test_an_old_key_signs_nothing_that_is_believed(kept: Home) -> None:
    old = keys.load_file(kept.path / "ledger.key", name(kept))
    kept.run("ledger", "rotate", "--by", "chen", "--reason", "stolen")
    text = kept("ledger", "checkpoint")["note"]
    body = text.rpartition("\n\n")[0] + "\n"
    kept.file("forged.note", old.sign(body))
    found = kept("ledger", "verify", "--key", old.vkey, "--checkpoint", "forged.note", code=3)
    assert [(item["code"], item["key"]) for item in found["listed"]] == [("checkpoint-bad", "forged.note")]


@pytest.mark.parametrize("change", ["word", "new", "old", "garbage"])
def test_a_change_of_the_key_that_was_put_in_breaks_the_chain(kept: Home, change: str) -> None:
    first = vkey(kept)
    kept.run("ledger", "checkpoint")
    kept.run("ledger", "rotate", "--by", "chen", "--reason", "x")
    thief = keys.signer_of(keys.generate(), "dialpact/pbx1").vkey
    second = vkey(kept)
    sql = {
        "word": "replace(detail, '\\n\\n', '\\n')",
        "new": f"replace(detail, '{second}', '{thief}')",
        "old": f"replace(detail, '{first}', '{thief}')",
        "garbage": "'{}'",
    }[change]
    tamper(kept, f"UPDATE register_change SET detail = {sql} WHERE register = 'ledger'")
    found = kept("ledger", "verify", "--key", first, code=3)
    assert ("key", "link-changed") in {(item["problem"], item["code"]) for item in found["listed"]}
    if change != "garbage":
        assert "checkpoint-bad" in {item["code"] for item in found["listed"]}


def test_a_lost_key_is_given_up_and_nothing_vouches(kept: Home) -> None:
    kept.run("ledger", "checkpoint")
    first = vkey(kept)
    (kept.path / "ledger.key").unlink()
    assert "No such file" in kept("ledger", "rotate", "--by", "chen", "--reason", "x", code=1)["error"]
    answer = kept("ledger", "rotate", "--by", "chen", "--reason", "disk died", "--lost")
    assert answer["vouched"] is False and answer["old"] == first
    second = vkey(kept)
    found = kept("ledger", "verify", "--key", first, code=3)
    assert {item["code"] for item in found["listed"]} == {"link-broken", "checkpoint-bad"}
    assert kept("ledger", "verify", "--key", first, "--key", second)["findings"] == 0


def test_another_name_of_the_node_needs_a_rotation(kept: Home) -> None:
    first = vkey(kept)
    kept.run("ledger", "checkpoint")
    kept.config.write_text(kept.config.read_text("utf-8").replace("/pbx1/", "/wuhan/"), "utf-8")
    assert "rotate" in kept("ledger", "checkpoint", code=1)["error"]
    kept.run("ledger", "rotate", "--by", "chen", "--reason", "renamed")
    assert kept("ledger", "checkpoint")["note"].startswith("dialpact/unnamed/wuhan/")
    assert kept("ledger", "verify", "--key", first)["findings"] == 0


def test_an_installation_from_before_keeps_its_log_s_name(home: Home) -> None:
    """``[ledger] origin`` is not in its configuration: the log is the node's, and another node is another
    log.
    """
    text = re.sub('^origin = ".*"\n', "", home.config.read_text("utf-8"), flags=re.MULTILINE)
    home.config.write_text(text, "utf-8")
    first = vkey(home)
    assert home("ledger", "checkpoint")["note"].startswith("dialpact/pbx1\n0\n")
    home.run("business", "add", "acme", "--name", "x", "--actor", "own-business")
    assert home("ledger", "checkpoint")["note"].startswith("dialpact/pbx1\n1\n")
    home.config.write_text(text.replace('name = "pbx1"', 'name = "wuhan"'), "utf-8")
    assert "rotate" in home("ledger", "checkpoint", code=1)["error"]
    home.run("ledger", "rotate", "--by", "chen", "--reason", "renamed")
    assert home("ledger", "checkpoint")["note"].startswith("dialpact/wuhan\n")
    assert home("ledger", "verify", "--key", first)["findings"] == 0


def test_a_key_exchanged_behind_the_log_s_back_signs_nothing(kept: Home) -> None:
    kept.run("ledger", "checkpoint")
    (kept.path / "ledger.key").write_bytes(keys.generate())
    for command in ("checkpoint", "rotate"):
        more = ("--by", "c", "--reason", "r") if command == "rotate" else ()
        assert "not the key that signed before" in kept("ledger", command, *more, code=1)["error"]


def test_nothing_is_signed_over_a_cut_log(kept: Home) -> None:
    kept.run("ledger", "checkpoint")
    tamper(kept, "DELETE FROM ledger WHERE leaf_index = 2")
    refused = kept("ledger", "checkpoint", code=3)
    assert "was cut" in refused["error"]
    assert {(fork["size"], fork["where"]) for fork in refused["forks"]} == {
        (3, str(kept.path / "ledger.head"))
    }
    assert "was cut" in kept("ledger", "rotate", "--by", "c", "--reason", "r", code=1)["error"]


def test_every_finding_has_its_text() -> None:
    folder = ROOT / "dialpact" / "application" / "ledger" / "audit"
    source = "\n".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    table = {key.partition(".")[2] for key in texts.catalogue("en") if key.startswith("ledger.")}
    kinds = "record|kind|leaf|decision|erased|node|checkpoint|log|link|row|act|schema"
    assert set(re.findall(rf'"((?:{kinds})-\w[\w-]+)"', source)) == table


def test_a_note_that_is_no_text(kept: Home) -> None:
    kept.file("x.note", b"\xff\xfe")
    assert "UTF-8" in kept("ledger", "verify", "--checkpoint", "x.note", code=1)["error"]
    kept.file("x.note", "\n" * (note.MOST_BYTES + 5))
    assert kept("ledger", "verify", "--checkpoint", "x.note", code=3)["findings"] == 1
    assert "nowhere" in kept("ledger", "verify", "--checkpoint", "nowhere.note", code=1)["error"]


@pytest.mark.parametrize("content", ["", "\n", "  ", "\n\n\n"])
def test_an_empty_checkpoint_is_none(kept: Home, content: str) -> None:
    kept.file("x.note", content)
    (found,) = kept("ledger", "verify", "--checkpoint", "x.note", code=3)["listed"]
    assert (found["code"], found["key"]) == ("checkpoint-bad", "x.note")
    (found,) = kept("ledger", "verify", "--from", "0", "--checkpoint", "x.note", code=3)["listed"]
    assert found["code"] == "checkpoint-bad"
    assert "no signed note" in kept("ledger", "prove", "x.note", "3", code=1)["error"]


def test_the_key_file_is_the_one_that_is_checked(kept: Home) -> None:
    (kept.path / "ledger.key").chmod(0o644)
    assert "0644" in kept("ledger", "checkpoint", code=1)["error"]
    with pytest.raises(LedgerError):
        keys.load_file(kept.path / "ledger.key", "x")


@pytest.mark.parametrize("name", ["ledger.md", "ledger.zh-CN.md"])
def test_the_page_names_every_kind_problem_and_command(name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    for word in (*ledger.KINDS, *get_args(Problem)):
        assert f"| `{word}` |" in text, word
    for command in (
        "checkpoint",
        "key",
        "verify",
        "show",
        "rotate",
        "erase",
        "timestamp",
        "timestamp-verify",
    ):
        assert f"ledger {command}" in text, command
    for key in (field.name for field in msgspec.structs.fields(LedgerConfig) if field.name != "key_file"):
        assert f"[ledger] {key}" in text, key
