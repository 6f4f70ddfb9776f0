"""Our hashing and notes against golang.org/x/mod/sumdb (vectors/ledger.go made vectors/ledger.json)."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer, Verifier

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "ledger.json").read_text("utf-8"))
LEAVES = [merkle.leaf_hash(f"leaf {number}".encode()) for number in range(70_000)]
TREE = merkle.over(LEAVES)
WITNESS = "witness.example/w1"


def raw(text: str) -> bytes:
    return base64.b64decode(text)


def hashes(proof: list[str]) -> list[bytes]:
    return [raw(step) for step in proof]


def signer(name: str) -> Signer:
    first = VECTORS["seeds"][name]
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes(range(first, first + 32))))


@pytest.mark.parametrize("size", VECTORS["roots"])
def test_roots(size: str) -> None:
    assert TREE(0, int(size)) == raw(VECTORS["roots"][size])


def test_the_root_of_nothing_is_that_of_the_rfc() -> None:
    assert TREE(0, 0).hex().startswith("e3b0c44298fc1c14") and TREE(0, 0) == merkle.EMPTY


def test_inclusion_proofs() -> None:
    assert len(VECTORS["inclusion"]) == 260
    for case in VECTORS["inclusion"]:
        index, size, proof = case["index"], case["size"], hashes(case["proof"])
        assert merkle.inclusion_proof(TREE, index, size) == proof, case
        assert merkle.verify_inclusion(LEAVES[index], index, size, proof, TREE(0, size)), case


def test_consistency_proofs() -> None:
    assert len(VECTORS["consistency"]) == 260
    for case in VECTORS["consistency"]:
        old, size, proof = case["old"], case["size"], hashes(case["proof"])
        assert merkle.consistency_proof(TREE, old, size) == proof, case
        assert merkle.verify_consistency(old, size, TREE(0, old), TREE(0, size), proof), case


@pytest.mark.parametrize("case", VECTORS["notes"])
def test_notes(case: dict[str, Any]) -> None:
    assert signer("dialpact/pbx1").vkey == case["vkeys"][0]
    verifiers = [Verifier.parse(vkey) for vkey in case["vkeys"]]
    for verifier in verifiers:
        assert note.verify(case["note"], [verifier]) == case["body"]
    signed = signer("dialpact/pbx1").sign(case["body"])
    if len(verifiers) == 2:
        signed += signer(WITNESS).sign(case["body"]).rpartition("\n\n")[2]
    assert signed == case["note"]
    with pytest.raises(LedgerError, match="only by dialpact/pbx1"):
        note.verify(case["note"], [signer(WITNESS).verifier] if len(verifiers) == 1 else [])


def test_checkpoints_of_the_vectors() -> None:
    found = [Checkpoint.parse(case["body"]) for case in VECTORS["notes"][:-1]]
    assert [checkpoint.size for checkpoint in found] == [1, 1, 7, 7, 70, 70, 70_000, 70_000]
    for checkpoint in found:
        assert checkpoint.origin == "dialpact/pbx1"
        assert checkpoint.root == TREE(0, checkpoint.size)
    with pytest.raises(LedgerError):
        Checkpoint.parse(VECTORS["notes"][-1]["body"])
