"""``dialpact ledger prove``: one head of the log is a beginning of another; and the strict forms of both."""

from __future__ import annotations

import base64

import pytest

from dialpact.compliance.ledger import keys, merkle, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from tests.attacks.restored import forked, grow
from tests.cli.conftest import Home


@pytest.fixture
def grown(home: Home) -> Home:
    for number in range(4):
        grow(home, number)
        home.run("ledger", "checkpoint", "-o", f"{2 * number + 2}.note")
    grow(home, 9)
    return home


def head(home: Home, text: str) -> Checkpoint:
    return Checkpoint.parse(note.verify(text, [keys.load_public(home.path / "ledger.pub")]))


@pytest.mark.parametrize(("old", "new"), [("2", "8"), ("2.note", "8.note"), ("2", "6.note"), ("4.note", "4")])
def test_as_a_witness_takes_it(grown: Home, old: str, new: str) -> None:
    said = grown.run("ledger", "prove", old, new).stdout
    top, _, signed = said.partition("\n\n")
    first, *steps = top.split("\n")
    later = head(grown, signed)
    before = head(grown, (grown.path / f"{old.removesuffix('.note')}.note").read_text("utf-8"))
    assert first == f"old {before.size}"
    path = [base64.b64decode(step, validate=True) for step in steps]
    assert merkle.verify_consistency(before.size, later.size, before.root, later.root, path)
    found = grown("ledger", "prove", old, new)
    assert found["proof"] == steps and found["checkpoint"] == signed and found["origin"] == later.origin
    assert (found["old"]["size"], found["new"]["size"]) == (before.size, later.size)
    assert found["new"]["root"] == base64.b64encode(later.root).decode()


@pytest.mark.parametrize("old", range(11))
def test_every_pair_of_sizes(grown: Home, old: int) -> None:
    for new in range(old, 11):
        found = grown("ledger", "prove", str(old), str(new))
        roots = [base64.b64decode(found[which]["root"]) for which in ("old", "new")]
        steps = [base64.b64decode(step) for step in found["proof"]]
        assert merkle.verify_consistency(old, new, *roots, steps)
        assert (found["checkpoint"] is not None) == (new in (2, 4, 6, 8))


def test_a_head_that_nobody_signed_is_said_to_be(grown: Home) -> None:
    said = grown.run("ledger", "prove", "2", "9")
    assert "not signed" in said.stderr
    assert Checkpoint.parse(said.stdout.partition("\n\n")[2]).size == 9


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("8", "2", "no beginning"),
        ("2", "11", "has 10 entries"),
        ("11", "11", "has 10 entries"),
        ("02", "8", "No such file"),
        ("+2", "8", "No such file"),
        ("2_0", "8", "No such file"),
        ("\uff12", "8", "No such file"),
        ("empty.note", "8", "no signed note"),
        ("2", "forged.note", "not signed by a key"),
        ("bytes.note", "8", "UTF-8"),
    ],
)
def test_what_can_not_be_proven_is_refused_and_why(grown: Home, old: str, new: str, why: str) -> None:
    grown.file("empty.note", "")
    grown.file("bytes.note", b"\xff")
    name = str(grown("ledger", "key")["name"])
    stranger = keys.signer_of(keys.generate(), name)
    grown.file("forged.note", stranger.sign(Checkpoint(name, 4, b"x" * 32).body()))
    assert why in grown("ledger", "prove", old, new, code=1)["error"]


def test_a_head_of_another_branch_is_a_finding(home: Home) -> None:
    kept = forked(home)
    for file, size in ((kept[0], 4), (kept[1], 6)):
        refused = home("ledger", "prove", str(file), "6", code=3)
        assert [fork["size"] for fork in refused["forks"]] == [size]
