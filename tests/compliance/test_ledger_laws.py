"""Laws of the tree and of the canonical form, for all inputs."""

from __future__ import annotations

import math
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from dialpact.compliance.ledger import merkle, record

LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(130)]
TREE = merkle.over(LEAVES)
SIZES = st.integers(1, len(LEAVES))


def flipped(hash_: bytes, bit: int) -> bytes:
    return bytes([hash_[0] ^ 1 << bit % 8]) + hash_[1:]


@given(size=SIZES, data=st.data())
def test_every_inclusion_proof_holds_and_no_changed_one(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion_proof(TREE, index, size), TREE(0, size)
    assert merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
    assert not merkle.verify_inclusion(flipped(LEAVES[index], 1), index, size, proof, root)
    assert not merkle.verify_inclusion(LEAVES[index], index, size, proof, flipped(root, 2))
    assert not merkle.verify_inclusion(LEAVES[index], index, size, [*proof, root], root)
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        changed = [*proof]
        changed[place] = flipped(changed[place], data.draw(st.integers(0, 7)))
        assert not merkle.verify_inclusion(LEAVES[index], index, size, changed, root)
        assert not merkle.verify_inclusion(LEAVES[index], index, size, proof[:-1], root)
        assert not merkle.verify_inclusion(LEAVES[index], index, size, proof[1:], root)
    other = data.draw(st.integers(-1, size))
    if other != index:
        assert not merkle.verify_inclusion(LEAVES[index], other, size, proof, root)


@given(size=SIZES, data=st.data())
def test_every_consistency_proof_holds_and_no_changed_one(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    proof = merkle.consistency_proof(TREE, old, size)
    before, now = TREE(0, old), TREE(0, size)
    assert merkle.verify_consistency(old, size, before, now, proof)
    assert not merkle.verify_consistency(old, size, flipped(before, 3), now, proof)
    assert not merkle.verify_consistency(old, size, before, flipped(now, 3), proof)
    assert not merkle.verify_consistency(old, size, before, now, [*proof, now])
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        changed = [*proof]
        changed[place] = flipped(changed[place], data.draw(st.integers(0, 7)))
        assert not merkle.verify_consistency(old, size, before, now, changed)
        assert not merkle.verify_consistency(old, size, before, now, proof[:-1])
        assert not merkle.verify_consistency(old - 1, size, before, now, proof)
    if old < size:
        assert not merkle.verify_consistency(size, old, now, before, proof)


@given(st.lists(st.integers(0, 70), max_size=6))
def test_a_growing_tree_is_the_plain_one(steps: list[int]) -> None:
    """However many leaves are added at once; and each subtree that they complete is told, in order."""
    growing, size = merkle.GrowingTree(), 0
    for step in steps:
        before, size = size, min(size + step, len(LEAVES))
        completed = growing.extend(LEAVES[before:size])
        assert growing.root() == TREE(0, size)
        for level in range(9):
            ends = [end for end in range(before + 1, size + 1) if end % (1 << level) == 0]
            told = completed[level] if level < len(completed) else []
            assert list(told) == [TREE(end - (1 << level), end) for end in ends]


# What SQLite gives: text without surrogates, integers of 64 bits, doubles that are numbers.
TEXT = st.text(st.characters(codec="utf-8"))
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
MEASURED = st.floats(allow_nan=False, allow_infinity=False) | st.floats(-1e-3, 1e-3)
KEYS = st.sampled_from(["seq", "decided_at", "sha256", "z", "a"])
VALUES = st.recursive(
    st.none() | st.booleans() | TEXT | WHOLE | MEASURED,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_the_canonical_form_is_that_of_rfc_8785(value: dict[str, Any]) -> None:
    assert record.canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1e-6, "0.000001"),  # where ECMAScript begins to write exponents
        (9.5e-7, "9.5e-7"),
        (-0.0000043, "-0.0000043"),  # dB of a level close to full scale
        (2.0**53, "9007199254740992"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5e-324"),
        (-0.0, "0"),
        (20.25, "20.25"),
    ],
)
def test_numbers_at_the_bounds(value: float, written: str) -> None:
    assert record.canonical({"v": value}) == f'{{"v":{written}}}'.encode()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no canonical form"):
        record.canonical({"v": value})


@given(st.binary(min_size=16, max_size=16), st.binary(), st.binary())
def test_a_salted_leaf_tells_records_apart(salt: bytes, one: bytes, other: bytes) -> None:
    assert (record.leaf(salt, one) == record.leaf(salt, other)) == (one == other)
