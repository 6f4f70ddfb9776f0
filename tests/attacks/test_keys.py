"""A key that was replaced: what it signed before is good for a holder of the new one, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dialpact.application.evidence import check, verify
from dialpact.cli.command_context import Machine
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import history, keys
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer
from dialpact.compliance.ledger.rotation import rotation
from tests.attacks.restored import copies, grow
from tests.cli.conftest import Home
from tests.cli.evidence.conftest import no_pdf
from tests.cli.evidence.packages import called, export, files, resigned, signer

HEAD = "ledger/checkpoint.note"
SCRIPT = Path(verify.__file__)


class Rotated:
    """A home whose key was changed after a package was made; the thief has the old key."""

    def __init__(self, home: Home, folder: Path, times: int = 1) -> None:
        self.home, self.folder = home, folder
        home.machine = Machine(pdf=no_pdf)
        self.call = called(home)
        self.before = export(home, "--call", self.call).rename(home.path / "before.zip")
        self.old = signer(home)
        for _ in range(times):
            home.run("ledger", "rotate", "--by", "chen", "--reason", "stolen")
        for name in ("ledger.pub", "ledger.history"):  # as an inspector got them
            (folder / name).write_bytes((home.path / name).read_bytes())

    @property
    def public(self) -> Path:
        return self.folder / "ledger.pub"

    def both(self, package: Path, key: str | Path) -> set[str]:
        """The codes of both verifiers, which are the same."""
        believed = keys.load_public(key)
        word = keys.load_history(key, believed) if isinstance(key, Path) else None
        codes = {found.code for found in check.examine(package, believed, history=word).findings}
        done = subprocess.run(
            [sys.executable, str(SCRIPT), str(package), str(key)],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
        )
        said = {line.partition(":")[0] for line in done.stdout.splitlines()} - {
            "VALID",
            "not proven by the log",
        }
        assert bool(said) == bool(codes) == (done.returncode == 3), (codes, done.stdout)
        return codes


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inspector")


@pytest.fixture
def rotated(stocked: Home, folder: Path) -> Rotated:
    return Rotated(stocked, folder)


@pytest.mark.parametrize("times", [1, 2])
def test_a_package_from_before_verifies_with_the_new_key(stocked: Home, folder: Path, times: int) -> None:
    made = Rotated(stocked, folder, times)
    assert made.both(made.before, made.public) == set()
    assert made.both(made.before, made.old.vkey) == set()  # and with its own, as ever
    found = stocked("evidence", "verify", str(made.before), "--key", str(made.public))
    assert found["valid"] and found["package"]["key"] == made.old.vkey
    assert stocked("evidence", "verify", str(made.before))["valid"]  # by this installation's own
    word = ("--history", str(folder / "ledger.history"))
    assert stocked("evidence", "verify", str(made.before), "--key", signer(stocked).vkey, *word)["valid"]


def test_without_the_new_key_s_word_it_does_not(rotated: Rotated) -> None:
    (rotated.folder / "ledger.history").unlink()
    assert rotated.both(rotated.before, rotated.public) >= {"signature", "checkpoint"}


def test_after_the_name_of_the_log_was_changed(stocked: Home, folder: Path) -> None:
    stocked.machine = Machine(pdf=no_pdf)
    before = export(stocked, "--call", called(stocked)).rename(stocked.path / "before.zip")
    stocked.config.write_text(stocked.config.read_text("utf-8").replace("/pbx1/", "/wuhan/"), "utf-8")
    stocked.run("ledger", "rotate", "--by", "chen", "--reason", "moved")
    assert stocked("evidence", "verify", str(before), "--key", str(stocked.path / "ledger.pub"))["valid"]


def test_after_the_old_key_was_lost(stocked: Home) -> None:
    """Nothing vouches for the new key; it vouches for what the old one had signed all the same."""
    stocked.machine = Machine(pdf=no_pdf)
    before = export(stocked, "--call", called(stocked)).rename(stocked.path / "before.zip")
    (stocked.path / "ledger.key").unlink()
    stocked.run("ledger", "rotate", "--by", "chen", "--reason", "fire", "--lost")
    assert stocked("evidence", "verify", str(before), "--key", str(stocked.path / "ledger.pub"))["valid"]


def heads(old: Signer, size: int) -> dict[str, bytes]:
    """What a thief of the old key can sign: another history of before, and any of after the change."""
    return {
        "another root of the same size": old.sign(Checkpoint(old.name, size, b"x" * 32).body()).encode(),
        "a size that the old key never signed": old.sign(Checkpoint(old.name, 1, b"x" * 32).body()).encode(),
        "a size of after": old.sign(Checkpoint(old.name, size + 50, b"x" * 32).body()).encode(),
    }


def test_a_thief_of_the_old_key_makes_none_that_a_holder_of_the_new_one_believes(rotated: Rotated) -> None:
    whole = files(rotated.before)
    size = int(whole[HEAD].decode().split("\n")[1])
    forged = rotated.home.path / "forged.zip"
    for what, note in heads(rotated.old, size).items():
        forged.write_bytes(resigned(whole | {HEAD: note}, rotated.old))
        assert rotated.both(forged, rotated.public) >= {"signature", "checkpoint"}, what
    # One of after the change, signed anew by the old key over its own head.
    later = files(export(rotated.home, "--call", rotated.call))
    lines = later[HEAD].decode().partition("\n\n")[0].split("\n")
    head = rotated.old.sign("\n".join([rotated.old.name, *lines[1:], ""])).encode()
    manifest = {"keys": [rotated.old.vkey], "rotations": []}
    forged.write_bytes(resigned(later | {HEAD: head}, rotated.old, **manifest))
    assert rotated.both(forged, rotated.public) >= {"signature", "checkpoint"}


def test_nor_one_over_a_true_head_that_says_what_is_not_proven(rotated: Rotated) -> None:
    whole = files(rotated.before)
    forged = rotated.home.path / "forged.zip"
    forged.write_bytes(resigned(whole | {f"calls/{rotated.call}/decision.json": b"{}"}, rotated.old))
    assert "content" in rotated.both(forged, rotated.public)


def test_whoever_has_only_the_old_key_can_not_tell_a_thief_from_the_operator(rotated: Rotated) -> None:
    """The thief lets the old key vouch for one of his own. Nobody finds that by the old key: the pages say
    so.
    """
    own = keys.signer_of(keys.generate(), rotated.old.name)
    link = rotation(rotated.old, own, "yearly")
    whole = files(rotated.before)
    head = own.sign(whole[HEAD].decode().partition("\n\n")[0] + "\n").encode()
    said = {"old": link.old, "new": link.new, "word": link.word, "reason": link.reason}
    forged = rotated.home.path / "forged.zip"
    forged.write_bytes(
        resigned(whole | {HEAD: head}, own, keys=[own.vkey, rotated.old.vkey], rotations=[said])
    )
    believed = {found.code for found in check.examine(forged, rotated.old.verifier).findings}
    assert not {"signature", "checkpoint"} & believed
    assert rotated.both(forged, rotated.public) >= {"signature", "checkpoint"}


@pytest.mark.parametrize("what", ["a stranger's", "cut", "no list", "empty"])
def test_a_word_that_is_not_the_key_s_is_not_used(rotated: Rotated, what: str) -> None:
    word = rotated.folder / "ledger.history"
    text = word.read_text("utf-8")
    stranger = keys.signer_of(keys.generate(), rotated.old.name)
    body = text.partition("\n\n")[0] + "\n"
    changed = {
        "a stranger's": stranger.sign(body),
        "cut": text.replace(" ", "  ", 1),
        "no list": signer(rotated.home).sign(f"{rotated.old.name}\nother\n"),
        "empty": "",
    }[what]
    word.write_text(changed, "utf-8")
    found = rotated.home("evidence", "verify", str(rotated.before), "--key", str(rotated.public), code=3)
    assert {one["code"] for one in found["findings"]} >= {"signature", "checkpoint"}
    asked = ("evidence", "verify", str(rotated.before), "--key", str(rotated.public), "--history", str(word))
    assert rotated.home(*asked, code=1)["error"]


def test_it_is_among_the_copies_and_made_anew_where_it_is_gone(home: Home) -> None:
    folder = copies(home)
    grow(home, 1)
    home.run("ledger", "checkpoint")
    assert not (home.path / "ledger.history").exists()  # no key was replaced
    grow(home, 2)
    home.run("ledger", "rotate", "--by", "chen", "--reason", "yearly")
    text = (home.path / "ledger.history").read_text("utf-8")
    assert text.count("\n ") == 2  # the head of before, and the old key's last one
    home.run("ledger", "checkpoint")
    assert (folder / "pbx1.history").read_text("utf-8") == text
    (home.path / "ledger.history").write_text("spoilt", "utf-8")
    home.run("ledger", "checkpoint")
    assert (home.path / "ledger.history").read_text("utf-8") == text


@pytest.mark.parametrize(
    "body",
    [
        "{name}\nearlier keys\n 1 {root}\n",  # a head of no key
        "{name}\nearlier keys\n{vkey}\n 01 {root}\n",
        "{name}\nearlier keys\n{vkey}\n +1 {root}\n",
        "{name}\nearlier keys\n{vkey}\n 1_0 {root}\n",
        "{name}\nearlier keys\n{vkey}\n 1  {root}\n",
        "{name}\nearlier keys\n{vkey}\n \uff11 {root}\n",
        "{name}\nearlier keys\n{vkey}\n 1 {loose}\n",
        "{name}\nearlier keys\nnobody\n 1 {root}\n",
        "other\nearlier keys\n",
        "{name}\n",
    ],
)
def test_a_list_has_one_form(body: str) -> None:
    own = keys.signer_of(keys.generate(), "dialpact/acme/pbx1/5f3a9c01d2e4")
    values = {"name": own.name, "vkey": own.vkey, "root": "A" * 43 + "=", "loose": "A" * 42 + "B="}
    with pytest.raises(LedgerError):
        history.read(own.sign(body.format(**values)), own.verifier)


def test_a_list_says_what_was_put_in() -> None:
    own, old = (keys.signer_of(keys.generate(), "dialpact/acme/pbx1/5f3a9c01d2e4") for _ in range(2))
    at = [Checkpoint(old.name, size, bytes([size % 7]) * 32) for size in (0, 3, 2**40)]
    word = history.read(history.written(own, [(old.verifier, head) for head in at]), own.verifier)
    assert all(word.vouches(old.vkey, head) for head in at)
    assert not word.vouches(own.vkey, at[1])
    assert not word.vouches(old.vkey, Checkpoint(old.name, 3, b"x" * 32))
    assert not word.vouches(old.vkey, Checkpoint("dialpact/else", 3, at[1].root))
    assert not history.read(history.written(own, []), own.verifier).vouches(old.vkey, at[0])
