"""After a backup was restored the log goes on, visibly: a new name, a new key, and every head that was
given up.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dialpact.cli.command_context import Machine
from dialpact.compliance import config as configuration
from dialpact.compliance.ledger import keys, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from tests.attacks.restored import BY, backup, copies, forked, grow, incidents, restore, rows
from tests.cli.conftest import Home
from tests.cli.evidence.conftest import no_pdf
from tests.cli.evidence.packages import called, export, ours, theirs


def vkey(home: Home) -> str:
    return str(home("ledger", "key")["verifier_key"])


def name(home: Home) -> str:
    return str(home("ledger", "key")["name"])


def codes(home: Home, *arguments: str) -> list[tuple[str, str]]:
    found = home("ledger", "verify", *arguments, code=3)["listed"]
    return [(item["code"], Path(item["key"]).name) for item in found]


def test_there_must_be_something_to_go_on_from(home: Home) -> None:
    grow(home, 1)
    home.run("ledger", "checkpoint")
    assert "nothing to resume" in home("ledger", "resume", *BY, code=1)["error"]
    assert rows(home, "SELECT count(*) FROM register_change WHERE register = 'ledger'") == [(0,)]


@pytest.mark.parametrize("other", [0, 1, 2, 3])
def test_the_log_goes_on_under_a_new_name(home: Home, other: int) -> None:
    folder = copies(home)
    first, begun = vkey(home), name(home)
    kept = forked(home, other=other)
    home.run("ledger", "checkpoint", code=3)
    size = rows(home, "SELECT count(*) FROM ledger")[0][0]
    done = home("ledger", "resume", *BY)
    assert (done["old"], done["new"], done["vouched"], done["size"]) == (first, vkey(home), True, size)
    assert name(home).startswith(f"{begun}/r-")
    assert [head["size"] for head in done["given_up"]] == [4, 6]
    text = home("ledger", "checkpoint")["note"]
    head = Checkpoint.parse(note.verify(text, [keys.load_public(home.path / "ledger.pub")]))
    assert (head.origin, head.size) == (name(home), size + 1)
    # Nothing that was signed under the old name is signed again, nor anything beside it.
    of_before = [
        Checkpoint.parse(note.split(text)[0])
        for (text,) in rows(home, "SELECT note FROM checkpoint ORDER BY size")
    ]
    assert [(one.origin, one.size) for one in of_before] == [(begun, 2), (name(home), size + 1)]
    # The copies of both are there, and neither stops the next signature.
    grow(home, 50)
    home.run("ledger", "checkpoint")
    assert len(list(folder.glob("*.note"))) == 3 + 2
    for trusted in (first, vkey(home)):
        found = home("ledger", "verify", "--key", trusted)
        assert (found["findings"], found["forks"], found["strangers"]) == (0, 2, [])
        assert len(found["given_up"]) == 2
    assert "2 heads" in home.run("ledger", "verify").stderr
    # Whoever holds one of them is told so; it was said.
    found = home("ledger", "verify", "--checkpoint", str(kept[0]), "--checkpoint", str(kept[1]))
    assert found["findings"] == 0 and str(kept[0]) in found["given_up"]
    checks = home("asterisk", "doctor", "--asterisk-etc", "/nonexistent", code=3)["checks"]
    assert [check["code"] for check in checks if check["check"] == "ledger"] == ["ledger"]
    assert incidents(home) == ["ledger-forked"]


def test_it_is_refused_in_both_languages_and_a_lost_key_is_no_way_round(home: Home) -> None:
    forked(home)
    assert "一律不签名" in home("ledger", "checkpoint", "--lang", "zh", code=3)["error"]
    assert "nothing is signed" in home("ledger", "checkpoint", code=3)["error"]
    before = (home.path / "ledger.key").read_bytes()
    assert "nothing is signed" in home("ledger", "rotate", *BY, "--lost", code=1)["error"]
    assert (home.path / "ledger.key").read_bytes() == before
    assert rows(home, "SELECT count(*) FROM register_change WHERE register = 'ledger'") == [(0,)]


def test_the_log_says_for_ever_what_was_given_up(home: Home) -> None:
    kept = forked(home)
    home.run("ledger", "resume", *BY)
    (entry,) = [one for one in home("ledger", "list") if one["kind"] == "register-change"][-1:]
    row = json.loads(home("ledger", "show", str(entry["leaf"]))["record"])["row"]
    assert (row["register"], row["action"], row["actor"]) == ("ledger", "resume", "chen")
    detail = json.loads(row["detail"])
    assert detail["reason"] == "disk died"
    assert detail["fork"]["note"] == kept[1].read_text("utf-8")
    lost = Checkpoint.parse(note.split(kept[1].read_text("utf-8"))[0])
    assert [lost.size, lost.body().split("\n")[2]] in detail["fork"]["given_up"]


def test_a_head_that_was_not_named_is_found(home: Home) -> None:
    """One that was handed out and not copied: the log does not say that it was given up."""
    kept = forked(home, other=3)
    home.run("ledger", "resume", *BY)
    assert codes(home, "--checkpoint", str(kept[0])) == [("checkpoint-root", "kept2.note")]


def test_a_backup_of_before_a_change_of_the_key(home: Home) -> None:
    """The key that the restored log has in force lies beside the one that took its place."""
    grow(home, 1)
    home.run("ledger", "checkpoint")
    first, copy = vkey(home), backup(home)
    home.run("ledger", "rotate", "--by", "chen", "--reason", "yearly")
    grow(home, 2)
    home.run("ledger", "checkpoint")
    restore(home, copy)
    grow(home, 3)
    (fork,) = home("ledger", "checkpoint", code=3)["forks"]
    assert Path(fork["where"]).name == "ledger.head"
    assert home("ledger", "resume", *BY)["old"] == first
    home.run("ledger", "checkpoint")
    assert home("ledger", "verify", "--key", first)["findings"] == 0


def test_where_the_key_is_gone_nothing_vouches(home: Home) -> None:
    grow(home, 1)
    home.run("ledger", "checkpoint")
    first, copy = vkey(home), backup(home)
    home.run("ledger", "rotate", "--by", "chen", "--reason", "yearly")
    for file in home.path.glob("ledger.key.old-*"):
        file.unlink()
    grow(home, 2)
    home.run("ledger", "checkpoint")
    restore(home, copy)
    assert "--lost" in home("ledger", "resume", *BY, code=1)["error"]
    (home.path / "ledger.pub").write_text(first, "utf-8")
    done = home("ledger", "resume", *BY, "--lost")
    assert done["vouched"] is False
    assert home("ledger", "verify", "--key", first, "--key", vkey(home))["findings"] == 0


def test_again_and_again(home: Home) -> None:
    begun = name(home)
    forked(home)
    home.run("ledger", "resume", *BY)
    home.run("ledger", "checkpoint")
    names = {name(home)}
    copy = backup(home)
    grow(home, 60)
    home.run("ledger", "checkpoint")
    restore(home, copy)
    grow(home, 70, 71)
    home.run("ledger", "checkpoint", code=3)
    home.run("ledger", "resume", *BY)
    names.add(name(home))
    assert len(names) == 2 and all(each.startswith(f"{begun}/r-") for each in names)
    home.run("ledger", "rotate", "--by", "chen", "--reason", "yearly")
    assert name(home) in names  # a new key, and no other name
    home.run("ledger", "checkpoint")
    assert home("ledger", "verify")["findings"] == 0


def test_a_backup_of_before_the_way_out_was_taken(home: Home) -> None:
    grow(home, 1)
    home.run("ledger", "checkpoint")
    copy = backup(home)
    forked(home)
    home.run("ledger", "resume", *BY)
    home.run("ledger", "checkpoint")
    restore(home, copy)
    home.run("ledger", "checkpoint", code=3)
    home.run("ledger", "resume", *BY)
    home.run("ledger", "checkpoint")
    assert home("ledger", "verify")["findings"] == 0


def test_an_installation_from_before_goes_on_as_well(home: Home) -> None:
    text = home.config.read_text("utf-8")
    origin = keys.configured_name(configuration.load(home.config))
    home.config.write_text(text.replace(f'origin = "{origin}"', 'origin = ""'), "utf-8")
    forked(home)
    home.run("ledger", "resume", *BY)
    assert name(home).startswith("dialpact/pbx1/r-")


def test_a_package_of_it_verifies(stocked: Home) -> None:
    """By the new key, and by the old one, which has vouched for it; a head that was given up contradicts
    it.
    """
    stocked.machine = Machine(pdf=no_pdf)
    kept, first = forked(stocked), vkey(stocked)
    stocked.run("ledger", "resume", *BY)
    package = export(stocked, "--call", called(stocked))
    for key in (first, vkey(stocked)):
        assert (ours(package, key), theirs(package, key)) == (set(), set())
        held = ("--key", key, "--checkpoint", str(kept[0]))
        found = stocked("evidence", "verify", str(package), *held, code=3)["findings"]
        assert [one["code"] for one in found] in (["held-contradicted"], ["held-unproven"])


def test_a_machine_that_was_cloned(home: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two that have the same key sign two logs of one name; the folder that both copy to tells the second."""
    folder = copies(home)
    grow(home, 1)
    home.run("ledger", "checkpoint")
    clone = Home(tmp_path_factory.mktemp("clone") / "home")
    shutil.copytree(home.path, clone.path)
    config = ("--config", str(clone.config))
    grow(home, 2)
    home.run("ledger", "checkpoint")
    clone.run(*config, "dnc", "add", "13800130003", "--scope", "all", "--source", "x")
    (fork,) = clone(*config, "ledger", "checkpoint", code=3)["forks"]
    assert fork["where"] == str(folder / f"pbx1-{4:012}.note")
